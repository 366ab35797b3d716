"""The gateway to Amazon Comprehend: the only module that calls it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from botocore import xform_name
from botocore.config import Config

from provider.aws import clients
from provider.aws.errors import api_errors
from provider.contract.fields import SETTINGS
from provider.contract.properties import Settings
from provider.model.api_errors import CONNECTION, ApiError
from provider.model.endpoint import Endpoint, ListedEndpoint, Status
from provider.model.naming import Kind

# Two tries at each call; the state machine waits out the rest. A last observation, at worst four
# slow calls, must fit into the margin before the deadline (model/polling.py).
CLIENT_CONFIG = Config(
    connect_timeout=2, read_timeout=6, retries={"mode": "standard", "total_max_attempts": 2}
)

PAGE = 100
"""Endpoints in one answer of ListEndpoints, of which the API allows 500."""


class ComprehendGateway:
    """Amazon Comprehend through boto3, for operations and the orphan scan.

    Every method may raise ApiError.

    Args:
        region: the stack's region.
        on_error: gets each error, by operation and code, for the metrics.
        config: how long a call may take, and how often it is tried.
        make_client: gives the client.
    """

    def __init__(
        self,
        region: str,
        on_error: Callable[[str, str], None],
        config: Config = CLIENT_CONFIG,
        make_client: clients.MakeClient = clients.client,
    ) -> None:
        self._region = region
        self._on_error = on_error
        self._config = config
        self._make_client = make_client

    @cached_property
    def _client(self) -> Any:
        # The step that sends the answer does not need it.
        return self._make_client("comprehend", self._region, self._config)

    def find(self, arn: str) -> Endpoint | None:
        """Describe an endpoint, without its tags; None if there is none."""
        answer = self._find("DescribeEndpoint", EndpointArn=arn)
        return None if answer is None else _endpoint(arn, answer)

    def tags(self, arn: str) -> dict[str, str] | None:
        """Read an endpoint's tags; None if there is no endpoint."""
        answer = self._find("ListTagsForResource", ResourceArn=arn)
        if answer is None:
            return None
        if "Tags" not in answer and "ResourceArn" not in answer:
            # Without tags the endpoint would not be ours: an empty answer does not say so.
            raise ApiError("ListTagsForResource", CONNECTION, "the answer is empty", 500)
        return {tag["Key"]: tag.get("Value", "") for tag in answer.get("Tags", [])}

    def flywheel_kind(self, flywheel_arn: str) -> Kind | None:
        """Ask what kind of model a flywheel trains; None if the service does not say."""
        answer = self._call("DescribeFlywheel", FlywheelArn=flywheel_arn)
        if "FlywheelProperties" not in answer:
            raise ApiError("DescribeFlywheel", CONNECTION, "the answer is empty", 500)
        model_type = answer["FlywheelProperties"].get("ModelType")
        return {
            "DOCUMENT_CLASSIFIER": Kind.CLASSIFIER,
            "ENTITY_RECOGNIZER": Kind.RECOGNIZER,
        }.get(model_type)

    def create(self, name: str, settings: Settings, token: str, tags: Mapping[str, str]) -> str:
        """Create an endpoint and give its ARN."""
        answer = self._call(
            "CreateEndpoint",
            EndpointName=name,
            **{each.create: settings.get(each.name) for each in SETTINGS},
            ClientRequestToken=token,
            Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
        )
        return str(answer.get("EndpointArn", ""))

    def update(self, arn: str, settings: Settings) -> None:
        """Change an endpoint's settings."""
        values = {each.update: settings.get(each.name) for each in SETTINGS}
        self._call("UpdateEndpoint", EndpointArn=arn, **values)

    def delete(self, arn: str) -> None:
        """Delete an endpoint."""
        self._call("DeleteEndpoint", EndpointArn=arn)

    def tag(self, arn: str, tags: Mapping[str, str]) -> None:
        """Set tags."""
        pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
        self._call("TagResource", ResourceArn=arn, Tags=pairs)

    def untag(self, arn: str, keys: Iterable[str]) -> None:
        """Remove tags."""
        self._call("UntagResource", ResourceArn=arn, TagKeys=list(keys))

    def endpoints(self, page: int = PAGE) -> Iterator[ListedEndpoint]:
        """List all endpoints of the account and region, made by anyone.

        Args:
            page: endpoints to ask for at a time.
        """
        token = None
        while True:
            answer = self._call("ListEndpoints", MaxResults=page, NextToken=token)
            for found in answer.get("EndpointPropertiesList") or []:
                if found.get("EndpointArn"):
                    yield _listed(found)
                else:
                    self._on_error("ListEndpoints", "NoEndpointArn")
            before, token = token, answer.get("NextToken")
            if not token:
                return
            if token == before:
                raise ApiError("ListEndpoints", CONNECTION, "the same page comes again and again")

    def _find(self, operation: str, **parameters: str) -> dict[str, Any] | None:
        """Make a call that may find nothing, which is an answer and no error."""
        try:
            return self._try(operation, **parameters)
        except ApiError as error:
            if error.code == "ResourceNotFoundException":
                return None
            self._on_error(operation, error.code)
            raise

    def _call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        try:
            return self._try(operation, **parameters)
        except ApiError as error:
            self._on_error(operation, error.code)
            raise

    def _try(self, operation: str, **parameters: Any) -> dict[str, Any]:
        given = {name: value for name, value in parameters.items() if value is not None}
        # Outside of api_errors: a client that cannot be built now never can.
        client = self._client
        with api_errors(operation):
            answer: dict[str, Any] = getattr(client, xform_name(operation))(**given)
        return answer


def _endpoint(arn: str, answer: Mapping[str, Any]) -> Endpoint:
    found = answer.get("EndpointProperties")
    if not isinstance(found, Mapping) or found.get("Status") not in set(Status):
        # An empty or malformed answer, or a status that did not exist when this was written.
        raise ApiError("DescribeEndpoint", CONNECTION, "the answer names no known status", 500)
    return Endpoint(
        arn=arn,
        status=Status(found["Status"]),
        settings=Settings.of(**{each.name: found.get(each.describe) for each in SETTINGS}),
        other=Settings.of(**{each.name: found.get(each.other) for each in SETTINGS}),
        message=found.get("Message"),
        created=_seconds(found.get("CreationTime")),
        modified=_seconds(found.get("LastModifiedTime")),
    )


def _listed(found: Mapping[str, Any]) -> ListedEndpoint:
    created = found.get("CreationTime")
    units = found.get("CurrentInferenceUnits") or found.get("DesiredInferenceUnits") or 0
    return ListedEndpoint(
        arn=found["EndpointArn"],
        status=str(found.get("Status", "")),
        inference_units=units,
        created=created if isinstance(created, datetime) else None,
    )


def _seconds(moment: object) -> float | None:
    return moment.timestamp() if isinstance(moment, datetime) else None
