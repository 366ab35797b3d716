"""The gateway to Amazon Comprehend: the only file that calls it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Protocol

from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
from botocore.parsers import ResponseParserError

from provider import sdk
from provider.calls import api_error
from provider.changes import Settings
from provider.endpoint import Endpoint, Listed, Status
from provider.errors import CONNECTION, ApiError, ProviderError
from provider.identity import Kind

# Two tries at each call. What they do not mend is waited out by the state machine; a last look at
# an endpoint, at worst four slow calls, must fit into the margin before the deadline (pace.py).
CLIENT_CONFIG = Config(
    connect_timeout=2, read_timeout=6, retries={"mode": "standard", "total_max_attempts": 2}
)


PAGE = 100
"""Endpoints in one answer of ListEndpoints, of which the API allows 500."""

_MAY_FIND_NOTHING = frozenset({"DescribeEndpoint", "ListTagsForResource"})


class _NotThereError(ProviderError):
    """An endpoint was looked for and is not there: an answer, not an error."""


class Comprehend(Protocol):
    """What the provider asks of Amazon Comprehend. Every method may raise ApiError."""

    def find(self, arn: str) -> Endpoint | None:
        """Describe an endpoint, without its tags; None where there is none."""

    def tags(self, arn: str) -> dict[str, str] | None:
        """Read an endpoint's tags; None where there is none."""

    def flywheel_kind(self, flywheel_arn: str) -> Kind | None:
        """Ask what kind of model a flywheel trains; None where the service does not say."""

    def create(self, name: str, settings: Settings, token: str, tags: Mapping[str, str]) -> str:
        """Create an endpoint and give its ARN."""

    def update(self, arn: str, settings: Settings) -> None:
        """Change an endpoint's settings."""

    def delete(self, arn: str) -> None:
        """Delete an endpoint."""

    def tag(self, arn: str, tags: Mapping[str, str]) -> None:
        """Set tags."""

    def untag(self, arn: str, keys: Iterable[str]) -> None:
        """Remove tags."""


class EndpointList(Protocol):
    """What the watchman asks of Amazon Comprehend. Every method may raise ApiError."""

    def endpoints(self) -> Iterator[Listed]:
        """List all endpoints of the account and region, whoever made them."""

    def tags(self, arn: str) -> dict[str, str] | None:
        """Read an endpoint's tags; None where there is none."""


