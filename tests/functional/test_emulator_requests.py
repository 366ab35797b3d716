"""What the emulator refuses, with which code, and how it lists, tags and tells accounts apart."""

import http.client
import json
from typing import Any

import botocore.session
import pytest

from local.comprehend import Admin, ComprehendEmulator, ManualClock
from testing.arns import arn, classifier, endpoint_arn, flywheel, recognizer, role
from tests.functional.emulated import checked_client, refused

Json = dict[str, Any]

SIGNED = "AWS4-HMAC-SHA256 Credential=test/20270115/us-east-1/comprehend/aws4_request, Signature=0"
CREATE = "Comprehend_20171127.CreateEndpoint"


def creation(**changes: Any) -> Json:
    """A valid CreateEndpoint request with some members changed, or (None) left out."""
    given = {"EndpointName": "one", "ModelArn": classifier(), "DesiredInferenceUnits": 1}
    return {name: value for name, value in {**given, **changes}.items() if value is not None}


def raw(
    emulator: ComprehendEmulator, body: Any, target: str = CREATE, authorization: str = SIGNED
) -> tuple[int, Json, str | None]:
    """The status, body and error header of a request that no SDK would send."""
    connection = http.client.HTTPConnection(emulator.url.removeprefix("http://"))
    try:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"X-Amz-Target": target, "Authorization": authorization}
        connection.request("POST", "/", data, headers)
        answer = connection.getresponse()
        return answer.status, json.load(answer), answer.getheader("x-amzn-errortype")
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("body", "code", "member"),
    [
        (creation(EndpointName="a-"), "ValidationException", "EndpointName"),
        (creation(ModelArn=classifier() + "/"), "ValidationException", "ModelArn"),
        (creation(Tags=[{"Value": "v"}]), "ValidationException", "Tags[0]"),
        (creation(Tags=[{"Key": ""}]), "ValidationException", "Tags[0].Key"),
        (creation(Tags=[{"Key": "k" * 129}]), "ValidationException", "Tags[0].Key"),
        (creation(Tags=[{"Key": "k", "Value": "v" * 257}]), "ValidationException", "Tags[0].Value"),
        (creation(Colour="red"), "ValidationException", "Colour"),
        (creation(DesiredInferenceUnits="2"), "SerializationException", "DesiredInferenceUnits"),
        (creation(DesiredInferenceUnits=True), "SerializationException", "DesiredInferenceUnits"),
        (creation(DesiredInferenceUnits=1.5), "SerializationException", "DesiredInferenceUnits"),
        (creation(Tags={"k": "v"}), "SerializationException", "Tags"),
        (creation(Tags=["k"]), "SerializationException", "Tags[0]"),
        (b"{", "SerializationException", "JSON"),
        (b"[]", "SerializationException", "object"),
    ],
)
def test_a_value_outside_its_constraints_is_refused_by_name(
    emulator: ComprehendEmulator, admin: Admin, body: Any, code: str, member: str
) -> None:
    """Further ones than tests/functional/test_emulator_model.py takes from the model itself."""
    status, answer, header = raw(emulator, body)
    assert (status, answer["__type"], header) == (400, code, code)
    assert member in answer["Message"]
    assert admin.endpoints() == []


def test_all_constraints_that_are_broken_are_named_at_once(client: Any) -> None:
    request = creation(EndpointName="a_b", ClientRequestToken="a.b")
    _, message = refused(client.create_endpoint, **request)
    assert message.startswith("2 validation errors detected")
    assert "EndpointName" in message
    assert "ClientRequestToken" in message


def test_a_null_says_the_same_as_a_member_left_out(emulator: ComprehendEmulator) -> None:
    status, answer, _ = raw(emulator, {**creation(), "FlywheelArn": None, "Tags": None})
    assert status == 200
    assert answer["EndpointArn"] == endpoint_arn("one")


@pytest.mark.parametrize(
    ("target", "authorization", "status", "code"),
    [
        ("Comprehend_20171127.DetectSentiment", SIGNED, 400, "UnknownOperationException"),
        ("Comprehend_20171126.CreateEndpoint", SIGNED, 400, "UnknownOperationException"),
        ("CreateEndpoint", SIGNED, 400, "UnknownOperationException"),
        ("", SIGNED, 400, "UnknownOperationException"),
        (CREATE, "", 403, "MissingAuthenticationTokenException"),
        (CREATE, SIGNED.replace("comprehend", "s3"), 403, "InvalidSignatureException"),
    ],
)
def test_a_request_of_another_operation_or_signature_is_refused(
    emulator: ComprehendEmulator, target: str, authorization: str, status: int, code: str
) -> None:
    got, answer, header = raw(emulator, creation(), target, authorization)
    assert (got, answer["__type"], header) == (status, code, code)


