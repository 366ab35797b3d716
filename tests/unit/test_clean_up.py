"""What an operation leaves behind, by how it ended and what it submitted."""

from typing import Any, NamedTuple

import pytest

from provider.contract.event import Request
from provider.model.clean_up import abandoned_arns, clean_up_tasks
from provider.model.naming import Kind
from provider.model.ownership import Ownership
from provider.model.task import Call, Goal, Submission, Task
from tests.unit import given
from tests.unit.given import Values

X, Y = given.arn("x"), given.arn("y")
X_RECOGNIZER, Y_RECOGNIZER = (given.arn(name, Kind.RECOGNIZER) for name in "xy")
PLAIN, WITH_ROLE = given.generated_arn(), given.generated_arn(with_role=True)
NAMED_X: Values = {"endpoint_name": "x"}
NAMED_Y: Values = {"endpoint_name": "y"}
ROLE: Values = {"role_arn": given.ROLE}
RECOGNIZER: Values = {"model_arn": given.RECOGNIZER}
FLYWHEEL: Values = {"model_arn": None, "flywheel_arn": given.FLYWHEEL}
OTHER_FLYWHEEL: Values = {"model_arn": None, "flywheel_arn": given.OTHER_FLYWHEEL}
DECIDED = 1_000.0

CREATE = given.request("Create", NAMED_X)
RENAME = given.request("Update", NAMED_Y, NAMED_X, physical_id=X)
RENAME_BACK = given.request("Update", NAMED_X, NAMED_Y, physical_id=X)
CREATED = Submission(Call.CREATE, 5.0, seen=True)
DELETED = Submission(Call.DELETE, 6.0, seen=True)
LOST = Submission(Call.CREATE, 7.0)
MADE: Values = {"accepted": CREATED, "creations": 1}


def left(
    request: Request, *tasks: Task, failed: bool = True, rolling_back: bool | None = False
) -> list[Task]:
    return clean_up_tasks(request, tasks, DECIDED, failed=failed, rolling_back=rolling_back)


def ensuring(arn: str | None = X, **about: Any) -> Task:
    return Task(Goal.ENSURE, arn, **about)


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        pytest.param(MADE, CREATED, id="created"),
        pytest.param({"unknown": LOST}, LOST, id="a lost creation"),
        pytest.param({"accepted": DELETED, "unknown": LOST}, LOST, id="a lost second creation"),
        pytest.param(
            {"ownership": Ownership.MADE}, Submission(Call.CREATE, 0.0), id="made in a lost step"
        ),
        pytest.param(
            {"ownership": Ownership.ADOPTED}, Submission(Call.ADOPT, DECIDED, True), id="adopted"
        ),
        pytest.param(
            {"unknown": Submission(Call.ADOPT, 7.0)},
            Submission(Call.ADOPT, DECIDED),
            id="a lost adoption",
        ),
        pytest.param({}, None, id="nothing was there"),
        pytest.param({"ownership": Ownership.FOREIGN}, None, id="somebody else's"),
        pytest.param({"ownership": Ownership.OFFERED}, None, id="offered"),
        pytest.param({"ownership": Ownership.CLAIMED}, None, id="a leftover that it used"),
    ],
)
def test_a_failed_create_cleans_up_what_it_made_or_adopted_not_what_it_found(
    about: Values, expected: Submission | None
) -> None:
    tasks = [] if expected is None else [Task(Goal.CLEAN_UP, X, accepted=expected)]
    assert left(CREATE, ensuring(**about)) == tasks


def test_a_failed_replacement_cleans_up_the_new_endpoint_once() -> None:
    expected = [Task(Goal.CLEAN_UP, Y, accepted=CREATED)]
    assert left(RENAME, ensuring(Y, **MADE)) == expected
    assert left(RENAME_BACK, ensuring(Y, **MADE), rolling_back=True) == expected


def test_a_success_and_the_endpoint_that_the_stack_has_leave_nothing() -> None:
    assert left(CREATE, ensuring(**MADE), failed=False) == []
    assert left(RENAME_BACK, ensuring(**MADE)) == []


def test_a_delete_and_what_was_refused_at_once_leave_nothing() -> None:
    delete = given.request("Delete", physical_id=X)
    assert left(delete, Task(Goal.DELETE, X), rolling_back=True) == []
    assert left(CREATE, ensuring(None)) == left(CREATE) == []


@pytest.mark.parametrize("failed", [True, False])
@pytest.mark.parametrize("rolling_back", [True, False, None])
def test_only_a_rollback_cleans_up_after_the_update_that_it_undoes(
    rolling_back: bool | None, failed: bool
) -> None:
    found = left(RENAME_BACK, ensuring(), failed=failed, rolling_back=rolling_back)
    assert found == ([Task(Goal.DELETE_IF_OURS, Y)] if rolling_back else [])
    assert left(CREATE, ensuring(), failed=failed, rolling_back=rolling_back) == []


class Cancelled(NamedTuple):
    """An Update that may undo a replacement, and the ARNs at which that may have left something."""

    new: Values
    old: Values
    physical_id: str
    target: str
    left: tuple[str, ...]


CANCELLED = {
    "nothing forces a replacement": Cancelled({}, {}, PLAIN, PLAIN, ()),
    "a change that is no replacement": Cancelled({"inference_units": 2}, {}, PLAIN, PLAIN, ()),
    "a flywheel, nothing changed": Cancelled(FLYWHEEL, FLYWHEEL, PLAIN, PLAIN, ()),
    "a flywheel of the same kind instead of the model": Cancelled(FLYWHEEL, {}, PLAIN, PLAIN, ()),
    "a rename: the old one is deleted next": Cancelled(NAMED_Y, NAMED_X, X, Y, ()),
    "a rename rolled back, with the new id: deleted next": Cancelled(NAMED_X, NAMED_Y, Y, X, ()),
    "a rename rolled back, with the old id": Cancelled(NAMED_X, NAMED_Y, X, X, (Y,)),
    "a name given for the first time": Cancelled({}, NAMED_Y, PLAIN, PLAIN, (Y,)),
    "a name left out: either of two": Cancelled(NAMED_X, {}, X, X, (PLAIN, WITH_ROLE)),
    "another kind of model": Cancelled(NAMED_X, NAMED_X | RECOGNIZER, X, X, (X_RECOGNIZER,)),
    "a role removed: the free name": Cancelled(ROLE, {}, WITH_ROLE, WITH_ROLE, (PLAIN,)),
    "a role added in place: the other name": Cancelled({}, ROLE, PLAIN, PLAIN, (WITH_ROLE,)),
    "a role added in place, removed by a replacement": Cancelled({}, ROLE, PLAIN, WITH_ROLE, ()),
    "another flywheel, of an unknown kind: both kinds but the target": Cancelled(
        NAMED_X | FLYWHEEL, NAMED_X | OTHER_FLYWHEEL, X, X, (X_RECOGNIZER,)
    ),
    "a rename from a flywheel's: both kinds": Cancelled(
        NAMED_X, NAMED_Y | FLYWHEEL, X, X, (Y, Y_RECOGNIZER)
    ),
}


@pytest.mark.parametrize("situation", CANCELLED)
def test_a_cancelled_replacement_s_endpoint_is_found(situation: str) -> None:
    case = CANCELLED[situation]
    update = given.request("Update", case.new, case.old, physical_id=case.physical_id)
    assert abandoned_arns(update, case.target) == case.left
