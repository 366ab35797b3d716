"""What an installation may do: exactly what is written down, and needed by a line of code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.template.application import (
    ROOT,
    expanded,
    resources,
    state_machines,
    text,
    written,
)
from tools.models import called

Grant = tuple[str, str]
"""An action and a resource."""

NOTED: dict[str, dict[str, Any]] = yaml.safe_load(
    (ROOT / "tests" / "template" / "permissions.yaml").read_text()
)
LINES = [
    pytest.param(*line.split(": ", 1), id=f"{role}-{sid}-{action}")
    for role, statements in NOTED.items()
    for sid, statement in statements.items()
    for action, line in statement["Actions"].items()
]
PREFIXES = {
    "comprehend": "comprehend",
    "cloudformation": "cloudformation",
    "sns": "sns",
    "stepfunctions": "states",
}
# Calls of the orphan scan alone, in files that other functions share.
ORPHAN_SCAN_ALONE = {"comprehend:ListEndpoints", "states:ListExecutions"}
# A call that the request function does not make, in a file that it shares with other functions.
NOT_FOR_REQUESTS = {"cloudformation:DescribeStackEvents"}


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def statements(role: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """A role's statements by Sid, in the form of permissions.yaml less the lines of code."""
    for policy in role["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            noted: dict[str, Any] = {}
            if "Fn::If" in statement:
                noted["If"], statement, otherwise = statement["Fn::If"]
                assert otherwise == {"Ref": "AWS::NoValue"}
            assert statement["Effect"] == "Allow"
            noted["Actions"] = as_list(statement["Action"])
            noted["Resources"] = [text(each) for each in as_list(statement["Resource"])]
            if "Condition" in statement:
                noted["Condition"] = {
                    operator: {
                        key: [text(each) for each in value]
                        if isinstance(value, list)
                        else text(value)
                        for key, value in keys.items()
                    }
                    for operator, keys in statement["Condition"].items()
                }
            yield statement["Sid"], noted


GRANTED = {name: dict(statements(role)) for name, role in resources("AWS::IAM::Role").items()}


def grants(role: str) -> set[Grant]:
    return {
        (action, resource)
        for statement in GRANTED[role].values()
        for action in statement["Actions"]
        for resource in statement["Resources"]
    }


def actions(role: str, *services: str) -> set[str]:
    return {action for action, _ in grants(role) if action.split(":")[0] in services}


def calls() -> dict[str, set[str]]:
    """The AWS actions that each file of src/provider calls."""
    return {
        file: {f"{PREFIXES[service]}:{name}" for name in names}
        for file, (service, names) in called().items()
    }


def test_every_statement_is_written_down_and_none_else() -> None:
    noted = {
        role: {
            sid: {**statement, "Actions": list(statement["Actions"])}
            for sid, statement in each.items()
        }
        for role, each in NOTED.items()
    }

    assert noted == GRANTED


@pytest.mark.parametrize(("file", "line"), LINES)
def test_the_line_that_needs_a_permission_is_there(file: str, line: str) -> None:
    lines = (ROOT / file).read_text().splitlines()

    assert any(line in each for each in lines)


def test_sids_are_unique_in_each_policy() -> None:
    for role in resources("AWS::IAM::Role").values():
        sids = [sid for sid, _ in statements(role)]
        assert len(sids) == len(set(sids))


def test_no_role_has_a_managed_policy() -> None:
    for name, role in resources("AWS::IAM::Role").items():
        assert not role.get("ManagedPolicyArns"), name


def test_no_action_is_a_pattern_and_no_resource_is_wider_than_its_service_knows() -> None:
    for role in GRANTED:
        for action, resource in grants(role):
            assert "*" not in action
            assert "?" not in action
            if resource == "*":
                # Service authorization reference: neither has a resource type.
                assert action.startswith("xray:") or action == "comprehend:ListEndpoints"


def test_every_function_and_state_machine_has_a_role_of_its_own() -> None:
    template = expanded()["Resources"]
    roles = [
        text(each["Properties"].get("Role") or each["Properties"].get("RoleArn"))
        for each in template.values()
        if each["Type"] in {"AWS::Lambda::Function", "AWS::StepFunctions::StateMachine"}
    ]

    assert len(roles) == len(set(roles)) == 7


def test_each_role_can_be_assumed_by_its_own_service_alone() -> None:
    services = {
        name: {
            service
            for statement in role["AssumeRolePolicyDocument"]["Statement"]
            for service in as_list(statement["Principal"]["Service"])
        }
        for name, role in resources("AWS::IAM::Role").items()
    }

    assert services == {
        "RequestFunctionRole": {"lambda.amazonaws.com"},
        "StepFunctionRole": {"lambda.amazonaws.com"},
        "FallbackFunctionRole": {"lambda.amazonaws.com"},
        "StateMachineRole": {"states.amazonaws.com"},
        "FallbackStateMachineRole": {"states.amazonaws.com"},
        "FailedExecutionRuleRole": {"events.amazonaws.com"},
        "OrphanScanFunctionRole": {"lambda.amazonaws.com"},
        "OrphanScanStateMachineRole": {"states.amazonaws.com"},
        "OrphanScanRuleRole": {"events.amazonaws.com"},
    }


class TestFunctions:
    def test_only_the_gateways_call_aws(self) -> None:
        assert set(calls()) == {
            "cloudformation.py",
            "comprehend.py",
            "sns.py",
            "step_functions.py",
        }

    def test_the_step_function_may_do_what_its_gateways_call_and_nothing_else(self) -> None:
        called = calls()

        assert (
            actions("StepFunctionRole", "comprehend", "cloudformation", "states")
            == (called["comprehend.py"] | called["cloudformation.py"]) - ORPHAN_SCAN_ALONE
        )

    def test_the_request_function_may_read_stacks_and_start_executions(self) -> None:
        called = calls()

        assert (
            actions("RequestFunctionRole", "comprehend", "cloudformation", "states")
            == (called["cloudformation.py"] | called["step_functions.py"])
            - ORPHAN_SCAN_ALONE
            - NOT_FOR_REQUESTS
        )

    def test_the_orphan_scan_may_read_what_its_gateways_read_and_send_its_message(self) -> None:
        called = calls()
        services = ("comprehend", "cloudformation", "states", "sns")

        assert actions("OrphanScanFunctionRole", *services) == (
            ORPHAN_SCAN_ALONE
            | {"comprehend:ListTagsForResource"}
            | called["cloudformation.py"]
            | called["sns.py"]
        )

    def test_the_orphan_scan_may_change_nothing(self) -> None:
        # Besides what all functions do: write to the log, and to X-Ray.
        own = {
            action
            for action, _ in grants("OrphanScanFunctionRole")
            if action.split(":")[0] not in {"logs", "xray"}
        }

        assert {action for action in own if not re.match(r"\w+:(Describe|List)", action)} == {
            "sns:Publish"
        }

    def test_the_fallback_may_only_start_executions(self) -> None:
        services = ("comprehend", "cloudformation", "states")

        assert actions("FallbackFunctionRole", *services) == {"states:StartExecution"}

    def test_a_function_may_reach_its_failure_destination(self) -> None:
        template = resources("AWS::Lambda::EventInvokeConfig")
        sending = {"Lambda": "lambda:InvokeFunction", "SQS": "sqs:SendMessage"}
        for function in ("RequestFunction", "FallbackFunction"):
            given = written()["Resources"][function]["Properties"]["EventInvokeConfig"]
            kind = given["DestinationConfig"]["OnFailure"]["Type"]
            (destination,) = (
                text(each["DestinationConfig"]["OnFailure"]["Destination"])
                for each in template.values()
                if text(each["FunctionName"]) == f"${{{function}}}"
            )
            sent = {
                grant for grant in grants(f"{function}Role") if grant[0] in set(sending.values())
            }

            assert sent == {(sending[kind], destination)}


@pytest.mark.parametrize("machine", state_machines())
def test_a_state_machine_may_do_what_its_tasks_do_and_nothing_else(machine: str) -> None:
    template = written()["Resources"][machine]["Properties"]
    needed: set[Grant] = set()
    for state in state_machines()[machine]["States"].values():
        match state:
            case {"Resource": str(task), "Parameters": {"FunctionName": str(name)}}:
                assert task.endswith(":states:::lambda:invoke")
                given = template["DefinitionSubstitutions"][name.strip("${}")]
                needed.add(("lambda:InvokeFunction", text(given)))
            case {"Resource": str(task), "Parameters": {"QueueUrl": str(url)}}:
                assert task.endswith(":states:::sqs:sendMessage")
                given = template["DefinitionSubstitutions"][url.strip("${}")]
                needed.add(("sqs:SendMessage", f"${{{given['Ref']}.Arn}}"))
            case {"Resource": str(task)}:
                assert task.endswith(":states:::aws-sdk:sfn:getExecutionHistory")
                executions = "execution:${StateMachine.Name}:*"
                account = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}"
                needed.add(("states:GetExecutionHistory", f"{account}:{executions}"))
    granted = {
        grant
        for grant in grants(f"{machine}Role")
        # Tracing and encryption are settings of the machine, not tasks.
        if not grant[0].startswith(("xray:", "kms:"))
    }

    assert granted == needed


