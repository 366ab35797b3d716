"""Names that follow from a request alone: always valid, always the same, never shared."""

import re
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given as examples
from hypothesis import strategies as st

from provider.contract.event import RESOURCE_DIGITS, Place, Reply, Request, parse_event
from provider.contract.limits import MAX_TOKEN
from provider.contract.response import failed_id
from provider.contract.validation import schema
from provider.model.naming import (
    EndpointId,
    Kind,
    client_request_token,
    endpoint_arn,
    execution_name,
    generated_name,
    is_older,
    kind_of_model,
    operation_of,
    parse_endpoint_arn,
    physical_endpoint,
    possible_arns_of_any_kind,
)
from provider.model.ownership import adoption_tags, ownership_tags
from tests.unit import given
from tests.unit.given import Values

# From the API reference of CreateEndpoint.
NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9])*")
TOKEN = re.compile(r"[a-zA-Z0-9-]+")

LETTERS = "abcxyzABCXYZ"
DIGITS = "0123456789"
# CloudFormation's own rules: a stack's name begins with a letter, a logical id is alphanumeric.
stack_names = st.builds(
    str.__add__, st.sampled_from(LETTERS), st.text(LETTERS + DIGITS + "-", max_size=127)
)
logical_ids = st.text(LETTERS + DIGITS, min_size=1, max_size=255)
operations = st.sampled_from(["Create", "Update", "Delete"])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
endpoint_names = st.from_regex(NAME, fullmatch=True).filter(lambda name: len(name) <= 40)


def request(stack: str = "shop", logical: str = "Sentiment") -> Request:
    stack_id = given.STACK_ID.replace("stack/shop/", f"stack/{stack}/")
    return given.request(StackId=stack_id, LogicalResourceId=logical)


# ---------------------------------------------------------------- Generated names


@examples(stack=stack_names, logical=logical_ids, kind=st.sampled_from(Kind), role=st.booleans())
def test_a_generated_name_is_always_valid(stack: str, logical: str, kind: Kind, role: bool) -> None:
    name = generated_name(request(stack, logical), kind, with_role=role)
    assert NAME.fullmatch(name)
    assert len(name) <= 40
    rule = schema()["properties"]["EndpointName"]
    assert (rule["maxLength"], rule["pattern"]) == (40, f"^{NAME.pattern}$")


def test_a_generated_name_is_readable_and_the_same_for_every_request_of_a_resource() -> None:
    long: Values = {
        "StackId": given.STACK_ID.replace("/shop/", "/a-very-long-name-of-a-stack/"),
        "LogicalResourceId": "SentimentOfAllOurCustomers",
    }
    later: Values = {"physical_id": given.ARN, "RequestId": "2", "ResponseURL": "https://x"}
    (name,) = {
        generated_name(each, Kind.CLASSIFIER, with_role=False)
        for each in (given.request(**long), given.request("Update", **long, **later))
    }
    assert re.fullmatch(r"a-very-long-na-SentimentOfA-[0-9a-f]{12}", name)


def test_a_replacement_and_another_resource_have_other_names() -> None:
    resources = (
        request(),
        request("shop2"),
        request(logical="Sentiment2"),
        # The readable part is equal: the digest tells them apart.
        request("a-very-long-name-of-a-stack", "SentimentOfAllOurCustomers1"),
        request("a-very-long-name-of-a-stack", "SentimentOfAllOurCustomers2"),
        # A stack that was made again under its name.
        given.request(StackId=given.STACK_ID.replace("6f9619ff", "7f9619ff")),
    )
    names = [
        generated_name(each, kind, with_role=role)
        for each, kind, role in product(resources, Kind, (False, True))
    ]
    assert len(set(names)) == len(names)


# ---------------------------------------------------------------- ARNs


@examples(
    kind=st.sampled_from(Kind),
    place=st.builds(
        Place,
        st.sampled_from(["aws", "aws-us-gov", "aws-cn"]),
        st.sampled_from(["eu-west-1", "us-gov-west-1"]),
        st.from_regex(r"[0-9]{12}", fullmatch=True),
        st.just(""),
    ),
    name=endpoint_names,
)
def test_an_arn_parses_back_into_its_parts(kind: Kind, place: Place, name: str) -> None:
    assert parse_endpoint_arn(endpoint_arn(place, kind, name)) == EndpointId(place, kind, name)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "reviews",
        given.CLASSIFIER,
        given.FLYWHEEL,
        given.ARN + "\n",
        given.ARN + "/version/v1",
        given.ARN.replace("123456789012", "12"),
        given.ARN.replace(":comprehend:", ":sagemaker:"),
        given.comprehend_arn("document-classifier-endpoint/-reviews"),
        given.comprehend_arn("document-classifier-endpoint/"),
        given.comprehend_arn("flywheel-endpoint/reviews"),
        "failed/0123",
    ],
)
def test_a_text_that_is_not_an_endpoint_s_arn_gives_none(text: str | None) -> None:
    assert parse_endpoint_arn(text) is None


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        (given.CLASSIFIER, Kind.CLASSIFIER),
        (given.comprehend_arn("document-classifier/reviews"), Kind.CLASSIFIER),
        (given.RECOGNIZER, Kind.RECOGNIZER),
        (given.comprehend_arn("document-classifier-endpoint/reviews"), None),
        (given.FLYWHEEL, None),
        ("", None),
        (None, None),
    ],
)
def test_a_model_s_arn_says_its_kind(model: str | None, kind: Kind | None) -> None:
    assert kind_of_model(model) is kind


