"""What the application is made of, and what it must never hold."""

from __future__ import annotations

import graphlib
import importlib
import json
import re
from typing import Any

import pytest

from provider.contract.errors import Blame
from provider.telemetry import Telemetry
from tests.template.application import expanded, references, resources, text, written
from tests.template.metrics import Metric, counted, emitted

# Types with which the Serverless Application Repository asks for CAPABILITY_RESOURCE_POLICY or
# CAPABILITY_AUTO_EXPAND, or which it does not take.
REFUSED_TYPES = {
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::CloudFormation::Stack",
    "AWS::Events::EventBusPolicy",
    "AWS::IAM::Policy",
    "AWS::Lambda::LayerVersionPermission",
    "AWS::Lambda::Permission",
    "AWS::Lambda::Url",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::Scheduler::Schedule",
    "AWS::Serverless::Application",
}
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
PARAMETERS = written()["Parameters"]
ALARMS = resources("AWS::CloudWatch::Alarm")


def test_it_holds_no_resource_that_asks_for_more_than_capability_iam() -> None:
    types = {resource["Type"] for resource in expanded()["Resources"].values()}

    assert types.isdisjoint(REFUSED_TYPES)


def test_no_iam_resource_has_a_name_of_its_own() -> None:
    for name, resource in expanded()["Resources"].items():
        if resource["Type"].startswith("AWS::IAM::"):
            assert not [key for key in resource["Properties"] if key.endswith("Name")], name


def test_the_logical_ids_that_may_never_change_are_there() -> None:
    types = {name: each["Type"] for name, each in expanded()["Resources"].items()}

    assert FIXED.items() <= types.items()


def test_the_resources_form_no_circle() -> None:
    template = expanded()["Resources"]
    graph = {
        name: {each for each in references(resource) if each in template}
        | set(resource.get("DependsOn", []))
        for name, resource in template.items()
    }

    order = list(graphlib.TopologicalSorter(graph).static_order())

    # Not merely without references: the machine comes between the functions.
    assert order.index("StepFunction") < order.index("StateMachine")
    assert order.index("StateMachine") < order.index("RequestFunction")


def test_nothing_names_a_partition_region_or_account() -> None:
    found = re.findall(r"arn:aws:|\b\d{12}\b|\b[a-z]{2}-[a-z]+-\d\b", json.dumps(expanded()))

    assert found == []


