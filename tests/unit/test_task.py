"""A task's memory: what was submitted, what was seen of it, and what may have been made."""

from typing import Any

import pytest

from provider.model.api_errors import ApiError
from provider.model.ownership import Ownership
from provider.model.polling import GRACE
from provider.model.task import Call, Goal, Refusal, Submission, Task

THROTTLED = ApiError("DescribeEndpoint", "ThrottlingException", "Slow down.", 429)
REFUSED = Refusal(Call.UPDATE, ApiError("UpdateEndpoint", "X", "why", 400))


def task(**changes: Any) -> Task:
    return Task(Goal.ENSURE, **changes)


@pytest.mark.parametrize(
    ("call", "seen", "elapsed", "pending", "overdue"),
    [
        pytest.param(None, False, 0.0, False, False, id="nothing was sent"),
        pytest.param(None, False, 9999.0, False, False, id="nothing was sent, long ago"),
        pytest.param(Call.UPDATE, False, 0.0, True, False, id="just sent"),
        pytest.param(Call.UPDATE, False, GRACE - 0.1, True, False, id="not quite overdue"),
        pytest.param(Call.UPDATE, False, GRACE, False, True, id="overdue"),
        pytest.param(Call.UPDATE, True, 0.0, False, False, id="seen at once"),
        pytest.param(Call.UPDATE, True, 9999.0, False, False, id="seen, long ago"),
    ],
)
def test_a_change_that_never_shows_is_overdue_after_a_while(
    call: Call | None, seen: bool, elapsed: float, pending: bool, overdue: bool
) -> None:
    kept = task(accepted=Submission(call, 1000.0, seen=seen) if call else None)
    assert kept.has_accepted is call
    assert kept.is_seen is seen
    assert kept.is_pending(1000.0 + elapsed) is pending
    assert kept.is_overdue(1000.0 + elapsed) is overdue


@pytest.mark.parametrize("call", [call for call in Call if call is not Call.TAG])
def test_an_accepted_change_starts_afresh(call: Call) -> None:
    kept = task(
        accepted=Submission(Call.UPDATE, 12.5, seen=True),
        refused=REFUSED,
        role_refused_since=10.5,
        trouble=THROTTLED,
    )
    kept.accept(Submission(call, 20.0))
    assert kept.accepted == Submission(call, 20.0)
    assert not kept.is_seen
    assert (kept.refused, kept.trouble, kept.role_refused_since) == (None, None, None)


def test_accepted_tags_do_not_hide_the_change_before_them() -> None:
    update = Submission(Call.UPDATE, 12.5, seen=True)
    kept = task(accepted=update, refused=REFUSED)
    kept.accept(Submission(Call.TAG, 20.0))
    assert kept.tagged
    assert kept.accepted == update
    assert kept.refused is None


def test_creations_are_counted_and_what_they_make_is_this_request_s() -> None:
    kept = task(creations=1)
    kept.accept(Submission(Call.CREATE, 20.0))
    assert (kept.creations, kept.ownership) == (2, Ownership.MADE)
    kept.accept(Submission(Call.DELETE, 30.0))
    assert kept.creations == 2


def test_what_is_adopted_is_this_request_s_on_trial() -> None:
    kept = task(ownership=Ownership.OFFERED)
    kept.accept(Submission(Call.ADOPT, 20.0))
    assert kept.ownership is Ownership.ADOPTED


@pytest.mark.parametrize("call", [Call.CREATE, Call.ADOPT])
def test_a_call_that_is_accepted_in_the_end_is_lost_no_longer(call: Call) -> None:
    kept = task(unknown=Submission(call, 10.0))
    kept.accept(Submission(Call.UPDATE, 15.0))
    assert kept.unknown is not None
    kept.accept(Submission(call, 20.0))
    assert kept.unknown is None


LOST_CREATION = Submission(Call.CREATE, 0.0)
LOST_ADOPTION = Submission(Call.ADOPT, 0.0)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, False),
        ({"ownership": Ownership.EARLIER}, False),
        ({"ownership": Ownership.CLAIMED}, False),
        ({"ownership": Ownership.ADOPTED}, False),
        ({"unknown": LOST_ADOPTION}, False),
        ({"creations": 1}, True),
        ({"unknown": LOST_CREATION}, True),
        ({"ownership": Ownership.MADE}, True),
    ],
)
def test_a_request_may_have_created_what_it_sent_lost_or_marked(
    values: dict[str, Any], expected: bool
) -> None:
    assert task(**values).may_have_created is expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, False),
        ({"ownership": Ownership.OFFERED}, False),
        ({"ownership": Ownership.ON_TRIAL}, False),
        ({"ownership": Ownership.CLAIMED}, False),
        ({"unknown": LOST_CREATION}, False),
        ({"ownership": Ownership.ADOPTED}, True),
        ({"unknown": LOST_ADOPTION}, True),
        ({"unknown": LOST_ADOPTION, "ownership": Ownership.OFFERED}, True),
        # It went, and another one was made in its place.
        ({"unknown": LOST_ADOPTION, "creations": 1}, False),
    ],
)
def test_a_request_may_have_adopted_what_it_marked_or_lost(
    values: dict[str, Any], expected: bool
) -> None:
    assert task(**values).may_have_adopted is expected


@pytest.mark.parametrize(
    ("seen", "may"), [(False, True), (True, False)], ids=["tags show late", "given back since"]
)
def test_an_adoption_that_was_accepted_counts_until_its_tags_have_shown(
    seen: bool, may: bool
) -> None:
    adopting = Submission(Call.ADOPT, 5.0, seen=seen)
    kept = Task(Goal.ENSURE, ownership=Ownership.OFFERED, accepted=adopting)
    assert kept.may_have_adopted is may
