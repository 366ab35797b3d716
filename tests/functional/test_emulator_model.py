"""The emulator against botocore's service model: nothing in it lacks, and nothing is invented."""

import json
import re
import urllib.request
from collections.abc import Callable
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError
from botocore.model import ServiceModel, Shape, StructureShape

from local.comprehend import Admin, ComprehendEmulator
from local.comprehend.errors import HTTP_STATUS
from local.comprehend.model import EMULATED, api_model
from testing.arns import classifier, endpoint_arn, flywheel, role
from tests.functional.emulated import refused

Json = dict[str, Any]

ONE = endpoint_arn("one")
TAGS = [{"Key": "k", "Value": "v"}]

FULL_REQUESTS: dict[str, Json] = {
    "CreateEndpoint": {
        "EndpointName": "two",
        "ModelArn": classifier(),
        "FlywheelArn": flywheel(),
        "DesiredInferenceUnits": 1,
        "DataAccessRoleArn": role(),
        "ClientRequestToken": "token",
        "Tags": TAGS,
    },
    "UpdateEndpoint": {
        "EndpointArn": ONE,
        "DesiredModelArn": classifier("reviews/version/v2"),
        "DesiredInferenceUnits": 2,
        "DesiredDataAccessRoleArn": role("other"),
        "FlywheelArn": flywheel(),
    },
    "DescribeEndpoint": {"EndpointArn": ONE},
    "DeleteEndpoint": {"EndpointArn": ONE},
    "ListEndpoints": {
        "Filter": {"Status": "IN_SERVICE"},
        "MaxResults": 1,
        "NextToken": "WzAsICIiXQ==",
    },
    "TagResource": {"ResourceArn": ONE, "Tags": TAGS},
    "UntagResource": {"ResourceArn": ONE, "TagKeys": ["k"]},
    "ListTagsForResource": {"ResourceArn": ONE},
    "DescribeFlywheel": {"FlywheelArn": flywheel()},
}
"""A request of each operation with all the members that the model knows."""

MESSAGE = r"[A-Z]+(_[A-Z]+)*: [A-Z0-9].*\."
"""The form of Comprehend's own messages: `REASON_CODE: Sentence.`"""


MODEL: ServiceModel = botocore.session.Session().get_service_model("comprehend")
MODELLED_ERRORS = [
    (operation, shape.name)
    for operation in EMULATED
    for shape in MODEL.operation_model(operation).error_shapes
]


def method(client: Any, operation: str) -> Callable[..., Any]:
    names = {value: name for name, value in client.meta.method_to_api_mapping.items()}
    called: Callable[..., Any] = getattr(client, names[operation])
    return called


def test_all_operations_of_the_model_on_endpoints_and_tags_are_emulated() -> None:
    wanted = {name for name in MODEL.operation_names if "Endpoint" in name or "Resource" in name}
    wanted -= {name for name in wanted if "Policy" in name}
    assert wanted | {"DescribeFlywheel"} == set(EMULATED)


@pytest.mark.parametrize("operation", EMULATED)
def test_a_request_with_every_member_of_the_model_is_accepted(
    client: Any, admin: Admin, operation: str
) -> None:
    """The client's own check sees that each answer fits the model."""
    shape = MODEL.operation_model(operation).input_shape
    assert shape is not None
    assert set(FULL_REQUESTS[operation]) == set(shape.members)
    admin.put_endpoint("one", classifier(), tags={"k": "v"})
    method(client, operation)(**FULL_REQUESTS[operation])
    assert admin.calls(operation)[0]["parameters"] == FULL_REQUESTS[operation]


@pytest.mark.parametrize("operation", EMULATED)
def test_each_required_member_is_demanded(
    emulator: ComprehendEmulator, client: Any, admin: Admin, operation: str
) -> None:
    admin.put_endpoint("one", classifier())
    shape = MODEL.operation_model(operation).input_shape
    assert shape is not None
    for name in shape.required_members:
        request = {key: value for key, value in FULL_REQUESTS[operation].items() if key != name}
        code, message = unchecked(emulator, operation, request)
        assert code == "ValidationException"
        assert name in message


@pytest.mark.parametrize("operation", EMULATED)
def test_each_member_is_held_to_its_type_length_and_pattern(
    emulator: ComprehendEmulator, client: Any, admin: Admin, operation: str
) -> None:
    admin.put_endpoint("one", classifier())
    shape = MODEL.operation_model(operation).input_shape
    assert shape is not None
    for name, member in shape.members.items():
        for wrong, expected in wrong_values(member):
            request = {**FULL_REQUESTS[operation], name: wrong}
            code, message = unchecked(emulator, operation, request)
            assert code == expected, (name, wrong)
            assert name in message


def wrong_values(shape: Shape) -> list[tuple[Any, str]]:
    """Values that the shape does not allow, each with the code that it must get."""
    metadata = shape.metadata
    other_type: Any = 1 if shape.type_name == "string" else "text"
    wrong: list[tuple[Any, str]] = [(other_type, "SerializationException")]
    if isinstance(shape, StructureShape):
        wrong.append(({"NoSuchMember": 1}, "ValidationException"))
    if "pattern" in metadata:
        wrong.append(("§", "ValidationException"))
    if "enum" in metadata:
        wrong.append(("NO_SUCH_VALUE", "ValidationException"))
    if shape.type_name == "integer":
        wrong.append((metadata["min"] - 1, "ValidationException"))
    if shape.type_name == "integer" and "max" in metadata:
        wrong.append((metadata["max"] + 1, "ValidationException"))
    if shape.type_name == "string" and "max" in metadata:
        wrong.append(("a" * (metadata["max"] + 1), "ValidationException"))
    if shape.type_name == "string" and metadata.get("min", 0) > 0:
        wrong.append(("", "ValidationException"))
    return wrong