def test_a_model_or_a_flywheel_must_be_there(client: Any) -> None:
    code, message = refused(client.create_endpoint, **creation(ModelArn=None))
    assert code == "InvalidRequestException"
    assert "ModelArn" in message
    assert "FlywheelArn" in message


@pytest.mark.parametrize(
    "changes",
    [
        {"ModelArn": classifier(region="eu-west-1")},
        {"ModelArn": classifier(account="111111111111")},
        {"ModelArn": classifier().replace("arn:aws:", "arn:aws-cn:")},
        {"ModelArn": classifier(region="")},
        {"FlywheelArn": flywheel(region="eu-west-1")},
        {"DataAccessRoleArn": role(account="111111111111")},
    ],
)
def test_an_arn_of_another_account_region_or_partition_is_refused(
    client: Any, changes: Json
) -> None:
    code, message = refused(client.create_endpoint, **creation(**changes))
    assert code == "InvalidRequestException"
    assert next(iter(changes)) in message


def test_partitions_regions_and_accounts_have_their_own_endpoints(
    emulator: ComprehendEmulator, sdk: botocore.session.Session
) -> None:
    for partition, region, account in (
        ("aws", "us-east-1", "000000000000"),
        ("aws", "us-east-1", "111111111111"),
        ("aws", "eu-west-1", "000000000000"),
        ("aws-cn", "cn-north-1", "000000000000"),
        ("aws-us-gov", "us-gov-west-1", "000000000000"),
    ):
        client = checked_client(emulator, region=region, account=account, session=sdk)
        model, one = (
            each("one", region=region, account=account).replace("arn:aws:", f"arn:{partition}:")
            for each in (classifier, endpoint_arn)
        )
        assert client.create_endpoint(**creation(ModelArn=model))["EndpointArn"] == one
        (found,) = client.list_endpoints()["EndpointPropertiesList"]
        assert found["EndpointArn"] == one
        client.close()
    assert len(emulator.admin.endpoints()) == 5


def test_a_name_that_exists_is_in_use_for_its_kind(client: Any, admin: Admin) -> None:
    admin.put_endpoint("one", classifier())
    code, message = refused(client.create_endpoint, **creation())
    assert code == "ResourceInUseException"
    assert endpoint_arn("one") in message
    client.create_endpoint(**creation(ModelArn=recognizer()))
    assert len(admin.endpoints()) == 2


def test_the_same_request_with_its_token_is_answered_with_the_existing_endpoint(
    client: Any, admin: Admin, clock: ManualClock
) -> None:
    first = client.create_endpoint(**creation(ClientRequestToken="once"))
    clock.advance(600)
    again = client.create_endpoint(**creation(ClientRequestToken="once"))
    assert (again["EndpointArn"], again["ModelArn"]) == (first["EndpointArn"], first["ModelArn"])
    assert len(admin.endpoints()) == 1
    code, _ = refused(client.create_endpoint, **creation(ClientRequestToken="twice"))
    assert code == "ResourceInUseException"
    client.create_endpoint(**creation(ClientRequestToken="once", EndpointName="two"))
    assert len(admin.endpoints()) == 2


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"ModelArn": classifier("missing/version/v1")}, "ResourceNotFoundException"),
        ({"ModelArn": classifier("training")}, "ResourceUnavailableException"),
        ({"FlywheelArn": flywheel("missing")}, "ResourceNotFoundException"),
        ({"FlywheelArn": flywheel("training"), "ModelArn": None}, "ResourceUnavailableException"),
        ({"FlywheelArn": flywheel("a-recognizer")}, "InvalidRequestException"),
        ({"DataAccessRoleArn": role("path/unassumable")}, "InvalidRequestException"),
    ],
)
def test_models_flywheels_and_roles_are_what_their_names_say(
    client: Any, admin: Admin, members: Json, code: str
) -> None:
    """At creation and at an update alike."""
    got, message = refused(client.create_endpoint, **creation(**members))
    assert got == code
    # As recorded, "not found" says nothing of what is missing.
    is_named = next(iter(members.values())) in message
    assert is_named != (code == "ResourceNotFoundException")
    one = admin.put_endpoint("one", classifier())
    renamed = {"ModelArn": "DesiredModelArn", "DataAccessRoleArn": "DesiredDataAccessRoleArn"}
    changes = {renamed.get(name, name): value for name, value in creation(**members).items()}
    del changes["EndpointName"]
    got, _ = refused(client.update_endpoint, EndpointArn=one, **changes)
    assert got == code


