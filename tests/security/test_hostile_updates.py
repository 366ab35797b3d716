"""Updates and rollbacks to and from properties that nobody should send: no harm, a clean answer."""

from typing import Any

import pytest
from hypothesis import given

from testing.arns import arn
from tests.security import hostile
from tests.security.checks import check
from tests.security.examples import PATIENCE, examples
from tests.security.world import STATUSES, World

pytestmark = pytest.mark.timeout(PATIENCE)

MINE = arn("document-classifier-endpoint", "mine")


@examples(60, 3_000)
@given(properties=hostile.properties(), old=hostile.properties())
@pytest.mark.parametrize("status", STATUSES)
def test_no_update_s_properties_do_harm(
    world: World, status: str | None, properties: Any, old: Any
) -> None:
    """A rollback may change something for invalid properties, too: it reads them leniently."""
    event = world.event("Update", properties, OldResourceProperties=old, PhysicalResourceId=MINE)
    seen = world.send(event, status)
    check(seen)
    if seen.goes_back and isinstance(properties, dict):
        assert seen.puts
