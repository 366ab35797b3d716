"""The plan's actions: everything that each one sends, and when an operation ends without one."""

from dataclasses import replace
from typing import Any

import pytest

from provider.contract.event import Request
from provider.contract.properties import Settings
from provider.model import failures
from provider.model.actions import (
    Action,
    Ask,
    Create,
    Delete,
    Done,
    Fail,
    Proof,
    Question,
    Retag,
    Update,
    Wait,
)
from provider.model.api_errors import ApiError
from provider.model.endpoint import Endpoint, Status
from provider.model.installation import Installation
from provider.model.naming import client_request_token
from provider.model.ownership import (
    ADOPT_TAG,
    OWNERSHIP_TAGS,
    Ownership,
    adoption_mark,
    claim_mark,
    ownership_tags,
)
from provider.model.plan import Asked, Known, plan
from provider.model.polling import GRACE, SETTLING
from provider.model.stack import StackView
from provider.model.task import Call, Goal, Refusal, Scope, Submission, Task
from tests.unit import given

NOW = 1_700_000_000.0
RECEIVED = NOW - 600
DEADLINE = RECEIVED + 3540
WAITING = StackView("UPDATE_IN_PROGRESS", listed=True, resource_status="UPDATE_IN_PROGRESS")
ROLLING_BACK = StackView("UPDATE_ROLLBACK_IN_PROGRESS")
WANTED = Known(stack=WAITING)
MARKS = ownership_tags(given.reply())
THROTTLED = ApiError("DescribeEndpoint", "ThrottlingException", "Rate exceeded", 400)

Values = dict[str, Any]


def request(operation: str, new: Values | None = None, old: Values | None = None) -> Request:
    """A Create under an explicit name, or an Update of the endpoint that has it."""
    physical_id = None if operation == "Create" else given.ARN
    return replace(
        given.request(operation, physical_id=physical_id),
        new=given.properties(**{"endpoint_name": "reviews"} | (new or {})),
        old=given.properties(**{"endpoint_name": "reviews"} | (old or {})),
    )


def asked(request: Request, **about: Any) -> Asked:
    return Asked(request, RECEIVED, DEADLINE, **{"stack": WAITING} | about)


def task(**facts: Any) -> Task:
    """An Update's, about an endpoint that an earlier request made."""
    plain = Task(Goal.ENSURE, given.ARN, Scope.CHANGED, ownership=Ownership.EARLIER)
    return replace(plain, **facts)


def action_of(
    request: Request, task: Task, live: Endpoint | None, known: Known = WANTED, **about: Any
) -> Action:
    return plan(asked(request, **about), task, live, known, NOW)


def accepted(call: Call, seconds: float = 1, **facts: Any) -> Submission:
    """A change that was accepted some seconds ago."""
    return Submission(call, NOW - seconds, **facts)


# ---------------------------------------------------------------- What is sent

CREATION = task(scope=Scope.ALL, ownership=None)


def test_a_creation_sends_everything_that_the_template_names() -> None:
    new = {
        "flywheel_arn": given.FLYWHEEL,
        "inference_units": 2,
        "role_arn": given.ROLE,
        "tags": {"team": "search"},
    }
    create = request("Create", new)
    assert action_of(create, CREATION, None) == Create(
        name="reviews",
        settings=Settings.of(
            model_arn=given.CLASSIFIER,
            flywheel_arn=given.FLYWHEEL,
            inference_units=2,
            role_arn=given.ROLE,
        ),
        tags={"team": "search"} | MARKS,
        token=client_request_token(given.reply(), 1),
    )


def test_a_second_creation_has_another_token() -> None:
    # The first was deleted since: the service must not answer with it.
    again = action_of(request("Create"), replace(CREATION, creations=1), None)
    assert isinstance(again, Create)
    assert again.token == client_request_token(given.reply(), 2)


def test_a_creation_s_installation_tags_leave_room_for_the_ownership_tags() -> None:
    own = {f"key-{number}": "" for number in range(46)}
    installation = Installation(tags={"cost-center": "42", "owner": "nlp"})
    create = action_of(request("Create", {"tags": own}), CREATION, None, installation=installation)
    assert isinstance(create, Create)
    assert create.tags == own | {"cost-center": "42"} | MARKS
    assert len(create.tags) == 50


