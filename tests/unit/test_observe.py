"""One observation of an endpoint: what is read of it, and what is noted of the last change."""

from dataclasses import replace

import pytest

from provider.model.api_errors import ApiError
from provider.model.endpoint import Endpoint, Status
from provider.model.ownership import (
    ADOPT_TAG,
    REQUEST_TAG,
    Ownership,
    adoption_mark,
    ownership_tags,
)
from provider.model.plan import Asked
from provider.model.task import Call, Goal, Refusal, Submission, Task
from provider.reconcile.observe import observe
from tests.unit import given
from tests.unit.fakes import FakeComprehend

PASSING = (Status.CREATING, Status.UPDATING, Status.DELETING)
REMOVALS = (Goal.DELETE, Goal.DELETE_IF_OURS, Goal.CLEAN_UP)
ASKED = Asked(given.request(), 0.0, 3540.0)


def observed(
    comprehend: FakeComprehend, task: Task, *, cleaning_up: bool = False
) -> Endpoint | None:
    found = observe(ASKED, task, comprehend, cleaning_up=cleaning_up)
    assert found is None or isinstance(found, Endpoint)
    return found


def in_status(status: Status) -> Endpoint:
    return given.endpoint(status=status)


def known(goal: Goal = Goal.ENSURE) -> Task:
    """A task whose endpoint this request is known to have made."""
    return Task(goal, given.ARN, status="CREATING", ownership=Ownership.MADE)


def sent(call: Call | None, *, seen: bool = False) -> Task:
    """A task of which that change was accepted."""
    return Task(Goal.ENSURE, given.ARN, accepted=Submission(call, 0.0, seen=seen) if call else None)


@pytest.mark.parametrize("goal", Goal)
@pytest.mark.parametrize("status", Status)
def test_the_first_observation_reads_the_tags_whatever_the_status(
    status: Status, goal: Goal
) -> None:
    task, fake = Task(goal, given.ARN), FakeComprehend(in_status(status))
    assert observed(fake, task) == in_status(status)
    assert fake.calls == ["DescribeEndpoint", "ListTagsForResource"]
    assert (task.status, task.ownership) == (status.value, Ownership.EARLIER)


@pytest.mark.parametrize("status", PASSING)
def test_a_poll_of_what_is_passing_does_not_read_the_tags_again(status: Status) -> None:
    task, fake = known(), FakeComprehend(in_status(status))
    assert observed(fake, task) is not None
    assert fake.calls == ["DescribeEndpoint"]
    assert task.ownership is Ownership.MADE


@pytest.mark.parametrize("status", [Status.IN_SERVICE, Status.FAILED])
def test_the_tags_are_read_again_before_anything_is_planned(status: Status) -> None:
    foreign = replace(in_status(status), tags={"team": "somebody else's"})
    task, fake = known(), FakeComprehend(foreign)
    observed(fake, task)
    assert "ListTagsForResource" in fake.calls
    assert task.ownership is Ownership.FOREIGN


@pytest.mark.parametrize("goal", REMOVALS)
@pytest.mark.parametrize("status", [status for status in Status if status is not Status.DELETING])
def test_before_a_deletion_the_tags_are_read_whatever_the_status(
    status: Status, goal: Goal
) -> None:
    task, fake = known(goal), FakeComprehend(in_status(status))
    observed(fake, task)
    assert "ListTagsForResource" in fake.calls
    assert task.ownership is Ownership.EARLIER


@pytest.mark.parametrize("goal", REMOVALS)
def test_an_endpoint_that_is_being_deleted_keeps_its_owner_though_its_tags_may_be_gone(
    goal: Goal,
) -> None:
    task, fake = known(goal), FakeComprehend(in_status(Status.DELETING))
    observed(fake, task)
    assert fake.calls == ["DescribeEndpoint"]
    assert task.ownership is Ownership.MADE


@pytest.mark.parametrize("goal", Goal)
def test_if_there_is_no_endpoint_nobody_owns_it(goal: Goal) -> None:
    task, fake = known(goal), FakeComprehend()
    assert observed(fake, task) is None
    assert fake.calls == ["DescribeEndpoint"]
    assert (task.status, task.ownership) == ("", None)


class Vanishing(FakeComprehend):
    """An endpoint that goes between the two calls of an observation."""

    def tags(self, arn: str) -> dict[str, str] | None:
        self.live = None
        return super().tags(arn)


