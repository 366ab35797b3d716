"""What the unit tests start from: an event, a request, an endpoint, each in its plainest form."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from provider.endpoint import Endpoint, Status
from provider.identity import Kind, endpoint_arn, ownership_tags
from provider.properties import Properties
from provider.request import Place, Reply, Request, parse_request

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
    return parse_request(event(operation, **about))


def reply(**changes: Any) -> Reply:
    return replace(request().reply, **changes)


def properties(**changes: Any) -> Properties:
    return replace(Properties(model_arn=CLASSIFIER, inference_units=1), **changes)


def endpoint(**changes: Any) -> Endpoint:
    """An endpoint of ours in service, with one unit and no role, made by an earlier request."""
    plain = Endpoint(
        arn=ARN,
        status=Status.IN_SERVICE,
        model_arn=CLASSIFIER,
        desired_model_arn=CLASSIFIER,
        desired_units=1,
        current_units=1,
        tags=ownership_tags(reply(request_id="an-earlier-one")),
    )
    return replace(plain, **changes)
