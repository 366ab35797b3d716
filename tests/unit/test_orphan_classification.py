"""The classification of an endpoint, over whatever can be read of it and of its stack."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from provider.model.api_errors import ApiError
from provider.model.endpoint import ListedEndpoint
from provider.model.ownership import (
    LOGICAL_ID_TAG,
    REQUEST_TAG,
    STACK_TAG,
    TAG_PREFIX,
    ownership_tags,
)
from provider.model.stack import ResourceRecord, StackEvent, StackRecord
from provider.orphans.classification import (
    MAX_MESSAGE,
    REMEMBERED,
    Classification,
    Owner,
    Verdict,
    by_history,
    by_itself,
    by_stack,
    owner,
    precedes,
    shows_retained,
    unread,
)
from tests.unit import given

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)
MADE = NOW - 10 * DAY
ENDPOINT = ListedEndpoint(given.ARN, "IN_SERVICE", 1, MADE)
OTHER_ARN = given.ARN.replace("reviews", "reviews-2")
OWNER = Owner(given.STACK_ID, "Sentiment", "d1ce")
ELSEWHERE = given.STACK_ID.replace(given.REGION, "us-east-1")
ANOTHERS = given.STACK_ID.replace(given.ACCOUNT, "999999999999")

IN_USE, IN_PROGRESS = Classification.IN_USE, Classification.IN_PROGRESS
RETAINED, ORPHANED, UNKNOWN = (
    Classification.RETAINED,
    Classification.ORPHANED,
    Classification.UNKNOWN,
)


def resource(status: str, arn: str = given.ARN, at: datetime | None = NOW) -> ResourceRecord:
    return ResourceRecord(arn, status, at)


def skipped(arn: str = given.ARN, at: datetime = NOW - DAY) -> StackEvent:
    return StackEvent(arn, "DELETE_SKIPPED", at)


class TestTags:
    def test_an_endpoint_that_a_request_made_is_the_resource_s(self) -> None:
        tags = ownership_tags(given.reply())

        assert owner({**tags, "team": "shop"}) == Owner(
            given.STACK_ID, "Sentiment", tags[REQUEST_TAG]
        )

    @pytest.mark.parametrize("tags", [{}, {"team": "shop"}, {TAG_PREFIX + "adopt": "yes"}])
    def test_an_endpoint_without_an_ownership_tag_is_not_ours(self, tags: dict[str, str]) -> None:
        assert owner(tags) is None

    @pytest.mark.parametrize("key", [STACK_TAG, LOGICAL_ID_TAG, REQUEST_TAG])
    def test_a_part_of_the_mark_is_enough_to_be_classified(self, key: str) -> None:
        assert owner({key: "x"}) is not None

    @pytest.mark.parametrize("mark", ["d1ce", "d1ce/adopted"])
    def test_the_execution_that_made_or_adopted_it_has_the_digest_for_a_name(
        self, mark: str
    ) -> None:
        assert replace(OWNER, request=mark).execution == "d1ce"


class TestByItself:
    def test_an_endpoint_that_is_being_deleted_is_in_progress(self) -> None:
        verdict = by_itself(replace(ENDPOINT, status="DELETING"), OWNER)

        assert verdict == Verdict(IN_PROGRESS, "it is being deleted", MADE)

    @pytest.mark.parametrize("status", ["CREATING", "IN_SERVICE", "UPDATING", "FAILED", "NOVEL"])
    def test_of_any_other_cloudformation_is_asked(self, status: str) -> None:
        assert by_itself(replace(ENDPOINT, status=status), OWNER) is None

    @pytest.mark.parametrize("stack_id", ["", "shop", ELSEWHERE, ANOTHERS])
    def test_a_tag_that_names_no_stack_of_the_place_leaves_it_unknown(self, stack_id: str) -> None:
        verdict = by_itself(ENDPOINT, replace(OWNER, stack_id=stack_id))

        assert verdict is not None
        assert verdict.classification is UNKNOWN
        assert STACK_TAG in verdict.why

    def test_a_missing_logical_id_leaves_it_unknown(self) -> None:
        verdict = by_itself(ENDPOINT, replace(OWNER, logical_id=""))

        assert verdict is not None
        assert verdict.classification is UNKNOWN
        assert LOGICAL_ID_TAG in verdict.why


@dataclass(frozen=True)
class Now:
    """A stack as it is, and what must follow; None if only its events can tell."""

    stack: str
    resource: ResourceRecord | None
    classification: Classification | None


AS_IT_IS = {
    "listed after a create": Now("CREATE_COMPLETE", resource("CREATE_COMPLETE"), IN_USE),
    "listed after an update": Now("UPDATE_COMPLETE", resource("UPDATE_COMPLETE"), IN_USE),
    "another resource is being updated": Now(
        "UPDATE_IN_PROGRESS", resource("CREATE_COMPLETE"), IN_USE
    ),
    "rolled back": Now("UPDATE_ROLLBACK_COMPLETE", resource("UPDATE_COMPLETE"), IN_USE),
    "stuck": Now("UPDATE_ROLLBACK_FAILED", resource("UPDATE_FAILED"), IN_USE),
    "a creation that failed and stays": Now("CREATE_FAILED", resource("CREATE_FAILED"), IN_USE),
    "a deletion that failed": Now("DELETE_FAILED", resource("DELETE_FAILED"), IN_USE),
    "being created": Now("CREATE_IN_PROGRESS", resource("CREATE_IN_PROGRESS"), IN_PROGRESS),
    "being created, with an id yet to come": Now(
        "CREATE_IN_PROGRESS", resource("CREATE_IN_PROGRESS", ""), IN_PROGRESS
    ),
    "being updated": Now("UPDATE_IN_PROGRESS", resource("UPDATE_IN_PROGRESS"), IN_PROGRESS),
    "its replacement is being made": Now(
        "UPDATE_IN_PROGRESS", resource("UPDATE_IN_PROGRESS", OTHER_ARN), IN_PROGRESS
    ),
    "it was replaced, other resources follow": Now(
        "UPDATE_IN_PROGRESS", resource("UPDATE_COMPLETE", OTHER_ARN), IN_PROGRESS
    ),
    "it was replaced and is being cleaned up": Now(
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", resource("UPDATE_COMPLETE", OTHER_ARN), IN_PROGRESS
    ),
    "not listed before it is complete": Now("CREATE_IN_PROGRESS", None, IN_PROGRESS),
    "rolling back": Now("ROLLBACK_IN_PROGRESS", None, IN_PROGRESS),
    "being deleted": Now("DELETE_IN_PROGRESS", resource("DELETE_IN_PROGRESS"), IN_PROGRESS),
    "the stack is being deleted": Now("DELETE_IN_PROGRESS", None, IN_PROGRESS),
    "skipped, and the stack gone": Now("DELETE_COMPLETE", resource("DELETE_SKIPPED"), RETAINED),
    "skipped, nobody says when": Now(
        "DELETE_COMPLETE", resource("DELETE_SKIPPED", at=None), RETAINED
    ),
    "taken out of the template, and skipped": Now(
        "UPDATE_COMPLETE", resource("DELETE_SKIPPED"), RETAINED
    ),
    "skipped before this one was made": Now(
        "DELETE_COMPLETE", resource("DELETE_SKIPPED", at=MADE - DAY), None
    ),
    "of that name one was skipped in a stack that is still there": Now(
        "UPDATE_COMPLETE", resource("DELETE_SKIPPED", at=MADE - DAY), None
    ),
    "another one was skipped": Now("DELETE_COMPLETE", resource("DELETE_SKIPPED", OTHER_ARN), None),
    "deleted, says the stack": Now("UPDATE_COMPLETE", resource("DELETE_COMPLETE"), None),
    "a deleted stack's list": Now("DELETE_COMPLETE", resource("DELETE_COMPLETE"), None),
    "a deleted stack that lists it yet": Now("DELETE_COMPLETE", resource("CREATE_COMPLETE"), None),
    "a deleted stack": Now("DELETE_COMPLETE", None, None),
    "no longer in the stack": Now("UPDATE_COMPLETE", None, None),
    "a creation that was rolled back": Now("ROLLBACK_COMPLETE", None, None),
    "the stack has another one": Now(
        "UPDATE_COMPLETE", resource("UPDATE_COMPLETE", OTHER_ARN), None
    ),
}


@pytest.mark.parametrize("case", AS_IT_IS.values(), ids=AS_IT_IS)
def test_the_stack_as_it_is_tells(case: Now) -> None:
    verdict = by_stack(ENDPOINT, OWNER, StackRecord(case.stack), case.resource)

    assert (verdict and verdict.classification) is case.classification


class TestEvents:
    @pytest.mark.parametrize(
        ("event", "shows"),
        [
            pytest.param(skipped(), True, id="its own"),
            pytest.param(skipped(at=MADE), True, id="as old as it is"),
            pytest.param(skipped(OTHER_ARN), False, id="another endpoint's"),
            pytest.param(skipped(at=MADE - DAY), False, id="of an earlier one of its name"),
            pytest.param(replace(skipped(), status="DELETE_FAILED"), False, id="no skip"),
            pytest.param(replace(skipped(), status="DELETE_COMPLETE"), False, id="a deletion"),
        ],
    )
    def test_only_its_own_deletion_that_was_skipped_shows_it_retained(
        self, event: StackEvent, shows: bool
    ) -> None:
        assert shows_retained(ENDPOINT, event) is shows

    def test_events_from_before_it_was_made_do_not_matter(self) -> None:
        assert precedes(ENDPOINT, skipped(at=MADE - DAY))
        assert not precedes(ENDPOINT, skipped(at=MADE))

    def test_if_nobody_says_when_it_was_made_all_events_matter(self) -> None:
        assert not precedes(replace(ENDPOINT, created=None), skipped(at=MADE - 900 * DAY))


GONE = StackRecord("DELETE_COMPLETE", NOW - 3 * DAY)
THERE = StackRecord("UPDATE_COMPLETE")


def judged(
    stack: StackRecord | None = GONE,
    resource: ResourceRecord | None = None,
    *,
    endpoint: ListedEndpoint = ENDPOINT,
    retained: StackEvent | None = None,
    running: bool = False,
) -> Verdict:
    return by_history(endpoint, OWNER, stack, resource, retained=retained, running=running, now=NOW)


class TestByHistory:
    @pytest.mark.parametrize("stack", [GONE, THERE])
    @pytest.mark.parametrize("running", [True, False])
    def test_what_was_skipped_is_retained_since_then(
        self, stack: StackRecord, running: bool
    ) -> None:
        verdict = judged(stack, retained=skipped(), running=running)

        assert (verdict.classification, verdict.since) == (RETAINED, NOW - DAY)

    @pytest.mark.parametrize("stack", [GONE, THERE, None])
    def test_what_a_running_execution_made_is_in_progress_whatever_became_of_the_stack(
        self, stack: StackRecord | None
    ) -> None:
        assert judged(stack, running=True).classification is IN_PROGRESS

    def test_what_a_deleted_stack_left_is_orphaned_since_its_deletion(self) -> None:
        verdict = judged(GONE)

        assert (verdict.classification, verdict.since) == (ORPHANED, NOW - 3 * DAY)
        assert "was deleted" in verdict.why

    def test_a_deleted_stack_that_does_not_say_when_leaves_it_orphaned_since_its_creation(
        self,
    ) -> None:
        assert judged(StackRecord("DELETE_COMPLETE")).since == MADE

    @pytest.mark.parametrize("listed", [None, resource("DELETE_COMPLETE")])
    def test_what_the_stack_no_longer_has_is_orphaned(self, listed: ResourceRecord | None) -> None:
        verdict = judged(THERE, listed)

        assert verdict.classification is ORPHANED
        assert verdict.why == "its stack (UPDATE_COMPLETE) no longer has Sentiment"

    def test_what_the_stack_has_another_one_for_is_orphaned_and_the_other_is_named(self) -> None:
        verdict = judged(THERE, resource("UPDATE_COMPLETE", OTHER_ARN))

        assert verdict.classification is ORPHANED
        assert verdict.why == f"Sentiment of its stack (UPDATE_COMPLETE) is {OTHER_ARN}"

    @pytest.mark.parametrize(
        ("age", "classification"),
        [
            (timedelta(0), ORPHANED),
            (REMEMBERED - DAY, ORPHANED),
            (REMEMBERED, UNKNOWN),
            (900 * DAY, UNKNOWN),
            (None, UNKNOWN),
        ],
    )
    def test_a_stack_that_nobody_knows_makes_an_orphan_unless_it_may_be_long_forgotten(
        self, age: timedelta | None, classification: Classification
    ) -> None:
        made = None if age is None else NOW - age
        verdict = judged(None, endpoint=replace(ENDPOINT, created=made))

        assert (verdict.classification, verdict.since) == (classification, made)

    @pytest.mark.parametrize("stack", [GONE, THERE])
    def test_what_cloudformation_remembers_is_judged_by_that_however_old_the_endpoint_is(
        self, stack: StackRecord
    ) -> None:
        old = replace(ENDPOINT, created=NOW - 900 * DAY)

        assert judged(stack, endpoint=old).classification is ORPHANED
        assert judged(stack, endpoint=old, retained=skipped()).classification is RETAINED


class TestUnread:
    def test_the_api_s_code_comes_first(self) -> None:
        error = ApiError("DescribeStacks", "AccessDenied", "User is\nnot  authorized.")

        assert unread(ENDPOINT, error) == Verdict(
            UNKNOWN, "AccessDenied from DescribeStacks: User is not authorized", MADE
        )

    def test_a_long_message_is_cut(self) -> None:
        why = unread(ENDPOINT, ApiError("Call", "Code", "x" * 5000)).why

        assert len(why) == len("Code from Call: ") + MAX_MESSAGE

    def test_without_a_message_the_code_and_the_call_do(self) -> None:
        assert unread(ENDPOINT, ApiError("Call", "Code", "")).why == "Code from Call"
