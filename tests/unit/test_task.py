"""A task's memory: what was submitted, what was seen of it, and what may have been made."""

from typing import Any

import pytest

from provider.model.api_errors import ApiError
from provider.model.ownership import Ownership
from provider.model.polling import GRACE
from provider.model.task import Call, Goal, Refusal, Submission, Task
from tests.unit.given import Values

THROTTLED = ApiError("DescribeEndpoint", "ThrottlingException", "Slow down.", 429)
REFUSED = Refusal(Call.UPDATE, ApiError("UpdateEndpoint", "X", "why", 400))
SENT, SEEN = Submission(Call.UPDATE, 1000.0), Submission(Call.UPDATE, 1000.0, seen=True)
LOST_CREATION, LOST_ADOPTION = Submission(Call.CREATE, 0.0), Submission(Call.ADOPT, 0.0)


def task(**changes: Any) -> Task:
    return Task(Goal.ENSURE, **changes)


@pytest.mark.parametrize(
    ("accepted", "elapsed", "pending", "overdue"),
    [
        pytest.param(None, 0.0, False, False, id="nothing was sent"),
        pytest.param(None, 9999.0, False, False, id="nothing was sent, long ago"),
        pytest.param(SENT, 0.0, True, False, id="just sent"),
        pytest.param(SENT, GRACE - 0.1, True, False, id="not quite overdue"),
        pytest.param(SENT, GRACE, False, True, id="overdue"),
        pytest.param(SEEN, 0.0, False, False, id="seen at once"),
        pytest.param(SEEN, 9999.0, False, False, id="seen, long ago"),
    ],
)
def test_a_change_that_never_shows_is_overdue_after_a_while(
    accepted: Submission | None, elapsed: float, pending: bool, overdue: bool
) -> None:
    kept, now = task(accepted=accepted), 1000.0 + elapsed
    assert (kept.is_pending(now), kept.is_overdue(now)) == (pending, overdue)
    assert kept.has_accepted is (Call.UPDATE if accepted else None)


@pytest.mark.parametrize("call", [call for call in Call if call is not Call.TAG])
def test_an_accepted_change_starts_afresh(call: Call) -> None:
    kept = task(accepted=SEEN, refused=REFUSED, role_refused_since=10.5, trouble=THROTTLED)
    kept.accept(Submission(call, 20.0))
    assert kept.accepted == Submission(call, 20.0)
    assert not kept.is_seen
    assert (kept.refused, kept.trouble, kept.role_refused_since) == (None, None, None)


def test_accepted_tags_do_not_hide_the_change_before_them() -> None:
    kept = task(accepted=SEEN, refused=REFUSED)
    kept.accept(Submission(Call.TAG, 20.0))
    assert (kept.tagged, kept.accepted, kept.refused) == (True, SEEN, None)


def test_creations_are_counted_and_what_is_made_or_adopted_is_this_request_s() -> None:
    kept = task(creations=1)
    kept.accept(Submission(Call.CREATE, 20.0))
    assert (kept.creations, kept.ownership) == (2, Ownership.MADE)
    kept.accept(Submission(Call.DELETE, 30.0))
    assert kept.creations == 2
    kept.accept(Submission(Call.ADOPT, 40.0))
    assert (kept.creations, kept.ownership) == (2, Ownership.ADOPTED)


@pytest.mark.parametrize("call", [Call.CREATE, Call.ADOPT])
def test_a_call_that_is_accepted_in_the_end_is_lost_no_longer(call: Call) -> None:
    kept = task(unknown=Submission(call, 10.0))
    kept.accept(Submission(Call.UPDATE, 15.0))
    assert kept.unknown is not None
    kept.accept(Submission(call, 20.0))
    assert kept.unknown is None


OFFERED = {"ownership": Ownership.OFFERED}


@pytest.mark.parametrize(
    ("facts", "created", "adopted"),
    [
        pytest.param({}, False, False, id="nothing is known"),
        pytest.param({"ownership": Ownership.EARLIER}, False, False, id="an earlier request's"),
        pytest.param({"ownership": Ownership.CLAIMED}, False, False, id="a leftover"),
        pytest.param({"ownership": Ownership.ON_TRIAL}, False, False, id="adopted earlier"),
        pytest.param(OFFERED, False, False, id="offered"),
        pytest.param({"creations": 1}, True, False, id="created"),
        pytest.param({"unknown": LOST_CREATION}, True, False, id="a lost creation"),
        pytest.param({"ownership": Ownership.MADE}, True, False, id="made in a lost step"),
        pytest.param({"ownership": Ownership.ADOPTED}, False, True, id="adopted"),
        pytest.param({"unknown": LOST_ADOPTION}, False, True, id="a lost adoption"),
        pytest.param(OFFERED | {"accepted": LOST_ADOPTION}, False, True, id="its tags show late"),
        pytest.param(
            OFFERED | {"accepted": Submission(Call.ADOPT, 5.0, seen=True)},
            False,
            False,
            id="given back since",
        ),
        pytest.param(
            {"unknown": LOST_ADOPTION, "creations": 1},
            True,
            False,
            id="it went, and another one was made in its place",
        ),
    ],
)
def test_a_request_may_have_created_or_adopted_what_it_sent_lost_or_marked(
    facts: Values, created: bool, adopted: bool
) -> None:
    kept = task(**facts)
    assert (kept.may_have_created, kept.may_have_adopted) == (created, adopted)
