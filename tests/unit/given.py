"""What the unit tests start from: an event, a request, an endpoint, each in its plainest form."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from provider.contract import fields
from provider.contract.event import Operation, Place, Reply, Request, parse_event
from provider.contract.properties import Properties, Settings
from provider.model.endpoint import Endpoint, Status
from provider.model.naming import Kind, endpoint_arn, generated_name
from provider.model.ownership import ownership_tags

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "provider"

ACCOUNT = "123456789012"
REGION = "eu-west-1"
STACK_ID = (
    f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/shop/6f9619ff-8b86-d011-b42d-00c04fc964ff"
)
QUERY = "X-Amz-Expires=7199&X-Amz-Credential=AKIAEXAMPLE%2Fs3&X-Amz-Signature=5f2d7c1e0b9a"
URL = f"https://responses.example.test/arn%3Aaws%3Acloudformation/shop%7CSentiment?{QUERY}"
PLACE = Place("aws", REGION, ACCOUNT, "shop")


def at(seconds: float) -> datetime:
    """A time, from seconds since the epoch."""
    return datetime.fromtimestamp(seconds, UTC)


def comprehend_arn(resource: str, *, region: str = REGION, account: str = ACCOUNT) -> str:
    return f"arn:aws:comprehend:{region}:{account}:{resource}"


CLASSIFIER = comprehend_arn("document-classifier/reviews/version/v3")
NEWER = comprehend_arn("document-classifier/reviews/version/v4")
RECOGNIZER = comprehend_arn("entity-recognizer/products/version/v1")
FLYWHEEL = comprehend_arn("flywheel/reviews")
OTHER_FLYWHEEL = comprehend_arn("flywheel/products")
ROLE = f"arn:aws:iam::{ACCOUNT}:role/reader"
OTHER_ROLE = f"arn:aws:iam::{ACCOUNT}:role/auditor"

TEMPLATE: dict[str, Any] = {
    "ServiceToken": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:comprehend-endpoint-provider",
    "ModelArn": CLASSIFIER,
    "DesiredInferenceUnits": "1",
}
"""The smallest resource, as CloudFormation sends it: every scalar is a string."""

Values = dict[str, Any]
"""Values of settings and other properties, by their names in Python, or fields of a dataclass."""


def event(
    operation: str = "Create",
    *,
    properties: Values = TEMPLATE,
    old: Values | None = None,
    physical_id: str | None = None,
    **other: Any,
) -> dict[str, Any]:
    """An event of CloudFormation's; ``other`` sets any of its keys."""
    sent: dict[str, Any] = {
        "RequestType": operation,
        "ResponseURL": URL,
        "StackId": STACK_ID,
        "RequestId": "8c1a5b0e-0000-4000-8000-000000000001",
        "ResourceType": "Custom::ComprehendEndpoint",
        "LogicalResourceId": "Sentiment",
        "ResourceProperties": dict(properties),
    }
    if old is not None:
        sent["OldResourceProperties"] = dict(old)
    if physical_id is not None:
        sent["PhysicalResourceId"] = physical_id
    return sent | other


def request(
    operation: str = "Create",
    new: Values | None = None,
    old: Values | None = None,
    *,
    physical_id: str | None = None,
    **other: Any,
) -> Request:
    """A request whose properties are the plainest, with these changes; only an Update has old."""
    parsed = parse_event(event(operation, physical_id=physical_id, **other))
    before = properties(**old or {}) if operation == Operation.UPDATE else Properties()
    return replace(parsed, new=properties(**new or {}), old=before)


def reply(**changes: Any) -> Reply:
    return replace(request().reply, **changes)


def _settings_in(changes: dict[str, Any]) -> Settings:
    """Take the settings out of some changes, and add the plainest ones."""
    names = {each.name for each in fields.SETTINGS} & changes.keys()
    return settings(**{name: changes.pop(name) for name in names})


def settings(**changes: Any) -> Settings:
    """The plainest settings; None leaves one out."""
    return Settings.of(**{"model_arn": CLASSIFIER, "inference_units": 1} | changes)


def properties(**changes: Any) -> Properties:
    """The plainest properties; names of settings and of other properties may be mixed."""
    return Properties(_settings_in(changes), **changes)


def arn(name: str = "reviews", kind: Kind = Kind.CLASSIFIER) -> str:
    """The ARN of an endpoint in the stack's account and region."""
    return endpoint_arn(PLACE, kind, name)


def generated_arn(kind: Kind = Kind.CLASSIFIER, *, with_role: bool = False) -> str:
    """The ARN of an endpoint to which the template gives no name."""
    return arn(generated_name(request(), kind, with_role=with_role), kind)


ARN = arn()
EARLIER = f"shop-Sentiment-create-{reply(request_id='an-earlier-one').digest}"
"""The execution of an earlier request of the resource, which made the plainest endpoint."""


def endpoint(*, shows: Values | None = None, **changes: Any) -> Endpoint:
    """An endpoint of ours in service, with one unit and no role, made by an earlier request.

    ``shows`` are second values of DescribeEndpoint that differ from the first; None leaves one out.
    """
    has = _settings_in(changes)
    same = {each.name: has.get(each.name) for each in fields.SETTINGS if each.other}
    plain = Endpoint(
        arn=ARN,
        status=Status.IN_SERVICE,
        settings=has,
        other=Settings.of(**same | (shows or {})),
        tags=ownership_tags(reply(), EARLIER),
    )
    return replace(plain, **changes)