def test_what_is_registered_goes_before_what_a_name_says(
    client: Any, admin: Admin, clock: ManualClock
) -> None:
    admin.put_model(classifier("training"), "ready")
    client.create_endpoint(**creation(ModelArn=classifier("training")))
    request = creation(EndpointName="two", DataAccessRoleArn=role())
    admin.put_model(classifier(), "missing", message="Gone.")
    gone = ("ResourceNotFoundException", "RESOURCE_NOT_FOUND: Gone.")
    assert refused(client.create_endpoint, **request) == gone
    admin.put_model(classifier(), "training", seconds=100)
    admin.put_role(role(), assumable=False, seconds=90)
    code, message = refused(client.create_endpoint, **request)
    assert (code, role() in message) == ("InvalidRequestException", True)
    clock.advance(90)
    assert refused(client.create_endpoint, **request)[0] == "ResourceUnavailableException"
    clock.advance(10)
    client.create_endpoint(**request)


def test_an_update_to_the_other_kind_of_model_is_refused(client: Any, admin: Admin) -> None:
    one = admin.put_endpoint("one", classifier())
    code, _ = refused(client.update_endpoint, EndpointArn=one, DesiredModelArn=recognizer())
    assert code == "InvalidRequestException"


def test_not_found_travels_with_404_and_too_many_requests_with_429(
    emulator: ComprehendEmulator, admin: Admin
) -> None:
    describe, body = "Comprehend_20171127.DescribeEndpoint", {"EndpointArn": endpoint_arn("absent")}
    assert raw(emulator, body, describe)[0] == 404
    admin.add_fault("DescribeEndpoint", code="TooManyRequestsException")
    assert raw(emulator, body, describe)[0] == 429


@pytest.mark.parametrize(
    ("limits", "status"),
    [
        ({"endpoints_per_region": 1}, "IN_SERVICE"),
        ({"units_per_endpoint": 3}, "IN_SERVICE"),
        ({"units_per_region": 5}, "IN_SERVICE"),
        ({"units_per_region": 5}, "CREATING"),
        ({"units_per_region": 5}, "FAILED"),
        ({"units_per_region": 5}, "DELETING"),
    ],
)
def test_a_creation_beyond_a_quota_exceeds_the_limit_of_its_region(
    client: Any, admin: Admin, limits: Json, status: str
) -> None:
    admin.change_settings(**limits)
    admin.put_endpoint("far", classifier(region="eu-west-1"), units=3)
    admin.put_endpoint("other", classifier(), units=2, status=status)
    code, _ = refused(client.create_endpoint, **creation(DesiredInferenceUnits=4))
    assert code == "ResourceLimitExceededException"
    assert len(admin.endpoints()) == 2


@pytest.mark.parametrize(("quota", "units"), [({}, 10), ({"units_per_endpoint": 12}, 12)])
def test_an_endpoint_has_ten_units_at_most_until_its_quota_is_raised(
    client: Any, admin: Admin, quota: Json, units: int
) -> None:
    admin.change_settings(**quota)
    too_many = {"DesiredInferenceUnits": units + 1}
    code, message = refused(client.create_endpoint, **creation(**too_many))
    assert code == "ResourceLimitExceededException"
    assert f"quota is {units}" in message
    assert admin.endpoints() == []
    client.create_endpoint(**creation(DesiredInferenceUnits=units))
    one = admin.put_endpoint("two", classifier(), units=units)
    code, _ = refused(client.update_endpoint, EndpointArn=one, **too_many)
    assert code == "ResourceLimitExceededException"


def test_an_update_counts_its_own_endpoint_once(client: Any, admin: Admin) -> None:
    admin.change_settings(endpoints_per_region=1, units_per_region=5)
    one = admin.put_endpoint("one", classifier(), units=4)
    code, _ = refused(client.update_endpoint, EndpointArn=one, DesiredInferenceUnits=6)
    assert code == "ResourceLimitExceededException"
    client.update_endpoint(EndpointArn=one, DesiredInferenceUnits=5)


def test_tags_are_added_replaced_removed_and_listed(client: Any) -> None:
    tags = [{"Key": "b", "Value": "1"}, {"Key": "a"}]
    one = client.create_endpoint(**creation(Tags=tags))["EndpointArn"]
    more = [{"Key": "b", "Value": "2"}, {"Key": "c", "Value": "3"}]
    client.tag_resource(ResourceArn=one, Tags=more)
    client.untag_resource(ResourceArn=one, TagKeys=["a", "was-never-there"])
    listed = client.list_tags_for_resource(ResourceArn=one)
    assert (listed["ResourceArn"], listed["Tags"]) == (one, more)
    code, _ = refused(client.list_tags_for_resource, ResourceArn=classifier())
    assert code == "ResourceNotFoundException"


