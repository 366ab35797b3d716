"""What the emulator refuses, with which code, and how it lists, tags and tells accounts apart."""

import http.client
import json
from typing import Any

import pytest

from local.comprehend import Admin, ComprehendEmulator, ManualClock
from tests.functional.emulated import (
    arn,
    checked_client,
    classifier,
    endpoint_arn,
    flywheel,
    recognizer,
    refused,
    role,
)

Json = dict[str, Any]

SIGNED = "AWS4-HMAC-SHA256 Credential=test/20270115/us-east-1/comprehend/aws4_request, Signature=0"


def creation(**changes: Any) -> Json:
    """A valid CreateEndpoint request with some members changed, or (None) left out."""
    given = {"EndpointName": "one", "ModelArn": classifier(), "DesiredInferenceUnits": 1}
    return {name: value for name, value in {**given, **changes}.items() if value is not None}


def raw(
    emulator: ComprehendEmulator,
    target: str = "Comprehend_20171127.CreateEndpoint",
    body: Any = b"{}",
    authorization: str = SIGNED,
    path: str = "/",
) -> tuple[int, Json, str | None]:
    """The status, body and error header of a request that no SDK would send."""
    connection = http.client.HTTPConnection(emulator.url.removeprefix("http://"))
    try:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"X-Amz-Target": target, "Authorization": authorization}
        connection.request("POST", path, data, headers)
        answer = connection.getresponse()
        content = answer.read()
        return answer.status, json.loads(content or b"{}"), answer.getheader("x-amzn-errortype")
    finally:
        connection.close()


CONSTRAINTS: list[tuple[str, Json, str]] = [
    ("name with an underscore", {"EndpointName": "a_b"}, "EndpointName"),
    ("name that ends in a hyphen", {"EndpointName": "a-"}, "EndpointName"),
    ("name that is too long", {"EndpointName": "a" * 41}, "EndpointName"),
    ("empty name", {"EndpointName": ""}, "EndpointName"),
    ("malformed model", {"ModelArn": "arn:aws:comprehend:here:1:model/x"}, "ModelArn"),
    ("model with a tail", {"ModelArn": classifier() + "/"}, "ModelArn"),
    ("model that is too long", {"ModelArn": classifier("m" * 220)}, "ModelArn"),
    ("malformed flywheel", {"FlywheelArn": classifier()}, "FlywheelArn"),
    ("malformed role", {"DataAccessRoleArn": "arn:aws:iam::1:role/somebody"}, "DataAccessRoleArn"),
    ("token with a dot", {"ClientRequestToken": "a.b"}, "ClientRequestToken"),
    ("token that is too long", {"ClientRequestToken": "t" * 65}, "ClientRequestToken"),
    ("tag key that is too long", {"Tags": [{"Key": "k" * 129}]}, "Tags[0].Key"),
    ("tag value that is too long", {"Tags": [{"Key": "k", "Value": "v" * 257}]}, "Tags[0].Value"),
]


@pytest.mark.parametrize(
    ("changes", "member"), [case[1:] for case in CONSTRAINTS], ids=[case[0] for case in CONSTRAINTS]
)
def test_a_value_outside_its_constraints_is_refused_by_name(
    client: Any, admin: Admin, changes: Json, member: str
) -> None:
    code, message = refused(client.create_endpoint, **creation(**changes))
    assert code == "ValidationException"
    assert member in message
    assert admin.endpoints() == []


@pytest.mark.parametrize(
    ("body", "code", "member"),
    [
        (creation(EndpointName=None), "ValidationException", "EndpointName"),
        (creation(DesiredInferenceUnits=None), "ValidationException", "DesiredInferenceUnits"),
        (creation(DesiredInferenceUnits=0), "ValidationException", "DesiredInferenceUnits"),
        (creation(Tags=[{"Value": "v"}]), "ValidationException", "Tags[0].Key"),
        (creation(Tags=[{"Key": ""}]), "ValidationException", "Tags[0].Key"),
        (creation(Colour="red"), "ValidationException", "Colour"),
        (creation(DesiredInferenceUnits="2"), "SerializationException", "DesiredInferenceUnits"),
        (creation(DesiredInferenceUnits=True), "SerializationException", "DesiredInferenceUnits"),
        (creation(DesiredInferenceUnits=1.5), "SerializationException", "DesiredInferenceUnits"),
        (creation(Tags={"k": "v"}), "SerializationException", "Tags"),
        (creation(Tags=["k"]), "SerializationException", "Tags[0]"),
        (creation(EndpointName=5), "SerializationException", "EndpointName"),
        (b"{", "SerializationException", "JSON"),
        (b"[]", "SerializationException", "object"),
    ],
)
def test_what_a_client_of_the_sdk_would_not_send_is_refused_too(
    emulator: ComprehendEmulator, body: Any, code: str, member: str
) -> None:
    status, answer, header = raw(emulator, body=body)
    assert (status, answer["__type"], header) == (400, code, code)
    assert member in answer["Message"]


