"""What comes first: whether and which way a request goes, and for which other it waits."""

from dataclasses import replace

import pytest

from provider.contract.event import Request
from provider.model.actions import (
    Ask,
    Done,
    Question,
    Update,
    Wait,
)
from provider.model.asked import Known, running
from provider.model.installation import Installation
from provider.model.plan import plan_before
from provider.model.polling import GRACE, STALE
from provider.model.stack import OVERTAKEN_AFTER, Direction
from provider.model.task import Call, Goal, Scope, Task
from tests.unit import given
from tests.unit.given import Values
from tests.unit.plan_cases import (
    CREATE,
    DELETE,
    LATE,
    ME,
    NOW,
    OLD,
    OVERTAKEN,
    REPLACE,
    REQUESTED,
    UNKNOWN,
    UPDATE,
    Fails,
    Outcome,
    asked,
    is_as_expected,
    known,
    live,
    outcome,
    planned,
    sent,
    update,
)

# ---------------------------------------------------------------- Before anything is observed

BAD: Values = {"problems": ("ModelArn: no.",)}
TOO_MUCH: Values = {"beyond": ("DesiredInferenceUnits: too many.",)}
TOLD = known(standing=None)
"""Nobody has asked how the request stands."""
RECENTLY, AGAIN = ({"checked": NOW - STALE - more} for more in (0, 1))
FORWARD, BACK, UNCLEAR = ({"direction": each} for each in Direction)
UNSURE = known(first=Question.STANDING)
LATE_EVENT: Values = {"received": REQUESTED + OVERTAKEN_AFTER + 1}
LATE_PERHAPS = known(standing=LATE, first=Question.STANDING)

BEFORE: dict[str, tuple[Outcome | None, Request, Known, Values, Values]] = {
    "it comes after its deadline": (
        Fails("Timed out after 600 seconds"),
        CREATE,
        TOLD,
        {},
        {"deadline": NOW},
    ),
    "its deadline passes later": (None, CREATE, known(), {"status": ""}, {"deadline": NOW}),
    "the first step asks": (Question.STANDING, CREATE, TOLD, {}, {}),
    "so does a Delete's": (Question.STANDING, DELETE, TOLD, {}, {}),
    "it was asked just now": (None, CREATE, TOLD, RECENTLY, {}),
    "it was asked a while ago": (Question.STANDING, CREATE, TOLD, AGAIN, {}),
    "reads are not stale here": (
        Question.STANDING,
        CREATE,
        TOLD,
        RECENTLY,
        {"installation": Installation(stale=5)},
    ),
    "nothing is wrong": (None, CREATE, known(), {}, {}),
    "overtaken": (Fails("Request abandoned"), CREATE, known(standing=OVERTAKEN), {}, {}),
    "a status that does not fit": (Fails("UPDATE_COMPLETE"), DELETE, known(standing=LATE), {}, {}),
    "once is not enough; what only reads goes on": (None, CREATE, LATE_PERHAPS, {}, {}),
    "events that cannot be read stop nothing here": (
        None,
        DELETE,
        known(denied=Question.STANDING),
        {},
        {},
    ),
    "an unknown stack stops nothing": (None, REPLACE, known(standing=UNKNOWN), UNCLEAR, {}),
    "a clean-up": (None, CREATE, TOLD, {"goal": Goal.CLEAN_UP}, {"deadline": NOW}),
    # What was sent must show before the execution ends: whoever undoes it waits for that.
    "a deletion was sent": (
        None,
        DELETE,
        known(standing=OVERTAKEN),
        {"accepted": sent(Call.DELETE, GRACE, seen=True)},
        {},
    ),
    "an update may show": (
        None,
        UPDATE,
        known(standing=OVERTAKEN),
        {"accepted": sent(Call.REVIVE, GRACE - 1)},
        {},
    ),
    "a lost update may show": (None, UPDATE, TOLD, {"unknown": sent(Call.UPDATE)}, {}),
    "an update never showed": (
        Fails("Request abandoned"),
        UPDATE,
        known(standing=OVERTAKEN),
        {"accepted": sent(Call.UPDATE, GRACE)},
        {},
    ),
    "an update shows": (
        Fails("Request abandoned"),
        UPDATE,
        known(standing=OVERTAKEN),
        {"accepted": sent(Call.UPDATE, seen=True)},
        {},
    ),
    # Which way an Update goes.
    "an Update in place need not know it": (None, UPDATE, TOLD, RECENTLY, {}),
    "a replacement must know it": (Question.STANDING, REPLACE, TOLD, RECENTLY, {}),
    "a second read must confirm it": (Wait, REPLACE, UNSURE, {}, {}),
    "it may be out of date": (Wait, REPLACE, LATE_PERHAPS, {}, {}),
    "it is known": (None, REPLACE, TOLD, RECENTLY | FORWARD, {}),
    # What came late may be out of date, which a stale read does not show.
    "it came late: one read is not enough": (Wait, CREATE, UNSURE, {}, LATE_EVENT),
    "it came late: the second one is": (None, UPDATE, known(), FORWARD, LATE_EVENT),
    "it came as late as it may": (None, CREATE, UNSURE, {}, {"received": REQUESTED + 10}),
    # What an Update may not ask for.
    "invalid, as a first read says": (Wait, UPDATE, UNSURE, {}, BAD),
    "invalid and too much, forward": (
        Fails("ModelArn: no. DesiredInferenceUnits: too many."),
        UPDATE,
        known(),
        FORWARD,
        BAD | TOO_MUCH,
    ),
    "invalid and too much, back": (None, UPDATE, known(), BACK, BAD | TOO_MUCH),
    "too much, forward": (Fails("DesiredInferenceUnits"), UPDATE, known(), FORWARD, TOO_MUCH),
    # Only the ceiling needs to know the way.
    "invalid, which way is unknown": (
        Fails("ModelArn: no."),
        UPDATE,
        known(denied=Question.STANDING),
        UNCLEAR,
        BAD,
    ),
    "too much, which way is unknown": (None, UPDATE, known(standing=UNKNOWN), UNCLEAR, TOO_MUCH),
}