def test_fifty_tags_are_allowed_and_one_more_is_too_many(client: Any) -> None:
    keys = [f"key-{number}" for number in range(51)]
    tags = [{"Key": key, "Value": ""} for key in keys]
    one = client.create_endpoint(**creation(Tags=tags[:50]))["EndpointArn"]
    client.tag_resource(ResourceArn=one, Tags=tags[:50])
    code, _ = refused(client.tag_resource, ResourceArn=one, Tags=tags[50:])
    assert code == "TooManyTagsException"
    code, _ = refused(client.create_endpoint, **creation(EndpointName="two", Tags=tags))
    assert code == "TooManyTagsException"
    code, _ = refused(client.untag_resource, ResourceArn=one, TagKeys=keys)
    assert code == "TooManyTagKeysException"
    client.untag_resource(ResourceArn=one, TagKeys=keys[:50])
    assert client.list_tags_for_resource(ResourceArn=one)["Tags"] == []


@pytest.mark.parametrize(
    "tags", [[{"Key": "k"}, {"Key": "k", "Value": "v"}], [{"Key": "aws:stack"}], [{"Key": "AWS:x"}]]
)
def test_a_key_given_twice_or_reserved_is_refused(
    client: Any, admin: Admin, tags: list[Json]
) -> None:
    assert refused(client.create_endpoint, **creation(Tags=tags))[0] == "InvalidRequestException"
    one = admin.put_endpoint("one", classifier())
    code, _ = refused(client.tag_resource, ResourceArn=one, Tags=tags)
    assert code == "InvalidRequestException"


@pytest.fixture
def five(client: Any, clock: ManualClock) -> list[str]:
    """The ARNs of five endpoints, made 100 s apart; the third has another model."""
    arns = []
    for number in range(5):
        model = classifier("others" if number == 2 else "reviews/version/v1")
        request = creation(EndpointName=f"endpoint-{9 - number}", ModelArn=model)
        arns.append(client.create_endpoint(**request)["EndpointArn"])
        clock.advance(100)
    return arns


def listed(client: Any, **arguments: Any) -> list[str]:
    pages = client.get_paginator("list_endpoints").paginate(**arguments)
    return [one["EndpointArn"] for page in pages for one in page["EndpointPropertiesList"]]


@pytest.mark.parametrize("size", [1, 2, 5, 500])
def test_pages_together_give_every_endpoint_once_in_order_of_creation(
    client: Any, five: list[str], size: int
) -> None:
    assert listed(client, PaginationConfig={"PageSize": size}) == five


def test_a_page_stays_right_when_an_endpoint_before_it_goes(
    client: Any, admin: Admin, five: list[str]
) -> None:
    first = client.list_endpoints(MaxResults=2)
    admin.remove_endpoint(five[0])
    rest = client.list_endpoints(NextToken=first["NextToken"])
    assert [one["EndpointArn"] for one in rest["EndpointPropertiesList"]] == five[2:]


def test_filters_select_by_model_status_and_time(
    client: Any, five: list[str], clock: ManualClock
) -> None:
    start = clock() - 500
    clock.advance(150)  # Ages are now 650, 550, 450, 350 and 250 s.
    assert listed(client, Filter={"ModelArn": classifier("others")}) == [five[2]]
    assert listed(client, Filter={"Status": "IN_SERVICE"}) == five[:1]
    assert listed(client, Filter={"Status": "CREATING"}) == five[1:]
    assert listed(client, Filter={"CreationTimeBefore": start + 200}) == five[:2]
    assert listed(client, Filter={"CreationTimeAfter": start + 200}) == five[3:]
    paged = {"Filter": {"Status": "CREATING"}, "PaginationConfig": {"PageSize": 1}}
    assert listed(client, **paged) == five[1:]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"Filter": {"Status": "FAILED", "ModelArn": classifier()}}, "InvalidRequestException"),
        ({"Filter": {"Status": "ASLEEP"}}, "ValidationException"),
        ({"NextToken": "not one of ours"}, "InvalidRequestException"),
        ({"NextToken": "WzFd"}, "InvalidRequestException"),
        ({"MaxResults": 501}, "ValidationException"),
    ],
)
def test_a_wrong_listing_is_refused(client: Any, arguments: Json, code: str) -> None:
    assert refused(client.list_endpoints, **arguments)[0] == code


@pytest.mark.parametrize(
    ("name", "kind", "task"),
    [
        ("reviews", "DOCUMENT_CLASSIFIER", "DocumentClassificationConfig"),
        ("products-recognizer", "ENTITY_RECOGNIZER", "EntityRecognitionConfig"),
    ],
)
def test_a_flywheel_exists_by_rule_and_says_its_kind(
    client: Any, name: str, kind: str, task: str
) -> None:
    found = client.describe_flywheel(FlywheelArn=flywheel(name))["FlywheelProperties"]
    assert (found["ModelType"], found["Status"]) == (kind, "ACTIVE")
    assert task in found["TaskConfig"]
    assert arn(kind.lower().replace("_", "-"), name) in found["ActiveModelArn"]