@pytest.mark.parametrize(
    ("physical_id", "place"),
    [
        (given.ARN, replace(given.PLACE, stack_name="")),
        (given.ARN.replace("eu-west-1", "us-east-1"), None),
        (given.ARN.replace("123456789012", "210987654321"), None),
        (given.ARN.replace("arn:aws:", "arn:aws-cn:"), None),
        ("failed/0123", None),
        (None, None),
    ],
)
def test_an_id_is_only_trusted_in_the_stack_s_own_place(
    physical_id: str | None, place: Place | None
) -> None:
    found = physical_endpoint(given.request("Delete", physical_id=physical_id))
    assert (found.place if found else None) == place


RECOGNIZER_ARN = given.arn(kind=Kind.RECOGNIZER)
PLAIN, WITH_ROLE, PLAIN_RECOGNIZER, ROLE_RECOGNIZER = (
    given.generated_arn(kind, with_role=role) for kind in Kind for role in (False, True)
)
NAMED: Values = {"endpoint_name": "reviews"}
ROLE: Values = {"role_arn": given.ROLE}
RECOGNIZER: Values = {"model_arn": given.RECOGNIZER}
FLYWHEEL: Values = {"model_arn": None, "flywheel_arn": given.FLYWHEEL}


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        pytest.param(NAMED, (given.ARN,), id="name and model"),
        pytest.param(NAMED | RECOGNIZER, (RECOGNIZER_ARN,), id="name and another kind of model"),
        pytest.param({}, (PLAIN, WITH_ROLE), id="a generated name"),
        pytest.param(ROLE, (WITH_ROLE, PLAIN), id="a generated name, with a role"),
        pytest.param(FLYWHEEL | NAMED, (given.ARN, RECOGNIZER_ARN), id="a flywheel: both kinds"),
        pytest.param(
            FLYWHEEL,
            (PLAIN, WITH_ROLE, PLAIN_RECOGNIZER, ROLE_RECOGNIZER),
            id="a flywheel and a generated name",
        ),
    ],
)
def test_a_delete_with_an_invented_id_observes_every_arn_that_its_endpoint_may_have(
    properties: Values, expected: tuple[str, ...]
) -> None:
    delete = given.request("Delete", properties, physical_id="shop_Sentiment_1A2B3C4D")
    assert possible_arns_of_any_kind(delete, delete.new) == expected


# ---------------------------------------------------------------- A request's own names

OTHERS = [
    {"stack_id": "another"},
    {"logical_id": "another"},
    {"request_id": "another"},
    # A RequestId may come again in a later deployment.
    {"response_url": "https://another.example.test/"},
]


def named(reply: Reply) -> str:
    return execution_name(replace(given.request(), reply=reply), given.event())


def token(reply: Reply) -> str:
    return client_request_token(reply, 1)


@pytest.mark.parametrize("make", [named, token, failed_id])
def test_a_request_s_names_are_its_own_and_always_the_same(make: Any) -> None:
    names = [make(given.reply(**changes)) for changes in ({}, *OTHERS)]
    assert len(set(names)) == len(names)
    assert make(given.reply(physical_id="x")) == names[0]
    assert not any(parse_endpoint_arn(each) for each in names)
    assert max(map(len, names)) <= 1024


@examples(creation=st.integers(1, 9_999_999))
def test_a_token_is_always_valid_and_another_for_each_creation(creation: int) -> None:
    token = client_request_token(given.reply(), creation)
    assert TOKEN.fullmatch(token)
    assert len(token) <= MAX_TOKEN == 64
    assert token != client_request_token(given.reply(), creation + 1)


def test_no_name_shows_the_response_url() -> None:
    reply = given.reply()
    shown = [
        *(named(reply), token(reply), failed_id(reply)),
        *ownership_tags(reply, named(reply)).values(),
        *adoption_tags(reply, named(reply), 0.0).values(),
    ]
    assert not any("X-Amz" in text or "https" in text for text in shown)


# ---------------------------------------------------------------- An execution's name

# StartExecution, name: 1 to 80 characters; CloudWatch Logs needs these.
EXECUTION = re.compile(r"[A-Za-z0-9_-]{1,80}")
ROLE_ARN = {"DataAccessRoleArn": given.ROLE}


def execution(event: dict[str, Any]) -> str:
    return execution_name(parse_event(event), event)


