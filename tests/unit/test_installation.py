"""An installation's parameters: a ceiling on inference units, and tags for every endpoint."""

import pytest

from provider.contract.limits import MAX_TAGS
from provider.contract.properties import Properties
from provider.model.installation import Installation, read_installation
from provider.model.polling import STALE
from tests.unit import given

Tags = dict[str, str]

CEILING = Installation(max_inference_units=3)
COST = {"cost-center": "42", "owner": "nlp"}
TAGGING = Installation(tags=COST)


def units(count: int | None) -> Properties:
    return given.properties(inference_units=count)


def many(count: int, **others: str) -> Tags:
    return {f"key-{number}": "" for number in range(count)} | others


def problems(installation: Installation, new: Properties, old: Properties | None) -> list[str]:
    return list(installation.problems(new, old))


@pytest.mark.parametrize(
    ("old", "new", "refused"),
    [
        (None, 3, False),
        (None, 4, True),
        (units(1), 3, False),
        (units(1), 4, True),
        (units(5), 5, False),
        (units(5), 4, False),
        (units(5), 6, True),
        # Old units that broke a rule count as not set.
        (units(None), 4, True),
        (units(None), 3, False),
    ],
)
def test_units_are_refused_if_they_rise_above_the_ceiling(
    old: Properties | None, new: int, refused: bool
) -> None:
    reason = (
        "DesiredInferenceUnits: it must be at most 3 in this installation "
        f"(parameter MaxInferenceUnits), not {new}."
    )
    assert problems(CEILING, units(new), old) == ([reason] if refused else [])
    assert problems(Installation(), units(new), old) == []


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
    old: Tags | None, new: Tags, refused: bool
) -> None:
    before = None if old is None else given.properties(tags=old)
    found = problems(TAGGING, given.properties(tags=new), before)
    assert len(found) == refused
    for reason in found:
        assert reason.startswith("Tags: together with the 2 that this installation gives every ")
        assert f"at most 47, not {len({*COST, *new})}" in reason
    assert problems(Installation(), given.properties(tags=new), before) == []


MARKS = ["stack", "logical", "request"]


@pytest.mark.parametrize(
    ("own", "present", "expected"),
    [
        pytest.param(
            {"owner": "web", "a": "1"},
            {"mark"},
            {"owner": "web", "a": "1", "cost-center": "42"},
            id="the template's own win",
        ),
        pytest.param(many(46), MARKS, many(46) | {"cost-center": "42"}, id="no room for the last"),
        pytest.param(many(47), MARKS, many(47), id="no room for any"),
        pytest.param({}, many(49, owner="x"), {"owner": "nlp"}, id="a key that is there"),
    ],
)
def test_a_new_endpoint_gets_as_many_of_the_installation_s_tags_as_fit(
    own: Tags, present: list[str], expected: Tags
) -> None:
    assert TAGGING.tags_for(own, present) == expected
    assert len({*expected, *present}) <= MAX_TAGS


@pytest.mark.parametrize(
    ("new", "old", "expected"),
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
def test_after_an_update_only_an_overridden_value_returns(
    new: Tags, old: Tags, expected: Tags
) -> None:
    assert TAGGING.tags_after(new, old) == expected


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, Installation()),
        ({"MAX_INFERENCE_UNITS": "0", "ENDPOINT_TAGS": ""}, Installation()),
        ({"MAX_INFERENCE_UNITS": "12"}, Installation(max_inference_units=12)),
        # Only the embedded AWS sets it: its reads are not stale.
        ({"STALE_READS_SECONDS": ""}, Installation(stale=STALE)),
        ({"STALE_READS_SECONDS": "0.5"}, Installation(stale=0.5)),
        (
            {"ENDPOINT_TAGS": "cost-center=42, owner=nlp,empty=,url=https://a/b=c"},
            Installation(tags=COST | {"empty": "", "url": "https://a/b=c"}),
        ),
    ],
)
def test_the_environment_is_read_as_the_template_writes_it(
    environment: dict[str, str], expected: Installation
) -> None:
    assert read_installation(environment) == expected