class ComprehendGateway:
    """Amazon Comprehend through boto3.

    Args:
        region: the stack's region.
        on_error: told each error, by operation and code, for the metrics.
        config: how long a call may take, and how often it is tried.
    """

    def __init__(
        self, region: str, on_error: Callable[[str, str], None], config: Config = CLIENT_CONFIG
    ) -> None:
        self._region = region
        self._on_error = on_error
        self._config = config

    @cached_property
    def _client(self) -> Any:
        # The step that sends the answer has no need of it.
        return sdk.client("comprehend", self._region, self._config)

    def find(self, arn: str) -> Endpoint | None:
        """See :meth:`Comprehend.find`."""
        try:
            answer = self._call("DescribeEndpoint", EndpointArn=arn)
        except _NotThereError:
            return None
        return _endpoint(arn, answer)

    def tags(self, arn: str) -> dict[str, str] | None:
        """See :meth:`Comprehend.tags`."""
        try:
            answer = self._call("ListTagsForResource", ResourceArn=arn)
        except _NotThereError:
            return None
        if "Tags" not in answer and "ResourceArn" not in answer:
            # No tags would mean that the endpoint is not ours: an empty answer does not say so.
            raise ApiError("ListTagsForResource", CONNECTION, "the answer is empty", 500)
        return {tag["Key"]: tag.get("Value", "") for tag in answer.get("Tags", [])}

    def flywheel_kind(self, flywheel_arn: str) -> Kind | None:
        """See :meth:`Comprehend.flywheel_kind`."""
        answer = self._call("DescribeFlywheel", FlywheelArn=flywheel_arn)
        if "FlywheelProperties" not in answer:
            raise ApiError("DescribeFlywheel", CONNECTION, "the answer is empty", 500)
        model_type = answer["FlywheelProperties"].get("ModelType")
        return {
            "DOCUMENT_CLASSIFIER": Kind.CLASSIFIER,
            "ENTITY_RECOGNIZER": Kind.RECOGNIZER,
        }.get(model_type)

    def create(self, name: str, settings: Settings, token: str, tags: Mapping[str, str]) -> str:
        """See :meth:`Comprehend.create`."""
        answer = self._call(
            "CreateEndpoint",
            EndpointName=name,
            ModelArn=settings.model_arn,
            FlywheelArn=settings.flywheel_arn,
            DesiredInferenceUnits=settings.units,
            DataAccessRoleArn=settings.role_arn,
            ClientRequestToken=token,
            Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
        )
        return str(answer.get("EndpointArn", ""))

    def update(self, arn: str, settings: Settings) -> None:
        """See :meth:`Comprehend.update`."""
        self._call(
            "UpdateEndpoint",
            EndpointArn=arn,
            DesiredModelArn=settings.model_arn,
            FlywheelArn=settings.flywheel_arn,
            DesiredInferenceUnits=settings.units,
            DesiredDataAccessRoleArn=settings.role_arn,
        )

    def delete(self, arn: str) -> None:
        """See :meth:`Comprehend.delete`."""
        self._call("DeleteEndpoint", EndpointArn=arn)

    def tag(self, arn: str, tags: Mapping[str, str]) -> None:
        """See :meth:`Comprehend.tag`."""
        pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
        self._call("TagResource", ResourceArn=arn, Tags=pairs)

    def untag(self, arn: str, keys: Iterable[str]) -> None:
        """See :meth:`Comprehend.untag`."""
        self._call("UntagResource", ResourceArn=arn, TagKeys=list(keys))

    def endpoints(self, page: int = PAGE) -> Iterator[Listed]:
        """See :meth:`EndpointList.endpoints`.

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
                raise ApiError("ListEndpoints", CONNECTION, "the same page comes for ever")

    def _call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        given = {name: value for name, value in parameters.items() if value is not None}
        # Outside of the try: where no client can be made, none can be made later.
        client = self._client
        try:
            answer: dict[str, Any] = getattr(client, xform_name(operation))(**given)
        except ClientError as error:
            failure = api_error(operation, error)
        except ParamValidationError as error:
            failure = ApiError(operation, "InvalidRequestException", str(error))
        except (BotoCoreError, ResponseParserError, ValueError) as error:
            # Timeouts, refused and dropped connections, answers that cannot be parsed: whether
            # the call had its effect is not known, so the endpoint is looked at again.
            failure = ApiError(operation, CONNECTION, type(error).__name__)
        else:
            return answer
        if failure.code == "ResourceNotFoundException" and operation in _MAY_FIND_NOTHING:
            raise _NotThereError(operation)
        self._on_error(operation, failure.code)
        raise failure


def _endpoint(arn: str, answer: Mapping[str, Any]) -> Endpoint:
    found = answer.get("EndpointProperties")
    if not isinstance(found, Mapping) or found.get("Status") not in set(Status):
        # An empty or malformed answer, or a status that did not exist when this was written.
        raise ApiError("DescribeEndpoint", CONNECTION, "the answer names no known status", 500)
    return Endpoint(
        arn=arn,
        status=Status(found["Status"]),
        model_arn=found.get("ModelArn"),
        desired_model_arn=found.get("DesiredModelArn"),
        flywheel_arn=found.get("FlywheelArn"),
        desired_units=found.get("DesiredInferenceUnits"),
        current_units=found.get("CurrentInferenceUnits"),
        role_arn=found.get("DataAccessRoleArn"),
        desired_role_arn=found.get("DesiredDataAccessRoleArn"),
        message=found.get("Message"),
        created=_iso(found.get("CreationTime")),
        modified=_iso(found.get("LastModifiedTime")),
    )


def _listed(found: Mapping[str, Any]) -> Listed:
    created = found.get("CreationTime")
    return Listed(
        arn=found["EndpointArn"],
        status=str(found.get("Status", "")),
        units=found.get("CurrentInferenceUnits") or found.get("DesiredInferenceUnits") or 0,
        created=created if isinstance(created, datetime) else None,
    )


def _iso(moment: object) -> str | None:
    if not isinstance(moment, datetime):
        return None
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
