"""What the application is made of, and what it must never hold."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.template.application import expanded, resources, text, written

# Consumers' stacks hold the request function's ARN; running executions and kept answers belong to
# the others.
FIXED = {
    "RequestFunction": "AWS::Lambda::Function",
    "StepFunction": "AWS::Lambda::Function",
    "FallbackFunction": "AWS::Lambda::Function",
    "StateMachine": "AWS::StepFunctions::StateMachine",
    "FallbackStateMachine": "AWS::StepFunctions::StateMachine",
    "UndeliverableQueue": "AWS::SQS::Queue",
    "ServiceTokenParameter": "AWS::SSM::Parameter",
}
INSTALLED = {
    "STATE_MACHINE_ARN",
    "ENDPOINT_TAGS",
    "MAX_INFERENCE_UNITS",
    "ORPHAN_SCAN_TOPIC_ARN",
    "ORPHAN_SCAN_IDLE_DAYS",
}
"""The variables of the functions that hold what the installation is."""
PARAMETERS = written()["Parameters"]
FUNCTIONS = resources("AWS::Lambda::Function")
MACHINES = resources("AWS::StepFunctions::StateMachine")


def optional(value: Any, condition: str) -> str:
    """What a property is, as text, if a condition holds; else it is not set."""
    holds, given, otherwise = value["Fn::If"]
    assert (holds, otherwise) == (condition, {"Ref": "AWS::NoValue"})
    return text(given)


def test_the_logical_ids_that_may_never_change_are_there() -> None:
    types = {name: each["Type"] for name, each in expanded()["Resources"].items()}

    assert FIXED.items() <= types.items()


def test_nothing_names_a_partition_region_or_account() -> None:
    found = re.findall(r"arn:aws:|\b\d{12}\b|\b[a-z]{2}-[a-z]+-\d\b", json.dumps(expanded()))

    assert found == []


class TestFunctions:
    def test_all_are_one_artifact_and_share_what_globals_say(self) -> None:
        shared = written()["Globals"]["Function"]

        assert shared["Runtime"] == "python3.13"
        assert shared["Architectures"] == ["arm64"]
        for name, function in FUNCTIONS.items():
            source = written()["Resources"][name]
            assert source["Metadata"] == {"BuildMethod": "makefile"}
            assert source["Properties"].get("Code", shared["CodeUri"]) == "src/"
            for key in ("Runtime", "Architectures", "MemorySize"):
                assert function[key] == shared[key]
            variables = function["Environment"]["Variables"].items()
            assert variables >= shared["Environment"]["Variables"].items()
        assert FUNCTIONS["StepFunction"]["Timeout"] == shared["Timeout"]

    def test_only_the_request_function_has_a_name_and_it_is_a_parameter(self) -> None:
        named = {
            name: each["FunctionName"] for name, each in FUNCTIONS.items() if "FunctionName" in each
        }

        assert named == {"RequestFunction": {"Ref": "FunctionName"}}
        assert PARAMETERS["FunctionName"]["Default"] == "comprehend-endpoint-provider"

    def test_what_the_installation_is_reaches_the_functions_that_use_it(self) -> None:
        given = {
            (name, variable): value if "Fn::Join" in value else text(value)
            for name, function in FUNCTIONS.items()
            for variable, value in function["Environment"]["Variables"].items()
            if variable in INSTALLED
        }
        tags = {"Fn::Join": [",", {"Ref": "EndpointTags"}]}
        place = "${AWS::Region}:${AWS::AccountId}"
        by_name = f"arn:${{AWS::Partition}}:states:{place}:stateMachine:${{FunctionName}}"

        assert given == {
            ("RequestFunction", "STATE_MACHINE_ARN"): "${StateMachine}",
            ("OrphanScanFunction", "STATE_MACHINE_ARN"): "${StateMachine}",
            # By its name: the machine calls these functions, which so cannot refer to it.
            ("FallbackFunction", "STATE_MACHINE_ARN"): by_name,
            ("StepFunction", "STATE_MACHINE_ARN"): by_name,
            ("RequestFunction", "ENDPOINT_TAGS"): tags,
            ("StepFunction", "ENDPOINT_TAGS"): tags,
            ("RequestFunction", "MAX_INFERENCE_UNITS"): "${MaxInferenceUnits}",
            ("OrphanScanFunction", "ORPHAN_SCAN_TOPIC_ARN"): "${OrphanScanTopicArn}",
            ("OrphanScanFunction", "ORPHAN_SCAN_IDLE_DAYS"): "${OrphanScanIdleDays}",
        }

    def test_all_write_text_to_a_log_group_with_retention_and_the_key(self) -> None:
        groups = resources("AWS::Logs::LogGroup")
        chosen = {}
        for name, function in FUNCTIONS.items():
            if "LoggingConfig" in function:
                chosen[name] = function["LoggingConfig"]["LogGroup"]["Ref"]
                # Lambda would wrap the lines of Powertools, which are JSON already.
                assert function["LoggingConfig"]["LogFormat"] == "Text"
                continue
            # If nothing is said, Lambda writes text to the group that has the function's name.
            own = text(function.get("FunctionName", {"Ref": name}))
            (chosen[name],) = (
                group
                for group, each in groups.items()
                if text(each["LogGroupName"]) == f"/aws/lambda/{own}"
            )

        assert chosen == {
            "RequestFunction": "LogGroup",
            "StepFunction": "LogGroup",
            "OrphanScanFunction": "LogGroup",
            "FallbackFunction": "FallbackLogGroup",
        }
        for group in groups.values():
            assert text(group["RetentionInDays"]) == "${LogRetentionInDays}"
            assert optional(group["KmsKeyId"], "HasLogsKey") == "${LogsKmsKeyArn}"

    def test_each_that_answers_has_its_own_share_of_the_concurrency_if_one_is_reserved(
        self,
    ) -> None:
        reserved = {
            name: optional(each["ReservedConcurrentExecutions"], "HasReservedConcurrency")
            for name, each in FUNCTIONS.items()
            if "ReservedConcurrentExecutions" in each
        }

        # Nothing else that runs may keep the fallback from answering.
        answering = ("RequestFunction", "StepFunction", "FallbackFunction")
        assert reserved == dict.fromkeys(answering, "${ReservedConcurrency}")

    def test_failed_invocations_go_to_the_fallback_and_then_to_the_queue(self) -> None:
        configurations = resources("AWS::Lambda::EventInvokeConfig").values()

        assert {
            text(each["FunctionName"]): text(each["DestinationConfig"]["OnFailure"]["Destination"])
            for each in configurations
        } == {
            "${RequestFunction}": "${FallbackFunction.Arn}",
            "${FallbackFunction}": "${UndeliverableQueue.Arn}",
        }
        for each in configurations:
            assert each["MaximumRetryAttempts"] == 2
            assert each["MaximumEventAgeInSeconds"] == 3600


class TestStateMachines:
    def test_none_logs_execution_data(self) -> None:
        for machine in MACHINES.values():
            assert "LoggingConfiguration" not in machine
            assert machine["StateMachineType"] == "STANDARD"

    def test_each_has_a_name_that_follows_from_the_functions(self) -> None:
        names = {name: text(machine["StateMachineName"]) for name, machine in MACHINES.items()}

        assert names == {
            "StateMachine": "${FunctionName}",
            "FallbackStateMachine": "${FunctionName}-fallback",
            "OrphanScanStateMachine": "${FunctionName}-orphan-scan",
        }
        # CreateStateMachine, name: at most 80 characters.
        assert all(len(name) - len("${FunctionName}") + 64 <= 80 for name in names.values())

    def test_each_is_encrypted_with_the_key_if_one_is_given(self) -> None:
        for machine in MACHINES.values():
            condition, with_key, without = machine["EncryptionConfiguration"]["Fn::If"]

            assert condition == "HasStateMachineKey"
            assert with_key["Type"] == "CUSTOMER_MANAGED_KMS_KEY"
            assert text(with_key["KmsKeyId"]) == "${StateMachineKmsKeyArn}"
            assert 60 <= with_key["KmsDataKeyReusePeriodSeconds"] <= 900
            # Said, not left out: an update that takes the key away must reach Step Functions.
            assert without == {"Type": "AWS_OWNED_KEY"}

    def test_a_rule_starts_the_fallback_s_whenever_the_main_one_ends_badly(self) -> None:
        rule = resources("AWS::Events::Rule")["FailedExecutionRule"]
        (target,) = rule["Targets"]

        assert rule["EventPattern"] == {
            "source": ["aws.states"],
            "detail-type": ["Step Functions Execution Status Change"],
            "detail": {
                "status": ["FAILED", "TIMED_OUT", "ABORTED"],
                "stateMachineArn": [{"Ref": "StateMachine"}],
            },
        }
        assert text(target["Arn"]) == "${FallbackStateMachine}"

    def test_a_rule_starts_the_orphan_scan_s_by_schedule_unless_it_is_off(self) -> None:
        rule = resources("AWS::Events::Rule")["OrphanScanRule"]
        (target,) = rule["Targets"]

        assert text(rule["ScheduleExpression"]) == "${OrphanScanSchedule}"
        assert rule["State"] == {"Fn::If": ["HasOrphanScan", "ENABLED", "DISABLED"]}
        assert text(target["Arn"]) == "${OrphanScanStateMachine}"
        assert PARAMETERS["OrphanScanSchedule"]["Default"] == "rate(1 day)"
        assert PARAMETERS["OrphanScanEnabled"]["Default"] == "true"


def test_the_queue_is_encrypted_and_keeps_its_messages_for_fourteen_days() -> None:
    (queue,) = resources("AWS::SQS::Queue").values()

    assert queue["SqsManagedSseEnabled"] is True
    assert queue["MessageRetentionPeriod"] == 14 * 24 * 3600
    assert "QueueName" not in queue


def test_consumers_find_the_request_function_s_arn_in_ssm() -> None:
    (parameter,) = resources("AWS::SSM::Parameter").values()

    assert text(parameter["Value"]) == "${RequestFunction.Arn}"
    assert text(parameter["Name"]) == "${ServiceTokenParameterName}"
    default = PARAMETERS["ServiceTokenParameterName"]["Default"]
    assert default == "/comprehend-endpoint-provider/service-token"


def test_the_outputs_are_there_and_none_is_an_export() -> None:
    outputs = expanded()["Outputs"]

    assert {name: text(output["Value"]) for name, output in outputs.items()} == {
        "ServiceToken": "${RequestFunction.Arn}",
        "FunctionName": "${RequestFunction}",
        "StateMachineArn": "${StateMachine}",
        "OrphanScanStateMachineArn": "${OrphanScanStateMachine}",
        "LogGroupName": "${LogGroup}",
        "FallbackLogGroupName": "${FallbackLogGroup}",
        "ConsumerPolicyArn": "${ConsumerPolicy}",
        "UndeliverableQueueUrl": "${UndeliverableQueue}",
    }
    # Consumers of an export would lock the provider's stack.
    assert not [name for name, output in outputs.items() if "Export" in output]
