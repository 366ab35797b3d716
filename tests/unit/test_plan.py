"""The plan as a table: every combination of facts has a row, which says the next action."""

from typing import Any

import pytest

from provider.model.diff import Progress
from provider.model.endpoint import Status
from provider.model.ownership import Ownership
from provider.model.task import Call, Goal
from tests.unit.plan_cases import (
    ANSWERS,
    CHANGES,
    ENSURE_CALLS,
    ENSURE_REFUSALS,
    REMOVALS,
    REMOVE_CALLS,
    REMOVE_REFUSALS,
    Asking,
    Case,
    Mark,
    Outcome,
    Tags,
    Trace,
    decisions,
)

OURS = frozenset(whose for whose in Ownership if whose.is_ours)
NOT_OURS = frozenset(Ownership) - OURS
TO_ADOPT = frozenset({Ownership.OFFERED, Ownership.ON_TRIAL})
UPDATED = frozenset({Call.UPDATE, Call.REVIVE})
UPDATES = frozenset({Asking.UPDATE, Asking.ROLLBACK})
REFUSED = frozenset(ENSURE_REFUSALS) - {None}
NOT_AS_SENT = frozenset(Progress) - {Progress.MATCHES}


class Row:
    """A line of the table. A fact that it does not name can be anything. The first fit counts."""

    def __init__(self, why: str, outcome: Outcome, **facts: Any) -> None:
        self.why = why
        self.outcome = outcome
        self.facts = {
            name: each if isinstance(each, frozenset) else frozenset({each})
            for name, each in facts.items()
        }

    def fits(self, case: Case) -> bool:
        return all(getattr(case, name) in values for name, values in self.facts.items())

    def expected(self, case: Case) -> Outcome:
        """The row's outcome; but first, CloudFormation must still want a change or a success."""
        if case.goal is Goal.ENSURE and self.outcome in {*CHANGES, Outcome.DONE}:
            asking = {None: Outcome.ASK_STILL_WANTED, False: Outcome.FAIL_ABANDONED}
            return asking.get(case.answer, self.outcome)
        return self.outcome


REMOVE = (
    Row(
        "an accepted creation can show late, and must not be left behind",
        Outcome.WAIT,
        status=None,
        accepted=Call.CREATE,
        trace=Trace.PENDING,
    ),
    Row("only not found is a deletion's success", Outcome.DONE, status=None),
    Row(
        "a later request has another endpoint under this name",
        Outcome.DONE,
        mark=Mark.OTHER,
        whose=OURS,  # Without ownership tags, nothing says that it is another one.
    ),
    Row(
        "a lost call may still adopt what is offered",
        Outcome.WAIT,
        goal=Goal.CLEAN_UP,
        whose=Ownership.OFFERED,
        accepted=Call.ADOPT,
        trace=Trace.PENDING,
    ),
    Row(
        "a clean-up is about what the request itself made or adopted",
        Outcome.DONE,
        goal=Goal.CLEAN_UP,
        whose=frozenset(Ownership) - {Ownership.MADE, Ownership.ADOPTED},
    ),
    Row(
        "an invented id whose properties name somebody else's endpoint is no failure",
        Outcome.DONE,
        goal=Goal.DELETE_IF_OURS,
        whose=NOT_OURS,
    ),
    Row(
        "a deletion under way is waited for, whoever began it", Outcome.WAIT, status=Status.DELETING
    ),
    Row(
        "ours was seen going, so this endpoint has taken its name",
        Outcome.DONE,
        whose=NOT_OURS,
        accepted=Call.DELETE,
        trace=Trace.SEEN,
    ),
    Row(
        "an endpoint that loses its tags while it is deleted may be about to go",
        Outcome.WAIT,
        whose=NOT_OURS,
        accepted=Call.DELETE,
        trace=Trace.PENDING,
    ),
    Row(
        "an endpoint that is only offered was given back already",
        Outcome.DONE,
        whose=Ownership.OFFERED,
    ),
    Row(
        "an endpoint without our tags at our ARN is not deleted, and that is reported",
        Outcome.FAIL_FOREIGN,
        whose=Ownership.FOREIGN,
    ),
    Row(
        "a refused deletion or giving back is reported",
        Outcome.FAIL_REFUSED,
        refused=frozenset({Call.DELETE, Call.GIVE_BACK}),
    ),
    Row(
        "an accepted deletion can show late",
        Outcome.WAIT,
        accepted=Call.DELETE,
        trace=Trace.PENDING,
    ),
    Row(
        "an adopted endpoint is deleted only if its trial is over",
        Outcome.ASK_TRIAL_OVER,
        whose=Ownership.ON_TRIAL,
        answer=None,
    ),
    Row(
        "an endpoint on trial is given back",
        Outcome.GIVE_BACK,
        whose=Ownership.ON_TRIAL,
        answer=False,
    ),
    Row(
        "an endpoint that this request adopted is given back",
        Outcome.GIVE_BACK,
        whose=Ownership.ADOPTED,
    ),
    Row("the physical id is deleted", Outcome.DELETE_NAMED, goal=Goal.DELETE),
    Row(
        "an endpoint that no id names is deleted",
        Outcome.DELETE_LEFT_BEHIND,
        goal=Goal.DELETE_IF_OURS,
    ),
    Row("what this request made is deleted", Outcome.DELETE_MADE, goal=Goal.CLEAN_UP),
)