def test_all_constraints_that_are_broken_are_named_at_once(client: Any) -> None:
    request = creation(EndpointName="a_b", ClientRequestToken="a.b")
    _, message = refused(client.create_endpoint, **request)
    assert message.startswith("2 validation errors detected")
    assert "EndpointName" in message
    assert "ClientRequestToken" in message


def test_a_null_says_the_same_as_a_member_left_out(emulator: ComprehendEmulator) -> None:
    body = {**creation(), "FlywheelArn": None, "Tags": None}
    status, answer, _ = raw(emulator, body=body)
    assert status == 200
    assert answer["EndpointArn"] == endpoint_arn("one")


@pytest.mark.parametrize(
    "target",
    [
        "Comprehend_20171127.DetectSentiment",
        "Comprehend_20171127.",
        "Comprehend_20171126.CreateEndpoint",
        "AmazonEC2ContainerServiceV20141113.ListClusters",
        "CreateEndpoint",
        "",
    ],
)
def test_an_unknown_target_is_an_unknown_operation(
    emulator: ComprehendEmulator, target: str
) -> None:
    status, answer, header = raw(emulator, target)
    assert (status, answer["__type"]) == (400, "UnknownOperationException")
    assert header == "UnknownOperationException"


def test_an_unsigned_request_is_refused(emulator: ComprehendEmulator) -> None:
    status, answer, _ = raw(emulator, authorization="")
    assert (status, answer["__type"]) == (403, "MissingAuthenticationTokenException")


def test_a_request_signed_for_another_service_is_refused(emulator: ComprehendEmulator) -> None:
    status, answer, _ = raw(emulator, authorization=SIGNED.replace("comprehend", "translate"))
    assert (status, answer["__type"]) == (403, "InvalidSignatureException")


def test_a_body_of_no_known_length_closes_the_connection(emulator: ComprehendEmulator) -> None:
    connection = http.client.HTTPConnection(emulator.url.removeprefix("http://"))
    connection.putrequest("POST", "/")
    connection.putheader("Content-Length", "a lot")
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_a_model_or_a_flywheel_must_be_there(client: Any) -> None:
    code, message = refused(client.create_endpoint, **creation(ModelArn=None))
    assert code == "InvalidRequestException"
    assert "ModelArn" in message
    assert "FlywheelArn" in message


FOREIGN: list[Json] = [
    {"ModelArn": classifier(region="eu-west-1")},
    {"ModelArn": classifier(account="111111111111")},
    {"ModelArn": classifier().replace("arn:aws:", "arn:aws-cn:")},
    {"ModelArn": classifier(region="")},
    {"FlywheelArn": flywheel(region="eu-west-1")},
    {"DataAccessRoleArn": role(account="111111111111")},
]


@pytest.mark.parametrize("changes", FOREIGN)
def test_an_arn_of_another_account_region_or_partition_is_refused(
    client: Any, changes: Json
) -> None:
    code, message = refused(client.create_endpoint, **creation(**changes))
    assert code == "InvalidRequestException"
    assert next(iter(changes)) in message


def test_an_endpoint_of_another_region_is_refused_by_every_operation(client: Any) -> None:
    there = endpoint_arn("one", region="eu-west-1")
    for code, _ in (
        refused(client.describe_endpoint, EndpointArn=there),
        refused(client.update_endpoint, EndpointArn=there, DesiredInferenceUnits=2),
        refused(client.delete_endpoint, EndpointArn=there),
        refused(client.list_tags_for_resource, ResourceArn=there),
    ):
        assert code == "InvalidRequestException"


def test_partitions_follow_the_region(emulator: ComprehendEmulator, sdk: Any) -> None:
    for region, partition in (("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")):
        client = checked_client(emulator, region=region, session=sdk)
        model = classifier(region=region).replace("arn:aws:", f"arn:{partition}:")
        made = client.create_endpoint(**creation(ModelArn=model))["EndpointArn"]
        assert made.startswith(f"arn:{partition}:comprehend:{region}:")
        client.close()


def test_regions_and_accounts_have_their_own_endpoints(
    emulator: ComprehendEmulator, sdk: Any
) -> None:
    scopes = [("us-east-1", "0" * 12), ("eu-west-1", "0" * 12), ("us-east-1", "1" * 12)]
    for region, account in scopes:
        client = checked_client(emulator, region=region, account=account, session=sdk)
        model = classifier(region=region, account=account)
        client.create_endpoint(**creation(ModelArn=model))
        listed = client.list_endpoints()["EndpointPropertiesList"]
        assert [one["EndpointArn"] for one in listed] == [
            endpoint_arn("one", region=region, account=account)
        ]
        client.close()
    assert len(emulator.admin.endpoints()) == 3


