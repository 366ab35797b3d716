"""One observation of an endpoint: what is read of it, and what is noted of the last change."""

from collections.abc import Mapping
from typing import Any

import pytest

from provider.contract.event import Request
from provider.model.api_errors import ApiError
from provider.model.asked import Asked
from provider.model.endpoint import Endpoint, Status
from provider.model.failures import UNKNOWN_KIND, Failure
from provider.model.naming import Kind
from provider.model.ownership import (
    ADOPT_TAG,
    OWNERSHIP_TAGS,
    adoption_tags,
    ownership_tags,
)
from provider.model.polling import SHOWS_LATE
from provider.model.task import Call, Goal, Refusal, Scope, Submission, Task
from provider.reconcile.observe import observe
from tests.unit import given
from tests.unit.fakes import FakeComprehend
from tests.unit.given import Values

CREATING, IN_SERVICE, UPDATING, DELETING, FAILED = Status
NAMED = {"endpoint_name": "reviews"}
DESCRIBED, WITH_TAGS = ["DescribeEndpoint"], ["DescribeEndpoint", "ListTagsForResource"]
MINE, EARLIER = (ownership_tags(given.reply(), each) for each in ("mine", "earlier"))
"""The tags of what this request made, and of what an earlier one of its resource made."""
MADE = 1_800_000_000.5
REMOVALS = [Goal.DELETE, Goal.DELETE_LEFTOVER, Goal.CLEAN_UP]


def looked(
    comprehend: FakeComprehend, task: Task, request: Request | None = None, now: float = 0.0
) -> Endpoint | Failure | None:
    asked = Asked(request or given.request("Create", NAMED), "mine", 0.0, 0.0, 3540.0)
    return observe(asked, task, comprehend, now)


def observed(comprehend: FakeComprehend, task: Task, now: float = 0.0) -> Endpoint | None:
    found = looked(comprehend, task, now=now)
    assert not isinstance(found, Failure)
    return found


def in_status(status: Status, tags: Mapping[str, str] = EARLIER) -> Endpoint:
    return given.endpoint(status=status, tags=tags, created=MADE)


@pytest.mark.parametrize("goal", Goal)
@pytest.mark.parametrize("status", Status)
def test_the_first_observation_reads_the_tags_whatever_the_status(
    status: Status, goal: Goal
) -> None:
    task, fake = Task(goal, given.ARN), FakeComprehend(in_status(status))
    assert observed(fake, task) == in_status(status)
    assert fake.calls == WITH_TAGS
    assert (task.status, task.created, task.marks) == (status.value, MADE, EARLIER)


@pytest.mark.parametrize("goal", Goal)
@pytest.mark.parametrize("status", Status)
def test_a_later_one_reads_them_before_anything_is_planned_or_deleted(
    status: Status, goal: Goal
) -> None:
    # Until its last observation, the endpoint was this request's.
    task = Task(goal, given.ARN, status="CREATING", created=MADE, marks=MINE)
    fake = FakeComprehend(in_status(status))
    observed(fake, task)
    passes = status is DELETING or (goal is Goal.ENSURE and status in (CREATING, UPDATING))
    assert fake.calls == (DESCRIBED if passes else WITH_TAGS)
    assert task.marks == (MINE if passes else EARLIER)


@pytest.mark.parametrize("status", [CREATING, UPDATING, DELETING])
@pytest.mark.parametrize("goal", Goal)
@pytest.mark.parametrize(
    "known",
    [
        pytest.param({"created": MADE, "marks": {}}, id="they do not show yet"),
        pytest.param({"created": MADE - 60, "marks": MINE}, id="they were another endpoint's"),
        pytest.param({"created": None, "marks": MINE}, id="of whose creation nothing is known"),
    ],
)
def test_they_are_read_again_if_those_that_are_known_say_nothing_of_this_endpoint(
    known: dict[str, Any], goal: Goal, status: Status
) -> None:
    task = Task(goal, given.ARN, status="CREATING", **known)
    fake = FakeComprehend(in_status(status))
    observed(fake, task)
    assert fake.calls == WITH_TAGS
    assert (task.created, task.marks) == (MADE, EARLIER)


def test_of_the_tags_only_the_provider_s_are_kept() -> None:
    task = Task(Goal.ENSURE, given.ARN)
    observed(FakeComprehend(in_status(IN_SERVICE, EARLIER | OFFER | {"team": "shop"})), task)
    assert task.marks == EARLIER | OFFER


@pytest.mark.parametrize("goal", Goal)
def test_if_there_is_no_endpoint_nobody_owns_it_and_its_name_is_free(goal: Goal) -> None:
    task = Task(goal, given.ARN, status="CREATING", created=MADE, marks=MINE, taken=True)
    fake = FakeComprehend()
    assert observed(fake, task) is None
    assert fake.calls == DESCRIBED
    assert (task.status, task.marks, task.taken) == ("", None, False)


