"""Properties that nobody should send: a clean answer or a clean error, never anything else."""

from typing import Any

import pytest
from hypothesis import given

from provider.contract.event import Place
from provider.contract.validation import parse_properties, settable
from testing.arns import ACCOUNT, REGION, classifier
from tests.security import hostile
from tests.security.examples import PATIENCE, examples
from tests.security.oracle import valid_properties
from tests.security.world import OURS

pytestmark = pytest.mark.timeout(PATIENCE)

PLACE = Place("aws", REGION, ACCOUNT, "shop")


def problems(raw: dict[str, Any]) -> list[str]:
    """What is wrong with them; no error may come instead."""
    return list(parse_properties(raw, PLACE).problems)


def accepted(raw: dict[str, Any]) -> bool:
    """Whether they are, or else every problem begins with a property and says something of it."""
    found = problems(raw)
    for problem in found:
        _, colon, about = problem.partition(": ")
        assert colon, problem[:200]
        assert about.strip(), problem[:200]
    return not found


@examples(1000, 40_000)
@given(hostile.properties())
def test_validation_accepts_what_the_schema_allows_and_nothing_else(raw: Any) -> None:
    if isinstance(raw, dict):
        assert accepted(raw) == valid_properties(raw, OURS)


@examples(200, 5_000)
@given(hostile.properties_that_are_valid())
def test_what_is_valid_is_accepted(raw: dict[str, Any]) -> None:
    assert accepted(raw)


@examples(500, 20_000)
@given(hostile.properties())
def test_lenient_reading_gives_only_what_is_valid_on_its_own(raw: Any) -> None:
    if not isinstance(raw, dict):
        return
    read = parse_properties(raw, PLACE).properties
    given_back = {
        "EndpointName": read.endpoint_name,
        "ModelArn": read.settings.model_arn,
        "FlywheelArn": read.settings.flywheel_arn,
        "DesiredInferenceUnits": read.settings.inference_units,
        "DataAccessRoleArn": read.settings.role_arn,
        "ServiceTimeout": read.timeout,
        "Tags": [{"Key": key, "Value": value} for key, value in read.tags.items()],
    }
    sound = {"ServiceToken": "x", "ModelArn": classifier(), "DesiredInferenceUnits": 1}
    present = {name: value for name, value in given_back.items() if value is not None}
    assert valid_properties(sound | present, OURS)


LONG = "-" * 200_000
WORST: dict[str, dict[str, Any]] = {
    "names": {"EndpointName": f"a{LONG}!", "ModelArn": f"{classifier()}{LONG}/"},
    "partitions": {f"{LONG}x": "x", "DataAccessRoleArn": "arn:aws-" * 50_000},
    "properties": {f"Property{number}": "x" for number in range(10_000)},
    "tags": {"Tags": [{"Key": f"key{number}", "Value": "x"} for number in range(40_000)]},
}
"""About what fits into an event, which has a megabyte at most."""


@pytest.mark.parametrize("what", WORST)
def test_the_longest_properties_are_refused_in_time(what: str) -> None:
    """A pattern that backtracks would run into the timeout."""
    assert not accepted(WORST[what])


class Compared(str):
    """A text that counts how often one of its kind is compared."""

    times = 0
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        Compared.times += 1
        return super().__eq__(other)


def test_not_every_tag_is_compared_with_every_other() -> None:
    tags = [{"Key": Compared(f"key{number}"), "Value": "x"} for number in range(2_000)]
    Compared.times = 0

    assert not accepted({"Tags": [*tags, {"Key": "key0", "Value": "x"}]})
    assert Compared.times < 10 * len(tags)


def test_tags_without_keys_are_no_duplicates() -> None:
    raw = {"ServiceToken": "x", "ModelArn": classifier(), "DesiredInferenceUnits": "1"}
    found = problems(raw | {"Tags": [{"Value": "x"}, {"Value": "y"}]})

    assert found == ["Tags[0].Key: it is required.", "Tags[1].Key: it is required."]


def test_the_generated_properties_reach_every_property() -> None:
    assert set(hostile.VALID_PROPERTIES) == set(settable())
