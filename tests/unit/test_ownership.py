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

FOREIGN, OFFERED, ON_TRIAL, ADOPTED, EARLIER, CLAIMED, MADE = Ownership
BEFORE = given.reply(request_id="an-earlier-one")
MINE, OLDER = ownership_tags(given.reply()), ownership_tags(BEFORE)
ADOPTION = adoption_mark(given.reply(), 1_700_000_000.25)
CLAIM = claim_mark(given.reply(), 1_700_000_000.25)
OLDER_ADOPTION = adoption_mark(BEFORE, 1_600_000_000.0)
OFFER = {ADOPT_TAG: "shop/Sentiment"}
ANOTHERS = {STACK_TAG: "another"}
HALF_OURS = {STACK_TAG: given.STACK_ID, LOGICAL_ID_TAG: "Sentiment"}


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        pytest.param({}, FOREIGN, id="no tags"),
        pytest.param({"team": "search"}, FOREIGN, id="somebody else's tags"),
        pytest.param(MINE | ANOTHERS, FOREIGN, id="another stack's"),
        pytest.param(MINE | {LOGICAL_ID_TAG: "Other"}, FOREIGN, id="another resource's"),
        pytest.param({REQUEST_TAG: MINE[REQUEST_TAG]}, FOREIGN, id="the mark alone"),
        pytest.param(MINE, MADE, id="made by this request"),
        pytest.param(MINE | {"team": "search"}, MADE, id="with tags of the template"),
        pytest.param(OLDER, EARLIER, id="made by an earlier request"),
        pytest.param(OLDER | CLAIM, CLAIMED, id="a leftover that this request uses"),
        pytest.param(OLDER | ADOPTION, CLAIMED, id="adopted by this request, no longer offered"),
        pytest.param(OLDER | OLDER_ADOPTION, EARLIER, id="adopted before, no longer offered"),
        pytest.param(HALF_OURS, EARLIER, id="ours without its mark, so not this request's"),
        # An owner's offer.
        pytest.param(OFFER, OFFERED, id="offered to this resource"),
        pytest.param(OFFER | {"team": "search"}, OFFERED, id="with tags of its owner's"),
        pytest.param({ADOPT_TAG: "shop/Other"}, FOREIGN, id="offered to another resource"),
        pytest.param({ADOPT_TAG: "shops/Sentiment"}, FOREIGN, id="offered to another stack"),
        pytest.param({ADOPT_TAG: "shop"}, FOREIGN, id="offered to a stack as a whole"),
        pytest.param(OFFER | MINE | ANOTHERS, FOREIGN, id="offered, but another stack's still"),
        pytest.param(OFFER | {REQUEST_TAG: "x"}, FOREIGN, id="with a part of ownership tags"),
        pytest.param(OFFER | MINE | ADOPTION, ADOPTED, id="adopted by this request"),
        pytest.param(OFFER | MINE | OLDER_ADOPTION, ON_TRIAL, id="adopted by an earlier request"),
        pytest.param(OFFER | MINE, MADE, id="made, and offered to its own resource"),
        pytest.param(OFFER | OLDER, EARLIER, id="made earlier, and offered since"),
    ],
)
def test_tags_say_whose_an_endpoint_is(tags: dict[str, str], expected: Ownership) -> None:
    found = ownership(tags, given.reply())
    assert found is expected
    assert found.is_ours is (expected not in (FOREIGN, OFFERED))


def test_an_endpoint_gets_three_ownership_tags_that_comprehend_accepts() -> None:
    tags = ownership_tags(given.reply())
    assert tags == {**HALF_OURS, REQUEST_TAG: execution_name(given.reply())}
    assert all(key.startswith(TAG_PREFIX) and len(key) <= 128 for key in MINE)
    assert all(len(value) <= 256 for value in ADOPTION.values())


def test_an_offer_names_the_stack_by_its_name_and_the_resource() -> None:
    assert offer(given.reply()) == "shop/Sentiment"


@pytest.mark.parametrize("mark", [ADOPTION, CLAIM], ids=["adopted", "claimed"])
def test_a_mark_says_when_its_request_arrived(mark: dict[str, str]) -> None:
    assert marked_at(mark) == datetime(2023, 11, 14, 22, 13, 20, 250_000, UTC)


@pytest.mark.parametrize(
    "mark", ["", "d1ce", "d1ce/adopted", "d1ce/adopted/x", "d1ce/x", "d1ce/adopted/2026-01-01"]
)
def test_a_mark_of_another_form_gives_no_time(mark: str) -> None:
    assert marked_at({REQUEST_TAG: mark}) is None
    assert marked_at({}) is None
