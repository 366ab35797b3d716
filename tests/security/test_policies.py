"""Who may call what: every role against every kind of call that matters, as IAM evaluates it."""

import pytest

from provider.model.ownership import (
    ADOPT_TAG,
    LOGICAL_ID_TAG,
    OWNERSHIP_TAGS,
    REQUEST_TAG,
    STACK_TAG,
)
from tests.security.policies import (
    ACCOUNT,
    KEY,
    READER,
    REGION,
    ROLES,
    TOPIC,
    Call,
    arn_of,
)
from tests.template.application import resources

PLACE = f"arn:aws:comprehend:{REGION}:{ACCOUNT}"
ENDPOINT = f"{PLACE}:document-classifier-endpoint/reviews"
RECOGNIZER_ENDPOINT = f"{PLACE}:entity-recognizer-endpoint/names"
MODEL = f"{PLACE}:document-classifier/reviews/version/v3"
RECOGNIZER = f"{PLACE}:entity-recognizer/names/version/v1"
FLYWHEEL = f"{PLACE}:flywheel/reviews"
STACK = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/shop/0e1b"
OTHER_MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:payroll"
MACHINE = arn_of("StateMachine")
EXECUTION = f"arn:aws:states:{REGION}:{ACCOUNT}:execution:provider:d1ce"
LOGS = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/provider:log-stream:today"

ALL_MARKS = {STACK_TAG: STACK, LOGICAL_ID_TAG: "Sentiment", REQUEST_TAG: "d1ce"}
OWN = {**ALL_MARKS, "team": "shop"}
"""Of an endpoint that the provider made, for whichever stack."""
ELSEWHERE = STACK.replace(REGION, "us-east-1")
FOREIGN = {"team": "shop"}
OFFERED = {"team": "shop", ADOPT_TAG: "shop/Sentiment"}
"""Of an endpoint that its owner lets a stack adopt."""
ADOPTED = {**OFFERED, **ALL_MARKS}
FORGED = {**ALL_MARKS, STACK_TAG: "mine"}
FROM_ELSEWHERE = {**ALL_MARKS, STACK_TAG: ELSEWHERE}

NOBODY: set[str] = set()
STEP = {"step function"}
SCAN = {"orphan scan function"}
COMPREHEND = "comprehend.amazonaws.com"


def on_endpoint(operation: str, **more: object) -> Call:
    # Which argument has which type, a mapping does not say.
    return Call(f"comprehend:{operation}", ENDPOINT, **more)  # type: ignore[arg-type]


def in_region(arn: str, region: str = "us-east-1") -> str:
    return arn.replace(REGION, region)


def in_account(arn: str, account: str = "999999999999") -> str:
    return arn.replace(ACCOUNT, account)


