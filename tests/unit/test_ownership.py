"""Whose an endpoint is, by its tags: its resource's, its owner's offer, somebody else's."""

import pytest

from provider.model.ownership import (
    ADOPT_TAG,
    LOGICAL_ID_TAG,
    REQUEST_TAG,
    STACK_TAG,
    TAG_PREFIX,
    Owner,
    Ownership,
    adoption_tags,
    offer,
    ownership,
    ownership_tags,
    providers_tags,
)
from tests.unit import given

ME, AT = given.EARLIER, 1_700_000_000.25
NOBODY, OURS, OTHER = Owner
MADE = ownership_tags(given.reply(), ME)
ADOPTED = adoption_tags(given.reply(), ME, AT)
OFFER = {ADOPT_TAG: "shop/Sentiment"}
ANOTHERS = {STACK_TAG: "another"}
HALF_OURS = {STACK_TAG: given.STACK_ID, LOGICAL_ID_TAG: "Sentiment"}


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        pytest.param({}, Ownership(), id="no tags"),
        pytest.param({"team": "search"}, Ownership(), id="somebody else's tags"),
        pytest.param(MADE | {"team": "x"}, Ownership(OURS, ME), id="made for this resource"),
        pytest.param(HALF_OURS, Ownership(OURS), id="nothing says by which request"),
        pytest.param(MADE | ANOTHERS, Ownership(OTHER, ME), id="another stack's"),
        pytest.param(
            MADE | {LOGICAL_ID_TAG: "Other"}, Ownership(OTHER, ME), id="another resource's"
        ),
        pytest.param({REQUEST_TAG: ME}, Ownership(OTHER, ME), id="a part of the tags"),
        pytest.param(ADOPTED, Ownership(OURS, ME, True, AT), id="adopted"),
        # An owner's offer.
        pytest.param(OFFER, Ownership(is_offered=True), id="offered to this resource"),
        pytest.param(OFFER | MADE, Ownership(OURS, ME, is_offered=True), id="ours, and offered"),
        pytest.param(OFFER | ADOPTED, Ownership(OURS, ME, True, AT, True), id="on trial, perhaps"),
        pytest.param(
            OFFER | MADE | ANOTHERS, Ownership(OTHER, ME, is_offered=True), id="another's still"
        ),
        pytest.param({ADOPT_TAG: "shop/Other"}, Ownership(), id="offered to another resource"),
        pytest.param({ADOPT_TAG: "shops/Sentiment"}, Ownership(), id="offered to another stack"),
        pytest.param({ADOPT_TAG: "shop"}, Ownership(), id="offered to a stack as a whole"),
    ],
)
def test_tags_say_whose_an_endpoint_is(tags: dict[str, str], expected: Ownership) -> None:
    found = ownership(tags, given.reply())
    assert found == expected
    assert found.is_ours is (expected.owner is OURS)
    assert found.is_unmarked is (expected == Ownership())


def test_an_endpoint_gets_three_ownership_tags_that_comprehend_accepts() -> None:
    assert {**HALF_OURS, REQUEST_TAG: ME} == MADE
    assert MADE | {REQUEST_TAG: f"{ME}/adopted/2023-11-14T22:13:20.250+00:00"} == ADOPTED
    assert all(key.startswith(TAG_PREFIX) and len(key) <= 128 for key in MADE)
    assert all(len(value) <= 256 for value in ADOPTED.values())


def test_an_offer_names_the_stack_by_its_name_and_the_resource() -> None:
    assert offer(given.reply()) == "shop/Sentiment"


def test_the_provider_s_tags_are_the_ownership_tags_and_the_offer() -> None:
    assert providers_tags(MADE | OFFER | {"team": "x", TAG_PREFIX + "new": "y"}) == MADE | OFFER


@pytest.mark.parametrize("mark", ["adopted", "adopted/", "adopted/x", "x", "adopted/2026-01-01"])
def test_an_adoption_that_does_not_say_when_is_one_all_the_same(mark: str) -> None:
    found = ownership(MADE | {REQUEST_TAG: f"{ME}/{mark}"}, given.reply())
    assert (found.execution, found.is_adopted, found.adopted) == (ME, True, None)
