"""An installation's parameters: a ceiling on inference units, and tags for every endpoint."""

import pytest

from provider.contract.limits import MAX_TAGS
from provider.contract.properties import Properties
from provider.model.installation import Installation, read_installation
from tests.unit import given

CEILING = Installation(max_inference_units=3)
COST = {"cost-center": "42", "owner": "nlp"}
TAGGING = Installation(tags=COST)


def many(count: int, **others: str) -> dict[str, str]:
    return {f"key-{number}": "" for number in range(count)} | others


def units(count: int | None) -> Properties:
    return given.properties(inference_units=count)


def tagged(tags: dict[str, str]) -> Properties:
    return given.properties(tags=tags)


@pytest.mark.parametrize(
    ("old", "new", "refused"),
    [
        (None, 3, False),
        (None, 4, True),
        (1, 3, False),
        (1, 4, True),
        (5, 5, False),
        (5, 4, False),
        (5, 6, True),
        # Old units that broke a rule count as not set.
        ("unreadable", 4, True),
        ("unreadable", 3, False),
    ],
)
def test_units_are_refused_if_they_rise_above_the_ceiling(
    old: int | str | None, new: int, refused: bool
) -> None:
    before = None if old is None else units(old if isinstance(old, int) else None)
    problems = list(CEILING.problems(units(new), before))

    assert problems == (
        [
            "DesiredInferenceUnits: it must be at most 3 in this installation "
            f"(parameter MaxInferenceUnits), not {new}."
        ]
        if refused
        else []
    )


def test_without_a_ceiling_any_number_of_units_is_allowed() -> None:
    assert list(Installation().problems(units(999_999), None)) == []


@pytest.mark.parametrize(
    ("old", "new", "refused"),
    [
        (None, many(45), False),
        (None, many(46), True),
        # The same key counts once.
        (None, many(46, owner="web"), True),
        (None, many(45, owner="web"), False),
        (many(45), many(46), True),
        (many(47), many(47), False),
        (many(47), many(46), False),
        (many(46), many(47), True),
    ],
)
def test_tags_are_refused_if_they_rise_above_the_room_beside_the_installation_s(
    old: dict[str, str] | None, new: dict[str, str], refused: bool
) -> None:
    problems = list(TAGGING.problems(tagged(new), None if old is None else tagged(old)))

    assert len(problems) == refused
    for problem in problems:
        assert problem.startswith("Tags: together with the 2 that this installation gives")
        assert "(parameter EndpointTags)" in problem
        assert f"at most 47, not {len({*COST, *new})}" in problem


def test_an_installation_without_tags_leaves_their_number_to_the_schema() -> None:
    assert list(Installation().problems(tagged(many(47)), None)) == []


def test_installation_tags_beyond_the_limit_fail_each_create() -> None:
    full = Installation(tags=many(48))

    assert len(list(full.problems(tagged({}), None))) == 1


class TestTagsOfANewEndpoint:
    def test_the_template_s_win_over_the_installation_s(self) -> None:
        assert TAGGING.tags_for({"owner": "web", "a": "1"}, {"mark"}) == {
            "owner": "web",
            "a": "1",
            "cost-center": "42",
        }

    def test_the_installation_s_last_ones_are_left_out_if_there_is_no_room(self) -> None:
        marks = ["stack", "logical", "request"]

        assert TAGGING.tags_for(many(46), marks) == many(46) | {"cost-center": "42"}
        assert TAGGING.tags_for(many(47), marks) == many(47)
        assert len({*TAGGING.tags_for(many(46), marks), *marks}) == MAX_TAGS

    def test_a_key_that_the_endpoint_has_takes_no_room(self) -> None:
        assert TAGGING.tags_for({}, many(49, owner="x")) == {"owner": "nlp"}


class TestTagsAfterAnUpdate:
    @pytest.mark.parametrize(
        ("new", "old", "asked"),
        [
            ({}, {}, {}),
            ({"a": "1"}, {}, {"a": "1"}),
            # It overrode the installation's.
            ({}, {"owner": "web"}, {"owner": "nlp"}),
            ({"owner": "app"}, {"owner": "web"}, {"owner": "app"}),
            ({"owner": "app"}, {}, {"owner": "app"}),
            ({}, {"a": "1"}, {}),
        ],
    )
    def test_only_an_overridden_value_returns(
        self, new: dict[str, str], old: dict[str, str], asked: dict[str, str]
    ) -> None:
        assert TAGGING.tags_after(new, old) == asked


class TestEnvironment:
    @pytest.mark.parametrize(
        ("environment", "expected"),
        [
            ({}, Installation()),
            ({"MAX_INFERENCE_UNITS": "0", "ENDPOINT_TAGS": ""}, Installation()),
            ({"MAX_INFERENCE_UNITS": "12"}, Installation(max_inference_units=12)),
            (
                {"ENDPOINT_TAGS": "cost-center=42, owner=nlp,empty=,url=https://a/b=c"},
                Installation(tags=COST | {"empty": "", "url": "https://a/b=c"}),
            ),
        ],
    )
    def test_it_is_read_as_the_template_writes_it(
        self, environment: dict[str, str], expected: Installation
    ) -> None:
        assert read_installation(environment) == expected
