"""CloudFormation's event: what a response needs, and every reason to refuse the event."""

import contextlib
import re
from typing import Any

import pytest
from hypothesis import given as examples
from hypothesis import strategies as st

from provider.contract.errors import MalformedEventError
from provider.contract.event import (
    REQUEST_DIGITS,
    RESOURCE_DIGITS,
    SIGNATURE_LASTS,
    Operation,
    Place,
    Request,
    parse_event,
    parse_reply,
    parse_stack_id,
)
from provider.contract.properties import Properties
from provider.reconcile.state import State
from tests.unit import given
from tests.unit.fakes import FakeComprehend, received, services

NO_REPLY = (
    "ResponseURL (https), StackId, RequestId and LogicalResourceId are required, and must leave "
    "room for a response."
)
NO_EVENT = "The event is not a JSON object."
HALF = "RequestId, LogicalResourceId: they hold half of a Unicode surrogate pair."
BAD_STACK = "StackId: it is not the ARN of a stack."
BAD_TYPE = "RequestType: it must be Create, Update or Delete."
NO_ID = "PhysicalResourceId: an Update must name the resource that it updates."
NO_OBJECT = "ResourceProperties: it is not an object."


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in given.event().items() if name != key}


def state_of(event: dict[str, Any]) -> State:
    """The state of the execution that the event starts: it holds the parsed properties."""
    return received(event, parse_event(event), services(FakeComprehend()))


@pytest.mark.parametrize("operation", Operation)
def test_an_event_of_each_type_is_read(operation: Operation) -> None:
    request = parse_event(given.event(operation, physical_id=given.ARN))
    assert request.operation is operation
    assert request.place == Place("aws", given.REGION, given.ACCOUNT, "shop")
    assert (request.stack_id, request.logical_id) == (given.STACK_ID, "Sentiment")
    assert request.physical_id == given.ARN


def test_an_update_has_old_properties_and_a_create_has_neither_these_nor_an_id() -> None:
    old = given.TEMPLATE | {"ModelArn": given.NEWER}
    updated = state_of(given.event("Update", old=old, physical_id=given.ARN))
    assert updated.new == given.properties()
    assert updated.old == given.properties(model_arn=given.NEWER)
    assert state_of(given.event()).old == Properties()
    assert parse_event(given.event()).physical_id is None


@pytest.mark.parametrize(
    ("event", "problems"),
    [
        pytest.param(given.event("Modify"), [BAD_TYPE], id="unknown RequestType"),
        pytest.param(given.event("create"), [BAD_TYPE], id="RequestType in lower case"),
        pytest.param(given.event(RequestType=["Create"]), [BAD_TYPE], id="RequestType a list"),
        pytest.param(without("RequestType"), [BAD_TYPE], id="no RequestType"),
        pytest.param(without("ResponseURL"), [NO_REPLY], id="no ResponseURL"),
        pytest.param(given.event(ResponseURL=""), [NO_REPLY], id="empty ResponseURL"),
        pytest.param(given.event(ResponseURL=7), [NO_REPLY], id="ResponseURL a number"),
        pytest.param(without("RequestId"), [NO_REPLY], id="no RequestId"),
        pytest.param(given.event(RequestId="x" * 3000), [NO_REPLY], id="no room for a response"),
        pytest.param(given.event(RequestId="half \ud800"), [HALF], id="half a character"),
        pytest.param(given.event(LogicalResourceId="\udfff"), [HALF], id="the other half"),
        pytest.param(without("LogicalResourceId"), [NO_REPLY], id="no LogicalResourceId"),
        pytest.param(without("StackId"), [NO_REPLY, BAD_STACK], id="no StackId"),
        pytest.param(given.event(StackId="shop"), [BAD_STACK], id="StackId a name"),
        pytest.param(given.event(ResourceProperties="x"), [NO_OBJECT], id="properties no object"),
        pytest.param(given.event("Update"), [NO_ID], id="Update without an id"),
        pytest.param({}, [NO_REPLY, BAD_STACK, BAD_TYPE], id="an empty object"),
        pytest.param([], [NO_EVENT], id="a list"),
        pytest.param(None, [NO_EVENT], id="null"),
        pytest.param("Create", [NO_EVENT], id="a string"),
    ],
)
def test_a_malformed_event_is_refused_with_every_reason(event: object, problems: list[str]) -> None:
    with pytest.raises(MalformedEventError) as caught:
        parse_event(event)
    assert caught.value.problems == problems


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@examples(sent=JSON, changes=st.dictionaries(st.sampled_from(sorted(given.event())), JSON))
def test_anything_is_read_or_refused_and_nothing_else_happens(
    sent: Any, changes: dict[str, Any]
) -> None:
    for event in (sent, given.event() | changes):
        with contextlib.suppress(MalformedEventError):
            assert isinstance(parse_event(event), Request)


# ---------------------------------------------------------------- Properties that are no objects


