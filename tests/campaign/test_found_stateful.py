"""Failures that the stateful test has found: each one a sequence of events that must hold since."""

from collections.abc import Callable

import boto3
import pytest

from tests.campaign.cloudformation import Course
from tests.campaign.events import Json
from tests.campaign.fleet import Fleet
from tests.campaign.oversight import Oversight
from tests.campaign.scenarios import OTHER_TAGS, TAGS, TIMEOUT
from tests.functional.emulated import classifier, role

PLAIN: Json = {"ModelArn": classifier(), "DesiredInferenceUnits": 1, "ServiceTimeout": TIMEOUT}
WITH_ROLE: Json = {**PLAIN, "DataAccessRoleArn": role()}


class Stage:
    """A fleet with one stack, and what must hold of it."""

    def __init__(self, session: boto3.Session, **settings: str) -> None:
        self.fleet = Fleet(session, settings)
        self.oversight = Oversight(self.fleet)
        self.stack = self.fleet.stack("one")

    def play(self, course: Course) -> None:
        self.fleet.set_off(self.stack, course)
        self.fleet.settle()

    def until(self, over: Callable[[], bool]) -> None:
        while not over():
            assert self.fleet.tick()

    def called(self, operation: str) -> Callable[[], bool]:
        """Whether a call was made since."""
        since = len(self.fleet.calls.as_list())
        return lambda: any(
            call["operation"] == operation for call in self.fleet.calls.as_list()[since:]
        )

    def assert_holds(self) -> None:
        with self.fleet.listening():
            self.fleet.settle()
            self.oversight.check_at_rest()
        assert self.oversight.problems == []


@pytest.fixture
def stage(session: boto3.Session) -> Stage:
    return Stage(session)


def test_a_cancelled_update_spares_what_its_rollback_has_made(stage: Stage) -> None:
    """E9: an Update adds a role to an endpoint with a generated name. When the role is there, a
    sibling fails. The rollback's Update takes the role away, by a new endpoint. Then the first
    Update sees that it is not wanted any more: under the name of its old properties there is what
    the rollback has just made.
    """
    stack = stage.stack
    stage.play(stack.create({"Alpha": PLAIN}))
    stage.fleet.set_off(stack, stack.update({"Alpha": WITH_ROLE}))
    stage.until(stage.called("UpdateEndpoint"))
    arn = stack.resources["Alpha"].physical_id
    stage.until(lambda: stage.fleet.endpoints()[arn]["Status"] == "UPDATING")
    while stage.fleet.endpoints()[arn]["Status"] == "UPDATING":
        stage.fleet.clock.advance(0.5)
    stack.cancel()
    stage.assert_holds()
    assert stack.status == "UPDATE_ROLLBACK_COMPLETE"


def test_an_update_of_tags_that_is_late_does_not_hold_its_rollback_up(stage: Stage) -> None:
    """E9: another resource fails before Lambda runs the Update, which then takes the rollback for
    its own: it sets its tags, the rollback's Update sets the former ones, and so on.
    """
    stack = stage.stack
    stage.play(stack.create({"Alpha": {**PLAIN, "Tags": TAGS}}))
    stage.fleet.set_off(stack, stack.update({"Alpha": {**PLAIN, "Tags": OTHER_TAGS}}))
    stack.cancel()
    stage.assert_holds()
    assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
