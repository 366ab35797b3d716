"""What each role may do, decided by an evaluator of IAM policies on the template as SAM expands it.

`PYTHONPATH=src .venv/bin/python -m tests.security.policies` writes the table in docs/permissions.md
anew.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document

from tests.template.application import expanded, resources

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "permissions.md"
BEGIN, END = "<!-- who may call what: begin -->", "<!-- who may call what: end -->"

ACCOUNT, REGION = "123456789012", "eu-west-1"
READER = f"arn:aws:iam::{ACCOUNT}:role/model-reader"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:orphans"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0e1b"

ROLES = {
    "RequestFunctionRole": "request function",
    "StepFunctionRole": "step function",
    "FallbackFunctionRole": "fallback function",
    "OrphanScanFunctionRole": "orphan scan function",
    "StateMachineRole": "state machine",
    "FallbackStateMachineRole": "fallback machine",
    "OrphanScanStateMachineRole": "orphan scan machine",
    "FailedExecutionRuleRole": "failure rule",
    "OrphanScanRuleRole": "orphan scan rule",
}
"""All roles of the application, and the documents' names for what has them."""

_SERVICES = {
    "AWS::Lambda::Function": "lambda:{region}:{account}:function:{name}",
    "AWS::StepFunctions::StateMachine": "states:{region}:{account}:stateMachine:{name}",
    "AWS::SQS::Queue": "sqs:{region}:{account}:{name}",
}
_PARAMETERS: dict[str, Any] = {
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "DataAccessRoleArns": [READER],
    "OrphanScanTopicArn": TOPIC,
    "FunctionName": "provider",
    "LogGroup": "/aws/lambda/provider",
    "StateMachineKmsKeyArn": KEY,
}


@dataclass(frozen=True)
class Call:
    """One request to AWS."""

    action: str
    resource: str
    carries: dict[str, str] = field(default_factory=dict)
    """The resource's tags."""
    sets: dict[str, str] = field(default_factory=dict)
    """The request's tags."""
    removes: tuple[str, ...] = ()
    """The request's tag keys, where it has only keys."""
    passed_to: str | None = None
    encrypts_for: str | None = None
    """The ARN of the state machine whose data a key is used for."""

    def _context(self, role: str) -> EvalContext:
        tags = {f"aws:resourcetag/{key}": value for key, value in self.carries.items()}
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
                "aws:tagkeys": [*self.sets, *self.removes] or None,
                "iam:passedtoservice": self.passed_to,
                "kms:encryptioncontext:aws:states:statemachinearn": self.encrypts_for,
            },
        )

    def allowed_to(self, role: str, *, optional: bool = True) -> bool:
        """Whether a role may make the call; `optional`: with all that parameters can add."""
        parsed = [parse_policy_document(each) for each in documents(role, optional=optional)]
        return bool(evaluate(self._context(role), parsed).decision == "Allow")

    def allowed(self) -> set[str]:
        """Who may make the call."""
        return {name for role, name in ROLES.items() if self.allowed_to(role)}


def arn_of(name: str) -> str:
    """The ARN of one of the application's own resources, by logical id."""
    kind = expanded()["Resources"][name]["Type"]
    place = _SERVICES[kind].format(region=REGION, account=ACCOUNT, name=name_of(name))
    return f"arn:aws:{place}"


def name_of(logical_id: str) -> str:
    """The name that a resource has by its own property, else its logical id."""
    properties = expanded()["Resources"][logical_id]["Properties"]
    named = properties.get("FunctionName") or properties.get("StateMachineName") or logical_id
    return str(_resolved(named, optional=True))


def documents(role: str, *, optional: bool = True) -> Iterator[Any]:
    """A role's policies as CloudFormation gives them to IAM."""
    for policy in resources("AWS::IAM::Role")[role]["Policies"]:
        yield _resolved(policy["PolicyDocument"], optional)


def _resolved(node: Any, optional: bool) -> Any:
    match node:
        case {"Fn::If": [_, statement, otherwise]}:
            return _resolved(statement if optional else otherwise, optional)
        case {"Ref": "AWS::NoValue"}:
            return None
        case {"Ref": str(name)}:
            return _value(name)
        case {"Fn::GetAtt": [str(name), "Arn"]}:
            return arn_of(name)
        case {"Fn::Sub": str(pattern)}:
            return re.sub(r"\$\{([^}]+)\}", lambda found: _value(found[1]), pattern)
        case dict():
            return {key: _resolved(value, optional) for key, value in node.items()}
        case list():
            values = [_resolved(value, optional) for value in node]
            return [value for value in values if value is not None]
    return node


def _value(name: str) -> Any:
    if name in _PARAMETERS:
        return _PARAMETERS[name]
    logical_id, _, attribute = name.partition(".")
    return name_of(logical_id) if attribute == "Name" else arn_of(logical_id)


def table(calls: dict[str, tuple[Call, set[str]]]) -> str:
    """The tests' expectations, as the table in docs/permissions.md."""
    lines = ["| Call | Allowed to |", "|---|---|"]
    for title, (_, who) in calls.items():
        named = [name for name in ROLES.values() if name in who]
        lines.append(f"| {title} | {', '.join(named) or 'nobody'} |")
    return "\n".join(lines)


def written() -> str:
    """The table in docs/permissions.md. Raises ValueError if it is missing."""
    text = DOCUMENT.read_text()
    return text[text.index(BEGIN) + len(BEGIN) : text.index(END)].strip()


def main() -> None:
    from tests.security.test_policies import CALLS

    text = DOCUMENT.read_text()
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    DOCUMENT.write_text(f"{before}{BEGIN}\n{table(CALLS)}\n{END}{after}")


if __name__ == "__main__":
    main()
