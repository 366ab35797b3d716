"""What the roles' policies allow and refuse, case by case, as an evaluator of policies sees it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document

from provider.identity import LOGICAL_ID_TAG, REQUEST_TAG, STACK_TAG
from tests.template.application import resources

ACCOUNT, REGION = "123456789012", "eu-west-1"
READER = f"arn:aws:iam::{ACCOUNT}:role/model-reader"
PSEUDO = {"AWS::Partition": "aws", "AWS::Region": REGION, "AWS::AccountId": ACCOUNT}

ENDPOINT = f"arn:aws:comprehend:{REGION}:{ACCOUNT}:document-classifier-endpoint/reviews"
RECOGNIZER_ENDPOINT = f"arn:aws:comprehend:{REGION}:{ACCOUNT}:entity-recognizer-endpoint/names"
MODEL = f"arn:aws:comprehend:{REGION}:{ACCOUNT}:document-classifier/reviews/version/v3"
FLYWHEEL = f"arn:aws:comprehend:{REGION}:{ACCOUNT}:flywheel/reviews"
STACK = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/shop/0e1b"

OURS = {STACK_TAG: STACK, LOGICAL_ID_TAG: "Sentiment", REQUEST_TAG: "d1ce"}
OWNED = {**OURS, "team": "shop"}
FOREIGN = {"team": "shop"}
FORGED = {**OURS, STACK_TAG: "mine"}


@dataclass(frozen=True)
class Case:
    """One request to AWS."""

    action: str
    resource: str
    carries: dict[str, str] = field(default_factory=dict)
    """The resource's tags."""
    sets: dict[str, str] = field(default_factory=dict)
    """The request's tags."""
    removes: list[str] = field(default_factory=list)
    """The request's tag keys, where it has only keys."""
    passed_to: str | None = None

    def context(self, role: str) -> EvalContext:
        tags = {f"aws:resourcetag/{key}": value for key, value in self.carries.items()}
        keys = [*self.sets, *self.removes]
        return EvalContext(
            principal_arn=f"arn:aws:iam::{ACCOUNT}:role/{role}",
            principal_type="AssumedRole",
            principal_account=ACCOUNT,
            action=self.action,
            resource_arn=self.resource,
            region=REGION,
            request_tags=self.sets,
            service_context={
                **tags,
                "aws:tagkeys": keys or None,
                "iam:passedtoservice": self.passed_to,
            },
        )


def resolved(node: Any) -> Any:
    """A policy as CloudFormation gives it to IAM, with every optional statement."""
    match node:
        case {"Fn::If": [_, statement, _]}:
            return resolved(statement)
        case {"Ref": "DataAccessRoleArns"}:
            return [READER]
        case {"Fn::Sub": str(pattern)}:
            return re.sub(r"\$\{([^}]+)\}", lambda name: PSEUDO.get(name[1], name[1]), pattern)
        case {"Fn::GetAtt": _} | {"Ref": _}:
            return "arn:aws:other:::resource"
        case dict():
            return {key: resolved(value) for key, value in node.items()}
        case list():
            return [resolved(value) for value in node]
    return node


def allows(role: str, case: Case) -> bool:
    policies = [
        parse_policy_document(resolved(policy["PolicyDocument"]))
        for policy in resources("AWS::IAM::Role")[role]["Policies"]
    ]
    return bool(evaluate(case.context(role), policies).decision == "Allow")


def endpoint_call(operation: str, **more: Any) -> Case:
    return Case(f"comprehend:{operation}", ENDPOINT, **more)


