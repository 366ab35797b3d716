"""Updates and rollbacks to and from properties that nobody should send: no harm, a clean answer."""

from typing import Any

import pytest
from hypothesis import given

from provider.model.stack import StackView
from testing.arns import arn
from tests.security import hostile
from tests.security.checks import check, check_calm, check_silent
from tests.security.examples import PATIENCE, examples
from tests.security.world import World

pytestmark = pytest.mark.timeout(PATIENCE)

MINE = arn("document-classifier-endpoint", "mine")
ROLLING_BACK = StackView("UPDATE_ROLLBACK_IN_PROGRESS", True, "UPDATE_IN_PROGRESS")
VIEWS = (
    StackView(),
    StackView("UPDATE_IN_PROGRESS", True, "UPDATE_IN_PROGRESS"),
    StackView("DELETE_IN_PROGRESS", False),
    ROLLING_BACK,
)


@examples(60, 3_000)
@given(properties=hostile.properties(), old=hostile.properties())
@pytest.mark.parametrize("view", VIEWS, ids=lambda view: str(view.stack_status))
def test_no_update_s_properties_do_harm(
    world: World, view: StackView, properties: Any, old: Any
) -> None:
    event = world.event("Update", properties, OldResourceProperties=old, PhysicalResourceId=MINE)
    seen = world.send(event, view)
    if view is not ROLLING_BACK:
        check(seen)
        return
    # It may change something for invalid properties, too: it reads them leniently.
    assert seen.untouched
    check_silent(seen)
    check_calm(seen)
    if isinstance(properties, dict):
        assert seen.puts