def unchecked(emulator: ComprehendEmulator, operation: str, request: Json) -> tuple[str, str]:
    """The error of a request that the SDK would not send."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    headers = {
        "X-Amz-Target": f"{MODEL.metadata['targetPrefix']}.{operation}",
        "Authorization": "AWS4-HMAC-SHA256 Credential=x/20270115/us-east-1/comprehend/aws4_request",
    }
    sent = urllib.request.Request(emulator.url, json.dumps(request).encode(), headers)
    with pytest.raises(urllib.error.HTTPError) as caught:
        opener.open(sent)
    with caught.value as error:
        answer = json.load(error)
    return answer["__type"], answer["Message"]


@pytest.mark.parametrize(("operation", "code"), MODELLED_ERRORS)
def test_every_modelled_error_can_be_injected_and_is_the_clients_exception(
    client: Any, admin: Admin, operation: str, code: str
) -> None:
    admin.add_fault(operation, code=code, message="So it is.")
    with pytest.raises(getattr(client.exceptions, code)) as caught:
        method(client, operation)(**FULL_REQUESTS[operation])
    assert isinstance(caught.value, ClientError)
    assert caught.value.response["Error"] == {"Code": code, "Message": "So it is."}
    status = caught.value.response["ResponseMetadata"]["HTTPStatusCode"]
    assert status == HTTP_STATUS.get(code, 400)


def test_every_modelled_error_arises_by_itself_but_those_of_the_services_own_troubles(
    client: Any, admin: Admin
) -> None:
    """Which operation answers with which error, provoked without any fault."""
    there, busy = ONE, endpoint_arn("busy")
    absent, far = endpoint_arn("absent"), endpoint_arn("one", region="eu-west-1")
    admin.put_endpoint("one", classifier())
    admin.put_endpoint("busy", classifier(), status="UPDATING")
    admin.change_settings(units_per_endpoint=5)
    new = {"EndpointName": "new", "ModelArn": classifier(), "DesiredInferenceUnits": 1}
    many = [{"Key": f"k{number}"} for number in range(51)]
    requests: list[tuple[str, Json]] = [
        ("CreateEndpoint", {**new, "ModelArn": classifier(region="eu-west-1")}),
        ("CreateEndpoint", {**new, "EndpointName": "one"}),
        ("CreateEndpoint", {**new, "DesiredInferenceUnits": 6}),
        ("CreateEndpoint", {**new, "ModelArn": classifier("missing")}),
        ("CreateEndpoint", {**new, "ModelArn": classifier("training")}),
        ("CreateEndpoint", {**new, "Tags": many}),
        ("UpdateEndpoint", {"EndpointArn": there}),
        ("UpdateEndpoint", {"EndpointArn": busy, "DesiredInferenceUnits": 2}),
        ("UpdateEndpoint", {"EndpointArn": there, "DesiredInferenceUnits": 6}),
        ("UpdateEndpoint", {"EndpointArn": absent, "DesiredInferenceUnits": 2}),
        ("UpdateEndpoint", {"EndpointArn": there, "DesiredModelArn": classifier("training")}),
        ("DescribeEndpoint", {"EndpointArn": far}),
        ("DescribeEndpoint", {"EndpointArn": absent}),
        ("DeleteEndpoint", {"EndpointArn": far}),
        ("DeleteEndpoint", {"EndpointArn": busy}),
        ("DeleteEndpoint", {"EndpointArn": absent}),
        ("ListEndpoints", {"NextToken": "x"}),
        ("TagResource", {"ResourceArn": far, "Tags": TAGS}),
        ("TagResource", {"ResourceArn": absent, "Tags": TAGS}),
        ("TagResource", {"ResourceArn": there, "Tags": many}),
        ("UntagResource", {"ResourceArn": there, "TagKeys": [tag["Key"] for tag in many]}),
        ("UntagResource", {"ResourceArn": far, "TagKeys": ["k"]}),
        ("UntagResource", {"ResourceArn": absent, "TagKeys": ["k"]}),
        ("ListTagsForResource", {"ResourceArn": far}),
        ("ListTagsForResource", {"ResourceArn": absent}),
        ("DescribeFlywheel", {"FlywheelArn": flywheel(region="eu-west-1")}),
        ("DescribeFlywheel", {"FlywheelArn": flywheel("missing")}),
    ]
    arisen = set()
    for operation, request in requests:
        code, message = refused(method(client, operation), **request)
        arisen.add((operation, code))
        assert re.fullmatch(MESSAGE, message), message
    troubles = {
        "ConcurrentModificationException",
        "InternalServerException",
        "TooManyRequestsException",
    }
    assert arisen == {pair for pair in MODELLED_ERRORS if pair[1] not in troubles}


def test_the_check_of_answers_finds_what_is_wrong() -> None:
    """It stands behind all tests with the checked client."""
    good = {"EndpointProperties": {"EndpointArn": ONE, "Status": "FAILED", "CreationTime": 1.5}}
    assert api_model().answer_problems("DescribeEndpoint", good) == []
    for wrong in (
        {"EndpointProperties": {"Status": "ASLEEP"}},
        {"EndpointProperties": {"CurrentInferenceUnits": 0}},
        {"EndpointProperties": {"Colour": "red"}},
        {"EndpointProperties": {"CreationTime": "yesterday"}},
        {"EndpointArn": ONE},
    ):
        assert len(api_model().answer_problems("DescribeEndpoint", wrong)) == 1