def test_a_name_that_exists_is_in_use(client: Any, admin: Admin) -> None:
    admin.put_endpoint("one", classifier())
    code, message = refused(client.create_endpoint, **creation())
    assert code == "ResourceInUseException"
    assert endpoint_arn("one") in message


def test_the_same_name_for_the_other_kind_is_another_endpoint(client: Any, admin: Admin) -> None:
    admin.put_endpoint("one", recognizer())
    client.create_endpoint(**creation())
    assert len(admin.endpoints()) == 2


def test_the_same_request_with_its_token_is_answered_with_the_existing_endpoint(
    client: Any, admin: Admin, clock: ManualClock
) -> None:
    request = creation(ClientRequestToken="once")
    first = client.create_endpoint(**request)
    clock.advance(600)
    again = client.create_endpoint(**request)
    assert again["EndpointArn"] == first["EndpointArn"]
    assert again["ModelArn"] == first["ModelArn"]
    assert len(admin.endpoints()) == 1
    code, _ = refused(client.create_endpoint, **creation(ClientRequestToken="twice"))
    assert code == "ResourceInUseException"


def test_a_token_given_to_another_name_creates(client: Any, admin: Admin) -> None:
    client.create_endpoint(**creation(ClientRequestToken="once"))
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
    client: Any, admin: Admin, clock: ManualClock, members: Json, code: str
) -> None:
    """At creation and at an update alike."""
    got, message = refused(client.create_endpoint, **creation(**members))
    assert got == code
    assert next(iter(members.values())) in message
    one = admin.put_endpoint("one", classifier())
    renamed = {"ModelArn": "DesiredModelArn", "DataAccessRoleArn": "DesiredDataAccessRoleArn"}
    changes = {renamed.get(name, name): value for name, value in creation(**members).items()}
    del changes["EndpointName"]
    got, _ = refused(client.update_endpoint, EndpointArn=one, **changes)
    assert got == code


def test_what_is_registered_goes_before_what_a_name_says(client: Any, admin: Admin) -> None:
    admin.put_model(classifier("training"), "ready")
    client.create_endpoint(**creation(ModelArn=classifier("training")))
    admin.put_model(classifier(), "missing", message="Gone.")
    assert refused(client.create_endpoint, **creation(EndpointName="two")) == (
        "ResourceNotFoundException",
        "Gone.",
    )


def test_a_model_is_ready_when_its_training_is_over(
    client: Any, admin: Admin, clock: ManualClock
) -> None:
    admin.put_model(classifier(), "training", seconds=100)
    assert refused(client.create_endpoint, **creation())[0] == "ResourceUnavailableException"
    clock.advance(100)
    client.create_endpoint(**creation())


def test_a_new_role_is_named_until_it_can_be_assumed(
    client: Any, admin: Admin, clock: ManualClock
) -> None:
    admin.put_role(role(), assumable=False, seconds=90)
    request = creation(DataAccessRoleArn=role())
    code, message = refused(client.create_endpoint, **request)
    assert code == "InvalidRequestException"
    assert role() in message
    clock.advance(90)
    client.create_endpoint(**request)


def test_an_update_that_changes_nothing_is_refused(client: Any, admin: Admin) -> None:
    one = admin.put_endpoint("one", classifier())
    assert refused(client.update_endpoint, EndpointArn=one)[0] == "InvalidRequestException"


def test_an_update_to_the_other_kind_of_model_is_refused(client: Any, admin: Admin) -> None:
    one = admin.put_endpoint("one", classifier())
    code, _ = refused(client.update_endpoint, EndpointArn=one, DesiredModelArn=recognizer())
    assert code == "InvalidRequestException"


def test_what_is_not_there_is_not_found(client: Any) -> None:
    absent = endpoint_arn("absent")
    tag = [{"Key": "k", "Value": "v"}]
    for code, message in (
        refused(client.describe_endpoint, EndpointArn=absent),
        refused(client.update_endpoint, EndpointArn=absent, DesiredInferenceUnits=1),
        refused(client.delete_endpoint, EndpointArn=absent),
        refused(client.tag_resource, ResourceArn=absent, Tags=tag),
        refused(client.untag_resource, ResourceArn=absent, TagKeys=["k"]),
        refused(client.list_tags_for_resource, ResourceArn=absent),
        refused(client.list_tags_for_resource, ResourceArn=classifier()),
        refused(client.describe_flywheel, FlywheelArn=flywheel("missing")),
    ):
        assert code == "ResourceNotFoundException"
        assert "not found" in message


