"""The receipt of a request: what its execution starts with."""

from typing import Any

import pytest

from provider.contract.errors import Blame
from provider.contract.event import parse_event
from provider.contract.response import failed_id
from provider.model.installation import Installation
from provider.model.naming import Kind
from provider.model.task import Goal, Task
from provider.reconcile.state import Phase, State
from tests.unit import given
from tests.unit.fakes import FakeComprehend, received, services

ONE_UNIT = Installation(max_inference_units=1)
TWO_UNITS = given.TEMPLATE | {"DesiredInferenceUnits": "2"}
WRONG = given.TEMPLATE | {"DesiredInferenceUnits": "many"}
REQUIRED = "DesiredInferenceUnits: "


def state_of(event: dict[str, Any]) -> State:
    played = services(FakeComprehend(), installation=ONE_UNIT)
    return received(event, parse_event(event), played)


def update(new: dict[str, Any], old: dict[str, Any] = given.TEMPLATE) -> State:
    return state_of(given.event("Update", properties=new, old=old, physical_id=given.ARN))


@pytest.mark.parametrize("properties", [WRONG, TWO_UNITS], ids=["wrong", "beyond the ceiling"])
def test_an_invalid_create_is_answered_with_an_id_that_is_no_arn_and_nothing_is_left_to_do(
    properties: dict[str, Any],
) -> None:
    state = state_of(given.event(properties=properties))
    assert (state.phase, state.blame, state.tasks) == (Phase.ANSWER, Blame.USER, [])
    assert state.answer is not None
    assert state.answer["PhysicalResourceId"] == failed_id(given.reply())
    assert state.answer["Reason"].startswith(REQUIRED)


@pytest.mark.parametrize(
    ("new", "is_wrong", "is_beyond"),
    [
        pytest.param(given.TEMPLATE, False, False, id="valid"),
        pytest.param(WRONG, True, False, id="wrong"),
        pytest.param(TWO_UNITS, False, True, id="beyond the ceiling"),
    ],
)
def test_an_invalid_update_is_not_refused_before_it_is_known_which_way_it_goes(
    new: dict[str, Any], is_wrong: bool, is_beyond: bool
) -> None:
    state = update(new)
    assert (state.phase, state.answer, state.tasks) == (Phase.WORK, None, [Task(Goal.ENSURE)])
    assert [each[: len(REQUIRED)] for each in state.problems] == [REQUIRED] * is_wrong
    assert [each[: len(REQUIRED)] for each in state.beyond] == [REQUIRED] * is_beyond


def test_what_was_there_before_an_update_breaks_no_rule() -> None:
    state = update(TWO_UNITS, TWO_UNITS)
    assert (state.problems, state.beyond) == ([], [])
    assert update(given.TEMPLATE, WRONG).problems == []


def test_a_delete_names_its_endpoint() -> None:
    state = state_of(given.event("Delete", physical_id=given.ARN))
    assert state.tasks == [Task(Goal.DELETE, given.ARN)]


@pytest.mark.parametrize(
    "physical_id",
    [
        failed_id(given.reply()),
        "shop_Sentiment_1A2B3C4D",
        # No endpoint of the stack's own place.
        given.ARN.replace(given.REGION, "us-east-1"),
    ],
)
@pytest.mark.parametrize(
    ("properties", "arns"),
    [
        pytest.param(given.TEMPLATE | {"EndpointName": "reviews"}, [given.ARN], id="a name"),
        pytest.param(
            given.TEMPLATE,
            [given.generated_arn(), given.generated_arn(with_role=True)],
            id="none",
        ),
        pytest.param(
            {},
            [given.generated_arn(kind, with_role=role) for kind in Kind for role in (False, True)],
            id="no properties at all",
        ),
    ],
)
def test_a_delete_that_names_none_looks_at_each_that_its_properties_can_mean(
    properties: dict[str, Any], arns: list[str], physical_id: str
) -> None:
    state = state_of(given.event("Delete", properties=properties, physical_id=physical_id))
    assert state.tasks == [Task(Goal.DELETE_LEFTOVER, arn) for arn in arns]
    # Whatever is wrong with them: a Delete is never refused.
    assert (state.phase, state.problems) == (Phase.WORK, [])
