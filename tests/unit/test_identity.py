"""Names that follow from a request alone: always valid, always the same, never shared."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given as examples
from hypothesis import strategies as st

from provider.identity import (
    ADOPT_TAG,
    LOGICAL_ID_TAG,
    MAX_NAME_LENGTH,
    MAX_TOKEN_LENGTH,
    REQUEST_TAG,
    STACK_TAG,
    TAG_PREFIX,
    EndpointId,
    Kind,
    Whose,
    adopted_at,
    adoption_tags,
    client_request_token,
    endpoint_arn,
    generated_name,
    is_not_created,
    kind_of_model,
    not_created_id,
    offer,
    ownership_tags,
    parse_endpoint_arn,
    request_digest,
    undetermined_id,
    whose,
)
from provider.properties import schema
from provider.request import Place, Request
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
    assert len(name) <= MAX_NAME_LENGTH
    assert name == generated_name(request(stack, logical), kind, with_role=role)


def test_the_limits_are_the_schema_s() -> None:
    rule = schema()["properties"]["EndpointName"]
    assert rule["maxLength"] == MAX_NAME_LENGTH == 40
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


def test_what_forces_a_replacement_and_what_is_another_resource_has_another_name() -> None:
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
def test_what_is_no_endpoint_s_arn_is_none(text: str | None) -> None:
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
    digests = [request_digest(each) for each in replies]
    assert len(set(digests)) == len(digests)
    assert all(re.fullmatch(r"[0-9a-f]{64}", digest) for digest in digests)


def test_a_digest_keeps_neighbouring_parts_apart() -> None:
    one = given.reply(logical_id="ab", request_id="c")
    other = given.reply(logical_id="a", request_id="bc")
    assert request_digest(one) != request_digest(other)


def test_a_digest_ignores_the_physical_id() -> None:
    assert request_digest(given.reply(physical_id="x")) == request_digest(given.reply())


def test_no_name_shows_the_response_url() -> None:
    reply = given.reply()
    shown = [
        request_digest(reply),
        client_request_token(reply, 1),
        not_created_id(reply),
        undetermined_id(reply),
        *ownership_tags(reply).values(),
        *adoption_tags(reply, 0.0).values(),
    ]
    assert not any("X-Amz" in text or "https" in text for text in shown)


@examples(creation=st.integers(1, 9_999_999))
def test_a_token_is_always_valid_stable_and_another_for_each_creation(creation: int) -> None:
    reply = given.reply()
    token = client_request_token(reply, creation)
    assert TOKEN.fullmatch(token)
    assert len(token) <= MAX_TOKEN_LENGTH == 64
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


def test_ownership_is_marked_with_three_tags_that_comprehend_accepts() -> None:
    tags = ownership_tags(given.reply())
    assert tags == {
        STACK_TAG: given.STACK_ID,
        LOGICAL_ID_TAG: "Sentiment",
        REQUEST_TAG: request_digest(given.reply()),
    }
    assert all(key.startswith(TAG_PREFIX) and len(key) <= 128 for key in tags)
    assert all(len(value) <= 256 for value in adoption_tags(given.reply(), 0.0).values())


MINE = ownership_tags(given.reply())
EARLIER = ownership_tags(given.reply(request_id="an-earlier-one"))
TAKEN_OVER = adoption_tags(given.reply(), 1_700_000_000.25)
TAKEN_OVER_EARLIER = adoption_tags(given.reply(request_id="an-earlier-one"), 1_600_000_000.0)
OFFER = {ADOPT_TAG: "shop/Sentiment"}


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        pytest.param({}, Whose.FOREIGN, id="no tags"),
        pytest.param({"team": "search"}, Whose.FOREIGN, id="somebody else's tags"),
        pytest.param(MINE | {STACK_TAG: "another"}, Whose.FOREIGN, id="another stack"),
        pytest.param(MINE | {LOGICAL_ID_TAG: "Other"}, Whose.FOREIGN, id="another resource"),
        pytest.param({REQUEST_TAG: MINE[REQUEST_TAG]}, Whose.FOREIGN, id="the mark alone"),
        pytest.param(MINE, Whose.MADE, id="made by this request"),
        pytest.param(MINE | {"team": "search"}, Whose.MADE, id="with tags of one's own"),
        pytest.param(EARLIER, Whose.EARLIER, id="made by an earlier request"),
        pytest.param(
            EARLIER | TAKEN_OVER,
            Whose.ADOPTED,
            id="taken over by this request",
        ),
        pytest.param(
            EARLIER | TAKEN_OVER_EARLIER,
            Whose.EARLIER,
            id="taken over by an earlier request",
        ),
        pytest.param(OFFER, Whose.OFFERED, id="offered to this resource"),
        pytest.param(
            OFFER | {"team": "search"}, Whose.OFFERED, id="offered, with tags of its owner's"
        ),
        pytest.param({ADOPT_TAG: "shop/Other"}, Whose.FOREIGN, id="offered to another resource"),
        pytest.param({ADOPT_TAG: "shops/Sentiment"}, Whose.FOREIGN, id="offered to another stack"),
        pytest.param({ADOPT_TAG: "shop"}, Whose.FOREIGN, id="offered to a stack as a whole"),
        pytest.param(
            OFFER | MINE | {STACK_TAG: "another"},
            Whose.FOREIGN,
            id="offered, but another stack's still",
        ),
        pytest.param(
            OFFER | {REQUEST_TAG: "x"}, Whose.FOREIGN, id="offered, with a part of ownership tags"
        ),
        pytest.param(OFFER | MINE | TAKEN_OVER, Whose.TAKEN, id="taken from its owner just now"),
        pytest.param(
            OFFER | MINE | TAKEN_OVER_EARLIER, Whose.ON_TRIAL, id="taken from its owner earlier"
        ),
        pytest.param(OFFER | MINE, Whose.MADE, id="made, and offered to its own resource"),
        pytest.param(OFFER | EARLIER, Whose.EARLIER, id="made earlier, and offered since"),
        pytest.param(
            {key: value for key, value in MINE.items() if key != REQUEST_TAG},
            Whose.EARLIER,
            id="without its mark it is ours, but not this request's",
        ),
    ],
)
def test_tags_say_whose_an_endpoint_is(tags: dict[str, str], expected: Whose) -> None:
    assert whose(tags, given.reply()) is expected


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


def test_only_what_is_this_resource_s_is_ours() -> None:
    assert {whose for whose in Whose if not whose.is_ours} == {Whose.FOREIGN, Whose.OFFERED}


def test_an_offer_names_the_stack_by_its_name_and_the_resource() -> None:
    assert offer(given.reply()) == "shop/Sentiment"


def test_a_mark_tells_when_an_endpoint_was_taken_over() -> None:
    assert adopted_at(TAKEN_OVER) == datetime(2023, 11, 14, 22, 13, 20, 250_000, UTC)


@pytest.mark.parametrize(
    "mark",
    [None, "", "d1ce", "d1ce/adopted", "d1ce/adopted/x", "d1ce/x", "d1ce/adopted/2026-01-01"],
)
def test_a_mark_of_another_form_tells_no_time(mark: str | None) -> None:
    assert adopted_at({} if mark is None else {REQUEST_TAG: mark}) is None
