"""Alarms and dashboard: of metrics that somebody counts, and of all that can lose an answer."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import re
from collections.abc import Iterable
from typing import Any

import pytest

from provider.contract.errors import Blame
from provider.handlers import fallback
from provider.orphans.classification import Classification
from provider.telemetry import Telemetry
from tests.template.application import ROOT, expanded, references, resources, text, written

Metric = tuple[str, str, tuple[tuple[str, str], ...]]
"""Namespace, name, dimensions by name."""

OWN = "ComprehendEndpointProvider"
ALARMS = resources("AWS::CloudWatch::Alarm")
BODY: str = resources("AWS::CloudWatch::Dashboard")["Dashboard"]["DashboardBody"]["Fn::Sub"]
WIDGETS: list[dict[str, Any]] = json.loads(BODY)["widgets"]
LINES: list[list[Any]] = [
    line for widget in WIDGETS for line in widget["properties"].get("metrics", [])
]
# CloudWatch metrics of the services, and the resource that the dimension names.
FROM_AWS = {
    "AWS/SQS": ("QueueName", "AWS::SQS::Queue"),
    "AWS/States": ("StateMachineArn", "AWS::StepFunctions::StateMachine"),
    "AWS/Lambda": ("FunctionName", "AWS::Lambda::Function"),
}


def counted(*operations: tuple[str, Blame | None]) -> set[Metric]:
    """The metrics that the code counts, read from the lines that it prints.

    Without operations, every metric, with an error of one API for all.
    """
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        telemetry = Telemetry(None, "Create")
        for operation, blame in operations or itertools.product(
            ("Create", "Update", "Delete"), (None, *Blame)
        ):
            telemetry.decided(operation, blame, 1.0)
        if not operations:
            telemetry.api_error("CreateEndpoint", "ThrottlingException")
            telemetry.clean_up_failed()
            telemetry.endpoint_kept()
            for classification in Classification:
                telemetry.scanned(classification.value, 1, 1, 43.2)
            fallback._count()
    return set(emitted(output.getvalue().splitlines()))


def emitted(lines: Iterable[str]) -> Iterable[Metric]:
    """The metrics in lines of the embedded metric format."""
    for line in lines:
        entry = json.loads(line)
        for directive in entry.get("_aws", {}).get("CloudWatchMetrics", []):
            for metric, keys in itertools.product(directive["Metrics"], directive["Dimensions"]):
                dimensions = tuple(sorted((key, entry[key]) for key in keys))
                yield directive["Namespace"], metric["Name"], dimensions


def watched(alarm: dict[str, Any]) -> Metric:
    """The metric that an alarm watches."""
    dimensions = tuple(sorted((each["Name"], text(each["Value"])) for each in alarm["Dimensions"]))
    return alarm["Namespace"], alarm["MetricName"], dimensions


def shown() -> set[Metric]:
    """The metrics on the dashboard, its search apart."""
    found = set()
    for line in LINES:
        parts = [part for part in line if isinstance(part, str)]
        if parts:
            namespace, name, *rest = parts
            dimensions = zip(rest[::2], rest[1::2], strict=True)
            found.add((namespace, name, tuple(sorted(dimensions))))
    return found


def test_what_alarms_and_dashboard_show_of_the_provider_is_what_the_code_counts() -> None:
    watching = {watched(alarm) for alarm in ALARMS.values()}
    own = {metric for metric in watching | shown() if metric[0] == OWN}

    assert own <= counted()
    # ApiErrors are searched for; Failures are the outcomes of Operations, made for alarms.
    names = {name for namespace, name, _ in shown() if namespace == OWN}
    assert {name for _, name, _ in counted()} == names | {"ApiErrors", "Failures"}


def test_no_alarm_watches_what_a_user_s_own_mistake_counts() -> None:
    mistakes = counted(("Create", Blame.USER))

    assert mistakes
    assert mistakes.isdisjoint({watched(alarm) for alarm in ALARMS.values()})


def test_what_is_left_on_purpose_is_shown_and_rings_no_alarm() -> None:
    # Giving an endpoint back is no fault. The orphan scan finds what is billed for nobody.
    kept = (OWN, "EndpointsKept", (("service", "comprehend-endpoint-provider"),))

    assert kept in counted() & shown()
    assert kept not in {watched(alarm) for alarm in ALARMS.values()}


def test_idle_endpoints_are_shown_and_ring_no_alarm() -> None:
    # Their stacks want them. Only their owners know whether they may go.
    service = ("service", "comprehend-endpoint-provider")
    idle = (OWN, "Endpoints", (("classification", "Idle"), service))

    assert idle in counted() & shown()
    assert idle not in {watched(alarm) for alarm in ALARMS.values()}


def test_everything_that_can_lose_an_answer_or_an_orphan_is_watched() -> None:
    outside = {
        (metric, dimensions[0][1])
        for namespace, metric, dimensions in map(watched, ALARMS.values())
        if namespace != OWN
    }

    assert len(ALARMS) == len(outside) + 5
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


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_rings_at_the_first_and_tells_the_topic_if_there_is_one(name: str) -> None:
    alarm = ALARMS[name]
    # The orphan scan counts once a day: in between, its alarm keeps its state.
    by_scan = name == "OrphanedEndpointsAlarm"

    assert alarm["AlarmDescription"].endswith(".")
    assert alarm["Threshold"] == 1
    assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
    assert alarm["Statistic"] == ("Maximum" if by_scan else alarm["Statistic"])
    assert alarm["TreatMissingData"] == ("ignore" if by_scan else "notBreaching")
    assert alarm["AlarmActions"]["Fn::If"][:2] == ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}]]
    condition = expanded()["Resources"][name].get("Condition")
    assert condition == ("HasOrphanScan" if by_scan else None)


def test_the_dashboard_is_there_only_if_one_asks_for_it() -> None:
    assert expanded()["Resources"]["Dashboard"]["Condition"] == "HasDashboard"
    assert written()["Conditions"]["HasDashboard"] == {
        "Fn::Equals": [{"Ref": "DashboardEnabled"}, "true"]
    }
    assert written()["Parameters"]["DashboardEnabled"]["Default"] == "false"


def test_all_that_the_dashboard_names_is_a_resource_that_is_always_there_and_has_the_metric() -> (
    None
):
    template = expanded()["Resources"]
    named = set(references({"Fn::Sub": BODY})) - {"AWS::Region"}

    assert named
    assert not [name for name in named if "Condition" in template[name]]
    for namespace, _, ((key, value), *_) in shown():
        if namespace != OWN:
            kind = template[value.strip("${}").split(".")[0]]["Type"]
            assert (key, kind) == FROM_AWS[namespace]


@pytest.mark.parametrize("widget", WIDGETS, ids=lambda widget: widget["properties"]["title"])
def test_a_widget_is_one_that_cloudwatch_can_read(widget: dict[str, Any]) -> None:
    """CloudWatch API reference, "Dashboard body structure and syntax"."""
    properties = widget["properties"]
    known = {
        "log": {"title", "region", "view", "query"},
        "metric": {"title", "region", "view", "period", "stat", "stacked", "metrics"},
    }

    assert widget.keys() == {"type", "x", "y", "width", "height", "properties"}
    assert properties.keys() <= known[widget["type"]]
    assert properties["region"] == "${AWS::Region}"
    for line in properties.get("metrics", []):
        *_, options = line
        assert options.keys() <= {"label", "color", "stat", "id", "expression"}
        assert ("expression" in options) == (len(line) == 1)


def test_the_search_is_for_a_metric_with_the_dimensions_that_the_code_counts_it_by() -> None:
    (expression,) = (options["expression"] for *parts, options in LINES if not parts)
    found = re.match(r"SEARCH\('\{(\w+),([\w,]+)\} MetricName=\"(\w+)\"', 'Sum', 300\)", expression)

    assert found is not None
    searched = (found[1], found[3], sorted(found[2].split(",")))
    assert searched in [(space, name, [key for key, _ in of]) for space, name, of in counted()]


def test_the_log_widget_looks_for_what_the_code_logs() -> None:
    (widget,) = (each for each in WIDGETS if each["type"] == "log")
    query = widget["properties"]["query"]
    source = "".join(path.read_text() for path in (ROOT / "src" / "provider").rglob("*.py"))
    decided, by_fallback = re.findall(r'"([^"]+)"', query)

    assert query.startswith("SOURCE '${LogGroup}' | SOURCE '${FallbackLogGroup}' | ")
    assert f'"{decided}"' in source
    assert f'f"{by_fallback.removesuffix("FAILED")}{{' in source
    for field, logged in (("reason", "reason="), ("blame", "blame="), ("cause", '"cause":')):
        assert field in query
        assert logged in source