def updated(new: Any, old: Any) -> str:
    """The name of the execution of an Update of these properties, as they came."""
    return execution(
        given.event(
            "Update", physical_id=given.ARN, ResourceProperties=new, OldResourceProperties=old
        )
    )


def test_an_execution_is_named_after_stack_resource_operation_and_request() -> None:
    digits = given.reply().digest
    assert execution(given.event()) == f"shop-Sentiment-create-{digits}"
    assert updated(given.TEMPLATE, given.TEMPLATE) == f"shop-Sentiment-update-{digits}"
    deleted = execution(given.event("Delete", physical_id=given.ARN))
    assert deleted == f"shop-Sentiment-delete-{digits}"


def test_of_long_names_the_start_is_enough_and_the_digest_tells_them_apart() -> None:
    stack_id = given.STACK_ID.replace("/shop/", f"/{'s' * 128}/")
    name, other = (
        execution(given.event(StackId=stack_id, LogicalResourceId="L" * 255, RequestId=each))
        for each in ("1", "2")
    )
    assert re.fullmatch(r"s{20}-L{17}-create-[0-9a-f]{32}", name)
    assert name != other


@examples(stack=stack_names, logical=st.text(min_size=1, max_size=300), operation=operations)
def test_an_execution_s_name_is_always_valid(stack: str, logical: str, operation: str) -> None:
    event = given.event(
        operation,
        physical_id=given.ARN,
        StackId=given.STACK_ID.replace("/shop/", f"/{stack}/"),
        LogicalResourceId=logical,
    )
    name = execution(event)
    assert EXECUTION.fullmatch(name)
    assert operation_of(name) in (operation.lower(), "replace")
    assert name.endswith(parse_event(event).reply.digest)


@pytest.mark.parametrize(
    ("new", "old", "operation"),
    [
        pytest.param({}, {}, "update", id="nothing"),
        pytest.param({"DesiredInferenceUnits": "2"}, {}, "update", id="units"),
        pytest.param({"ModelArn": given.NEWER}, {}, "update", id="a version of the model"),
        pytest.param(
            ROLE_ARN | {"DataAccessRoleArn": given.OTHER_ROLE},
            ROLE_ARN,
            "update",
            id="another role",
        ),
        pytest.param({"EndpointName": "b"}, {"EndpointName": "a"}, "replace", id="another name"),
        pytest.param({"EndpointName": "b"}, {}, "replace", id="a name"),
        pytest.param({}, {"EndpointName": "a"}, "replace", id="no name any longer"),
        pytest.param({"ModelArn": given.RECOGNIZER}, {}, "replace", id="another kind of model"),
        pytest.param(ROLE_ARN, {}, "replace", id="a role, whose rollback is a replacement"),
        pytest.param({}, ROLE_ARN, "replace", id="no role any longer"),
    ],
)
def test_an_update_that_may_be_a_replacement_is_called_one(
    new: dict[str, str], old: dict[str, str], operation: str
) -> None:
    name = updated(given.TEMPLATE | new, given.TEMPLATE | old)
    assert operation_of(name) == operation
    # The way back is called alike.
    assert operation_of(updated(given.TEMPLATE | old, given.TEMPLATE | new)) == operation


@pytest.mark.parametrize("operation", ["Create", "Delete"])
def test_only_an_update_can_be_called_a_replacement(operation: str) -> None:
    event = given.event(operation, physical_id=given.ARN, old={"EndpointName": "a"})
    assert operation_of(execution(event)) == operation.lower()


@examples(new=json_values, old=json_values, name=json_values, model=json_values)
def test_an_execution_has_a_name_whatever_the_properties_are(
    new: Any, old: Any, name: Any, model: Any
) -> None:
    hostile = {"EndpointName": name, "ModelArn": model}
    pairs = [(hostile, given.TEMPLATE), (given.TEMPLATE, hostile), (hostile, old)]
    if isinstance(new, dict):
        pairs.append((new, old))
    for each in pairs:
        assert EXECUTION.fullmatch(updated(*each))
    event = given.event("Delete", physical_id=given.ARN, ResourceProperties=new)
    assert EXECUTION.fullmatch(execution(event))


def test_an_execution_is_older_if_it_is_the_resource_s_and_started_earlier() -> None:
    own = execution(given.event())
    before = execution(given.event("Update", physical_id=given.ARN, RequestId="1"))
    other = execution(given.event("Update", physical_id=given.ARN, LogicalResourceId="Other"))
    digits = own.rpartition("-")[2][:RESOURCE_DIGITS]
    assert before.rpartition("-")[2].startswith(digits)
    starts = {own: 20.0, before: 10.0, other: 10.0}
    assert {each for each in starts if is_older(each, starts, own)} == {before}
    assert {each for each in starts if is_older(each, starts, before)} == set()
    # One's own does not show yet: it started after the others were listed.
    del starts[own]
    assert is_older(before, starts, own)
