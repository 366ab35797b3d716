"""Whose an endpoint is, by its tags: its resource's, its owner's, somebody else's."""

from datetime import UTC, datetime

import pytest

from provider.model.naming import execution_name
from provider.model.ownership import (
    ADOPT_TAG,
    LOGICAL_ID_TAG,
    REQUEST_TAG,
    STACK_TAG,
    TAG_PREFIX,
    Ownership,
    adoption_mark,
    claim_mark,
    marked_at,
    offer,
    ownership,
    ownership_tags,
)
from tests.unit import given


def test_an_endpoint_gets_three_ownership_tags_that_comprehend_accepts() -> None:
    tags = ownership_tags(given.reply())
    assert tags == {
        STACK_TAG: given.STACK_ID,
        LOGICAL_ID_TAG: "Sentiment",
        REQUEST_TAG: execution_name(given.reply()),
    }
    assert all(key.startswith(TAG_PREFIX) and len(key) <= 128 for key in tags)
    assert all(len(value) <= 256 for value in adoption_mark(given.reply(), 0.0).values())


MINE = ownership_tags(given.reply())
EARLIER = ownership_tags(given.reply(request_id="an-earlier-one"))
MARKED = adoption_mark(given.reply(), 1_700_000_000.25)
CLAIMED = claim_mark(given.reply(), 1_700_000_000.25)
MARKED_EARLIER = adoption_mark(given.reply(request_id="an-earlier-one"), 1_600_000_000.0)
OFFER = {ADOPT_TAG: "shop/Sentiment"}


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        pytest.param({}, Ownership.FOREIGN, id="no tags"),
        pytest.param({"team": "search"}, Ownership.FOREIGN, id="somebody else's tags"),
        pytest.param(MINE | {STACK_TAG: "another"}, Ownership.FOREIGN, id="another stack"),
        pytest.param(MINE | {LOGICAL_ID_TAG: "Other"}, Ownership.FOREIGN, id="another resource"),
        pytest.param({REQUEST_TAG: MINE[REQUEST_TAG]}, Ownership.FOREIGN, id="the mark alone"),
        pytest.param(MINE, Ownership.MADE, id="made by this request"),
        pytest.param(MINE | {"team": "search"}, Ownership.MADE, id="with tags of the template"),
        pytest.param(EARLIER, Ownership.EARLIER, id="made by an earlier request"),
        pytest.param(
            EARLIER | MARKED,
            Ownership.CLAIMED,
            id="marked by this request",
        ),
        pytest.param(
            EARLIER | MARKED_EARLIER,
            Ownership.EARLIER,
            id="marked by an earlier request",
        ),
        pytest.param(EARLIER | CLAIMED, Ownership.CLAIMED, id="a leftover that this request uses"),
        pytest.param(OFFER, Ownership.OFFERED, id="offered to this resource"),
        pytest.param(
            OFFER | {"team": "search"}, Ownership.OFFERED, id="offered, with tags of its owner's"
        ),
        pytest.param(
            {ADOPT_TAG: "shop/Other"}, Ownership.FOREIGN, id="offered to another resource"
        ),
        pytest.param(
            {ADOPT_TAG: "shops/Sentiment"}, Ownership.FOREIGN, id="offered to another stack"
        ),
        pytest.param({ADOPT_TAG: "shop"}, Ownership.FOREIGN, id="offered to a stack as a whole"),
        pytest.param(
            OFFER | MINE | {STACK_TAG: "another"},
            Ownership.FOREIGN,
            id="offered, but another stack's still",
        ),
        pytest.param(
            OFFER | {REQUEST_TAG: "x"},
            Ownership.FOREIGN,
            id="offered, with a part of ownership tags",
        ),
        pytest.param(OFFER | MINE | MARKED, Ownership.ADOPTED, id="adopted by this request"),
        pytest.param(
            OFFER | MINE | MARKED_EARLIER, Ownership.ON_TRIAL, id="adopted by an earlier request"
        ),
        pytest.param(OFFER | MINE, Ownership.MADE, id="made, and offered to its own resource"),
        pytest.param(OFFER | EARLIER, Ownership.EARLIER, id="made earlier, and offered since"),
        pytest.param(
            {key: value for key, value in MINE.items() if key != REQUEST_TAG},
            Ownership.EARLIER,
            id="without its mark it is ours, but not this request's",
        ),
    ],
)
def test_tags_say_whose_an_endpoint_is(tags: dict[str, str], expected: Ownership) -> None:
    assert ownership(tags, given.reply()) is expected


def test_only_what_is_this_resource_s_is_ours() -> None:
    assert {each for each in Ownership if not each.is_ours} == {
        Ownership.FOREIGN,
        Ownership.OFFERED,
    }


def test_an_offer_names_the_stack_by_its_name_and_the_resource() -> None:
    assert offer(given.reply()) == "shop/Sentiment"


@pytest.mark.parametrize("mark", [MARKED, CLAIMED], ids=["adopted", "claimed"])
def test_a_mark_says_when_its_request_arrived(mark: dict[str, str]) -> None:
    assert marked_at(mark) == datetime(2023, 11, 14, 22, 13, 20, 250_000, UTC)


@pytest.mark.parametrize(
    "mark",
    [None, "", "d1ce", "d1ce/adopted", "d1ce/adopted/x", "d1ce/x", "d1ce/adopted/2026-01-01"],
)
def test_a_mark_of_another_form_gives_no_time(mark: str | None) -> None:
    assert marked_at({} if mark is None else {REQUEST_TAG: mark}) is None