def test_an_update_sends_what_changed_and_keeps_what_the_endpoint_had() -> None:
    live = given.endpoint(role_arn=given.ROLE, flywheel_arn=given.FLYWHEEL, inference_units=4)
    same = {"role_arn": given.ROLE, "flywheel_arn": given.FLYWHEEL}
    update = request("Update", same | {"inference_units": 2}, same)
    assert action_of(update, task(), live) == Update(
        Settings.of(inference_units=2),
        before=Settings.of(
            model_arn=given.CLASSIFIER,
            flywheel_arn=given.FLYWHEEL,
            inference_units=4,
            role_arn=given.ROLE,
        ),
    )


@pytest.mark.parametrize(("asked_units", "sent_units"), [(2, 2), (None, 7)])
def test_a_revival_sends_everything_and_at_least_the_units_that_the_endpoint_has(
    asked_units: int | None, sent_units: int
) -> None:
    live = given.endpoint(status=Status.FAILED, inference_units=7, model_arn=given.NEWER)
    update = request("Update", {"inference_units": asked_units, "role_arn": given.ROLE})
    assert action_of(update, task(), live) == Update(
        given.settings(inference_units=sent_units, role_arn=given.ROLE),
        before=live.settings,
        call=Call.REVIVE,
    )


def test_an_adoption_sets_the_ownership_tags_and_says_when_its_request_arrived() -> None:
    offered = given.endpoint(tags={ADOPT_TAG: "shop/Sentiment"})
    adopting = replace(CREATION, ownership=Ownership.OFFERED)
    marks = MARKS | adoption_mark(given.reply(), RECEIVED)
    assert action_of(request("Create"), adopting, offered) == Retag(Call.ADOPT, put=marks)


def test_an_adopted_endpoint_gets_all_that_the_template_says() -> None:
    adopted = replace(CREATION, ownership=Ownership.ADOPTED, accepted=accepted(Call.ADOPT))
    live = given.endpoint(inference_units=4)
    assert action_of(request("Create"), adopted, live) == Update(
        Settings.of(inference_units=1), before=live.settings
    )


def test_a_leftover_is_marked_and_gets_every_tag_that_it_lacks() -> None:
    installation = Installation(tags={"owner": "nlp"})
    live = given.endpoint(tags={**given.endpoint().tags, "b": "2", "gone": "x", "other": "y"})
    update = request("Update", {"tags": {"a": "1", "b": "2"}}, {"tags": {"a": "1", "gone": "x"}})
    # The stack has another physical id: this endpoint is new to it.
    update = replace(update, reply=given.reply(physical_id=given.ARN + "2"))
    marks = claim_mark(given.reply(), RECEIVED)
    assert action_of(update, task(scope=Scope.ALL), live, installation=installation) == Retag(
        Call.TAG, marks | {"a": "1", "owner": "nlp"}, ("gone",)
    )


def test_a_leftover_that_is_marked_already_is_not_marked_again() -> None:
    live = given.endpoint(tags=MARKS | claim_mark(given.reply(), RECEIVED))
    claimed = replace(CREATION, ownership=Ownership.CLAIMED)
    assert action_of(request("Create"), claimed, live) == Done(live)


def test_an_update_of_tags_sends_the_difference_and_returns_the_installation_s_value() -> None:
    installation = Installation(tags={"owner": "nlp", "cost-center": "42"})
    live = given.endpoint(tags={**given.endpoint().tags, "owner": "web", "a": "1", "x": "y"})
    update = request("Update", {"tags": {"b": "2"}}, {"tags": {"owner": "web", "a": "1"}})
    assert action_of(update, task(), live, installation=installation) == Retag(
        Call.TAG, {"owner": "nlp", "b": "2"}, ("a",)
    )


def test_tags_are_set_once() -> None:
    update = request("Update", {"tags": {"b": "2"}})
    live = given.endpoint()
    assert action_of(update, task(), live) == Retag(Call.TAG, {"b": "2"})
    assert action_of(update, task(tagged=True), live) == Done(live)


def test_giving_back_removes_the_ownership_tags_and_nothing_else() -> None:
    adopted = task(goal=Goal.CLEAN_UP, ownership=Ownership.ADOPTED)
    assert action_of(request("Create"), adopted, given.endpoint()) == Retag(
        Call.GIVE_BACK, remove=OWNERSHIP_TAGS
    )