class TestFunctions:
    @pytest.mark.parametrize("name", resources("AWS::Lambda::Function"))
    def test_each_is_one_artifact_with_a_handler_that_exists(self, name: str) -> None:
        function = resources("AWS::Lambda::Function")[name]
        module, _, attribute = function["Handler"].rpartition(".")

        assert function["Runtime"] == "python3.13"
        assert function["Architectures"] == ["arm64"]
        assert written()["Resources"][name]["Metadata"] == {"BuildMethod": "makefile"}
        code = written()["Resources"][name]["Properties"].get("Code")
        assert (code or written()["Globals"]["Function"]["CodeUri"]) == "src/"
        assert callable(getattr(importlib.import_module(module), attribute))

    def test_only_the_request_function_has_a_name_and_it_is_a_parameter(self) -> None:
        names = {
            name: text(function["FunctionName"])
            for name, function in resources("AWS::Lambda::Function").items()
            if "FunctionName" in function
        }

        assert names == {"RequestFunction": "${FunctionName}"}
        assert PARAMETERS["FunctionName"]["Default"] == "comprehend-endpoint-provider"

    def test_only_who_starts_or_lists_executions_knows_the_state_machine(self) -> None:
        knowing = {
            name
            for name, function in resources("AWS::Lambda::Function").items()
            if "STATE_MACHINE_ARN" in function["Environment"]["Variables"]
        }

        assert knowing == {"RequestFunction", "FallbackFunction", "OrphanScanFunction"}

    def test_the_fallback_knows_the_state_machine_by_its_name(self) -> None:
        # The machine calls the function, so that the function cannot refer to the machine.
        variables = resources("AWS::Lambda::Function")["FallbackFunction"]["Environment"]
        machine = resources("AWS::StepFunctions::StateMachine")["StateMachine"]
        arn = text(variables["Variables"]["STATE_MACHINE_ARN"])

        assert arn.endswith(f":stateMachine:{text(machine['StateMachineName'])}")

    def test_all_write_text_to_a_log_group_with_retention_and_the_key(self) -> None:
        groups = resources("AWS::Logs::LogGroup")
        chosen = {}
        for name, function in resources("AWS::Lambda::Function").items():
            if "LoggingConfig" in function:
                chosen[name] = function["LoggingConfig"]["LogGroup"]["Ref"]
                # Lambda would wrap the lines of Powertools, which are JSON already.
                assert function["LoggingConfig"]["LogFormat"] == "Text"
                continue
            # Where nothing is said, Lambda writes text to the group that has the function's name.
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
            assert group["KmsKeyId"] == {
                "Fn::If": ["HasLogsKey", {"Ref": "LogsKmsKeyArn"}, {"Ref": "AWS::NoValue"}]
            }

    def test_what_globals_give_to_two_the_others_have_too(self) -> None:
        shared = written()["Globals"]["Function"]
        for name in ("StepFunction", "OrphanScanFunction"):
            own = resources("AWS::Lambda::Function")[name]
            variables = shared["Environment"]["Variables"].items()

            assert own["Environment"]["Variables"].items() >= variables
            for key in ("Runtime", "Architectures", "MemorySize"):
                assert own[key] == shared[key]
        assert resources("AWS::Lambda::Function")["StepFunction"]["Timeout"] == shared["Timeout"]

    def test_each_that_answers_has_a_share_of_the_concurrency_where_one_is_reserved(self) -> None:
        reserved = {
            name
            for name, function in resources("AWS::Lambda::Function").items()
            if function.get("ReservedConcurrentExecutions")
            == {
                "Fn::If": [
                    "HasReservedConcurrency",
                    {"Ref": "ReservedConcurrency"},
                    {"Ref": "AWS::NoValue"},
                ]
            }
        }

        # The fallback's own: nothing else that runs may keep it from answering.
        assert reserved == {"RequestFunction", "StepFunction", "FallbackFunction"}

    def test_ceiling_and_tags_reach_the_functions_that_use_them(self) -> None:
        variables = {
            name: function["Environment"]["Variables"]
            for name, function in resources("AWS::Lambda::Function").items()
        }
        tags = {"Fn::Join": [",", {"Ref": "EndpointTags"}]}

        assert {name for name, each in variables.items() if each.get("ENDPOINT_TAGS") == tags} == {
            "RequestFunction",
            "StepFunction",
        }
        assert text(variables["RequestFunction"]["MAX_INFERENCE_UNITS"]) == "${MaxInferenceUnits}"

    def test_failed_invocations_go_to_the_fallback_and_then_to_the_queue(self) -> None:
        configurations = {
            text(each["FunctionName"]): each
            for each in resources("AWS::Lambda::EventInvokeConfig").values()
        }
        destinations = {
            name: text(each["DestinationConfig"]["OnFailure"]["Destination"])
            for name, each in configurations.items()
        }

        assert destinations == {
            "${RequestFunction}": "${FallbackFunction.Arn}",
            "${FallbackFunction}": "${UndeliverableQueue.Arn}",
        }
        for each in configurations.values():
            assert each["MaximumRetryAttempts"] == 2
            assert each["MaximumEventAgeInSeconds"] == 3600


class TestStateMachines:
    def test_none_logs_execution_data(self) -> None:
        for machine in resources("AWS::StepFunctions::StateMachine").values():
            assert "LoggingConfiguration" not in machine
            assert machine["StateMachineType"] == "STANDARD"

    def test_each_has_a_name_that_follows_from_the_functions(self) -> None:
        names = {
            name: text(machine["StateMachineName"])
            for name, machine in resources("AWS::StepFunctions::StateMachine").items()
        }

        assert names == {
            "StateMachine": "${FunctionName}",
            "FallbackStateMachine": "${FunctionName}-fallback",
            "OrphanScanStateMachine": "${FunctionName}-orphan-scan",
        }
        # CreateStateMachine, name: at most 80 characters.
        assert all(len(name) - len("${FunctionName}") + 64 <= 80 for name in names.values())

    def test_each_is_encrypted_with_the_key_where_one_is_given(self) -> None:
        for machine in resources("AWS::StepFunctions::StateMachine").values():
            condition, with_key, without = machine["EncryptionConfiguration"]["Fn::If"]

            assert condition == "HasStateMachineKey"
            assert with_key["Type"] == "CUSTOMER_MANAGED_KMS_KEY"
            assert text(with_key["KmsKeyId"]) == "${StateMachineKmsKeyArn}"
            assert 60 <= with_key["KmsDataKeyReusePeriodSeconds"] <= 900
            # Said, not left out: an update that takes the key away must reach Step Functions.
            assert without == {"Type": "AWS_OWNED_KEY"}

    def test_the_rule_starts_the_small_one_whenever_the_main_one_ends_badly(self) -> None:
        rule = resources("AWS::Events::Rule")["FailedExecutionRule"]
        (target,) = rule["Targets"]

        assert rule["EventPattern"]["source"] == ["aws.states"]
        assert rule["EventPattern"]["detail-type"] == ["Step Functions Execution Status Change"]
        assert rule["EventPattern"]["detail"] == {
            "status": ["FAILED", "TIMED_OUT", "ABORTED"],
            "stateMachineArn": [{"Ref": "StateMachine"}],
        }
        assert text(target["Arn"]) == "${FallbackStateMachine}"
        assert text(target["RoleArn"]) == "${FailedExecutionRuleRole.Arn}"

    def test_the_orphan_scans_rule_starts_its_machine_by_schedule_unless_it_is_off(self) -> None:
        rule = resources("AWS::Events::Rule")["OrphanScanRule"]
        (target,) = rule["Targets"]

        assert text(rule["ScheduleExpression"]) == "${OrphanScanSchedule}"
        assert rule["State"] == {"Fn::If": ["HasOrphanScan", "ENABLED", "DISABLED"]}
        assert "EventPattern" not in rule
        assert text(target["Arn"]) == "${OrphanScanStateMachine}"
        assert text(target["RoleArn"]) == "${OrphanScanRuleRole.Arn}"
        assert PARAMETERS["OrphanScanSchedule"]["Default"] == "rate(1 day)"
        assert PARAMETERS["OrphanScanEnabled"]["Default"] == "true"


