"""What the stateful test checks can fail, and what it excuses it excuses for a while."""

import pytest

from provider.model.naming import Kind
from tests.campaign.faults import ApiError, Times
from tests.campaign.fleet import Due, arn_of
from tests.campaign.scenario import BASE, BROKEN, NAME
from tests.campaign.stage import Stage
from tests.campaign.test_invariants import (
    changes_nothing,
    cleans_nothing_up,
    does_not_wait_out_throttling,
    takes_everything_for_its_own,
)

ARN = arn_of(Kind.CLASSIFIER, NAME)
UNITS = {"Alpha": {**BASE, "DesiredInferenceUnits": 3}}


@pytest.fixture
def stage() -> Stage:
    """The first stack has the endpoint."""
    stage = Stage()
    stage.play(stage.one, stage.one.create({"Alpha": BASE}))
    return stage


def told(problems: list[str], words: str) -> bool:
    return any(words in each for each in problems)


def test_a_name_that_another_stack_has_is_a_failure_with_a_cause(stage: Stage) -> None:
    stage.play(stage.two, stage.two.create({"Alpha": BASE}))
    assert stage.two.status == "ROLLBACK_COMPLETE"
    assert stage.problems() == []


def test_a_change_of_another_stack_s_endpoint_is_seen(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    takes_everything_for_its_own(monkeypatch)
    stage.play(stage.two, stage.two.create({"Alpha": {**BASE, "DesiredInferenceUnits": 2}}))
    assert told(stage.problems(), f"foreign: UpdateEndpoint was called for {ARN} of {stage.one.id}")


def test_an_endpoint_that_is_nobody_s_is_seen(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    cleans_nothing_up(monkeypatch)
    broken = {**BASE, "EndpointName": "other", "ModelArn": BROKEN}
    stage.play(stage.one, stage.one.update({"Alpha": broken}))
    assert told(stage.problems(), "is nobody's")


def test_a_failure_without_a_cause_is_seen(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    does_not_wait_out_throttling(monkeypatch)
    throttled = ApiError("UpdateEndpoint", "ThrottlingException", Times.TWICE)
    stage.play(stage.one, stage.one.update(UNITS), Due(throttled))
    assert told(stage.problems(), "should have succeeded: ThrottlingException")


def test_a_failure_that_the_fault_brings_about_is_none(stage: Stage) -> None:
    denied = ApiError("UpdateEndpoint", "AccessDeniedException", Times.ALWAYS)
    stage.play(stage.one, stage.one.update(UNITS), Due(denied))
    assert stage.one.status == "UPDATE_ROLLBACK_COMPLETE"
    assert stage.problems() == []


def test_a_fault_hits_the_request_that_it_is_due_to(stage: Stage) -> None:
    denied = ApiError("DescribeEndpoint", "AccessDeniedException", Times.ALWAYS)
    stage.play(stage.one, stage.one.update(UNITS, sibling_fails=True), Due(denied, others=1))
    assert stage.one.status == "UPDATE_ROLLBACK_FAILED"
    assert stage.problems() == []
    stage.play(stage.one, stage.one.continue_rollback())
    assert stage.one.status == "UPDATE_ROLLBACK_COMPLETE"


def test_an_endpoint_that_somebody_deleted_is_excused_until_an_update(stage: Stage) -> None:
    stage.fleet.admin.remove_endpoint(ARN)
    assert told(stage.problems(), "is not there")
    stage.oversight.harmed(stage.one, stage.one.resources["Alpha"])
    assert stage.problems() == []
    stage.play(stage.one, stage.one.update(UNITS))
    assert stage.problems() == []
    stage.fleet.admin.remove_endpoint(ARN)
    assert told(stage.problems(), "is not there")


def test_units_that_auto_scaling_has_set_are_excused_until_an_update_of_units(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.fleet.admin.change_units(ARN, 5)
    assert told(stage.problems(), "units is 5 instead of 1")
    stage.oversight.scaled(ARN, 5)
    assert stage.problems() == []
    stage.fleet.admin.change_units(ARN, 4)
    assert told(stage.problems(), "4 of {1, 5} units")
    changes_nothing(monkeypatch)
    stage.play(stage.one, stage.one.update(UNITS))
    assert told(stage.problems(), "units is 4 instead of 3")


def test_what_an_outsider_has_stays_as_it_is(stage: Stage) -> None:
    arn = stage.fleet.admin.put_endpoint("north", BASE["ModelArn"])
    stage.oversight.intruded(arn)
    assert stage.problems() == []
    stage.fleet.admin.put_tags(arn, {"team": "c"})
    assert told(stage.problems(), f"foreign: {arn} was changed")
