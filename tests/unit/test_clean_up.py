"""Where an operation may have left an endpoint, by how it ended and which way it went."""

from typing import NamedTuple

import pytest

from provider.contract.event import Request
from provider.model.clean_up import clean_up_tasks
from provider.model.naming import Kind
from provider.model.ownership import adoption_tags, ownership_tags
from provider.model.stack import Direction
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
FORWARD, BACK, UNKNOWN = Direction

CREATE = given.request("Create", NAMED_X)
UPDATE = given.request("Update", NAMED_X, NAMED_X, physical_id=X)
RENAME = given.request("Update", NAMED_Y, NAMED_X, physical_id=X)


def left(
    request: Request, arn: str | None, direction: Direction | None = None, *, failed: bool = True
) -> list[str | None]:
    task = Task(Goal.ENSURE, arn, direction=direction)
    found = clean_up_tasks(request, [task], failed=failed)
    assert all(each.goal is Goal.CLEAN_UP for each in found)
    return [each.arn for each in found]


@pytest.mark.parametrize(
    ("request_", "arn", "direction", "expected"),
    [
        pytest.param(CREATE, X, None, [X], id="a Create"),
        pytest.param(CREATE, None, None, [X], id="a Create that observed nothing yet"),
        pytest.param(RENAME, Y, FORWARD, [Y], id="a replacement"),
        pytest.param(RENAME, Y, UNKNOWN, [Y], id="a replacement whose way is unknown"),
        pytest.param(RENAME, None, FORWARD, [Y], id="a replacement that was refused at once"),
        pytest.param(UPDATE, X, FORWARD, [], id="an Update in place"),
        pytest.param(UPDATE, None, FORWARD, [], id="an Update in place, refused at once"),
    ],
)
def test_a_failed_create_or_replacement_observes_what_it_was_to_make(
    request_: Request, arn: str | None, direction: Direction | None, expected: list[str]
) -> None:
    assert left(request_, arn, direction) == expected


def test_a_success_a_delete_and_a_request_without_tasks_leave_nothing() -> None:
    assert left(CREATE, X, failed=False) == left(RENAME, Y, FORWARD, failed=False) == []
    delete = given.request("Delete", NAMED_Y, physical_id=X)
    assert clean_up_tasks(delete, [Task(Goal.DELETE, X)], failed=True) == []
    assert clean_up_tasks(CREATE, [], failed=True) == []


CREATED, ADOPTED = Submission(Call.CREATE, 5.0), Submission(Call.ADOPT, 5.0, seen=True)
LOST, DELETED = Submission(Call.CREATE, 7.0), Submission(Call.DELETE, 6.0, seen=True)


@pytest.mark.parametrize(
    ("accepted", "unknown", "kept"),
    [
        pytest.param(CREATED, None, CREATED, id="a creation"),
        pytest.param(ADOPTED, None, ADOPTED, id="an adoption"),
        pytest.param(DELETED, LOST, None, id="a lost creation after a leftover's deletion"),
        pytest.param(DELETED, None, None, id="a leftover's deletion"),
    ],
)
@pytest.mark.parametrize(
    "marks", [ownership_tags(given.reply(), "x"), adoption_tags(given.reply(), "x", 0.0), None]
)
def test_the_clean_up_knows_what_may_show_late_and_nothing_else(
    accepted: Submission,
    unknown: Submission | None,
    kept: Submission | None,
    marks: dict[str, str] | None,
) -> None:
    task = Task(Goal.ENSURE, X, accepted=accepted, unknown=unknown, marks=marks, creations=1)
    expected = [Task(Goal.CLEAN_UP, X, accepted=kept, unknown=unknown, marks=marks)]
    assert clean_up_tasks(CREATE, [task], failed=True) == expected


class WayBack(NamedTuple):
    """An Update that goes back, its target, and where what it undoes may have left something."""

    new: Values
    old: Values
    physical_id: str
    target: str
    left: tuple[str, ...]


WAYS_BACK = {
    "nothing forces a replacement": WayBack({}, {}, PLAIN, PLAIN, ()),
    "a change that is no replacement": WayBack({"inference_units": 2}, {}, PLAIN, PLAIN, ()),
    "a flywheel, nothing changed": WayBack(FLYWHEEL, FLYWHEEL, PLAIN, PLAIN, ()),
    "a rename, with the old id": WayBack(NAMED_X, NAMED_Y, X, X, (Y,)),
    "a rename, with the new id: CloudFormation deletes it": WayBack(NAMED_X, NAMED_Y, Y, X, ()),
    "a name given for the first time": WayBack({}, NAMED_Y, PLAIN, PLAIN, (WITH_ROLE, Y)),
    "a name left out: either of two": WayBack(NAMED_X, {}, X, X, (PLAIN, WITH_ROLE)),
    "another kind of model": WayBack(NAMED_X, NAMED_X | RECOGNIZER, X, X, (X_RECOGNIZER,)),
    "a role removed: the free name": WayBack(ROLE, {}, WITH_ROLE, WITH_ROLE, (PLAIN,)),
    "a role added in place: the other name": WayBack({}, ROLE, PLAIN, PLAIN, (WITH_ROLE,)),
    "another flywheel, of an unknown kind: both kinds": WayBack(
        NAMED_X | FLYWHEEL, NAMED_X | OTHER_FLYWHEEL, X, X, (X_RECOGNIZER,)
    ),
    "a rename from a flywheel's: both kinds": WayBack(
        NAMED_X, NAMED_Y | FLYWHEEL, X, X, (Y, Y_RECOGNIZER)
    ),
}


@pytest.mark.parametrize("failed", [False, True])
@pytest.mark.parametrize("situation", WAYS_BACK)
def test_a_way_back_observes_where_the_update_that_it_undoes_may_have_made_one(
    situation: str, failed: bool
) -> None:
    case = WAYS_BACK[situation]
    update = given.request("Update", case.new, case.old, physical_id=case.physical_id)
    # A way back that fails was to make its target, if that is not the stack's.
    target = (case.target,) if failed and case.target != case.physical_id else ()
    # What may be a way back does the same.
    for direction in (BACK, UNKNOWN):
        found = left(update, case.target, direction, failed=failed)
        assert {*found} == {*case.left, *target}
        assert case.physical_id not in found
    # A way forward observes no more than its target.
    assert left(update, case.target, FORWARD, failed=failed) == [*target]