def test_the_queue_is_encrypted_and_keeps_its_messages_for_fourteen_days() -> None:
    (queue,) = resources("AWS::SQS::Queue").values()

    assert queue["SqsManagedSseEnabled"] is True
    assert queue["MessageRetentionPeriod"] == 14 * 24 * 3600
    assert "QueueName" not in queue


def test_consumers_find_the_request_functions_arn_in_ssm() -> None:
    (parameter,) = resources("AWS::SSM::Parameter").values()

    assert text(parameter["Value"]) == "${RequestFunction.Arn}"
    assert text(parameter["Name"]) == "${ServiceTokenParameterName}"
    assert (
        PARAMETERS["ServiceTokenParameterName"]["Default"]
        == "/comprehend-endpoint-provider/service-token"
    )


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
    for output in outputs.values():
        assert output["Description"]
        # Consumers of an export would lock the provider's stack.
        assert "Export" not in output


def watched(alarm: dict[str, Any]) -> Metric:
    """The metric that an alarm watches."""
    dimensions = tuple(sorted((each["Name"], text(each["Value"])) for each in alarm["Dimensions"]))
    return alarm["Namespace"], alarm["MetricName"], dimensions


class TestAlarms:
    def test_each_metric_of_the_provider_that_an_alarm_watches_is_one_that_the_code_counts(
        self,
    ) -> None:
        own = {
            watched(alarm)
            for alarm in ALARMS.values()
            if alarm["Namespace"] == "ComprehendEndpointProvider"
        }

        assert len(own) == 5
        assert own <= counted()

    def test_no_alarm_watches_what_a_users_own_mistake_counts(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        Telemetry(None, "Create").decided("Create", Blame.USER, 1.0)
        mistakes = emitted(capsys.readouterr().out)

        assert mistakes
        assert mistakes.isdisjoint({watched(alarm) for alarm in ALARMS.values()})

    def test_everything_that_can_lose_an_answer_or_an_orphan_is_watched(self) -> None:
        outside = {
            (metric, dimensions[0][1])
            for namespace, metric, dimensions in map(watched, ALARMS.values())
            if namespace.startswith("AWS/")
        }

        assert outside == {
            ("ApproximateNumberOfMessagesVisible", "${UndeliverableQueue.QueueName}"),
            ("ExecutionsFailed", "${StateMachine}"),
            ("ExecutionsTimedOut", "${StateMachine}"),
            ("ExecutionsAborted", "${StateMachine}"),
            ("ExecutionsFailed", "${FallbackStateMachine}"),
            ("ExecutionsFailed", "${OrphanScanStateMachine}"),
            ("FailedInvocations", "${FailedExecutionRule}"),
            ("DestinationDeliveryFailures", "${RequestFunction}"),
            ("DestinationDeliveryFailures", "${FallbackFunction}"),
        }

    def test_the_alarm_on_orphans_is_there_if_the_orphan_scan_is(self) -> None:
        alarm = expanded()["Resources"]["OrphanedEndpointsAlarm"]

        assert alarm["Condition"] == "HasOrphanScan"
        assert alarm["Properties"]["Statistic"] == "Maximum"

    @pytest.mark.parametrize("name", ALARMS)
    def test_each_rings_at_the_first_and_tells_the_topic_where_there_is_one(
        self, name: str
    ) -> None:
        alarm = ALARMS[name]

        assert alarm["AlarmDescription"].endswith(".")
        assert alarm["Threshold"] == 1
        assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
        # The orphan scan counts once a day: in between, its alarm keeps its state.
        by_scan = name == "OrphanedEndpointsAlarm"
        assert alarm["TreatMissingData"] == ("ignore" if by_scan else "notBreaching")
        assert alarm["AlarmActions"]["Fn::If"][:2] == ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}]]