class Vanishing(FakeComprehend):
    """An endpoint that goes between the two calls of an observation."""

    def tags(self, arn: str) -> dict[str, str] | None:
        self.live = None
        return super().tags(arn)


def test_an_endpoint_that_goes_between_the_calls_is_none() -> None:
    task = Task(Goal.DELETE, given.ARN)
    assert observed(Vanishing(in_status(IN_SERVICE)), task) is None
    assert (task.status, task.marks) == ("", None)


def test_an_endpoint_that_is_being_deleted_may_have_no_tags_any_more() -> None:
    task = Task(Goal.DELETE, given.ARN)
    found = observed(Vanishing(in_status(DELETING)), task)
    assert found == in_status(DELETING, {})
    assert task.marks == {}


@pytest.mark.parametrize("goal", REMOVALS)
def test_after_its_deletion_an_endpoint_made_later_is_another_one(goal: Goal) -> None:
    deleted = Submission(Call.DELETE, 0.0)
    task = Task(goal, given.ARN, accepted=deleted, created=MADE - 1, marks=MINE)
    fake = FakeComprehend(in_status(IN_SERVICE))
    assert observed(fake, task) is None
    assert fake.calls == DESCRIBED
    assert (task.status, task.created, task.marks) == ("", MADE - 1, None)


@pytest.mark.parametrize(
    ("goal", "call", "created"),
    [
        pytest.param(Goal.DELETE, Call.DELETE, MADE, id="the same one"),
        pytest.param(Goal.DELETE, Call.DELETE, None, id="nothing tells them apart"),
        pytest.param(Goal.DELETE, Call.GIVE_BACK, MADE - 1, id="it was not deleted"),
        pytest.param(Goal.ENSURE, Call.DELETE, MADE - 1, id="its name is to be used"),
    ],
)
def test_it_is_observed_unless_it_is_certainly_another_one(
    goal: Goal, call: Call, created: float | None
) -> None:
    task = Task(goal, given.ARN, accepted=Submission(call, 0.0), created=created)
    assert observed(FakeComprehend(in_status(IN_SERVICE)), task) == in_status(IN_SERVICE)


# ---------------------------------------------------------------- Which endpoint it is


@pytest.mark.parametrize("live", [None, in_status(IN_SERVICE)])
def test_the_first_observation_of_a_create_finds_the_arn_that_the_properties_give(
    live: Endpoint | None,
) -> None:
    task = Task(Goal.ENSURE)
    assert observed(FakeComprehend(live), task) == live
    assert (task.arn, task.scope) == (given.ARN, Scope.ALL)
    assert task.status == ("IN_SERVICE" if live else "")
    assert task.created == (MADE if live else None)
    assert task.marks == (EARLIER if live else None)


def test_that_of_an_update_finds_the_endpoint_that_it_means() -> None:
    # The new name: the endpoint that exists is not touched.
    task = Task(Goal.ENSURE)
    update = given.request("Update", {"endpoint_name": "b"}, NAMED, physical_id=given.ARN)
    assert looked(FakeComprehend(in_status(IN_SERVICE)), task, update) is None
    assert (task.arn, task.marks) == (given.arn("b"), None)


FLYWHEEL = {"model_arn": None, "flywheel_arn": given.FLYWHEEL}


class Trains(FakeComprehend):
    """A Comprehend that says of a flywheel what it is told to."""

    kind: Kind | None = None

    def flywheel_kind(self, flywheel_arn: str) -> Kind | None:
        super().flywheel_kind(flywheel_arn)
        return self.kind


def trains(kind: Kind | None) -> Trains:
    fake = Trains(in_status(IN_SERVICE))
    fake.kind = kind
    return fake


def test_a_flywheel_is_asked_for_the_kind_of_its_model() -> None:
    task = Task(Goal.ENSURE)
    fake = trains(Kind.RECOGNIZER)
    assert looked(fake, task, given.request("Create", NAMED | FLYWHEEL)) is None
    assert task.arn == given.arn(kind=Kind.RECOGNIZER)
    assert fake.calls[0] == "DescribeFlywheel"


def test_if_it_does_not_say_the_endpoint_that_exists_tells_it_else_the_request_fails() -> None:
    assert looked(trains(None), Task(Goal.ENSURE), given.request("Create", FLYWHEEL)) == (
        UNKNOWN_KIND
    )
    same = NAMED | FLYWHEEL
    update = given.request("Update", same, same, physical_id=given.ARN)
    assert looked(trains(None), Task(Goal.ENSURE), update) == in_status(IN_SERVICE)


