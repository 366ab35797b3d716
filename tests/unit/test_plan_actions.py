"""The plan's actions: everything that each one sends, and when an operation ends without one."""

from dataclasses import replace
from typing import Any

import pytest

from provider.contract.event import Request
from provider.contract.properties import Settings
from provider.model import failures
from provider.model.actions import Action, Create, Delete, Done, Fail, Proof, Retag, Update, Wait
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
from provider.model.polling import SETTLING
from provider.model.stack import StackView
from provider.model.task import Call, Goal, Scope, Submission, Task
from tests.unit import given
from tests.unit.given import Values

NOW = 1_700_000_000.0
RECEIVED = NOW - 600
DEADLINE = RECEIVED + 3540
WAITING = StackView("UPDATE_IN_PROGRESS", listed=True, resource_status="UPDATE_IN_PROGRESS")
ROLLING_BACK = StackView("UPDATE_ROLLBACK_IN_PROGRESS")
MARKS = ownership_tags(given.reply())
ADOPTION = adoption_mark(given.reply(), RECEIVED)
CLAIM = claim_mark(given.reply(), RECEIVED)
OWNERS = Installation(tags={"owner": "nlp", "cost-center": "42"})
MINE = dict(given.endpoint().tags)
MANY = {f"key-{number}": "" for number in range(46)}
"""Tags that leave room for one beside the provider's three."""


NAMED: Values = {"endpoint_name": "reviews"}


def create(**new: Any) -> Request:
    return given.request("Create", NAMED | new)


def update(new: Values | None = None, old: Values | None = None) -> Request:
    new, old = NAMED | (new or {}), NAMED | (old or {})
    return given.request("Update", new, old, physical_id=given.ARN)


def task(goal: Goal = Goal.ENSURE, **facts: Any) -> Task:
    """An Update's, about an endpoint that an earlier request made."""
    plain = Task(goal, given.ARN, Scope.CHANGED, ownership=Ownership.EARLIER)
    return replace(plain, **facts)


def new_task(whose: Ownership | None = None, **facts: Any) -> Task:
    """A Create's."""
    return task(scope=Scope.ALL, ownership=whose, **facts)


def planned(
    request: Request, task: Task, live: Endpoint | None, now: float = NOW, **about: Any
) -> Action:
    plain: Values = {"received": RECEIVED, "deadline": DEADLINE, "stack": WAITING}
    asked = Asked(request, **plain | about)
    return plan(asked, task, live, Known(stack=asked.stack), now)


def sent(call: Call, **facts: Any) -> Submission:
    """A change that was accepted a second ago."""
    return Submission(call, NOW - 1, **facts)


EVERYTHING: Values = {
    "flywheel_arn": given.FLYWHEEL,
    "inference_units": 2,
    "role_arn": given.ROLE,
}
FOLLOWS: Values = {"role_arn": given.ROLE, "flywheel_arn": given.FLYWHEEL}

SENT: dict[str, tuple[Request, Task, Endpoint | None, Action]] = {
    "a creation sends everything that the template names": (
        create(**EVERYTHING, tags={"team": "search"}),
        new_task(),
        None,
        Create(
            name="reviews",
            settings=given.settings(**EVERYTHING),
            tags={"team": "search", "owner": "nlp", "cost-center": "42"} | MARKS,
            token=client_request_token(given.reply(), 1),
        ),
    ),
    # The first was deleted since: the service must not answer with it.
    "a second creation has another token, and the installation's tags leave room for ours": (
        create(tags=MANY),
        new_task(creations=1),
        None,
        Create(
            name="reviews",
            settings=given.settings(),
            tags=MANY | {"owner": "nlp"} | MARKS,
            token=client_request_token(given.reply(), 2),
        ),
    ),
    "an update sends what changed, and keeps what the endpoint had": (
        update(FOLLOWS | {"inference_units": 2}, FOLLOWS),
        task(),
        given.endpoint(**FOLLOWS, inference_units=4),
        Update(Settings.of(inference_units=2), before=given.settings(**FOLLOWS, inference_units=4)),
    ),
    "a revival sends everything": (
        update({"inference_units": 2, "role_arn": given.ROLE}),
        task(),
        given.endpoint(status=Status.FAILED, inference_units=7, model_arn=given.NEWER),
        Update(
            given.settings(inference_units=2, role_arn=given.ROLE),
            before=given.settings(inference_units=7, model_arn=given.NEWER),
            call=Call.REVIVE,
        ),
    ),
    # Units that break a rule count as not set.
    "a revival for which the template has no units sends the endpoint's": (
        update({"inference_units": None}),
        task(),
        given.endpoint(status=Status.FAILED, inference_units=7),
        Update(
            given.settings(inference_units=7),
            before=given.settings(inference_units=7),
            call=Call.REVIVE,
        ),
    ),
    "an adoption sets the ownership tags, and says when its request arrived": (
        create(),
        new_task(Ownership.OFFERED),
        given.endpoint(tags={ADOPT_TAG: "shop/Sentiment"}),
        Retag(Call.ADOPT, put=MARKS | ADOPTION),
    ),
    "an adopted endpoint gets all that the template says": (
        create(),
        new_task(Ownership.ADOPTED, accepted=sent(Call.ADOPT)),
        given.endpoint(inference_units=4),
        Update(Settings.of(inference_units=1), before=given.settings(inference_units=4)),
    ),
    "a leftover is marked, and gets every tag that it lacks": (
        # The stack has another physical id: this endpoint is new to it.
        replace(
            update({"tags": {"a": "1", "b": "2"}}, {"tags": {"a": "1", "gone": "x"}}),
            reply=given.reply(physical_id=given.arn("other")),
        ),
        task(scope=Scope.ALL),
        given.endpoint(tags=MINE | {"b": "2", "gone": "x", "other": "y"}),
        Retag(Call.TAG, CLAIM | {"a": "1", "owner": "nlp", "cost-center": "42"}, ("gone",)),
    ),
    "an update of tags sends the difference, and the installation's value returns": (
        update({"tags": {"b": "2"}}, {"tags": {"owner": "web", "a": "1"}}),
        task(),
        given.endpoint(tags=MINE | {"owner": "web", "a": "1", "x": "y"}),
        Retag(Call.TAG, {"owner": "nlp", "b": "2"}, ("a",)),
    ),
    "giving back removes the ownership tags and nothing else": (
        create(),
        task(Goal.CLEAN_UP, ownership=Ownership.ADOPTED),
        given.endpoint(),
        Retag(Call.GIVE_BACK, remove=OWNERSHIP_TAGS),
    ),
}