@pytest.mark.parametrize("machine", state_machines())
def test_a_state_machine_may_use_the_key_for_its_own_data_alone(machine: str) -> None:
    """Source: Step Functions Developer Guide, "Data at rest encryption"."""
    name = text(resources("AWS::StepFunctions::StateMachine")[machine]["StateMachineName"])
    account = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}"
    own = GRANTED[f"{machine}Role"]["UseKey"]

    assert own["If"] == "HasStateMachineKey"
    assert own["Actions"] == ["kms:Decrypt", "kms:GenerateDataKey"]
    assert own["Resources"] == ["${StateMachineKmsKeyArn}"]
    assert own["Condition"] == {
        "StringEquals": {
            "kms:EncryptionContext:aws:states:stateMachineArn": f"{account}:stateMachine:{name}"
        }
    }


def test_only_the_fallback_may_decrypt_what_another_machine_has_encrypted() -> None:
    # EventBridge leaves the input out of its event if a key is used: only the history has it.
    deciphering = {
        (role, sid)
        for role, each in GRANTED.items()
        for sid, statement in each.items()
        if sid != "UseKey" and any(action.startswith("kms:") for action in statement["Actions"])
    }

    assert deciphering == {("FallbackStateMachineRole", "DecryptHistory")}
    assert GRANTED["FallbackStateMachineRole"]["DecryptHistory"]["Actions"] == ["kms:Decrypt"]


def test_the_policy_for_consumers_grants_the_call_and_the_look_up_alone() -> None:
    (policy,) = resources("AWS::IAM::ManagedPolicy").values()
    granted = {
        statement["Action"]: text(statement["Resource"])
        for statement in policy["PolicyDocument"]["Statement"]
    }

    assert granted == {
        "lambda:InvokeFunction": "${RequestFunction.Arn}",
        "ssm:GetParameters": (
            "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}"
            ":parameter${ServiceTokenParameterName}"
        ),
    }
    # To be attached by whoever deploys; CAPABILITY_IAM does for it where it has no name.
    assert not {"ManagedPolicyName", "Roles", "Users", "Groups"} & set(policy)
