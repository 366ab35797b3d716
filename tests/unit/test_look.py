"""One look at an endpoint: what is read of it, and what is noted of the last change."""

from dataclasses import replace

import pytest

from provider.decision import Sent
from provider.endpoint import Endpoint, Status
from provider.identity import ADOPT_TAG, Whose, adoption_tags, ownership_tags
from provider.look import look, whose_is
from provider.state import Progression
from tests.unit import given
from tests.unit.fakes import FakeComprehend

PASSING = (Status.CREATING, Status.UPDATING, Status.DELETING)


def seen(
    live: Endpoint | None, progression: Progression, *, fresh: bool = False
) -> tuple[Endpoint | None, list[str]]:
    """What a look finds, and the calls that it makes."""
    fake = FakeComprehend(live)
    return look(fake, given.ARN, progression, given.reply(), fresh=fresh), fake.calls


def in_status(status: Status) -> Endpoint:
    return given.endpoint(status=status)


@pytest.mark.parametrize("status", Status)
def test_the_first_look_reads_the_tags_whatever_the_status(status: Status) -> None:
    progression = Progression()
    found, calls = seen(in_status(status), progression)
    assert found == in_status(status)
    assert calls == ["DescribeEndpoint", "ListTagsForResource"]
    assert (progression.status, progression.whose) == (status.value, Whose.EARLIER)


@pytest.mark.parametrize("status", PASSING)
def test_a_poll_of_what_is_passing_does_not_read_the_tags_again(status: Status) -> None:
    progression = Progression(whose=Whose.MADE)
    found, calls = seen(in_status(status), progression)
    assert calls == ["DescribeEndpoint"]
    assert found is not None
    assert progression.whose is Whose.MADE


@pytest.mark.parametrize("status", [Status.IN_SERVICE, Status.FAILED])
def test_the_tags_are_read_again_before_anything_is_decided(status: Status) -> None:
    progression = Progression(whose=Whose.MADE)
    stranger = replace(in_status(status), tags={"team": "somebody else's"})
    _, calls = seen(stranger, progression)
    assert "ListTagsForResource" in calls
    assert progression.whose is Whose.FOREIGN


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.DELETING])
def test_before_a_deletion_the_tags_are_read_whatever_the_status(status: Status) -> None:
    progression = Progression(whose=Whose.MADE)
    _, calls = seen(in_status(status), progression, fresh=True)
    assert "ListTagsForResource" in calls
    assert progression.whose is Whose.EARLIER


def test_what_is_going_keeps_its_owner_though_its_tags_may_be_gone() -> None:
    progression = Progression(whose=Whose.MADE)
    _, calls = seen(in_status(Status.DELETING), progression, fresh=True)
    assert calls == ["DescribeEndpoint"]
    assert progression.whose is Whose.MADE


def test_where_there_is_none_nobody_owns_it() -> None:
    progression = Progression(whose=Whose.MADE, status="CREATING")
    found, calls = seen(None, progression)
    assert (found, calls) == (None, ["DescribeEndpoint"])
    assert (progression.status, progression.whose) == ("", None)
    assert whose_is(progression) is Whose.FOREIGN


class Vanishing(FakeComprehend):
    """An endpoint that goes between the two calls of a look."""

    def tags(self, arn: str) -> dict[str, str] | None:
        self.live = None
        return super().tags(arn)


def test_an_endpoint_that_goes_between_the_calls_is_none() -> None:
    progression = Progression()
    fake = Vanishing(in_status(Status.IN_SERVICE))
    assert look(fake, given.ARN, progression, given.reply(), fresh=True) is None
    assert (progression.status, progression.whose) == ("", None)


def test_an_endpoint_that_is_going_may_have_no_tags_any_more() -> None:
    progression = Progression()
    fake = Vanishing(in_status(Status.DELETING))
    found = look(fake, given.ARN, progression, given.reply(), fresh=True)
    assert found == replace(in_status(Status.DELETING), tags={})
    assert progression.whose is Whose.FOREIGN


@pytest.mark.parametrize(
    ("sent", "shows"),
    [
        (Sent.NOTHING, set()),
        (Sent.CREATE, set(Status)),
        (Sent.UPDATE, {Status.UPDATING}),
        (Sent.REVIVE, {Status.UPDATING}),
        (Sent.DELETE, {Status.DELETING}),
    ],
)
@pytest.mark.parametrize("status", Status)
def test_a_change_is_seen_in_the_status_that_it_leads_to(
    sent: Sent, shows: set[Status], status: Status
) -> None:
    progression = Progression(sent=sent)
    seen(in_status(status), progression)
    assert progression.seen is (status in shows)


def test_what_was_seen_stays_seen() -> None:
    progression = Progression(sent=Sent.UPDATE, seen=True)
    seen(in_status(Status.IN_SERVICE), progression)
    assert progression.seen


def test_whose_an_endpoint_is_follows_from_its_tags() -> None:
    progression = Progression()
    mine = given.endpoint(tags=ownership_tags(given.reply()))
    seen(mine, progression)
    assert whose_is(progression) is Whose.MADE


@pytest.mark.parametrize("taken", [True, False])
def test_an_adoption_is_seen_by_its_tags(taken: bool) -> None:
    tags = {ADOPT_TAG: "shop/Sentiment"}
    if taken:
        tags |= ownership_tags(given.reply()) | adoption_tags(given.reply(), 0.0)
    progression = Progression(sent=Sent.ADOPT)
    seen(given.endpoint(tags=tags), progression)
    assert progression.seen is taken
