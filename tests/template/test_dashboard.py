"""The dashboard: a body that CloudWatch can read, of metrics that somebody counts."""

from __future__ import annotations

import itertools
import json
import re
from typing import Any

import pytest

from tests.template.application import ROOT, expanded, references, resources, written
from tests.template.metrics import Metric, counted

Json = dict[str, Any]

BODY: str = resources("AWS::CloudWatch::Dashboard")["Dashboard"]["DashboardBody"]["Fn::Sub"]
WIDGETS: list[Json] = json.loads(BODY)["widgets"]
CHARTS = [widget for widget in WIDGETS if widget["type"] == "metric"]
OWN = "ComprehendEndpointProvider"
COLUMNS = 24
# CloudWatch API reference, "Dashboard body structure and syntax".
CHART_PROPERTIES = {"title", "region", "view", "period", "stat", "stacked", "metrics"}
METRIC_OPTIONS = {"label", "color", "stat", "id", "expression"}
# CloudWatch metrics of the services, and the resource that the dimension names.
FROM_AWS = {
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible"): ("QueueName", "AWS::SQS::Queue"),
    ("AWS/States", "ExecutionsStarted"): ("StateMachineArn", "AWS::StepFunctions::StateMachine"),
    ("AWS/States", "ExecutionsFailed"): ("StateMachineArn", "AWS::StepFunctions::StateMachine"),
    ("AWS/States", "ExecutionsTimedOut"): ("StateMachineArn", "AWS::StepFunctions::StateMachine"),
    ("AWS/States", "ExecutionsAborted"): ("StateMachineArn", "AWS::StepFunctions::StateMachine"),
    ("AWS/Lambda", "ConcurrentExecutions"): ("FunctionName", "AWS::Lambda::Function"),
    ("AWS/Lambda", "Throttles"): ("FunctionName", "AWS::Lambda::Function"),
    ("AWS/Lambda", "Errors"): ("FunctionName", "AWS::Lambda::Function"),
}


def lines() -> list[tuple[str, list[str], Json]]:
    """Every line of every chart: the chart's title, what it shows, its options."""
    return [
        (
            chart["properties"]["title"],
            [part for part in line if isinstance(part, str)],
            next((part for part in line if isinstance(part, dict)), {}),
        )
        for chart in CHARTS
        for line in chart["properties"]["metrics"]
    ]


def metric(parts: list[str]) -> Metric:
    namespace, name, *rest = parts
    assert len(rest) % 2 == 0
    return namespace, name, tuple(sorted(zip(rest[::2], rest[1::2], strict=True)))


def shown() -> set[Metric]:
    return {metric(parts) for _, parts, _ in lines() if parts}


def test_it_is_there_only_where_one_asks_for_it() -> None:
    assert expanded()["Resources"]["Dashboard"]["Condition"] == "HasDashboard"
    assert written()["Conditions"]["HasDashboard"] == {
        "Fn::Equals": [{"Ref": "DashboardEnabled"}, "true"]
    }
    assert written()["Parameters"]["DashboardEnabled"]["Default"] == "false"


def test_all_that_it_substitutes_is_in_the_template() -> None:
    names = set(references({"Fn::Sub": BODY})) - {"AWS::Region"}

    assert names
    assert names <= set(expanded()["Resources"])
    # A resource that may be missing cannot be referred to.
    assert not [name for name in names if "Condition" in expanded()["Resources"][name]]


def test_the_widgets_fill_the_grid_and_cover_no_other() -> None:
    cells = [
        set(
            itertools.product(
                range(widget["x"], widget["x"] + widget["width"]),
                range(widget["y"], widget["y"] + widget["height"]),
            )
        )
        for widget in WIDGETS
    ]

    assert sum(map(len, cells)) == len(set().union(*cells))
    rows = {y for _, y in set().union(*cells)}
    assert set().union(*cells) == set(itertools.product(range(COLUMNS), rows))


@pytest.mark.parametrize("widget", WIDGETS, ids=lambda widget: widget["properties"]["title"])
def test_a_widget_has_what_cloudwatch_knows_and_needs(widget: Json) -> None:
    properties = widget["properties"]

    assert set(widget) == {"type", "x", "y", "width", "height", "properties"}
    assert properties["region"] == "${AWS::Region}"
    if widget["type"] == "log":
        assert set(properties) == {"title", "region", "view", "query"}
        assert properties["query"].startswith(
            "SOURCE '${LogGroup}' | SOURCE '${FallbackLogGroup}' | "
        )
        return
    assert widget["type"] == "metric"
    assert set(properties) <= CHART_PROPERTIES
    assert properties["view"] == "timeSeries"
    assert properties["period"] % 60 == 0
    assert properties["metrics"]


@pytest.mark.parametrize(("title", "parts", "options"), lines())
def test_a_line_has_a_label_a_statistic_and_no_option_that_is_unknown(
    title: str, parts: list[str], options: Json
) -> None:
    (chart,) = (each for each in CHARTS if each["properties"]["title"] == title)

    assert set(options) <= METRIC_OPTIONS
    assert ("expression" in options) != bool(parts)
    assert options.get("label") or options.get("id")
    assert re.fullmatch(
        r"Sum|Maximum|p\d\d", options.get("stat") or chart["properties"].get("stat")
    )


def test_each_of_the_providers_own_metrics_on_it_is_one_that_the_code_counts() -> None:
    own = {each for each in shown() if each[0] == OWN}

    assert own
    assert own <= counted()


def test_every_metric_that_the_code_counts_is_on_it_but_the_alarms_own() -> None:
    names = {name for namespace, name, _ in shown() if namespace == OWN}
    # ApiErrors are looked for; Failures are the outcomes of Operations, made for alarms.
    assert {name for _, name, _ in counted()} == names | {"ApiErrors", "Failures"}


def test_the_search_is_for_a_metric_with_the_dimensions_that_the_code_counts_it_by() -> None:
    (expression,) = (options["expression"] for _, parts, options in lines() if not parts)
    found = re.fullmatch(
        r"SEARCH\('\{(?P<namespace>\w+),(?P<dimensions>[\w,]+)\} "
        r"MetricName=\"(?P<name>\w+)\"', 'Sum', 300\)",
        expression,
    )

    assert found is not None
    wanted = (found["namespace"], found["name"], sorted(found["dimensions"].split(",")))
    assert wanted in [(space, name, [key for key, _ in of]) for space, name, of in counted()]


def test_each_metric_of_aws_on_it_is_of_a_resource_that_has_it() -> None:
    types = {name: each["Type"] for name, each in expanded()["Resources"].items()}
    others = [each for each in shown() if each[0] != OWN]

    assert others
    for namespace, name, dimensions in others:
        key, kind = FROM_AWS[namespace, name]
        ((given, value),) = dimensions
        assert given == key
        assert types[value.strip("${}").split(".")[0]] == kind


def test_the_log_widget_looks_for_what_the_code_logs() -> None:
    (widget,) = (each for each in WIDGETS if each["type"] == "log")
    query = widget["properties"]["query"]
    reconcile = ROOT / "src" / "provider" / "reconcile"
    answer, fallback = (reconcile / name for name in ("answer.py", "fallback.py"))

    decided, by_fallback = re.findall(r'"([^"]+)"', query)
    assert f'"{decided}"' in answer.read_text()
    assert by_fallback.removesuffix("FAILED") in fallback.read_text()
    for field in ("reason", "blame"):
        assert field in query
        assert f"{field}=" in answer.read_text()
    assert "cause" in query
    assert '"cause": cause' in (ROOT / "src/provider/handlers/fallback.py").read_text()