ENSURE = (
    # No endpoint.
    Row("a refused creation is reported", Outcome.FAIL_REFUSED, status=None, refused=Call.CREATE),
    Row(
        "an accepted creation can show late",
        Outcome.WAIT,
        status=None,
        accepted=Call.CREATE,
        trace=Trace.PENDING,
    ),
    Row(
        "an endpoint that was made and is gone was deleted on purpose",
        Outcome.FAIL_VANISHED,
        status=None,
        accepted=Call.CREATE,
    ),
    Row("a missing endpoint is made, one that vanished is made again", Outcome.CREATE, status=None),
    # An endpoint that is being deleted.
    Row(
        "the provider's own deletion is waited for, then the endpoint is made again",
        Outcome.WAIT,
        status=Status.DELETING,
        accepted=Call.DELETE,
    ),
    Row(
        "somebody deletes what this operation has just made",
        Outcome.FAIL_VANISHED,
        status=Status.DELETING,
        accepted=Call.CREATE,
    ),
    Row(
        "somebody deletes what this request made in a step that was lost",
        Outcome.FAIL_VANISHED,
        status=Status.DELETING,
        whose=Ownership.MADE,
    ),
    Row(
        "a deletion makes room under the name, whoever's endpoint it is",
        Outcome.WAIT,
        status=Status.DELETING,
    ),
    # Any other endpoint.
    Row(
        "a name that somebody else has is a clear error",
        Outcome.FAIL_FOREIGN,
        whose=Ownership.FOREIGN,
    ),
    Row(
        "an Update cannot adopt what is offered",
        Outcome.FAIL_FOREIGN,
        whose=Ownership.OFFERED,
        asking=UPDATES,
    ),
    Row(
        "a busy endpoint is waited for",
        Outcome.WAIT,
        status=frozenset({Status.CREATING, Status.UPDATING}),
    ),
    # ... that is offered, or that an earlier request has adopted.
    Row(
        "a refused adoption is reported",
        Outcome.FAIL_REFUSED,
        whose=TO_ADOPT,
        asking=Asking.CREATE,
        refused=REFUSED,
    ),
    Row(
        "an endpoint is adopted before anything else of it is changed",
        Outcome.ADOPT,
        whose=TO_ADOPT,
        asking=Asking.CREATE,
        accepted=None,
    ),
    Row(
        "an accepted adoption can show late",
        Outcome.WAIT,
        whose=TO_ADOPT,
        asking=Asking.CREATE,
        accepted=Call.ADOPT,
        trace=Trace.PENDING,
    ),
    Row(
        "an adoption that never showed is tried again",
        Outcome.ADOPT,
        whose=TO_ADOPT,
        asking=Asking.CREATE,
        accepted=Call.ADOPT,
        trace=Trace.OVERDUE,
    ),
    Row(
        "somebody has given back on purpose what was ours in this operation",
        Outcome.FAIL_GIVEN_BACK,
        whose=TO_ADOPT,
        asking=Asking.CREATE,
    ),
    # ... that is in FAILED.
    Row(
        "a refused replacement of an endpoint in FAILED is reported",
        Outcome.FAIL_REFUSED,
        status=Status.FAILED,
        refused=REFUSED - UPDATED,
    ),
    Row(
        "this operation's creation failed",
        Outcome.FAIL_CREATION,
        status=Status.FAILED,
        accepted=Call.CREATE,
    ),
    Row(
        "this operation's update left the endpoint in FAILED",
        Outcome.FAIL_UPDATE,
        status=Status.FAILED,
        accepted=Call.UPDATE,
    ),
    Row(
        "the creation failed that was accepted in a step that was lost",
        Outcome.FAIL_CREATION,
        status=Status.FAILED,
        whose=Ownership.MADE,
        accepted=None,
    ),
    Row(
        "an adopted endpoint in FAILED whose update is refused is not deleted",
        Outcome.FAIL_REFUSED,
        status=Status.FAILED,
        whose=Ownership.ADOPTED,
        refused=UPDATED,
    ),
    Row(
        "an endpoint in FAILED whose update is refused is deleted, then made again",
        Outcome.DELETE_REPLACED,
        status=Status.FAILED,
        refused=UPDATED,
    ),
    Row(
        "an endpoint in FAILED is revived by an update, if it can be",
        Outcome.REVIVE,
        status=Status.FAILED,
        accepted=frozenset({None, Call.ADOPT}),
    ),
    Row(
        "the revival, or the deletion after it, can show late",
        Outcome.WAIT,
        status=Status.FAILED,
        trace=Trace.PENDING,
    ),
    Row(
        "an adopted endpoint that no update revives is not deleted",
        Outcome.FAIL_UPDATE,
        status=Status.FAILED,
        whose=Ownership.ADOPTED,
    ),
    Row(
        "an endpoint that no update revives is deleted, then made again",
        Outcome.DELETE_REPLACED,
        status=Status.FAILED,
    ),
    # ... that is in service.
    Row("a refused change is reported", Outcome.FAIL_REFUSED, refused=REFUSED - UPDATED),
    Row(
        "so is a refused update, unless the endpoint is as asked without it",
        Outcome.FAIL_REFUSED,
        refused=UPDATED,
        progress=NOT_AS_SENT,
    ),
    Row(
        "an accepted update can show late",
        Outcome.WAIT,
        accepted=UPDATED,
        trace=Trace.PENDING,
        progress=NOT_AS_SENT,
    ),
    Row(
        "an update has ended without what it asked for",
        Outcome.FAIL_UPDATE,
        accepted=UPDATED,
        progress=Progress.DIFFERS,
    ),
    Row(
        "an update never showed, and nothing has changed",
        Outcome.FAIL_IGNORED,
        accepted=UPDATED,
        trace=Trace.OVERDUE,
        progress=Progress.AS_BEFORE,
    ),
    Row(
        "what the template changed is changed, once; so is what was just adopted",
        Outcome.UPDATE,
        whose=frozenset({Ownership.EARLIER, Ownership.ADOPTED, Ownership.ON_TRIAL}),
        accepted=frozenset({None, *ENSURE_CALLS}) - UPDATED,
        progress=NOT_AS_SENT,
    ),
    Row("tags come last", Outcome.TAG, tags=Tags.DIFFER),
    Row(
        "a leftover of this resource becomes this request's",
        Outcome.TAG,
        whose=Ownership.EARLIER,
        asking=Asking.CREATE,
        tags=Tags.AS_ASKED,
    ),
    Row("an update that this rollback undoes may show late", Outcome.WAIT, asking=Asking.ROLLBACK),
    Row("the endpoint is as asked", Outcome.DONE),
)


