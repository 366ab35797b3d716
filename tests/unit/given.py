"""What the unit tests start from: an event, a request, an endpoint, each in its plainest form."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from provider.contract import fields
from provider.contract.event import Place, Reply, Request, parse_event
from provider.contract.properties import Properties, Settings
from provider.contract.validation import parse_properties
from provider.model.endpoint import Endpoint, Status
from provider.model.naming import Kind, endpoint_arn
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


def comprehend_arn(resource: str, *, region: str = REGION, account: str = ACCOUNT) -> str:
    return f"arn:aws:comprehend:{region}:{account}:{resource}"


CLASSIFIER = comprehend_arn("document-classifier/reviews/version/v3")
NEWER = comprehend_arn("document-classifier/reviews/version/v4")
RECOGNIZER = comprehend_arn("entity-recognizer/products/version/v1")
FLYWHEEL = comprehend_arn("flywheel/reviews")
OTHER_FLYWHEEL = comprehend_arn("flywheel/products")
ROLE = f"arn:aws:iam::{ACCOUNT}:role/reader"
OTHER_ROLE = f"arn:aws:iam::{ACCOUNT}:role/auditor"
ARN = endpoint_arn(PLACE, Kind.CLASSIFIER, "reviews")

TEMPLATE: dict[str, Any] = {
    "ServiceToken": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:comprehend-endpoint-provider",
    "ModelArn": CLASSIFIER,
    "DesiredInferenceUnits": "1",
}
"""The smallest resource, as CloudFormation sends it: every scalar is a string."""


def event(
    operation: str = "Create",
    *,
    properties: Mapping[str, Any] = TEMPLATE,
    old: Mapping[str, Any] | None = None,
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


def request(operation: str = "Create", **about: Any) -> Request:
    """An event as the request function parses it, once."""
    sent = event(operation, **about)
    parsed = parse_event(sent)
    return replace(
        parsed,
        new=parse_properties(sent["ResourceProperties"], parsed.place).properties,
        old=parse_properties(sent.get("OldResourceProperties", {}), parsed.place).properties,
    )


def reply(**changes: Any) -> Reply:
    return replace(request().reply, **changes)


SETTINGS: dict[str, Any] = {"model_arn": CLASSIFIER, "inference_units": 1}


def settings(**changes: Any) -> Settings:
    """The plainest settings; None leaves one out."""
    return Settings.of(**SETTINGS | changes)


def properties(**changes: Any) -> Properties:
    """The plainest properties; names of settings and of other properties may be mixed."""
    names = {each.name for each in fields.SETTINGS}
    of_settings = {name: changes.pop(name) for name in list(changes) if name in names}
    return Properties(settings(**of_settings), **changes)


def endpoint(*, other: Settings | None = None, **changes: Any) -> Endpoint:
    """An endpoint of ours in service, with one unit and no role, made by an earlier request.

    ``other`` has the second values that DescribeEndpoint shows; by default nothing changes.
    """
    names = {each.name for each in fields.SETTINGS}
    of_settings = {name: changes.pop(name) for name in list(changes) if name in names}
    has = settings(**of_settings)
    shown = {each.name: has.get(each.name) for each in fields.SETTINGS if each.other}
    plain = Endpoint(
        arn=ARN,
        status=Status.IN_SERVICE,
        settings=has,
        other=Settings.of(**shown) if other is None else other,
        tags=ownership_tags(reply(request_id="an-earlier-one")),
    )
    return replace(plain, **changes)


def showing(live: Endpoint, **shown: Any) -> Endpoint:
    """The same endpoint with other second values in DescribeEndpoint; None leaves one out."""
    return replace(live, other=Settings.of(**{**live.other.values, **shown}))