@pytest.mark.parametrize(
    ("goal", "whose", "status", "proof"),
    [
        (Goal.DELETE, Ownership.EARLIER, Status.IN_SERVICE, Proof.NAMED),
        (Goal.DELETE_IF_OURS, Ownership.EARLIER, Status.IN_SERVICE, Proof.LEFT_BEHIND),
        (Goal.CLEAN_UP, Ownership.MADE, Status.CREATING, Proof.MADE),
        (Goal.ENSURE, Ownership.EARLIER, Status.FAILED, Proof.REPLACED),
    ],
)
def test_a_deletion_has_the_proof_of_its_goal(
    goal: Goal, whose: Ownership, status: Status, proof: Proof
) -> None:
    refused = Refusal(Call.REVIVE, ApiError("UpdateEndpoint", "No", "No."))
    removed = task(goal=goal, ownership=whose, refused=refused)
    assert action_of(request("Update"), removed, given.endpoint(status=status)) == Delete(proof)


# ---------------------------------------------------------------- What is asked first


def test_a_change_and_a_success_wait_for_the_answer_whether_they_are_wanted() -> None:
    ask, live = Ask(Question.STILL_WANTED), given.endpoint()
    update = request("Update", {"inference_units": 2})
    assert action_of(update, task(), live, Known()) == ask
    assert action_of(request("Update"), task(), live, Known()) == ask
    assert action_of(request("Create"), CREATION, None, Known()) == ask


def test_an_unknown_answer_counts_as_wanted() -> None:
    live = given.endpoint()
    assert action_of(request("Update"), task(), live, Known(stack=StackView())) == Done(live)


@pytest.mark.parametrize(
    ("operation", "facts", "made"),
    [
        pytest.param("Create", {"creations": 1, "ownership": Ownership.MADE}, True, id="made"),
        pytest.param("Create", {"unknown": accepted(Call.CREATE)}, True, id="perhaps made"),
        pytest.param("Create", {}, False, id="nothing made"),
        pytest.param(
            "Update", {"creations": 1, "ownership": Ownership.MADE}, False, id="made for the stack"
        ),
    ],
)
def test_an_abandoned_request_fails_and_names_what_it_made_if_that_is_deleted(
    operation: str, facts: Values, made: bool
) -> None:
    abandoned = Known(stack=StackView("DELETE_IN_PROGRESS"))
    why = "the stack is in DELETE_IN_PROGRESS"
    found = action_of(request(operation), task(**facts), given.endpoint(), abandoned)
    assert found == Fail(failures.abandoned(why, given.ARN if made else None))


@pytest.mark.parametrize(
    ("goal", "trial_over", "expected"),
    [
        (Goal.DELETE, None, Ask(Question.TRIAL_OVER)),
        (Goal.DELETE, True, Delete(Proof.NAMED)),
        (Goal.DELETE, False, Retag(Call.GIVE_BACK, remove=OWNERSHIP_TAGS)),
        (Goal.DELETE_IF_OURS, True, Delete(Proof.LEFT_BEHIND)),
        (Goal.DELETE_IF_OURS, False, Retag(Call.GIVE_BACK, remove=OWNERSHIP_TAGS)),
    ],
)
def test_an_endpoint_on_trial_is_deleted_only_if_the_trial_is_over(
    goal: Goal, trial_over: bool | None, expected: Action
) -> None:
    on_trial = task(goal=goal, ownership=Ownership.ON_TRIAL)
    known = Known(trial_over=trial_over)
    assert action_of(request("Update"), on_trial, given.endpoint(), known) == expected


# ---------------------------------------------------------------- When time runs out


@pytest.mark.parametrize("late", [0, 1])
def test_no_change_is_begun_after_the_deadline(late: int) -> None:
    now = DEADLINE + late
    busy = task(status="IN_SERVICE", trouble=THROTTLED)
    update = asked(request("Update", {"inference_units": 2}))
    reason = failures.timed_out(now - RECEIVED, 3600, given.ARN, "IN_SERVICE", THROTTLED)
    assert plan(update, busy, given.endpoint(), WANTED, now) == Fail(reason)
    before = plan(update, busy, given.endpoint(), WANTED, DEADLINE - 1)
    assert isinstance(before, Update)