ALLOWED = {
    "create with the ownership tags": endpoint_call("CreateEndpoint", sets=OWNED),
    "create serving a model": Case("comprehend:CreateEndpoint", MODEL),
    "create serving a flywheel": Case("comprehend:CreateEndpoint", FLYWHEEL),
    "create: tag what is new": endpoint_call("TagResource", sets=OWNED),
    "update what is owned": endpoint_call("UpdateEndpoint", carries=OWNED),
    "update a recognizer's": Case("comprehend:UpdateEndpoint", RECOGNIZER_ENDPOINT, carries=OWNED),
    "update to a flywheel": Case("comprehend:UpdateEndpoint", FLYWHEEL),
    "delete what is owned": endpoint_call("DeleteEndpoint", carries=OWNED),
    "tag what is owned": endpoint_call("TagResource", carries=OWNED, sets={"team": "web"}),
    "tag it as adopted": endpoint_call("TagResource", carries=OWNED, sets={REQUEST_TAG: "f00d"}),
    "untag what is owned": endpoint_call("UntagResource", carries=OWNED, removes=["team"]),
    "describe what is foreign": endpoint_call("DescribeEndpoint", carries=FOREIGN),
    "list tags of what is foreign": endpoint_call("ListTagsForResource", carries=FOREIGN),
    "ask a flywheel": Case("comprehend:DescribeFlywheel", FLYWHEEL),
    "look at the stack": Case("cloudformation:DescribeStacks", STACK),
    "look at the resource": Case("cloudformation:DescribeStackResource", STACK),
    "pass a role that is named": Case("iam:PassRole", READER, passed_to="comprehend.amazonaws.com"),
}
REFUSED = {
    "create without tags": endpoint_call("CreateEndpoint"),
    "create with a user's tags alone": endpoint_call("CreateEndpoint", sets=FOREIGN),
    "create with a part of the mark": endpoint_call("CreateEndpoint", sets={STACK_TAG: STACK}),
    "create for no stack of this account": endpoint_call("CreateEndpoint", sets=FORGED),
    "create in another region": Case(
        "comprehend:CreateEndpoint", ENDPOINT.replace(REGION, "us-east-1"), sets=OWNED
    ),
    "update what is foreign": endpoint_call("UpdateEndpoint", carries=FOREIGN),
    "update what has no tag": endpoint_call("UpdateEndpoint"),
    "update what a forged mark is on": endpoint_call("UpdateEndpoint", carries=FORGED),
    "delete what is foreign": endpoint_call("DeleteEndpoint", carries=FOREIGN),
    "delete what a forged mark is on": endpoint_call("DeleteEndpoint", carries=FORGED),
    "delete a model": Case("comprehend:DeleteEndpoint", MODEL, carries=OWNED),
    "tag what is foreign": endpoint_call("TagResource", carries=FOREIGN, sets={"team": "web"}),
    "tag with a part of the mark": endpoint_call("TagResource", sets={STACK_TAG: STACK}),
    "untag what is foreign": endpoint_call("UntagResource", carries=FOREIGN, removes=["team"]),
    "take off the mark": endpoint_call("UntagResource", carries=OWNED, removes=[STACK_TAG]),
    "take off the mark with others": endpoint_call(
        "UntagResource", carries=OWNED, removes=["team", REQUEST_TAG]
    ),
    "untag without keys": endpoint_call("UntagResource", carries=OWNED),
    "list all endpoints": Case("comprehend:ListEndpoints", "*"),
    "pass another role": Case(
        "iam:PassRole", READER.replace("reader", "writer"), passed_to="comprehend.amazonaws.com"
    ),
    "pass it to another service": Case("iam:PassRole", READER, passed_to="ec2.amazonaws.com"),
}
CHANGES = ["CreateEndpoint", "UpdateEndpoint", "DeleteEndpoint", "TagResource", "UntagResource"]


@pytest.mark.parametrize("what", ALLOWED)
def test_the_step_function_may(what: str) -> None:
    assert allows("StepFunctionRole", ALLOWED[what])


@pytest.mark.parametrize("what", REFUSED)
def test_the_step_function_may_not(what: str) -> None:
    assert not allows("StepFunctionRole", REFUSED[what])


@pytest.mark.parametrize("operation", CHANGES)
@pytest.mark.parametrize(
    "role", ["RequestFunctionRole", "LastResortFunctionRole", "WatchFunctionRole"]
)
def test_no_other_function_may_change_even_what_is_owned(role: str, operation: str) -> None:
    case = endpoint_call(operation, carries=OWNED, sets=OWNED)

    assert not allows(role, case)


def test_the_request_function_may_look_at_what_is_foreign() -> None:
    assert allows("RequestFunctionRole", endpoint_call("DescribeEndpoint", carries=FOREIGN))
    assert allows("RequestFunctionRole", endpoint_call("ListTagsForResource", carries=FOREIGN))


def test_the_watch_function_may_see_all_endpoints_and_whose_they_are() -> None:
    role = "WatchFunctionRole"

    assert allows(role, Case("comprehend:ListEndpoints", "*"))
    assert allows(role, endpoint_call("ListTagsForResource", carries=FOREIGN))
    for read in ("DescribeStacks", "DescribeStackResource", "DescribeStackEvents"):
        assert allows(role, Case(f"cloudformation:{read}", STACK))


@pytest.mark.parametrize(
    "action",
    ["states:StartExecution", "states:DescribeExecution", "states:GetExecutionHistory"],
)
def test_the_watch_function_may_start_no_execution_and_see_into_none(action: str) -> None:
    # What an execution holds includes a ResponseURL.
    assert not allows("WatchFunctionRole", Case(action, "arn:aws:other:::resource"))
    assert allows("WatchFunctionRole", Case("states:ListExecutions", "arn:aws:other:::resource"))