CALLS: dict[str, tuple[Call, set[str]]] = {
    # Create
    "create an endpoint with the three ownership tags": (
        on_endpoint("CreateEndpoint", sets=OWN),
        STEP,
    ),
    "create one that serves a model": (Call("comprehend:CreateEndpoint", MODEL), STEP),
    "create one that serves a recognizer": (Call("comprehend:CreateEndpoint", RECOGNIZER), STEP),
    "create one that follows a flywheel": (Call("comprehend:CreateEndpoint", FLYWHEEL), STEP),
    "create one without tags": (on_endpoint("CreateEndpoint"), NOBODY),
    "create one with a user's tags alone": (on_endpoint("CreateEndpoint", sets=FOREIGN), NOBODY),
    "create one with a part of the ownership tags": (
        on_endpoint("CreateEndpoint", sets={STACK_TAG: STACK, LOGICAL_ID_TAG: "Sentiment"}),
        NOBODY,
    ),
    "create one whose tags name no stack": (on_endpoint("CreateEndpoint", sets=FORGED), NOBODY),
    "create one whose tags name a stack of another region": (
        on_endpoint("CreateEndpoint", sets=FROM_ELSEWHERE),
        NOBODY,
    ),
    "create one in another region": (
        Call("comprehend:CreateEndpoint", in_region(ENDPOINT), sets=OWN),
        NOBODY,
    ),
    "create one in another account": (
        Call("comprehend:CreateEndpoint", in_account(ENDPOINT), sets=OWN),
        NOBODY,
    ),
    "create one that serves another account's model": (
        Call("comprehend:CreateEndpoint", in_account(MODEL)),
        NOBODY,
    ),
    # Update
    "update an endpoint with the ownership tag": (on_endpoint("UpdateEndpoint", carries=OWN), STEP),
    "update a recognizer's endpoint with it": (
        Call("comprehend:UpdateEndpoint", RECOGNIZER_ENDPOINT, carries=OWN),
        STEP,
    ),
    "update an endpoint to follow a flywheel": (Call("comprehend:UpdateEndpoint", FLYWHEEL), STEP),
    "update an endpoint without tags": (on_endpoint("UpdateEndpoint"), NOBODY),
    "update an endpoint with other tags": (on_endpoint("UpdateEndpoint", carries=FOREIGN), NOBODY),
    "update an endpoint whose tag names no stack": (
        on_endpoint("UpdateEndpoint", carries=FORGED),
        NOBODY,
    ),
    "update an endpoint of another region's installation": (
        Call("comprehend:UpdateEndpoint", in_region(ENDPOINT), carries=FROM_ELSEWHERE),
        NOBODY,
    ),
    # Delete
    "delete an endpoint with the ownership tag": (on_endpoint("DeleteEndpoint", carries=OWN), STEP),
    "delete an endpoint without tags": (on_endpoint("DeleteEndpoint"), NOBODY),
    "delete an endpoint with other tags": (on_endpoint("DeleteEndpoint", carries=FOREIGN), NOBODY),
    "delete an endpoint whose tag names no stack": (
        on_endpoint("DeleteEndpoint", carries=FORGED),
        NOBODY,
    ),
    "delete an endpoint whose tag names a stack of another region": (
        on_endpoint("DeleteEndpoint", carries=FROM_ELSEWHERE),
        NOBODY,
    ),
    "delete an endpoint of another account": (
        Call("comprehend:DeleteEndpoint", in_account(ENDPOINT), carries=OWN),
        NOBODY,
    ),
    "delete a model": (Call("comprehend:DeleteDocumentClassifier", MODEL, carries=OWN), NOBODY),
    "delete a model as if it were an endpoint": (
        Call("comprehend:DeleteEndpoint", MODEL, carries=OWN),
        NOBODY,
    ),
    "delete a flywheel": (Call("comprehend:DeleteFlywheel", FLYWHEEL, carries=OWN), NOBODY),
    # Tags
    "set tags on a new endpoint, all three ownership tags among them": (
        on_endpoint("TagResource", sets=OWN),
        STEP,
    ),
    "set tags on an endpoint with the ownership tag": (
        on_endpoint("TagResource", carries=OWN, sets={"team": "web"}),
        STEP,
    ),
    "change its ownership tags": (
        on_endpoint("TagResource", carries=OWN, sets={REQUEST_TAG: "f00d"}),
        STEP,
    ),
    "set a tag on an endpoint with other tags": (
        on_endpoint("TagResource", carries=FOREIGN, sets={"team": "web"}),
        NOBODY,
    ),
    "set a part of the ownership tags on it": (
        on_endpoint("TagResource", carries=FOREIGN, sets={STACK_TAG: STACK}),
        NOBODY,
    ),
    "set all three ownership tags on it, as a creation does": (
        on_endpoint("TagResource", carries=FOREIGN, sets=ALL_MARKS),
        STEP,
    ),
    "set tags on a model": (Call("comprehend:TagResource", MODEL, sets=ALL_MARKS), NOBODY),
    "remove a user's tag from an endpoint with the ownership tag": (
        on_endpoint("UntagResource", carries=OWN, removes=("team",)),
        STEP,
    ),
    "remove an ownership tag": (
        on_endpoint("UntagResource", carries=OWN, removes=(STACK_TAG,)),
        NOBODY,
    ),
    "remove an ownership tag among others": (
        on_endpoint("UntagResource", carries=OWN, removes=("team", REQUEST_TAG)),
        NOBODY,
    ),
    "remove the ownership tags from an endpoint that was adopted": (
        on_endpoint("UntagResource", carries=ADOPTED, removes=OWNERSHIP_TAGS),
        STEP,
    ),
    "remove the ownership tags from one that was not": (
        on_endpoint("UntagResource", carries=OWN, removes=OWNERSHIP_TAGS),
        NOBODY,
    ),
    "remove the ownership tags and others from one that was adopted": (
        on_endpoint("UntagResource", carries=ADOPTED, removes=(*OWNERSHIP_TAGS, "team")),
        NOBODY,
    ),
    "remove the adoption tag": (
        on_endpoint("UntagResource", carries=ADOPTED, removes=(ADOPT_TAG,)),
        NOBODY,
    ),
    "remove the adoption tag from an endpoint that is only offered": (
        on_endpoint("UntagResource", carries=OFFERED, removes=(ADOPT_TAG,)),
        NOBODY,
    ),
    "take over an endpoint that is offered: set all three ownership tags": (
        on_endpoint("TagResource", carries=OFFERED, sets=ALL_MARKS),
        STEP,
    ),
    "set other tags on an endpoint that is only offered": (
        on_endpoint("TagResource", carries=OFFERED, sets={"team": "web"}),
        NOBODY,
    ),
    "update an endpoint that is only offered": (
        on_endpoint("UpdateEndpoint", carries=OFFERED),
        NOBODY,
    ),
    "delete an endpoint that is only offered": (
        on_endpoint("DeleteEndpoint", carries=OFFERED),
        NOBODY,
    ),
    "remove tags without naming any": (on_endpoint("UntagResource", carries=OWN), NOBODY),
    "remove a tag from an endpoint with other tags": (
        on_endpoint("UntagResource", carries=FOREIGN, removes=("team",)),
        NOBODY,
    ),
    # Roles
    "pass a role that `DataAccessRoleArns` names to Comprehend": (
        Call("iam:PassRole", READER, passed_to=COMPREHEND),
        STEP,
    ),
    "pass it to another service": (
        Call("iam:PassRole", READER, passed_to="ec2.amazonaws.com"),
        NOBODY,
    ),
    "pass another role to Comprehend": (
        Call("iam:PassRole", READER.replace("reader", "writer"), passed_to=COMPREHEND),
        NOBODY,
    ),
    "pass one of the provider's own roles": (
        Call(
            "iam:PassRole",
            f"arn:aws:iam::{ACCOUNT}:role/provider-StepFunctionRole-A1",
            passed_to=COMPREHEND,
        ),
        NOBODY,
    ),
    # Reads
    "describe any endpoint": (on_endpoint("DescribeEndpoint", carries=FOREIGN), STEP),
    "list any endpoint's tags": (
        on_endpoint("ListTagsForResource", carries=FOREIGN),
        STEP | SCAN,
    ),
    "list all endpoints": (Call("comprehend:ListEndpoints", "*"), SCAN),
    "describe a flywheel": (Call("comprehend:DescribeFlywheel", FLYWHEEL), STEP),
    "describe an endpoint of another region": (
        Call("comprehend:DescribeEndpoint", in_region(ENDPOINT)),
        NOBODY,
    ),
    "send text to an endpoint": (on_endpoint("ClassifyDocument", carries=OWN), NOBODY),
    "describe any stack": (
        Call("cloudformation:DescribeStacks", STACK),
        STEP | SCAN,
    ),
    "describe a resource of a stack": (
        Call("cloudformation:DescribeStackResource", STACK),
        SCAN,
    ),
    "read a stack's events": (
        Call("cloudformation:DescribeStackEvents", STACK),
        STEP | SCAN,
    ),
    "read a stack's template": (Call("cloudformation:GetTemplate", STACK), NOBODY),
    "describe a stack of another region": (
        Call("cloudformation:DescribeStacks", ELSEWHERE),
        NOBODY,
    ),
    "change or delete a stack": (Call("cloudformation:DeleteStack", STACK), NOBODY),
    # What the application's parts do with each other
    "start an execution of the provider's state machine": (
        Call("states:StartExecution", MACHINE),
        {"request function", "fallback function"},
    ),
    "start the fallback state machine": (
        Call("states:StartExecution", arn_of("FallbackStateMachine")),
        {"failure rule"},
    ),
    "start the orphan scan's state machine": (
        Call("states:StartExecution", arn_of("OrphanScanStateMachine")),
        {"orphan scan rule"},
    ),
    "start another state machine": (Call("states:StartExecution", OTHER_MACHINE), NOBODY),
    "stop an execution": (Call("states:StopExecution", EXECUTION), NOBODY),
    "read what an execution was started with": (
        Call("states:DescribeExecution", EXECUTION),
        NOBODY,
    ),
    "read what an execution holds": (
        Call("states:GetExecutionHistory", EXECUTION),
        {"fallback machine"},
    ),
    "read what another machine's execution holds": (
        Call("states:GetExecutionHistory", EXECUTION.replace("provider", "payroll")),
        NOBODY,
    ),
    "list the executions' names": (
        Call("states:ListExecutions", MACHINE),
        STEP | SCAN,
    ),
    "list the names of another state machine's executions": (
        Call("states:ListExecutions", OTHER_MACHINE),
        NOBODY,
    ),
    "invoke the request function": (
        Call("lambda:InvokeFunction", arn_of("RequestFunction")),
        NOBODY,
    ),
    "invoke the step function": (
        Call("lambda:InvokeFunction", arn_of("StepFunction")),
        {"state machine"},
    ),
    "invoke the fallback function": (
        Call("lambda:InvokeFunction", arn_of("FallbackFunction")),
        {"request function", "state machine", "fallback machine"},
    ),
    "invoke the orphan scan function": (
        Call("lambda:InvokeFunction", arn_of("OrphanScanFunction")),
        {"orphan scan machine"},
    ),
    "invoke another function": (
        Call("lambda:InvokeFunction", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:payroll"),
        NOBODY,
    ),
    "change who may invoke a function": (
        Call("lambda:AddPermission", arn_of("RequestFunction")),
        NOBODY,
    ),
    "put a message into the provider's queue": (
        Call("sqs:SendMessage", arn_of("UndeliverableQueue")),
        {"fallback function", "state machine", "fallback machine"},
    ),
    "read the queue's messages": (
        Call("sqs:ReceiveMessage", arn_of("UndeliverableQueue")),
        NOBODY,
    ),
    "publish to the topic that `OrphanScanTopicArn` names": (
        Call("sns:Publish", TOPIC),
        SCAN,
    ),
    "publish to another topic": (Call("sns:Publish", f"{TOPIC}-other"), NOBODY),
    "write to the provider's log group": (
        Call("logs:PutLogEvents", LOGS),
        {"request function", "step function", "orphan scan function"},
    ),
    "write to the fallback function's log group": (
        Call("logs:PutLogEvents", LOGS.replace("/provider", "/stack-FallbackFunction-d1ce")),
        {"fallback function"},
    ),
    "write to another log group": (
        Call("logs:PutLogEvents", LOGS.replace("/provider", "/payroll")),
        NOBODY,
    ),
    "read any metric": (Call("cloudwatch:GetMetricData", "*"), SCAN),
    "write a metric": (Call("cloudwatch:PutMetricData", "*"), NOBODY),
    "read any log": (Call("logs:GetLogEvents", LOGS), NOBODY),
    # Where StateMachineKmsKeyArn is set
    "encrypt what the state machine's executions hold": (
        Call("kms:GenerateDataKey", KEY, encrypts_for=MACHINE),
        {"state machine"},
    ),
    "decrypt what the state machine's executions hold": (
        Call("kms:Decrypt", KEY, encrypts_for=MACHINE),
        {"state machine", "fallback machine"},
    ),
    "decrypt what another state machine's executions hold": (
        Call("kms:Decrypt", KEY, encrypts_for=OTHER_MACHINE),
        NOBODY,
    ),
    "decrypt anything else with the key": (Call("kms:Decrypt", KEY), NOBODY),
    "change a role": (Call("iam:PutRolePolicy", READER), NOBODY),
}


@pytest.mark.parametrize("title", CALLS)
def test_a_call_is_allowed_to_whom_it_should_be_and_nobody_else(title: str) -> None:
    call, expected = CALLS[title]

    assert call.allowed() == expected


def test_every_role_of_the_application_is_asked() -> None:
    assert set(ROLES) == set(resources("AWS::IAM::Role"))


def test_every_role_is_allowed_something_here() -> None:
    assert {name for _, who in CALLS.values() for name in who} == set(ROLES.values())


def test_without_a_list_of_roles_none_can_be_passed() -> None:
    call, _ = CALLS["pass a role that `DataAccessRoleArns` names to Comprehend"]

    assert call.allowed_to("StepFunctionRole")
    assert not any(call.allowed_to(role, optional=False) for role in ROLES)