def test_a_success_counts_after_the_deadline() -> None:
    live = given.endpoint()
    assert plan(asked(request("Update")), task(), live, WANTED, DEADLINE + 1) == Done(live)


def test_a_removal_goes_on_after_the_deadline() -> None:
    removed = task(goal=Goal.CLEAN_UP, ownership=Ownership.MADE)
    found = plan(asked(request("Create")), removed, given.endpoint(), Known(), DEADLINE + 1)
    assert found == Delete(Proof.MADE)


@pytest.mark.parametrize(
    ("seconds", "seen", "is_waited_for"),
    [(0, False, True), (GRACE - 1, False, True), (GRACE, False, False), (0, True, False)],
)
def test_an_accepted_change_is_waited_for_until_it_is_overdue(
    seconds: float, seen: bool, is_waited_for: bool
) -> None:
    created = task(accepted=accepted(Call.CREATE, seconds, seen=seen), ownership=None)
    found = action_of(request("Create"), created, None)
    expected = Wait if is_waited_for else Fail
    assert type(found) is expected


# ---------------------------------------------------------------- A rollback that may be overtaken

ROLLBACK: Values = {"stack": ROLLING_BACK, "received": NOW - SETTLING + 1}


@pytest.mark.parametrize(
    ("about", "facts", "is_waited_for"),
    [
        pytest.param({}, {}, True, id="the update may show yet"),
        pytest.param({"received": NOW - SETTLING}, {}, False, id="it would have shown by now"),
        pytest.param({"deadline": NOW + SETTLING - 2}, {}, False, id="half of a short timeout"),
        pytest.param({"stack": WAITING}, {}, False, id="an update undone by hand"),
        pytest.param({"stack": StackView()}, {}, False, id="perhaps no rollback"),
        pytest.param({"old_was_sent": False}, {}, False, id="the update was never sent"),
        pytest.param({}, {"scope": Scope.NOTHING}, False, id="the update made a replacement"),
        pytest.param({}, {"accepted": accepted(Call.DELETE)}, False, id="a change was made since"),
    ],
)
def test_a_rollback_with_nothing_to_undo_waits_for_the_update_that_it_undoes(
    about: Values, facts: Values, is_waited_for: bool
) -> None:
    live = given.endpoint()
    rollback = replace(asked(request("Update", {}, {"inference_units": 2})), **ROLLBACK | about)
    known = Known(stack=rollback.stack)
    found = plan(rollback, task(**facts), live, known, NOW)
    assert isinstance(found, Wait) if is_waited_for else found == Done(live)


def test_a_rollback_of_tags_alone_waits_for_nothing() -> None:
    live = given.endpoint()
    rollback = replace(asked(request("Update", {}, {"tags": {"a": "1"}})), **ROLLBACK)
    assert plan(rollback, task(), live, Known(stack=ROLLING_BACK), NOW) == Done(live)


# ---------------------------------------------------------------- Auto scaling meanwhile

TWO_UNITS = accepted(Call.UPDATE, settings=Settings.of(inference_units=2), before=given.settings())


@pytest.mark.parametrize(
    ("units", "facts", "is_done"),
    [
        pytest.param(
            5,
            {"accepted": replace(TWO_UNITS, seen=True)},
            True,
            id="auto scaling ran while the update did: its units stay",
        ),
        pytest.param(
            1,
            {"accepted": replace(TWO_UNITS, seen=True)},
            True,
            id="auto scaling has gone back to the units from before: the update had its effect",
        ),
        pytest.param(1, {"accepted": TWO_UNITS}, False, id="the update does not show yet"),
        pytest.param(
            5,
            {"accepted": accepted(Call.CREATE, seen=True), "ownership": Ownership.MADE},
            True,
            id="auto scaling ran before the creation was answered",
        ),
        pytest.param(
            5,
            {"ownership": Ownership.CLAIMED, "scope": Scope.ALL},
            True,
            id="a leftover is claimed last: what differs since is auto scaling's",
        ),
    ],
)
def test_units_that_auto_scaling_sets_meanwhile_stay(
    units: int, facts: Values, is_done: bool
) -> None:
    live = given.endpoint(inference_units=units)
    found = action_of(request("Update", {"inference_units": 2}), task(**facts), live)
    assert found == Done(live) if is_done else isinstance(found, Wait)