def test_an_endpoint_that_goes_between_the_calls_is_none() -> None:
    task = Task(Goal.DELETE, given.ARN)
    assert observed(Vanishing(in_status(Status.IN_SERVICE)), task) is None
    assert (task.status, task.ownership) == ("", None)


def test_an_endpoint_that_is_being_deleted_may_have_no_tags_any_more() -> None:
    task = Task(Goal.DELETE, given.ARN)
    found = observed(Vanishing(in_status(Status.DELETING)), task)
    assert found == replace(in_status(Status.DELETING), tags={})
    assert task.ownership is Ownership.FOREIGN


@pytest.mark.parametrize(
    ("call", "shows"),
    [
        (None, set()),
        (Call.CREATE, set(Status)),
        (Call.UPDATE, {Status.UPDATING}),
        (Call.REVIVE, {Status.UPDATING}),
        (Call.DELETE, {Status.DELETING}),
    ],
)
@pytest.mark.parametrize("status", Status)
def test_a_change_is_seen_in_the_status_that_it_leads_to(
    call: Call | None, shows: set[Status], status: Status
) -> None:
    task = sent(call)
    observed(FakeComprehend(in_status(status)), task)
    assert task.is_seen is (status in shows)


def test_what_was_seen_stays_seen() -> None:
    task = sent(Call.UPDATE, seen=True)
    observed(FakeComprehend(in_status(Status.IN_SERVICE)), task)
    assert task.is_seen


def test_whose_an_endpoint_is_follows_from_its_tags() -> None:
    task = Task(Goal.ENSURE, given.ARN)
    observed(FakeComprehend(given.endpoint(tags=ownership_tags(given.reply()))), task)
    assert task.ownership is Ownership.MADE


@pytest.mark.parametrize("adopted", [True, False])
def test_an_adoption_is_seen_by_its_tags(adopted: bool) -> None:
    tags = {ADOPT_TAG: "shop/Sentiment"}
    if adopted:
        tags |= ownership_tags(given.reply()) | adoption_mark(given.reply(), 0.0)
    task = sent(Call.ADOPT)
    observed(FakeComprehend(given.endpoint(tags=tags)), task)
    assert task.is_seen is adopted


REFUSAL = ApiError("UpdateEndpoint", "ResourceInUseException", "Busy", 400)


@pytest.mark.parametrize(
    ("call", "status", "is_kept"),
    [
        (Call.UPDATE, Status.UPDATING, False),
        (Call.REVIVE, Status.UPDATING, False),
        (Call.UPDATE, Status.FAILED, True),
        (Call.UPDATE, Status.IN_SERVICE, True),
        (Call.TAG, Status.UPDATING, True),
        (Call.DELETE, Status.UPDATING, True),
    ],
)
def test_a_refused_update_is_forgotten_once_an_update_runs(
    call: Call, status: Status, is_kept: bool
) -> None:
    task = Task(Goal.ENSURE, given.ARN, refused=Refusal(call, REFUSAL))
    observed(FakeComprehend(in_status(status)), task)
    assert (task.refused is not None) is is_kept


@pytest.mark.parametrize(
    ("before", "cleaning_up", "after"),
    [
        pytest.param(None, True, "the-first", id="the clean-up's first observation"),
        pytest.param("an-other", True, "an-other", id="another endpoint has its name now"),
        pytest.param(None, False, None, id="no clean-up"),
    ],
)
def test_a_clean_up_keeps_whose_endpoint_it_found_first(
    before: str | None, cleaning_up: bool, after: str | None
) -> None:
    task = Task(Goal.CLEAN_UP, given.ARN, mark=before)
    live = given.endpoint(tags=ownership_tags(given.reply()) | {REQUEST_TAG: "the-first"})
    observed(FakeComprehend(live), task, cleaning_up=cleaning_up)
    assert task.mark == after


@pytest.mark.parametrize("live", [None, in_status(Status.IN_SERVICE)])
def test_the_first_observation_of_a_create_finds_the_arn_that_the_properties_give(
    live: Endpoint | None,
) -> None:
    request = given.request(properties=given.TEMPLATE | {"EndpointName": "reviews"})
    task, fake = Task(Goal.ENSURE), FakeComprehend(live)
    found = observe(Asked(request, 0.0, 3540.0), task, fake, cleaning_up=False)
    assert found == live
    assert task.arn == given.ARN
    assert task.status == ("IN_SERVICE" if live else "")
    assert task.ownership is (Ownership.EARLIER if live else None)
