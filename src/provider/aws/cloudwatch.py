"""The gateway to CloudWatch: it reads how much Comprehend's endpoints have been used."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from provider.aws import clients
from provider.aws.errors import api_errors
from provider.model.api_errors import CONNECTION, ApiError

MAX_QUERIES = 500
"""CloudWatch API reference, GetMetricData, MetricDataQueries."""

PERIOD = 86_400
"""Seconds that one value adds up: a day, so a call for two weeks holds 15 values an endpoint.
CloudWatch keeps values of an hour and more for 455 days (API reference, GetMetricData)."""


class CloudWatchGateway:
    """CloudWatch through boto3, for the orphan scan."""

    def __init__(self, region: str, make_client: clients.MakeClient = clients.client) -> None:
        self._region = region
        self._make_client = make_client

    @cached_property
    def _client(self) -> Any:
        # A scan that finds nothing in use, or looks for nothing idle, does not need it.
        return self._make_client("cloudwatch", self._region, clients.PATIENT_CONFIG)

    def consumed(self, arns: Collection[str], since: datetime, until: datetime) -> dict[str, float]:
        """Give the inference units that each endpoint has consumed, by ARN; 0 if nobody used it.

        One call asks for up to 500 endpoints. The metric is ConsumedInferenceUnits, of which the
        sum counts (Comprehend developer guide, Monitoring Amazon Comprehend endpoints).

        Args:
            since: a midnight in UTC.

        Raises:
            ApiError: CloudWatch refuses, or the answer leaves out an endpoint or a part.
        """
        found: dict[str, float] = {}
        asked = list(arns)
        for start in range(0, len(asked), MAX_QUERIES):
            found.update(self._consumed(asked[start : start + MAX_QUERIES], since, until))
        return found

    def _consumed(self, arns: Sequence[str], since: datetime, until: datetime) -> dict[str, float]:
        by_id = {f"e{number}": arn for number, arn in enumerate(arns)}
        queries = [_query(name, arn) for name, arn in by_id.items()]
        page: dict[str, Any] = {}
        sums = dict.fromkeys(by_id, 0.0)
        unread = dict.fromkeys(by_id, CONNECTION)
        client = self._client
        with api_errors("GetMetricData"):
            while True:
                answer = client.get_metric_data(
                    MetricDataQueries=queries, StartTime=since, EndTime=until, **page
                )
                for each in answer["MetricDataResults"]:
                    sums[each["Id"]] += sum(each["Values"])
                    # PartialData, if there is more of it on the next page.
                    unread[each["Id"]] = each.get("StatusCode", "Complete")
                before, token = page.get("NextToken"), answer.get("NextToken")
                if not token:
                    break
                if token == before:
                    raise ValueError("the same page comes again and again")
                page["NextToken"] = token
        for name, status in unread.items():
            if status != "Complete":
                raise ApiError("GetMetricData", status, f"no whole answer about {by_id[name]}")
        return {arn: sums[name] for name, arn in by_id.items()}


def _query(name: str, arn: str) -> dict[str, Any]:
    metric = {
        "Namespace": "AWS/Comprehend",
        "MetricName": "ConsumedInferenceUnits",
        "Dimensions": [{"Name": "EndpointArn", "Value": arn}],
    }
    return {"Id": name, "MetricStat": {"Metric": metric, "Period": PERIOD, "Stat": "Sum"}}
