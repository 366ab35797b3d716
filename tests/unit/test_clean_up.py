"""What an operation leaves behind, by how it ended and what it submitted."""

from typing import Any

import pytest

from provider.contract.event import Request
from provider.model.clean_up import clean_up_tasks
from provider.model.ownership import Ownership
from provider.model.task import Call, Goal, Submission, Task
from tests.unit import given

OTHER = given.ARN.replace("reviews", "other")
NAMED = given.TEMPLATE | {"EndpointName": "reviews"}
RENAMED = given.TEMPLATE | {"EndpointName": "other"}
DECIDED = 1_000.0


def create() -> Request:
    return given.request("Create", properties=NAMED)


def rename(*, back: bool = False) -> Request:
    """An update from reviews to other, or a rollback that returns from it."""
    new, old = (NAMED, RENAMED) if back else (RENAMED, NAMED)
    return given.request("Update", properties=new, old=old, physical_id=given.ARN)


def left(
    request: Request, task: Task, *, failed: bool = True, rolling_back: bool | None = False
) -> list[Task]:
    return clean_up_tasks(request, [task], DECIDED, failed=failed, rolling_back=rolling_back)


def ensuring(arn: str | None = given.ARN, **about: Any) -> Task:
    return Task(Goal.ENSURE, arn, **about)


CREATED = Submission(Call.CREATE, 5.0, seen=True)
LOST = Submission(Call.CREATE, 7.0)


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        (ensuring(accepted=CREATED, creations=1), CREATED),
        (ensuring(unknown=LOST), LOST),
        (ensuring(ownership=Ownership.MADE), Submission(Call.CREATE, 0.0)),
        (ensuring(ownership=Ownership.ADOPTED), Submission(Call.ADOPT, DECIDED, seen=True)),
        (ensuring(unknown=Submission(Call.ADOPT, 7.0)), Submission(Call.ADOPT, DECIDED)),
    ],
    ids=["created", "lost creation", "made in a lost step", "adopted", "lost adoption"],
)
def test_a_failed_create_cleans_up_what_it_made_or_adopted(
    task: Task, expected: Submission
) -> None:
    assert left(create(), task) == [Task(Goal.CLEAN_UP, given.ARN, accepted=expected)]


@pytest.mark.parametrize(
    "ownership", [None, Ownership.FOREIGN, Ownership.OFFERED, Ownership.EARLIER, Ownership.CLAIMED]
)
def test_a_failed_create_leaves_what_it_only_found(ownership: Ownership | None) -> None:
    assert left(create(), ensuring(ownership=ownership)) == []


def test_a_create_that_succeeded_leaves_nothing() -> None:
    assert left(create(), ensuring(accepted=CREATED, creations=1), failed=False) == []


def test_a_failed_update_leaves_the_endpoint_that_the_stack_has() -> None:
    task = ensuring(accepted=CREATED, creations=1)
    assert left(rename(back=True), task) == []


def test_a_failed_replacement_cleans_up_the_new_endpoint() -> None:
    task = ensuring(OTHER, accepted=CREATED, creations=1)
    assert left(rename(), task) == [Task(Goal.CLEAN_UP, OTHER, accepted=CREATED)]


def test_a_lost_second_creation_may_show_late_though_the_deletion_before_was_seen() -> None:
    deleted = Submission(Call.DELETE, 6.0, seen=True)
    task = ensuring(accepted=deleted, unknown=LOST)
    assert left(create(), task) == [Task(Goal.CLEAN_UP, given.ARN, accepted=LOST)]


@pytest.mark.parametrize("failed", [True, False])
@pytest.mark.parametrize("rolling_back", [True, False, None])
def test_only_a_rollback_cleans_up_after_the_update_that_it_undoes(
    rolling_back: bool | None, failed: bool
) -> None:
    found = left(rename(back=True), ensuring(), failed=failed, rolling_back=rolling_back)
    assert found == ([Task(Goal.DELETE_IF_OURS, OTHER)] if rolling_back else [])


def test_what_a_failed_rollback_made_is_not_cleaned_up_twice() -> None:
    request = given.request("Update", properties=NAMED, old=RENAMED, physical_id=given.ARN)
    task = ensuring(OTHER, accepted=CREATED, creations=1)
    assert left(request, task, rolling_back=True) == [Task(Goal.CLEAN_UP, OTHER, accepted=CREATED)]


def test_a_delete_and_what_was_refused_at_once_leave_nothing() -> None:
    delete = given.request("Delete", physical_id=given.ARN)
    assert left(delete, Task(Goal.DELETE, given.ARN), rolling_back=True) == []
    assert left(create(), ensuring(None)) == []
    assert clean_up_tasks(create(), [], DECIDED, failed=True, rolling_back=False) == []
