"""Failures that the stateful test has found: each one a sequence of events that must hold since."""

import pytest

from testing.arns import classifier, role
from testing.events import Json
from tests.campaign.encounters import Overtaken, Point, Rivalry
from tests.campaign.play import Case, play
from tests.campaign.scenario import TIMEOUT
from tests.campaign.stage import Stage

PLAIN: Json = {"ModelArn": classifier(), "DesiredInferenceUnits": 1, "ServiceTimeout": TIMEOUT}


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_a_cancelled_update_spares_what_its_rollback_has_made(stage: Stage) -> None:
    """E9: an Update adds a role to an endpoint with a generated name. When the role is there, a
    sibling fails. The rollback's Update takes the role away, by a new endpoint. Then the first
    Update sees that it is Request abandoned: under the name of its old properties there is what
    the rollback has just made.
    """
    stack = stage.one
    stage.play(stack, stack.create({"Alpha": PLAIN}))
    stage.begin(stack, stack.update({"Alpha": {**PLAIN, "DataAccessRoleArn": role()}}))
    stage.until(stage.called("UpdateEndpoint"))
    while stage.status(stack.resources["Alpha"].physical_id) == "UPDATING":
        stage.fleet.clock.advance(0.5)
    stack.cancel()
    assert stage.problems() == []
    assert stack.status == "UPDATE_ROLLBACK_COMPLETE"


def test_an_update_of_tags_that_is_late_does_not_hold_its_rollback_up() -> None:
    """E9: another resource fails before Lambda runs the Update, which then takes the rollback for
    its own: it sets its tags, the rollback's Update sets the former ones, and so on.
    """
    late = Overtaken(Point(0), Rivalry.BESIDE)
    problems, world, _ = play(Case("found", "update of tags", 0, late))
    assert problems == []
    rollback = world.requests[2]
    assert rollback.succeeded
    assert len(world.requests) == 4  # None had to be sent again to continue the rollback.