def test_not_found_travels_with_404_and_too_many_requests_with_429(
    emulator: ComprehendEmulator, admin: Admin
) -> None:
    body = {"EndpointArn": endpoint_arn("absent")}
    assert raw(emulator, "Comprehend_20171127.DescribeEndpoint", body)[0] == 404
    admin.add_fault("DescribeEndpoint", code="TooManyRequestsException")
    assert raw(emulator, "Comprehend_20171127.DescribeEndpoint", body)[0] == 429


@pytest.mark.parametrize(
    ("limits", "units"),
    [
        ({"endpoints_per_region": 1}, 1),
        ({"units_per_endpoint": 3}, 4),
        ({"units_per_region": 5}, 4),
    ],
)
def test_a_creation_beyond_a_quota_exceeds_the_limit(
    client: Any, admin: Admin, limits: Json, units: int
) -> None:
    admin.change_settings(**limits)
    admin.put_endpoint("other", classifier(), units=2)
    code, _ = refused(client.create_endpoint, **creation(DesiredInferenceUnits=units))
    assert code == "ResourceLimitExceededException"
    assert len(admin.endpoints()) == 1


def test_an_update_counts_its_own_endpoint_once(client: Any, admin: Admin) -> None:
    admin.change_settings(endpoints_per_region=1, units_per_region=5)
    one = admin.put_endpoint("one", classifier(), units=4)
    code, _ = refused(client.update_endpoint, EndpointArn=one, DesiredInferenceUnits=6)
    assert code == "ResourceLimitExceededException"
    client.update_endpoint(EndpointArn=one, DesiredInferenceUnits=5)


@pytest.mark.parametrize("status", ["CREATING", "FAILED", "IN_SERVICE", "DELETING"])
def test_units_count_whatever_state_their_endpoint_is_in(
    client: Any, admin: Admin, status: str
) -> None:
    admin.change_settings(units_per_region=5)
    admin.put_endpoint("other", classifier(), units=4, status=status)
    code, _ = refused(client.create_endpoint, **creation(DesiredInferenceUnits=2))
    assert code == "ResourceLimitExceededException"


def test_quotas_count_per_region(emulator: ComprehendEmulator, client: Any, sdk: Any) -> None:
    emulator.admin.change_settings(endpoints_per_region=1)
    emulator.admin.put_endpoint("one", classifier(region="eu-west-1"))
    client.create_endpoint(**creation())


def test_tags_are_added_replaced_removed_and_listed(client: Any, admin: Admin) -> None:
    tags = [{"Key": "b", "Value": "1"}, {"Key": "a"}]
    one = client.create_endpoint(**creation(Tags=tags))["EndpointArn"]
    more = [{"Key": "b", "Value": "2"}, {"Key": "c", "Value": "3"}]
    client.tag_resource(ResourceArn=one, Tags=more)
    client.untag_resource(ResourceArn=one, TagKeys=["a", "was-never-there"])
    listed = client.list_tags_for_resource(ResourceArn=one)
    assert listed["ResourceArn"] == one
    assert listed["Tags"] == more


def many_tags(number: int, prefix: str = "key") -> list[Json]:
    return [{"Key": f"{prefix}-{index}", "Value": ""} for index in range(number)]


def test_fifty_tags_are_allowed_and_one_more_is_too_many(client: Any) -> None:
    one = client.create_endpoint(**creation(Tags=many_tags(50)))["EndpointArn"]
    client.tag_resource(ResourceArn=one, Tags=many_tags(50))
    code, _ = refused(client.tag_resource, ResourceArn=one, Tags=[{"Key": "another"}])
    assert code == "TooManyTagsException"
    code, _ = refused(client.create_endpoint, **creation(EndpointName="two", Tags=many_tags(51)))
    assert code == "TooManyTagsException"


def test_more_keys_than_a_resource_can_have_are_too_many_to_remove(client: Any) -> None:
    one = client.create_endpoint(**creation(Tags=many_tags(50)))["EndpointArn"]
    keys = [tag["Key"] for tag in many_tags(51)]
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


def test_a_flywheel_exists_by_rule_and_says_its_kind(client: Any) -> None:
    for name, kind, task in (
        ("reviews", "DOCUMENT_CLASSIFIER", "DocumentClassificationConfig"),
        ("products-recognizer", "ENTITY_RECOGNIZER", "EntityRecognitionConfig"),
    ):
        found = client.describe_flywheel(FlywheelArn=flywheel(name))["FlywheelProperties"]
        assert found["ModelType"] == kind
        assert found["Status"] == "ACTIVE"
        assert task in found["TaskConfig"]
        assert arn(kind.lower().replace("_", "-"), name) in found["ActiveModelArn"]


def test_a_flywheel_in_training_has_no_active_model(client: Any) -> None:
    found = client.describe_flywheel(FlywheelArn=flywheel("training"))["FlywheelProperties"]
    assert "ActiveModelArn" not in found