@pytest.mark.parametrize(
    ("code", "raises"), [("ResourceNotFoundException", False), ("ThrottlingException", True)]
)
def test_an_update_survives_its_flywheel_but_waits_for_one_that_cannot_be_read_now(
    code: str, raises: bool
) -> None:
    same = NAMED | FLYWHEEL
    update = given.request("Update", same, same, physical_id=given.ARN)
    fake = trains(None)
    fake.fails["DescribeFlywheel"] = ApiError("DescribeFlywheel", code, "No.", 400)
    if not raises:
        assert looked(fake, Task(Goal.ENSURE), update) == in_status(IN_SERVICE)
        return
    with pytest.raises(ApiError, match=code):
        looked(fake, Task(Goal.ENSURE), update)


# ---------------------------------------------------------------- The last change


@pytest.mark.parametrize(
    ("call", "shows"),
    [
        (Call.CREATE, set(Status)),
        (Call.UPDATE, {UPDATING}),
        (Call.REVIVE, {UPDATING}),
        (Call.REVIVE_UNITS, {UPDATING}),
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


SENT = Submission(Call.UPDATE, 0.0, modified=5.0, message="An old failure.")


@pytest.mark.parametrize(
    ("live", "seen"),
    [
        pytest.param({"modified": 5.0, "message": "An old failure."}, False, id="as before"),
        pytest.param({"modified": 9.0}, True, id="it was changed since"),
        pytest.param({"modified": None}, False, id="the service does not say when"),
        pytest.param({"modified": 5.0, "message": "A new one."}, True, id="a new message"),
        pytest.param(
            {"modified": 9.0, "other": given.settings(inference_units=2)},
            False,
            id="it is changing still",
        ),
        pytest.param(
            {"modified": 9.0, "other": given.settings(inference_units=1)}, True, id="no longer"
        ),
    ],
)
def test_an_update_that_began_and_ended_unseen_is_seen_by_its_effect(
    live: Values, seen: bool
) -> None:
    task = Task(Goal.ENSURE, given.ARN, accepted=SENT)
    observed(FakeComprehend(given.endpoint(**live)), task)
    assert task.is_seen is seen


@pytest.mark.parametrize(("after", "seen"), [(SHOWS_LATE - 1, False), (SHOWS_LATE, True)])
def test_if_its_values_differ_still_it_is_over_when_its_status_would_show(
    after: float, seen: bool
) -> None:
    live = given.endpoint(modified=9.0, other=given.settings(inference_units=2))
    task = Task(Goal.ENSURE, given.ARN, accepted=SENT)
    observed(FakeComprehend(live), task, after)
    assert task.is_seen is seen


def test_other_changes_are_not_seen_by_a_later_modification() -> None:
    for call in (Call.DELETE, Call.ADOPT):
        task = Task(Goal.DELETE, given.ARN, accepted=Submission(call, 0.0))
        observed(FakeComprehend(given.endpoint(modified=9.0, message="New.")), task)
        assert not task.is_seen


OFFER = {ADOPT_TAG: "shop/Sentiment"}
ADOPTED = OFFER | adoption_tags(given.reply(), "mine", 0.0)


@pytest.mark.parametrize(
    ("tags", "seen"),
    [
        pytest.param(OFFER, False, id="not yet"),
        pytest.param(OFFER | EARLIER, False, id="another request's"),
        pytest.param(
            {key: each for key, each in ADOPTED.items() if key != OWNERSHIP_TAGS[0]},
            False,
            id="in part",
        ),
        pytest.param(ADOPTED, True, id="all"),
    ],
)
def test_an_adoption_is_seen_by_its_tags(tags: dict[str, str], seen: bool) -> None:
    task = Task(Goal.ENSURE, given.ARN, accepted=Submission(Call.ADOPT, 0.0))
    observed(FakeComprehend(given.endpoint(tags=tags)), task)
    assert task.is_seen is seen


@pytest.mark.parametrize("goal", REMOVALS)
@pytest.mark.parametrize(
    ("tags", "seen"),
    [
        pytest.param(ADOPTED, False, id="not yet"),
        pytest.param(OFFER | {OWNERSHIP_TAGS[2]: "mine"}, False, id="in part"),
        pytest.param(OFFER, True, id="all"),
    ],
)
def test_its_end_is_seen_once_no_ownership_tag_shows(
    tags: dict[str, str], seen: bool, goal: Goal
) -> None:
    task = Task(goal, given.ARN, accepted=Submission(Call.GIVE_BACK, 0.0))
    observed(FakeComprehend(given.endpoint(tags=tags)), task)
    assert task.is_seen is seen


@pytest.mark.parametrize(
    ("call", "status", "is_kept"),
    [
        (Call.UPDATE, UPDATING, False),
        (Call.REVIVE, UPDATING, False),
        (Call.REVIVE_UNITS, UPDATING, False),
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
