"""When an endpoint was modified, as DescribeEndpoint shows, and when its status began, as the owner
sees.
"""

from collections.abc import Callable
from typing import Any

import pytest

from local.comprehend import Admin, ManualClock
from testing.arns import classifier, endpoint_arn

Modified = Callable[[], float]

ONE = endpoint_arn("one")
NEW = classifier("reviews/version/v2")
BROKEN = classifier("reviews/version/broken")


@pytest.fixture
def modified(client: Any, clock: ManualClock) -> Modified:
    """Gives LastModifiedTime of the endpoint named `one`, in seconds since the test's begin."""
    began = clock()

    def ask() -> float:
        shown = client.describe_endpoint(EndpointArn=ONE)["EndpointProperties"]
        return float(shown["LastModifiedTime"].timestamp() - began)

    return ask


def create(client: Any, model: str = NEW) -> None:
    client.create_endpoint(EndpointName="one", ModelArn=model, DesiredInferenceUnits=1)


@pytest.mark.parametrize("how", ["both", "begin"])
@pytest.mark.parametrize("model", [NEW, BROKEN])
def test_the_end_of_a_creation_does_not_move_the_last_modified_time(
    client: Any, admin: Admin, clock: ManualClock, modified: Modified, how: str, model: str
) -> None:
    """Recorded of a creation that succeeded. What is set about updates changes nothing."""
    admin.change_settings(update_modified=how)
    clock.advance(50)
    create(client, model)
    seen = []
    for seconds in (0, 599, 1, 1000):
        clock.advance(seconds)
        seen.append(modified())
    assert seen == [50] * 4


@pytest.mark.parametrize(
    ("when", "moved"),
    [("begin", [100, 100, 100]), ("end", [0, 0, 400]), ("both", [100, 100, 400])],
)
@pytest.mark.parametrize("model", [NEW, BROKEN])
def test_an_update_moves_the_last_modified_time_when_it_begins_or_ends_or_both(
    client: Any,
    admin: Admin,
    clock: ManualClock,
    modified: Modified,
    when: str,
    moved: list[int],
    model: str,
) -> None:
    admin.change_settings(update_modified=when)
    admin.put_endpoint("one", classifier())
    clock.advance(100)
    client.update_endpoint(EndpointArn=ONE, DesiredModelArn=model)
    seen = []
    for seconds in (0, 299, 101):
        clock.advance(seconds)
        seen.append(modified())
    assert seen == moved


def test_an_update_that_is_over_before_it_shows_has_moved_the_last_modified_time(
    client: Any, admin: Admin, clock: ManualClock, modified: Modified
) -> None:
    admin.change_settings(update_visibility="late", update_seconds=2)
    admin.put_endpoint("one", classifier())
    clock.advance(100)
    client.update_endpoint(EndpointArn=ONE, DesiredInferenceUnits=2)
    assert modified() == 0
    clock.advance(2)
    assert modified() == 100


@pytest.mark.parametrize("status", ["IN_SERVICE", "CREATING", "UPDATING"])
def test_an_endpoint_that_fails_of_itself_was_modified_when_it_was_before(
    admin: Admin, clock: ManualClock, modified: Modified, status: str
) -> None:
    admin.put_endpoint("one", classifier(), status=status)
    clock.advance(100)
    admin.fail_endpoint(ONE, "Broken.")
    assert modified() == 0


def test_the_owner_sees_when_each_status_began(
    client: Any, admin: Admin, clock: ManualClock
) -> None:
    """LastModifiedTime does not tell: the end of a creation does not move it."""
    admin.change_settings(update_visibility="late_status")
    began = clock()

    def status() -> tuple[str, float]:
        found = admin.endpoint(ONE)
        assert found is not None
        return found["Status"], found["StatusSince"] - began

    create(client)
    seen = [status()]
    clock.advance(700)
    seen.append(status())
    client.update_endpoint(EndpointArn=ONE, DesiredInferenceUnits=2)
    admin.change_units(ONE, 3)  # No change of the status.
    for seconds in (4, 1, 300):
        clock.advance(seconds)
        seen.append(status())
    admin.fail_endpoint(ONE, "Broken.")
    seen.append(status())
    client.delete_endpoint(EndpointArn=ONE)
    seen.append(status())
    assert seen == [
        ("CREATING", 0),
        ("IN_SERVICE", 600),
        ("IN_SERVICE", 600),
        ("UPDATING", 705),
        ("IN_SERVICE", 1000),
        ("FAILED", 1005),
        ("DELETING", 1005),
    ]
