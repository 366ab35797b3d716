"""Names that follow from a request alone: always valid, always the same, never shared."""

import re

import pytest
from hypothesis import given as examples
from hypothesis import strategies as st

from provider.contract.event import Place, Request
from provider.contract.limits import MAX_TOKEN
from provider.contract.response import is_not_created, not_created_id, undetermined_id
from provider.contract.validation import schema
from provider.model.naming import (
    EndpointId,
    Kind,
    client_request_token,
    endpoint_arn,
    execution_name,
    generated_name,
    kind_of_model,
    parse_endpoint_arn,
)
from provider.model.ownership import adoption_mark, ownership_tags
from tests.unit import given

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
endpoint_names = st.from_regex(NAME, fullmatch=True).filter(lambda name: len(name) <= 40)


def request(stack: str = "shop", logical: str = "Sentiment") -> Request:
    stack_id = given.STACK_ID.replace("stack/shop/", f"stack/{stack}/")
    return given.request(StackId=stack_id, LogicalResourceId=logical)


@examples(stack=stack_names, logical=logical_ids, kind=st.sampled_from(Kind), role=st.booleans())
def test_a_generated_name_is_always_valid_and_always_the_same(
    stack: str, logical: str, kind: Kind, role: bool
) -> None:
    name = generated_name(request(stack, logical), kind, with_role=role)
    assert NAME.fullmatch(name)
    assert len(name) <= 40
    assert name == generated_name(request(stack, logical), kind, with_role=role)


def test_the_limits_are_the_schema_s() -> None:
    rule = schema()["properties"]["EndpointName"]
    assert rule["maxLength"] == 40
    assert rule["pattern"] == f"^{NAME.pattern}$"


def test_a_generated_name_is_the_same_for_every_request_of_a_resource() -> None:
    create = given.request()
    update = given.request("Update", physical_id=given.ARN, RequestId="2", ResponseURL="https://x")
    names = {generated_name(each, Kind.CLASSIFIER, with_role=False) for each in (create, update)}
    assert len(names) == 1


def test_a_generated_name_is_readable() -> None:
    long = request("a-very-long-name-of-a-stack", "SentimentOfAllOurCustomers")
    name = generated_name(long, Kind.CLASSIFIER, with_role=False)
    assert re.fullmatch(r"a-very-long-na-SentimentOfA-[0-9a-f]{12}", name)


def test_a_replacement_and_another_resource_have_other_names() -> None:
    names = [
        generated_name(each, kind, with_role=role)
        for each in (
            request(),
            request("shop2"),
            request(logical="Sentiment2"),
            # The readable part is equal: the digest tells them apart.
            request("a-very-long-name-of-a-stack", "SentimentOfAllOurCustomers1"),
            request("a-very-long-name-of-a-stack", "SentimentOfAllOurCustomers2"),
        )
        for kind in Kind
        for role in (False, True)
    ]
    assert len(set(names)) == len(names)


def test_a_stack_made_again_under_its_name_has_other_names() -> None:
    again = given.request(StackId=given.STACK_ID.replace("6f9619ff", "7f9619ff"))
    first, second = (
        generated_name(each, Kind.CLASSIFIER, with_role=False) for each in (given.request(), again)
    )
    assert first != second


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize(
    "place",
    [
        Place("aws", "eu-west-1", "123456789012", ""),
        Place("aws-us-gov", "us-gov-west-1", "210987654321", ""),
        Place("aws-cn", "cn-north-1", "000000000000", ""),
    ],
)
@examples(name=endpoint_names)
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
        "not-created/0123",
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


def test_each_of_the_four_ids_makes_another_request() -> None:
    replies = [
        given.reply(),
        given.reply(stack_id="another"),
        given.reply(logical_id="another"),
        given.reply(request_id="another"),
        # A RequestId may come again in a later deployment.
        given.reply(response_url="https://another.example.test/"),
    ]
    digests = [execution_name(each) for each in replies]
    assert len(set(digests)) == len(digests)
    assert all(re.fullmatch(r"[0-9a-f]{64}", digest) for digest in digests)


def test_a_digest_keeps_neighbouring_parts_apart() -> None:
    one = given.reply(logical_id="ab", request_id="c")
    other = given.reply(logical_id="a", request_id="bc")
    assert execution_name(one) != execution_name(other)


def test_a_digest_ignores_the_physical_id() -> None:
    assert execution_name(given.reply(physical_id="x")) == execution_name(given.reply())


def test_no_name_shows_the_response_url() -> None:
    reply = given.reply()
    shown = [
        execution_name(reply),
        client_request_token(reply, 1),
        not_created_id(reply),
        undetermined_id(reply),
        *ownership_tags(reply).values(),
        *adoption_mark(reply, 0.0).values(),
    ]
    assert not any("X-Amz" in text or "https" in text for text in shown)


@examples(creation=st.integers(1, 9_999_999))
def test_a_token_is_always_valid_stable_and_another_for_each_creation(creation: int) -> None:
    reply = given.reply()
    token = client_request_token(reply, creation)
    assert TOKEN.fullmatch(token)
    assert len(token) <= MAX_TOKEN == 64
    assert token == client_request_token(given.reply(), creation)
    assert token != client_request_token(reply, creation + 1)


def test_a_token_differs_between_requests_of_one_resource_and_between_resources() -> None:
    tokens = {
        client_request_token(reply, 1)
        for reply in (
            given.reply(),
            given.reply(request_id="another"),
            given.reply(response_url="https://another.example.test/"),
            given.reply(logical_id="another"),
            given.reply(stack_id="another"),
        )
    }
    assert len(tokens) == 5


def test_the_id_of_a_create_that_made_nothing_is_recognised_and_no_other() -> None:
    reply = given.reply()
    assert is_not_created(not_created_id(reply))
    for other in (undetermined_id(reply), given.ARN, "", None, "shop_Sentiment_1A2B"):
        assert not is_not_created(other)


def test_an_id_without_an_endpoint_is_no_arn_fits_in_one_kilobyte_and_is_stable() -> None:
    for make in (not_created_id, undetermined_id):
        made = make(given.reply())
        assert parse_endpoint_arn(made) is None
        assert 0 < len(made.encode()) <= 1024
        assert made == make(given.reply())
        assert made != make(given.reply(request_id="another"))