@pytest.mark.parametrize("situation", BEFORE)
def test_a_step_first_finds_out_whether_and_which_way_to_go(situation: str) -> None:
    expected, request, answers, facts, about = BEFORE[situation]
    goal = Goal.DELETE if request is DELETE else Goal.ENSURE
    task = replace(Task(goal, given.ARN), **facts)
    action = plan_before(asked(request, **about), task, answers, NOW)
    if action is None or expected is None:
        assert (action, expected) == (None, None)
    else:
        assert is_as_expected(action, expected), action


def test_what_may_be_a_way_back_is_not_told_of_the_ceiling() -> None:
    task = Task(Goal.ENSURE, given.ARN, direction=Direction.UNKNOWN)
    action = plan_before(asked(UPDATE, **BAD, **TOO_MUCH), task, known(standing=UNKNOWN), NOW)
    assert action is not None
    assert outcome(action) == Fails("ModelArn: no.")


# ---------------------------------------------------------------- One at a time

CHANGE = update({"inference_units": 2})
OTHER_STACK = given.reply(stack_id=given.STACK_ID + "2").digest


def execution(operation: str, digest: str = given.reply(request_id="other").digest) -> str:
    return f"shop-Sentiment-{operation}-{digest}"


REPLACING = {"execution": execution("replace", given.reply().digest)}
OLDER = {execution("update"): NOW - 900}

WAITS: dict[str, tuple[dict[str, float], Values, Outcome]] = {
    "nothing else runs": ({}, {}, Call.UPDATE),
    "an older update runs": (OLDER, {}, Wait),
    "it runs, and this one changes tags": (
        OLDER,
        {"request": update({"tags": {"a": "1"}}), "observed": live(OLD | {"a": "1"})},
        Wait,
    ),
    "it runs, and this one goes back": (OLDER, BACK, Wait),
    "it is younger": ({execution("update"): NOW - 1}, {}, Call.UPDATE),
    "it is another resource's": ({execution("update", OTHER_STACK): NOW - 900}, {}, Call.UPDATE),
    "it is another operation": (
        {execution(each): NOW - 900 for each in ("create", "delete", "replace")},
        {},
        Call.UPDATE,
    ),
    # An update that adds a role is called a replacement, and so is its way back.
    "both may be replacements": (
        {execution("replace"): NOW - 900},
        {"about": REPLACING},
        Wait,
    ),
    "nothing is to change": (OLDER, {"request": UPDATE}, Done),
    "this one has begun": (OLDER, {"tagged": NOW - 9}, Call.UPDATE),
    "a way back to what was replaced": (
        OLDER,
        {"request": REPLACE, "direction": Direction.BACK, "scope": Scope.NOTHING},
        Done,
    ),
}


@pytest.mark.parametrize("situation", WAITS)
def test_an_update_in_place_waits_for_an_older_one(situation: str) -> None:
    others, how, expected = WAITS[situation]
    values: Values = {"request": CHANGE, "observed": live(), **how}
    own = values.get("about", {}).get("execution", ME)
    listed = running({**others, own: NOW - 600}, own, 600, STALE)
    action = planned(values.pop("request"), values.pop("observed"), known(running=listed), **values)
    assert outcome(action) is expected


def test_it_asks_what_runs_and_goes_on_if_it_may_not() -> None:
    assert planned(CHANGE, live(), known(running=None)) == Ask(Question.RUNNING)
    assert isinstance(planned(CHANGE, live(), known(denied=Question.RUNNING)), Update)


@pytest.mark.parametrize(
    ("starts", "age", "expected"),
    [
        pytest.param({}, STALE, Wait, id="it may be too old to show an older one"),
        pytest.param({ME: NOW}, 0, Update, id="it shows this one"),
        pytest.param({}, STALE + 1, Update, id="this one has run for long enough"),
    ],
)
def test_it_waits_until_the_list_is_new_enough(
    starts: dict[str, float], age: float, expected: type[Wait] | type[Update]
) -> None:
    listed = known(running=running(starts, ME, age, STALE))
    assert isinstance(planned(CHANGE, live(), listed), expected)