def test_missing_properties_are_left_to_the_schema() -> None:
    # A Create without any gets the required properties as its reason, not a malformed event.
    answer = state_of(without("ResourceProperties")).answer
    assert answer is not None
    assert "DesiredInferenceUnits: it is required." in answer["Reason"]


@pytest.mark.parametrize("nonsense", ["x", ["x"], 1, None])
@pytest.mark.parametrize(
    ("operation", "key"), [("Delete", "ResourceProperties"), ("Update", "OldResourceProperties")]
)
def test_a_delete_s_and_old_properties_never_fail_a_request(
    operation: str, key: str, nonsense: object
) -> None:
    state = state_of(given.event(operation, physical_id=given.ARN) | {key: nonsense})
    assert Properties() == (state.new if operation == "Delete" else state.old)
    assert state.answer is None


# ---------------------------------------------------------------- What a response needs


@pytest.mark.parametrize("physical_id", [None, "", 5, ["x"]])
def test_a_physical_id_that_is_no_text_counts_as_absent(physical_id: object) -> None:
    found = parse_reply(given.event("Delete", PhysicalResourceId=physical_id))
    assert found is not None
    assert found.physical_id is None


@pytest.mark.parametrize(
    "url",
    [
        given.URL,
        "HTTPS://responses.example.test/x",
        "https://responses.example.test",
        "https://responses.example.test:8443/x?y",
        "https://127.0.0.1:1/x",
        "https://[::1]:65535/x",
        "https://bucket.s3.amazonaws.com/arn%3Aaws%7Cx?a=b~c&d=(e)!$'*+,;:@/?[f]",
    ],
)
def test_a_response_can_be_sent_to_an_https_url(url: str) -> None:
    found = parse_reply(given.event(ResponseURL=url))
    assert found is not None
    assert found.response_url == url


@pytest.mark.parametrize(
    "url",
    [
        "http://responses.example.test/",
        "file:///etc/passwd",
        "https://",
        "https:///x",
        "https://?x",
        "https:responses.example.test/x",
        "https://[::1",
        "https://responses.example.test:0/x",
        "https://responses.example.test:65536/x",
        "https://responses.example.test:https/x",
        "https://responses.example.test/a b",
        "https://responses.example.test/a\r\nHost: x",
        "https://responses.example.test/x\n",
        'https://responses.example.test/?"x"',
        "https://responses.example.test/?x\\y",
        "https://responses.example.test/\u00e9",
        " https://responses.example.test/x",
    ],
)
def test_no_response_can_be_sent_to_any_other_url(url: str) -> None:
    assert parse_reply(given.event(ResponseURL=url)) is None


def test_there_is_room_for_the_longest_ids_that_cloudformation_gives() -> None:
    longest = given.event(
        "Update",
        StackId=given.STACK_ID.replace("/shop/", f"/{'s' * 128}/"),
        RequestId="r" * 128,
        LogicalResourceId="L" * 255,
        physical_id="p" * 1024,
    )
    assert parse_event(longest).physical_id == "p" * 1024


def test_an_event_can_be_answered_whatever_else_is_wrong_with_it() -> None:
    found = parse_reply(given.event("Modify", StackId="shop", ResourceProperties=3))
    assert found is not None
    assert (found.response_url, found.stack_id) == (given.URL, "shop")


@pytest.mark.parametrize("event", [None, [], "x", 3, {}])
def test_nobody_can_be_answered_without_an_event(event: object) -> None:
    assert parse_reply(event) is None


def test_a_reply_s_representation_does_not_show_the_url() -> None:
    request = given.request()
    shown = f"{request!r} {request} {request.reply!r} {request.reply}"
    assert f"Reply({given.STACK_ID}, Sentiment, {request.reply.request_id})" in shown
    assert given.URL not in shown
    assert given.QUERY not in shown


# ---------------------------------------------------------------- Its digest, and its time


def test_a_digest_names_the_resource_then_the_request() -> None:
    found = given.reply().digest
    assert re.fullmatch(r"[0-9a-f]{32}", found)
    assert len(found) == RESOURCE_DIGITS + REQUEST_DIGITS


@pytest.mark.parametrize(
    ("changes", "same_resource"),
    [
        pytest.param({"request_id": "another"}, True, id="another request"),
        # A later deployment may use a RequestId again, but no ResponseURL.
        pytest.param({"response_url": "https://another.example.test/"}, True, id="another URL"),
        pytest.param({"stack_id": "another"}, False, id="another stack"),
        pytest.param({"logical_id": "another"}, False, id="another resource"),
    ],
)
def test_another_request_has_another_digest_which_shows_if_its_resource_is_the_same(
    changes: dict[str, str], same_resource: bool
) -> None:
    one, other = given.reply().digest, given.reply(**changes).digest
    assert one != other
    assert (one[:RESOURCE_DIGITS] == other[:RESOURCE_DIGITS]) is same_resource
    assert one[RESOURCE_DIGITS:] != other[RESOURCE_DIGITS:]


