"""How the orphan scan reads the use of endpoints from CloudWatch: all of it, or an error."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from provider.aws.cloudwatch import MAX_QUERIES, CloudWatchGateway
from provider.model.api_errors import ApiError
from tests.unit import given

SINCE, UNTIL = datetime(2026, 11, 9, tzinfo=UTC), datetime(2026, 11, 23, 12, tzinfo=UTC)
A, B = given.arn("a"), given.arn("b")


@pytest.fixture
def stub() -> Iterator[Stubber]:
    """CloudWatch's client, which answers as it is told, in order, and checks what it is asked."""
    make: Any = boto3.session.Session(region_name=given.REGION).client
    with Stubber(make("cloudwatch")) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def consumed(stub: Stubber, *arns: str) -> dict[str, float]:
    gateway = CloudWatchGateway(given.REGION, lambda *_, **__: stub.client)
    return gateway.consumed(arns, SINCE, UNTIL)


def asks(*arns: str, **page: str) -> dict[str, Any]:
    """What GetMetricData is asked."""
    queries = [
        {
            "Id": f"e{number}",
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/Comprehend",
                    "MetricName": "ConsumedInferenceUnits",
                    "Dimensions": [{"Name": "EndpointArn", "Value": arn}],
                },
                "Period": 86_400,
                "Stat": "Sum",
            },
        }
        for number, arn in enumerate(arns)
    ]
    return {"MetricDataQueries": queries, "StartTime": SINCE, "EndTime": UNTIL, **page}


def says(*results: tuple[str, list[float], str], **page: str) -> dict[str, Any]:
    """What GetMetricData answers: id, values, status."""
    return {
        "MetricDataResults": [
            {"Id": name, "Values": values, "StatusCode": status} for name, values, status in results
        ],
        **page,
    }


def test_one_call_asks_for_all_and_the_days_are_added_up(stub: Stubber) -> None:
    said = says(("e0", [0.25, 0.5], "Complete"), ("e1", [], "Complete"))
    stub.add_response("get_metric_data", said, asks(A, B))
    assert consumed(stub, A, B) == {A: 0.75, B: 0}


def test_more_than_a_call_takes_are_asked_for_in_further_calls(stub: Stubber) -> None:
    arns = [given.arn(f"n{number}") for number in range(MAX_QUERIES + 1)]
    first = says(*((f"e{number}", [1.0], "Complete") for number in range(MAX_QUERIES)))
    stub.add_response("get_metric_data", first, asks(*arns[:-1]))
    stub.add_response("get_metric_data", says(("e0", [], "Complete")), asks(arns[-1]))
    assert consumed(stub, *arns) == dict.fromkeys(arns[:-1], 1.0) | {arns[-1]: 0}


def test_every_page_counts(stub: Stubber) -> None:
    first = says(("e0", [0.0], "PartialData"), NextToken="more")
    stub.add_response("get_metric_data", first, asks(A, B))
    second = says(("e0", [0.5], "Complete"), ("e1", [0.0], "Complete"))
    stub.add_response("get_metric_data", second, asks(A, B, NextToken="more"))
    assert consumed(stub, A, B) == {A: 0.5, B: 0}


@pytest.mark.parametrize(
    ("results", "code"),
    [
        pytest.param([("e0", [], "InternalError")], "InternalError", id="it failed"),
        pytest.param([("e0", [], "Forbidden")], "Forbidden", id="it is denied"),
        pytest.param([("e0", [], "PartialData")], "PartialData", id="a part is missing"),
        pytest.param([], "ConnectionError", id="it is left out"),
        pytest.param([("e7", [], "Complete")], "ConnectionError", id="another one"),
    ],
)
def test_an_endpoint_without_a_whole_answer_is_never_taken_for_idle(
    stub: Stubber, results: list[tuple[str, list[float], str]], code: str
) -> None:
    stub.add_response("get_metric_data", says(*results))
    with pytest.raises(ApiError) as caught:
        consumed(stub, A)
    assert (caught.value.call, caught.value.code) == ("GetMetricData", code)


def test_a_page_that_comes_again_and_again_is_an_error(stub: Stubber) -> None:
    for _ in range(2):
        again = says(("e0", [], "Complete"), NextToken="again")
        stub.add_response("get_metric_data", again)
    with pytest.raises(ApiError, match="GetMetricData"):
        consumed(stub, A)


def test_a_refusal_is_an_api_error(stub: Stubber) -> None:
    stub.add_client_error("get_metric_data", "AccessDenied", "Not authorized.", 403)
    with pytest.raises(ApiError, match="AccessDenied from GetMetricData: Not authorized"):
        consumed(stub, A)


def test_the_client_is_made_when_it_is_needed() -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a client was made")

    assert CloudWatchGateway(given.REGION, refuse).consumed([], SINCE, UNTIL) == {}