@pytest.mark.parametrize("situation", SENT)
def test_an_action_sends_what_is_asked_and_nothing_else(situation: str) -> None:
    asking, about, live, expected = SENT[situation]
    assert planned(asking, about, live, installation=OWNERS) == expected


def test_a_create_without_a_name_of_its_own_does_not_adopt() -> None:
    offered = given.endpoint(tags={ADOPT_TAG: "shop/Sentiment"})
    found = planned(given.request("Create"), new_task(Ownership.OFFERED), offered)
    assert found == Fail(failures.foreign(given.ARN, None, None))


# ---------------------------------------------------------------- When time runs out

THROTTLED = ApiError("DescribeEndpoint", "ThrottlingException", "Rate exceeded", 400)


@pytest.mark.parametrize("late", [0, 1])
def test_no_change_is_begun_after_the_deadline(late: int) -> None:
    asking, busy = update({"inference_units": 2}), task(status="IN_SERVICE", trouble=THROTTLED)
    live, now = given.endpoint(), DEADLINE + late
    reason = failures.timed_out(now - RECEIVED, 3600, given.ARN, "IN_SERVICE", THROTTLED)
    assert planned(asking, busy, live, now) == Fail(reason)
    assert isinstance(planned(asking, busy, live, DEADLINE - 1), Update)


def test_a_success_counts_after_the_deadline_and_a_removal_goes_on() -> None:
    live = given.endpoint()
    assert planned(update(), task(), live, DEADLINE + 1) == Done(live)
    removed = task(Goal.CLEAN_UP, ownership=Ownership.MADE)
    assert planned(create(), removed, live, DEADLINE + 1) == Delete(Proof.MADE)


# ---------------------------------------------------------------- A rollback that may be overtaken

UNITS, TAGS = {"inference_units": 2}, {"tags": {"a": "1"}}


@pytest.mark.parametrize(
    ("undone", "about", "facts", "is_waited_for"),
    [
        pytest.param(UNITS, {}, {}, True, id="the update may show yet"),
        pytest.param(TAGS, {}, {}, False, id="tags show at once"),
        pytest.param(UNITS, {"received": NOW - SETTLING}, {}, False, id="it would have shown"),
        pytest.param(UNITS, {"deadline": NOW + SETTLING - 2}, {}, False, id="a short timeout"),
        pytest.param(UNITS, {"stack": WAITING}, {}, False, id="an update undone by hand"),
        pytest.param(UNITS, {"stack": StackView()}, {}, False, id="perhaps no rollback"),
        pytest.param(UNITS, {"old_was_sent": False}, {}, False, id="the update was never sent"),
        pytest.param(UNITS, {}, {"scope": Scope.NOTHING}, False, id="it made a replacement"),
        pytest.param(UNITS, {}, {"accepted": sent(Call.DELETE)}, False, id="a change since"),
    ],
)
def test_a_rollback_with_nothing_to_undo_waits_for_the_update_that_it_undoes(
    undone: Values, about: Values, facts: Values, is_waited_for: bool
) -> None:
    live = given.endpoint()
    rollback = {"stack": ROLLING_BACK, "received": NOW - SETTLING + 1, **about}
    found = planned(update({}, undone), task(**facts), live, **rollback)
    assert isinstance(found, Wait) if is_waited_for else found == Done(live)