def test_a_digest_keeps_neighbouring_parts_apart() -> None:
    one = given.reply(logical_id="ab", request_id="c")
    other = given.reply(logical_id="a", request_id="bc")
    assert one.digest[:RESOURCE_DIGITS] != other.digest[:RESOURCE_DIGITS]
    assert one.digest[RESOURCE_DIGITS:] != other.digest[RESOURCE_DIGITS:]


def test_the_physical_id_is_no_part_of_a_digest() -> None:
    # A duplicate of the event is the same request, whatever an answer has said meanwhile.
    assert given.reply(physical_id=given.ARN).digest == given.reply().digest


HOST = "https://responses.example.test/x"
SIGNED = 1_800_000_000.0
DATE = "20270115T080000Z"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param(f"X-Amz-Date={DATE}&X-Amz-Expires=7200", SIGNED, id="X-Amz-Date"),
        pytest.param(f"a=b&X-Amz-Date={DATE}", SIGNED, id="among others"),
        pytest.param("X-Amz-Date=20270115T080000%5A", SIGNED, id="escaped"),
        pytest.param(f"Expires={SIGNED + SIGNATURE_LASTS:.0f}", SIGNED, id="Expires"),
        pytest.param(f"Expires=7200&X-Amz-Date={DATE}", SIGNED, id="both"),
        pytest.param("X-Amz-Date=00010101T000000Z", -62_135_596_800.0, id="long ago"),
        *(
            pytest.param(query, None, id=query or "no query")
            for query in (
                "",
                "X-Amz-Expires=7200",
                "X-Amz-Date=",
                "X-Amz-Date=yesterday",
                "X-Amz-Date=20270115T080000",
                "X-Amz-Date=20271315T080000Z",
                "X-Amz-Date=20270115T080000Z%20",
                "X-Amz-Date=00000101T000000Z",
                "x-amz-date=20270115T080000Z",
                "Expires=",
                "Expires=soon",
                "Expires=nan",
                "Expires=1e9",
                # One that is broken hides the other: nobody signs like that.
                "X-Amz-Date=yesterday&Expires=1800007200",
            )
        ),
        pytest.param("Expires=" + "9" * 400, None, id="more than a number holds"),
        pytest.param("Expires=" + "9" * 5000, None, id="more digits than Python reads"),
    ],
)
def test_the_url_says_when_it_was_signed(query: str, expected: float | None) -> None:
    assert given.reply(response_url=f"{HOST}?{query}").signed == expected


@examples(
    query=st.text("0123456789abcXTZ-Amz=&%DateExpires", max_size=60)
    | st.text("0123456789+-_.%TZ", max_size=30).map("X-Amz-Date={}".format)
    | st.text("0123456789+-_.%", max_size=30).map("Expires={}".format)
)
def test_any_url_says_when_it_was_signed_or_does_not(query: str) -> None:
    reply = parse_reply(given.event(ResponseURL=f"{HOST}?{query}"))
    assert reply is not None
    assert isinstance(reply.signed, float | None)


def test_a_request_s_time_is_when_its_url_was_signed_else_its_receipt() -> None:
    played = services(FakeComprehend())
    now = played.now()

    def requested(query: str) -> tuple[float, float]:
        event = given.event(ResponseURL=f"{HOST}?{query}")
        state = received(event, parse_event(event), played)
        return state.requested, state.received

    an_hour_ago, tomorrow = int(now) - 3600, int(now) + 86_400
    assert requested(f"Expires={an_hour_ago + SIGNATURE_LASTS}") == (an_hour_ago, now)
    assert requested("X-Amz-Date=never") == (now, now)
    # A time that is yet to come is no time at which a URL was signed.
    assert requested(f"Expires={tomorrow + SIGNATURE_LASTS}") == (now, now)


# ---------------------------------------------------------------- A stack's ARN


@pytest.mark.parametrize(
    ("partition", "region"),
    [("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-west-1"), ("aws-eusc", "eusc-de-east-1")],
)
def test_a_stack_s_arn_says_where_it_is(partition: str, region: str) -> None:
    arn = f"arn:{partition}:cloudformation:{region}:210987654321:stack/a-b/12-34"
    assert parse_stack_id(arn) == Place(partition, region, "210987654321", "a-b")


@pytest.mark.parametrize(
    "text",
    [
        "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop",
        given.STACK_ID.replace("eu-west-1", "-"),
        given.STACK_ID.replace("eu-west-1", "local"),
        given.STACK_ID.replace("eu-west-1", f"us-{'a' * 64}-1"),
        given.STACK_ID.replace(given.ACCOUNT, "12345"),
        given.STACK_ID.replace("stack/", "changeSet/"),
        given.STACK_ID.replace("cloudformation", "iam"),
        given.STACK_ID + "\n",
        " " + given.STACK_ID,
        "",
        None,
        7,
    ],
)
def test_no_other_text_is_the_arn_of_a_stack(text: object) -> None:
    assert parse_stack_id(text) is None
