"""The plan as a table: every combination of facts has a row, which says the next action."""

from typing import Any

from provider.model import failures
from provider.model.actions import Done, Proof, Question, Wait
from provider.model.diff import Progress
from provider.model.endpoint import Status
from provider.model.ownership import Ownership
from provider.model.task import Call, Goal
from tests.unit.plan_cases import (
    CHANGES,
    ENSURE_CALLS,
    UPDATES,
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
NOT_AS_SENT = frozenset(Progress) - {Progress.MATCHES}
CREATE, UPDATE = Asking.CREATE, frozenset({Asking.UPDATE, Asking.ROLLBACK})
ANYTHING = frozenset(Call)
PENDING, SEEN, OVERDUE = Trace


class Row:
    """A line of the table. A fact that it does not name can be anything. The first fit counts."""

    def __init__(self, outcome: Outcome, **facts: Any) -> None:
        self.outcome = outcome
        self.facts = {
            name: each if isinstance(each, frozenset) else frozenset({each})
            for name, each in facts.items()
        }

    def fits(self, case: Case) -> bool:
        return all(getattr(case, name) in values for name, values in self.facts.items())

    def expected(self, case: Case) -> Outcome:
        """The row's outcome; but first, CloudFormation must still want a change or a success."""
        if case.goal is Goal.ENSURE and self.outcome in {*CHANGES, Done}:
            if case.answer is None:
                return Question.STILL_WANTED
            return self.outcome if case.answer else failures.abandoned
        return self.outcome


REMOVE = {
    "an accepted creation can show late, and must not be left behind": Row(
        Wait, status=None, accepted=Call.CREATE, trace=PENDING
    ),
    "only not found is a deletion's success": Row(Done, status=None),
    # Without ownership tags, nothing says that it is another one.
    "a later request has another endpoint under this name": Row(Done, mark=Mark.OTHER, whose=OURS),
    "a lost call may still adopt what is offered": Row(
        Wait, goal=Goal.CLEAN_UP, whose=Ownership.OFFERED, accepted=Call.ADOPT, trace=PENDING
    ),
    "a clean-up is about what the request itself made or adopted": Row(
        Done, goal=Goal.CLEAN_UP, whose=frozenset(Ownership) - {Ownership.MADE, Ownership.ADOPTED}
    ),
    "an invented id whose properties name somebody else's endpoint is no failure": Row(
        Done, goal=Goal.DELETE_IF_OURS, whose=NOT_OURS
    ),
    "a deletion under way is waited for, whoever began it": Row(Wait, status=Status.DELETING),
    "ours was seen going, so this endpoint has taken its name": Row(
        Done, whose=NOT_OURS, accepted=Call.DELETE, trace=SEEN
    ),
    "an endpoint that loses its tags while it is deleted may be about to go": Row(
        Wait, whose=NOT_OURS, accepted=Call.DELETE, trace=PENDING
    ),
    "an endpoint that is only offered was given back already": Row(Done, whose=Ownership.OFFERED),
    "an endpoint without our tags at our ARN is not deleted, and that is reported": Row(
        failures.foreign, whose=Ownership.FOREIGN
    ),
    "a refused deletion or giving back is reported": Row(
        failures.refused, refused=frozenset({Call.DELETE, Call.GIVE_BACK})
    ),
    "an accepted deletion can show late": Row(Wait, accepted=Call.DELETE, trace=PENDING),
    "an adopted endpoint is deleted only if its trial is over": Row(
        Question.TRIAL_OVER, whose=Ownership.ON_TRIAL, answer=None
    ),
    "an endpoint on trial is given back": Row(
        Call.GIVE_BACK, whose=Ownership.ON_TRIAL, answer=False
    ),
    "an endpoint that this request adopted is given back": Row(
        Call.GIVE_BACK, whose=Ownership.ADOPTED
    ),
    "the physical id is deleted": Row(Proof.NAMED, goal=Goal.DELETE),
    "an endpoint that no id names is deleted": Row(Proof.LEFT_BEHIND, goal=Goal.DELETE_IF_OURS),
    "what this request made is deleted": Row(Proof.MADE, goal=Goal.CLEAN_UP),
}

ENSURE = {
    # No endpoint.
    "a refused creation is reported": Row(failures.refused, status=None, refused=Call.CREATE),
    "an accepted creation can show late": Row(
        Wait, status=None, accepted=Call.CREATE, trace=PENDING
    ),
    "an endpoint that was made and is gone was deleted on purpose": Row(
        failures.vanished, status=None, accepted=Call.CREATE
    ),
    "a missing endpoint is made, one that vanished is made again": Row(Call.CREATE, status=None),
    # An endpoint that is being deleted.
    "the provider's own deletion is waited for, then the endpoint is made again": Row(
        Wait, status=Status.DELETING, accepted=Call.DELETE
    ),
    "somebody deletes what this operation has just made": Row(
        failures.vanished, status=Status.DELETING, accepted=Call.CREATE
    ),
    "somebody deletes what this request made in a step that was lost": Row(
        failures.vanished, status=Status.DELETING, whose=Ownership.MADE
    ),
    "a deletion makes room under the name, whoever's endpoint it is": Row(
        Wait, status=Status.DELETING
    ),
    # Any other endpoint.
    "a name that somebody else has is a clear error": Row(
        failures.foreign, whose=Ownership.FOREIGN
    ),
    "an Update cannot adopt what is offered": Row(
        failures.foreign, whose=Ownership.OFFERED, asking=UPDATE
    ),
    "a busy endpoint is waited for": Row(
        Wait, status=frozenset({Status.CREATING, Status.UPDATING})
    ),
    # ... that is offered, or that an earlier request has adopted.
    "a refused adoption is reported": Row(
        failures.refused, whose=TO_ADOPT, asking=CREATE, refused=ANYTHING
    ),
    "an endpoint is adopted before anything else of it is changed": Row(
        Call.ADOPT, whose=TO_ADOPT, asking=CREATE, accepted=None
    ),
    "an accepted adoption can show late": Row(
        Wait, whose=TO_ADOPT, asking=CREATE, accepted=Call.ADOPT, trace=PENDING
    ),
    "an adoption that never showed is tried again": Row(
        Call.ADOPT, whose=TO_ADOPT, asking=CREATE, accepted=Call.ADOPT, trace=OVERDUE
    ),
    "somebody has given back on purpose what was ours in this operation": Row(
        failures.given_back, whose=TO_ADOPT, asking=CREATE
    ),
    # ... that is in FAILED.
    "a refused replacement of an endpoint in FAILED is reported": Row(
        failures.refused, status=Status.FAILED, refused=ANYTHING - UPDATES
    ),
    "this operation's creation failed": Row(
        failures.creation_failed, status=Status.FAILED, accepted=Call.CREATE
    ),
    "this operation's update left the endpoint in FAILED": Row(
        failures.update_failed, status=Status.FAILED, accepted=Call.UPDATE
    ),
    "the creation failed that was accepted in a step that was lost": Row(
        failures.creation_failed, status=Status.FAILED, whose=Ownership.MADE, accepted=None
    ),
    "an adopted endpoint in FAILED whose update is refused is not deleted": Row(
        failures.refused, status=Status.FAILED, whose=Ownership.ADOPTED, refused=UPDATES
    ),
    "an endpoint in FAILED whose update is refused is deleted, then made again": Row(
        Proof.REPLACED, status=Status.FAILED, refused=UPDATES
    ),
    "an endpoint in FAILED is revived by an update, if it can be": Row(
        Call.REVIVE, status=Status.FAILED, accepted=frozenset({None, Call.ADOPT})
    ),
    "the revival, or the deletion after it, can show late": Row(
        Wait, status=Status.FAILED, trace=PENDING
    ),
    "an adopted endpoint that no update revives is not deleted": Row(
        failures.update_failed, status=Status.FAILED, whose=Ownership.ADOPTED
    ),
    "an endpoint that no update revives is deleted, then made again": Row(
        Proof.REPLACED, status=Status.FAILED
    ),
    # ... that is in service.
    "a refused change is reported": Row(failures.refused, refused=ANYTHING - UPDATES),
    "so is a refused update, unless the endpoint is as asked without it": Row(
        failures.refused, refused=UPDATES, progress=NOT_AS_SENT
    ),
    "an accepted update can show late": Row(
        Wait, accepted=UPDATES, trace=PENDING, progress=NOT_AS_SENT
    ),
    "an update has ended without what it asked for": Row(
        failures.update_failed, accepted=UPDATES, progress=Progress.DIFFERS
    ),
    "an update never showed, and nothing has changed": Row(
        failures.update_ignored, accepted=UPDATES, trace=OVERDUE, progress=Progress.AS_BEFORE
    ),
    "what the template changed is changed, once; so is what was just adopted": Row(
        Call.UPDATE,
        whose=frozenset({Ownership.EARLIER, Ownership.ADOPTED, Ownership.ON_TRIAL}),
        accepted=frozenset({None, *ENSURE_CALLS}) - UPDATES,
        progress=NOT_AS_SENT,
    ),
    "tags come last": Row(Call.TAG, tags=Tags.DIFFER),
    "a leftover of this resource becomes this request's": Row(
        Call.TAG, whose=Ownership.EARLIER, asking=CREATE, tags=Tags.AS_ASKED
    ),
    "an update that this rollback undoes may show late": Row(Wait, asking=Asking.ROLLBACK),
    "the endpoint is as asked": Row(Done),
}


def test_every_combination_has_a_row_and_its_outcome_and_no_row_is_dead() -> None:
    unused = {*REMOVE, *ENSURE}
    for case, outcome in decisions():
        table = ENSURE if case.goal is Goal.ENSURE else REMOVE
        why, row = next((each for each in table.items() if each[1].fits(case)), ("", None))
        assert row is not None, f"no row fits {case}"
        assert outcome is row.expected(case), f"{case}: {why}"
        unused.discard(why)
    assert unused == set()


def test_no_combination_is_left_out_and_every_action_is_some_combination_s() -> None:
    assert len(decisions()) == len({case for case, _ in decisions()}) == 236_349
    found = {outcome for _, outcome in decisions()}
    assert {*Question, *CHANGES, Wait, Done} <= found
