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

CREATING, IN_SERVICE, UPDATING, DELETING, FAILED = Status
NAMED = {"endpoint_name": "reviews"}
DESCRIBED, WITH_TAGS = ["DescribeEndpoint"], ["DescribeEndpoint", "ListTagsForResource"]


def observed(
    comprehend: FakeComprehend, task: Task, *, cleaning_up: bool = False
) -> Endpoint | None:
    asked = Asked(given.request("Create", NAMED), 0.0, 3540.0)
    found = observe(asked, task, comprehend, cleaning_up=cleaning_up)
    assert found is None or isinstance(found, Endpoint)
    return found


def in_status(status: Status) -> Endpoint:
    return given.endpoint(status=status)


@pytest.mark.parametrize("goal", Goal)
@pytest.mark.parametrize("status", Status)
def test_the_first_observation_reads_the_tags_whatever_the_status(
    status: Status, goal: Goal
) -> None:
    task, fake = Task(goal, given.ARN), FakeComprehend(in_status(status))
    assert observed(fake, task) == in_status(status)
    assert fake.calls == WITH_TAGS
    assert (task.status, task.ownership) == (status.value, Ownership.EARLIER)


@pytest.mark.parametrize("goal", Goal)
@pytest.mark.parametrize("status", Status)
def test_a_later_one_reads_them_before_anything_is_planned_or_deleted(
    status: Status, goal: Goal
) -> None:
    # Until its last observation, the endpoint was this request's.
    task = Task(goal, given.ARN, status="CREATING", ownership=Ownership.MADE)
    fake = FakeComprehend(in_status(status))
    observed(fake, task)
    passes = status is DELETING or (goal is Goal.ENSURE and status in (CREATING, UPDATING))
    assert fake.calls == (DESCRIBED if passes else WITH_TAGS)
    assert task.ownership is (Ownership.MADE if passes else Ownership.EARLIER)


@pytest.mark.parametrize("goal", Goal)
def test_if_there_is_no_endpoint_nobody_owns_it(goal: Goal) -> None:
    task = Task(goal, given.ARN, status="CREATING", ownership=Ownership.MADE)
    fake = FakeComprehend()
    assert observed(fake, task) is None
    assert fake.calls == DESCRIBED
    assert (task.status, task.ownership) == ("", None)


@pytest.mark.parametrize("live", [None, in_status(IN_SERVICE)])
def test_the_first_observation_of_a_create_finds_the_arn_that_the_properties_give(
    live: Endpoint | None,
) -> None:
    task = Task(Goal.ENSURE)
    assert observed(FakeComprehend(live), task) == live
    assert task.arn == given.ARN
    assert task.status == ("IN_SERVICE" if live else "")
    assert task.ownership is (Ownership.EARLIER if live else None)


class Vanishing(FakeComprehend):
    """An endpoint that goes between the two calls of an observation."""

    def tags(self, arn: str) -> dict[str, str] | None:
        self.live = None
        return super().tags(arn)


def test_an_endpoint_that_goes_between_the_calls_is_none() -> None:
    task = Task(Goal.DELETE, given.ARN)
    assert observed(Vanishing(in_status(IN_SERVICE)), task) is None
    assert (task.status, task.ownership) == ("", None)


def test_an_endpoint_that_is_being_deleted_may_have_no_tags_any_more() -> None:
    task = Task(Goal.DELETE, given.ARN)
    found = observed(Vanishing(in_status(DELETING)), task)
    assert found == replace(in_status(DELETING), tags={})
    assert task.ownership is Ownership.FOREIGN


# ---------------------------------------------------------------- The last change


@pytest.mark.parametrize(
    ("call", "shows"),
    [
        (Call.CREATE, set(Status)),
        (Call.UPDATE, {UPDATING}),
        (Call.REVIVE, {UPDATING}),
        (Call.DELETE, {DELETING}),
    ],
)
@pytest.mark.parametrize("status", Status)
def test_a_change_is_seen_in_the_status_that_it_leads_to_and_stays_seen(
    call: Call, shows: set[Status], status: Status
) -> None:
    for seen_before in (False, True):
        accepted = Submission(call, 0.0, seen=seen_before)
        task = Task(Goal.ENSURE, given.ARN, accepted=accepted)
        observed(FakeComprehend(in_status(status)), task)
        assert task.is_seen is (seen_before or status in shows)


OFFER = {ADOPT_TAG: "shop/Sentiment"}
ADOPTED = OFFER | ownership_tags(given.reply()) | adoption_mark(given.reply(), 0.0)


@pytest.mark.parametrize(("tags", "seen"), [(OFFER, False), (ADOPTED, True)])
def test_an_adoption_is_seen_by_its_tags(tags: dict[str, str], seen: bool) -> None:
    task = Task(Goal.ENSURE, given.ARN, accepted=Submission(Call.ADOPT, 0.0))
    observed(FakeComprehend(given.endpoint(tags=tags)), task)
    assert task.is_seen is seen


@pytest.mark.parametrize(
    ("call", "status", "is_kept"),
    [
        (Call.UPDATE, UPDATING, False),
        (Call.REVIVE, UPDATING, False),
        (Call.UPDATE, FAILED, True),
        (Call.UPDATE, IN_SERVICE, True),
        (Call.TAG, UPDATING, True),
        (Call.DELETE, UPDATING, True),
    ],
)
def test_a_refused_update_is_forgotten_once_an_update_runs(
    call: Call, status: Status, is_kept: bool
) -> None:
    busy = ApiError("UpdateEndpoint", "ResourceInUseException", "Busy", 400)
    task = Task(Goal.ENSURE, given.ARN, refused=Refusal(call, busy))
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
