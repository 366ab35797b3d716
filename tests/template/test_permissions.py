"""What an installation may do: what its code calls, and exactly what permissions.yaml says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.template.application import ROOT, expanded, resources, state_machines, text
from tools.models import called

Statement = dict[str, Any]

NOTED: dict[str, dict[str, Statement]] = yaml.safe_load(
    (ROOT / "tests" / "template" / "permissions.yaml").read_text()
)


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def plain(condition: Any) -> Any:
    """A condition, its intrinsic functions as text."""
    match condition:
        case {"Fn::Sub": _} | {"Ref": _}:
            return text(condition)
        case dict():
            return {key: plain(value) for key, value in condition.items()}
        case list():
            return [plain(each) for each in condition]
    return condition


def statements(role: str) -> Iterator[tuple[str, Statement]]:
    """A role's statements by Sid, in the form of permissions.yaml."""
    for policy in resources("AWS::IAM::Role")[role]["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            noted: Statement = {}
            if "Fn::If" in statement:
                noted["If"], statement, otherwise = statement["Fn::If"]
                assert otherwise == {"Ref": "AWS::NoValue"}
            assert statement["Effect"] == "Allow"
            noted["Actions"] = as_list(statement["Action"])
            noted["Resources"] = [text(each) for each in as_list(statement["Resource"])]
            if "Condition" in statement:
                noted["Condition"] = plain(statement["Condition"])
            yield statement["Sid"], noted


def actions(role: str, *services: str) -> set[str]:
    """What a role may do, or may do with some services."""
    granted = {action for each in NOTED[role].values() for action in each["Actions"]}
    return {action for action in granted if not services or action.split(":")[0] in services}


@pytest.mark.parametrize("role", resources("AWS::IAM::Role"))
def test_every_statement_is_written_down_and_none_else(role: str) -> None:
    given = list(statements(role))

    assert dict(given) == NOTED[role]
    assert len(given) == len(NOTED[role])


def test_no_action_is_a_pattern_and_no_resource_is_wider_than_its_service_knows() -> None:
    for role in NOTED.values():
        for statement in role.values():
            for action in statement["Actions"]:
                assert not set(action) & {"*", "?"}
                # Service authorization reference: none of them has a resource type.
                no_type = action.startswith("xray:") or action in (
                    "comprehend:ListEndpoints",
                    "cloudwatch:GetMetricData",
                )
                assert no_type or "*" not in statement["Resources"]


def test_each_function_may_do_what_its_gateways_call_and_nothing_else() -> None:
    prefixes = {"stepfunctions": "states"}
    calls = {
        file: {f"{prefixes.get(service, service)}:{name}" for name in names}
        for file, (service, names) in called().items()
    }
    files = ("cloudformation", "cloudwatch", "comprehend", "sns", "step_functions")
    assert calls.keys() == {f"{each}.py" for each in files}
    stacks, comprehend = calls["cloudformation.py"], calls["comprehend.py"]
    assert calls["step_functions.py"] == {"states:StartExecution", "states:ListExecutions"}
    services = ("comprehend", "cloudformation", "cloudwatch", "states", "sns")

    assert actions("RequestFunctionRole", *services) == {"states:StartExecution"}
    # Only the orphan scan lists all endpoints, and asks what a stack has now.
    assert actions("StepFunctionRole", *services) == {
        "states:ListExecutions",
        *(comprehend | stacks)
        - {"comprehend:ListEndpoints", "cloudformation:DescribeStackResource"},
    }
    assert actions("FallbackFunctionRole", *services) == {"states:StartExecution"}
    assert actions("OrphanScanFunctionRole", *services) == {
        *stacks,
        *calls["cloudwatch.py"],
        *calls["sns.py"],
        *("states:ListExecutions", "comprehend:ListEndpoints", "comprehend:ListTagsForResource"),
    }


def test_the_orphan_scan_may_change_nothing() -> None:
    # Besides what all functions do: write to the log, and to X-Ray.
    harmless = r"\w+:(Describe|List)|cloudwatch:Get|logs:|xray:"
    granted = actions("OrphanScanFunctionRole")

    assert {action for action in granted if not re.match(harmless, action)} == {"sns:Publish"}


@pytest.mark.parametrize("machine", state_machines())
def test_a_state_machine_may_do_what_its_tasks_do_and_nothing_else(machine: str) -> None:
    needed = {
        "lambda:invoke": "lambda:InvokeFunction",
        "sqs:sendMessage": "sqs:SendMessage",
        "aws-sdk:sfn:getExecutionHistory": "states:GetExecutionHistory",
    }
    tasks = {
        state["Resource"].partition(":::")[2]
        for state in state_machines()[machine]["States"].values()
        if state["Type"] == "Task"
    }

    assert actions(f"{machine}Role", "lambda", "sqs", "states") == {needed[each] for each in tasks}


def test_every_function_machine_and_rule_has_a_role_of_its_own_for_its_service_alone() -> None:
    services = {
        "AWS::Lambda::Function": "lambda.amazonaws.com",
        "AWS::StepFunctions::StateMachine": "states.amazonaws.com",
        "AWS::Events::Rule": "events.amazonaws.com",
    }
    roles = resources("AWS::IAM::Role")
    trusted = {}
    for name, role in roles.items():
        (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
        trusted[name] = as_list(statement["Principal"]["Service"])
        assert not role.get("ManagedPolicyArns"), name

    assert trusted == {
        f"{name}Role": [service] for kind, service in services.items() for name in resources(kind)
    }
    for name, resource in expanded()["Resources"].items():
        used = resource["Properties"].get("Role") or resource["Properties"].get("RoleArn")
        assert used is None or text(used) == f"${{{name}Role.Arn}}"


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
    # To be attached by whoever deploys.
    assert not {"Roles", "Users", "Groups"} & set(policy)
