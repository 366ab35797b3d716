"""A task's memory: what was submitted, what was seen of it, and what reads have said."""

from dataclasses import replace

import pytest

from provider.model.api_errors import ApiError
from provider.model.polling import GRACE, STALE
from provider.model.task import UPDATES, Call, Goal, Refusal, Submission, Task
from tests.unit.given import Values

THROTTLED = ApiError("DescribeEndpoint", "ThrottlingException", "Slow down.", 429)
REFUSED = Refusal(Call.UPDATE, ApiError("UpdateEndpoint", "X", "why", 400))
SENT, SEEN = Submission(Call.UPDATE, 1000.0), Submission(Call.UPDATE, 1000.0, seen=True)
LOST_CREATION, LOST_ADOPTION = Submission(Call.CREATE, 0.0), Submission(Call.ADOPT, 0.0)


def task(**facts: object) -> Task:
    return replace(Task(Goal.ENSURE), **facts)  # type: ignore[arg-type]


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


@pytest.mark.parametrize("call", [Call.CREATE, Call.ADOPT, *UPDATES])
@pytest.mark.parametrize("how", ["accepted", "unknown"])
def test_a_change_may_show_late_whether_its_reply_came_or_not(call: Call, how: str) -> None:
    kept = task(**{how: Submission(call, 1000.0)})
    assert kept.may_show_late(1000 + GRACE - 1, Call.DELETE, call)
    assert not kept.may_show_late(1000 + GRACE, call)
    assert not kept.may_show_late(1000, Call.DELETE)
    assert not task(**{how: Submission(call, 1000.0, seen=True)}).may_show_late(1000, call)


def test_of_a_change_and_a_lost_one_either_may_show_late() -> None:
    kept = task(accepted=Submission(Call.DELETE, 1000.0), unknown=Submission(Call.CREATE, 1010.0))
    for call in (Call.CREATE, Call.DELETE):
        assert kept.may_show_late(1020, call)


@pytest.mark.parametrize("call", [call for call in Call if call is not Call.TAG])
def test_an_accepted_change_starts_afresh(call: Call) -> None:
    kept = task(accepted=SEEN, refused=REFUSED, refused_since=10.5, trouble=THROTTLED)
    kept.accept(Submission(call, 20.0))
    assert kept.accepted == Submission(call, 20.0)
    assert not kept.is_seen
    assert (kept.refused, kept.trouble, kept.refused_since) == (None, None, None)


def test_accepted_tags_do_not_hide_the_change_before_them() -> None:
    kept = task(accepted=SEEN, refused=REFUSED)
    kept.accept(Submission(Call.TAG, 20.0))
    assert (kept.tagged, kept.accepted, kept.refused) == (20.0, SEEN, None)


def test_creations_are_counted_and_the_name_of_one_is_not_taken() -> None:
    kept = task(creations=1, taken=True)
    for call in (Call.DELETE, Call.ADOPT):
        kept.accept(Submission(call, 20.0))
    assert (kept.creations, kept.taken) == (1, True)
    kept.accept(Submission(Call.CREATE, 20.0))
    assert (kept.creations, kept.taken) == (2, False)


@pytest.mark.parametrize("call", [Call.CREATE, Call.ADOPT, Call.UPDATE])
def test_a_call_that_is_accepted_in_the_end_is_lost_no_longer(call: Call) -> None:
    kept = task(unknown=Submission(call, 10.0))
    kept.accept(Submission(Call.DELETE, 15.0))
    assert kept.unknown is not None
    kept.accept(Submission(call, 20.0))
    assert kept.unknown is None


@pytest.mark.parametrize(
    ("facts", "created", "adopted"),
    [
        pytest.param({}, False, False, id="nothing is known"),
        pytest.param({"accepted": SEEN}, False, False, id="an update"),
        pytest.param({"creations": 1}, True, False, id="created"),
        pytest.param({"unknown": LOST_CREATION}, True, False, id="a lost creation"),
        pytest.param({"unknown": LOST_ADOPTION}, False, True, id="a lost adoption"),
        pytest.param({"accepted": LOST_ADOPTION}, False, True, id="adopted"),
    ],
)
def test_a_request_may_have_created_or_adopted_what_it_sent_or_lost(
    facts: Values, created: bool, adopted: bool
) -> None:
    kept = task(**facts)
    assert (kept.may_have_created, kept.may_have_adopted) == (created, adopted)


@pytest.mark.parametrize(
    ("reads", "settled"),
    [
        pytest.param([("no", 0)], False, id="one read"),
        pytest.param([("no", 0), ("no", STALE)], False, id="two that are not apart enough"),
        pytest.param([("no", 0), ("no", STALE + 1)], True, id="two that are"),
        pytest.param([("no", 0), ("no", 9), ("no", STALE + 1)], True, id="one more in between"),
        pytest.param([("no", 0), ("yes", STALE + 1)], False, id="two that differ"),
        pytest.param([("no", 0), ("yes", 9), ("no", STALE + 1)], False, id="a third differed"),
        pytest.param([("no", 0), ("yes", 9), ("yes", STALE + 10)], True, id="the last two agree"),
    ],
)
def test_an_answer_counts_once_two_reads_apart_agree(
    reads: list[tuple[str, float]], settled: bool
) -> None:
    kept = task()
    left = [kept.settles_in("history", said, 1000.0 + at, STALE) for said, at in reads][-1]
    assert (left <= 0) is settled
    # Another question has its own first read.
    assert kept.settles_in("standing", "no", 5000.0, STALE) > STALE


def test_how_far_apart_follows_from_how_old_a_read_may_be() -> None:
    kept = task()
    assert [kept.settles_in("history", "no", 1000.0 + at, 4) for at in (0, 3, 5)] == [5, 2, 0]