def row_of(case: Case) -> Row | None:
    table = ENSURE if case.goal is Goal.ENSURE else REMOVE
    return next((row for row in table if row.fits(case)), None)


def test_the_product_is_complete() -> None:
    kinds, answers = len(Status) * len(Ownership), len(ANSWERS)
    plain, updated = 1 + 3 * len(Trace), 2 * len(Trace)
    compared = 2 * plain + len(Progress) * updated
    asked_once = (plain + updated) + kinds * compared * len(Tags)
    settling = 1 + kinds * 2 * len(Tags)
    ensure = (2 * asked_once + settling) * len(ENSURE_REFUSALS) * answers
    submitted = 1 + len(REMOVE_CALLS) * len(Trace)
    remove = (1 + kinds * len(Mark)) * submitted * len(REMOVE_REFUSALS) * answers
    found = {case for case, _ in decisions()}
    assert len(decisions()) == len(found) == ensure + len(REMOVALS) * remove


def test_every_call_is_in_the_product() -> None:
    # Changes of the user's tags are kept by a flag of the task, not as its last accepted change.
    assert {*ENSURE_CALLS, *REMOVE_CALLS} == set(Call) - {Call.TAG}
    assert {*ENSURE_REFUSALS, *REMOVE_REFUSALS} == {None, *Call}


def test_every_combination_has_a_row_and_its_outcome_and_no_row_is_dead() -> None:
    used = set()
    for case, outcome in decisions():
        row = row_of(case)
        assert row is not None, f"no row fits {case}"
        used.add(row)
        assert outcome is row.expected(case), f"{case}: {row.why}"
    assert [row.why for row in (*REMOVE, *ENSURE) if row not in used] == []


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_is_some_combination_s(outcome: Outcome) -> None:
    assert any(found is outcome for _, found in decisions())
