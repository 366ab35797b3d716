"""The execution of a change: what is noted of each outcome, and which error is waited out."""

from dataclasses import replace

import pytest

from provider.model.actions import Change, Create, Delete, Proof, Retag, Update
from provider.model.api_errors import ApiError
from provider.model.endpoint import Endpoint
from provider.model.ownership import STACK_TAG
from provider.model.polling import QUOTA_GRACE, ROLE_GRACE, TAGS_GRANT_LATE
from provider.model.task import Call, Goal, Refusal, Submission, Task
from provider.reconcile.act import Outcome, act
from tests.unit import given
from tests.unit.fakes import FakeComprehend, services
from tests.unit.given import Values
from tests.unit.plan_cases import CREATE, MINE, NOW, asked, sent, update

ACCEPTED, REFUSED, GONE, LATER = Outcome
CHANGES: dict[Call, Change] = {
    Call.CREATE: Create("reviews", given.settings(), MINE | {"team": "search"}, "token"),
    Call.UPDATE: Update(given.settings(inference_units=2), before=given.endpoint()),
    Call.REVIVE: Update(given.settings(), before=given.endpoint(), call=Call.REVIVE),
    Call.DELETE: Delete(Proof.NAMED),
    Call.TAG: Retag(Call.TAG, put={"a": "1"}, remove=("b",)),
    Call.ADOPT: Retag(Call.ADOPT, put=MINE),
    Call.GIVE_BACK: Retag(Call.GIVE_BACK, remove=(STACK_TAG,)),
}
IN_THE_API = {
    Call.CREATE: "CreateEndpoint",
    Call.DELETE: "DeleteEndpoint",
    Call.TAG: "TagResource",
    Call.ADOPT: "TagResource",
    Call.GIVE_BACK: "UntagResource",
}
DENIED, QUOTA, INVALID, IN_USE, NOT_FOUND, BROKEN = (
    "AccessDeniedException",
    "ResourceLimitExceededException",
    "InvalidRequestException",
    "ResourceInUseException",
    "ResourceNotFoundException",
    "InternalServerException",
)


def acted(
    change: Change,
    error: ApiError | None = None,
    *,
    role: str | None = None,
    was_there: bool = False,
    **facts: object,
) -> tuple[Outcome, Task, FakeComprehend]:
    """Make a change, which the service accepts or answers with an error.

    Args:
        was_there: whether the endpoint that is created was the resource's before.
    """
    task = replace(Task(Goal.ENSURE, given.ARN), **facts)  # type: ignore[arg-type]
    is_new = change.call is Call.CREATE
    fake = FakeComprehend(None if is_new else given.endpoint())
    if error is not None:
        fake.fails[IN_THE_API.get(change.call, "UpdateEndpoint")] = error
    request = CREATE if is_new and not was_there else update({"role_arn": role})
    return act(change, task, asked(request), services(fake), NOW), task, fake


def failed(
    call: Call, code: str, message: str = "No.", status: int = 400, **facts: object
) -> tuple[Outcome, Task]:
    error = ApiError("Call", code, message, status)
    outcome, task, _ = acted(CHANGES[call], error, **facts)  # type: ignore[arg-type]
    assert task.refused == (Refusal(call, error) if outcome is REFUSED else None)
    return outcome, task


# ---------------------------------------------------------------- Accepted


@pytest.mark.parametrize("call", CHANGES)
def test_an_accepted_change_is_noted(call: Call) -> None:
    outcome, task, _ = acted(CHANGES[call])
    assert outcome is ACCEPTED
    assert (task.tagged if call is Call.TAG else task.accepted and task.accepted.at) == NOW


def test_a_creation_is_known_by_its_arn_and_the_provider_s_tags_before_they_show() -> None:
    _, task, fake = acted(CHANGES[Call.CREATE], arn=given.arn("guessed"))
    assert isinstance(fake.live, Endpoint)
    assert (task.arn, task.marks, task.creations) == (fake.live.arn, MINE, 1)


def test_an_update_is_noted_with_what_it_sent_and_what_was_there() -> None:
    _, task, _ = acted(CHANGES[Call.UPDATE])
    expected = Submission(
        Call.UPDATE, NOW, settings=given.settings(inference_units=2), before=given.settings()
    )
    assert task.accepted == expected


@pytest.mark.parametrize("proof", Proof)
def test_only_what_is_deleted_to_be_made_again_is_replaced(proof: Proof) -> None:
    assert acted(Delete(proof))[1].replaced is (proof is Proof.REPLACED)


def test_tags_are_removed_before_others_are_set_because_their_number_is_limited() -> None:
    assert acted(CHANGES[Call.TAG])[2].calls == ["UntagResource", "TagResource"]


# ---------------------------------------------------------------- An error, by its meaning


@pytest.mark.parametrize("call", CHANGES)
def test_what_is_gone_needs_no_deletion_and_anything_else_is_refused(call: Call) -> None:
    expected = GONE if call in (Call.DELETE, Call.GIVE_BACK) else REFUSED
    assert failed(call, NOT_FOUND)[0] is expected


@pytest.mark.parametrize("call", CHANGES)
def test_only_create_endpoint_says_that_the_name_is_taken(call: Call) -> None:
    outcome, task = failed(call, IN_USE)
    assert (outcome, task.taken, task.unknown) == (LATER, call is Call.CREATE, None)


@pytest.mark.parametrize("status", [0, 400, 500])
@pytest.mark.parametrize("call", CHANGES)
def test_a_lost_creation_adoption_or_update_is_kept_because_it_may_show_late(
    call: Call, status: int
) -> None:
    outcome, task = failed(call, BROKEN, status=status)
    is_kept = status != 400 and call not in (Call.DELETE, Call.TAG, Call.GIVE_BACK)
    assert (outcome, task.unknown) == (LATER, sent(call, 0) if is_kept else None)


@pytest.mark.parametrize("call", [Call.ADOPT, Call.UPDATE])
def test_a_lost_creation_is_not_forgotten_for_another_lost_call(call: Call) -> None:
    lost = sent(Call.CREATE)
    assert failed(call, BROKEN, status=500, unknown=lost)[1].unknown == lost


# ---------------------------------------------------------------- An error, by its time

DELETED, TAGGED = sent(Call.DELETE), NOW - TAGS_GRANT_LATE + 1
PASS_ROLE = "User is not authorized to perform: iam:PassRole"

TIMES: dict[str, tuple[Outcome, Call, str, Values]] = {
    # A quota may still count what was deleted, by this request or by another.
    "a quota, after its deletion": (LATER, Call.CREATE, QUOTA, {"accepted": DELETED}),
    "a quota, for a while": (
        LATER,
        Call.CREATE,
        QUOTA,
        {"accepted": DELETED, "refused_since": NOW - QUOTA_GRACE + 1},
    ),
    "a quota, for too long": (
        REFUSED,
        Call.CREATE,
        QUOTA,
        {"accepted": DELETED, "refused_since": NOW - QUOTA_GRACE},
    ),
    "a quota, and the resource's endpoint is gone, for the first time": (
        LATER,
        Call.CREATE,
        QUOTA,
        {"was_there": True},
    ),
    "a quota, and nothing was deleted": (REFUSED, Call.CREATE, QUOTA, {}),
    "a quota of units": (REFUSED, Call.UPDATE, QUOTA, {"accepted": DELETED}),
    # A permission may depend on tags that were just set.
    "denied, on a new endpoint": (LATER, Call.DELETE, DENIED, {"created": TAGGED}),
    "denied, on one that is not": (REFUSED, Call.DELETE, DENIED, {"created": TAGGED - 1}),
    "denied, after the template's tags": (LATER, Call.UPDATE, DENIED, {"tagged": TAGGED}),
    "denied, after the creation": (LATER, Call.TAG, DENIED, {"accepted": sent(Call.CREATE)}),
    "denied, after the adoption": (LATER, Call.TAG, DENIED, {"accepted": sent(Call.ADOPT)}),
    "denied, after an update": (REFUSED, Call.TAG, DENIED, {"accepted": sent(Call.UPDATE)}),
    "denied, and no tags of an endpoint matter": (
        REFUSED,
        Call.CREATE,
        DENIED,
        {"tagged": TAGGED, "created": TAGGED},
    ),
    "denied, a role to pass": (
        REFUSED,
        Call.UPDATE,
        DENIED,
        {"tagged": TAGGED, "message": PASS_ROLE},
    ),
    # IAM may not have propagated a new role.
    "a role, for the first time": (LATER, Call.UPDATE, INVALID, {"role": given.ROLE}),
    "a role, for a while": (
        LATER,
        Call.UPDATE,
        INVALID,
        {"role": given.ROLE, "refused_since": NOW - ROLE_GRACE + 1},
    ),
    "a role, for too long": (
        REFUSED,
        Call.REVIVE,
        INVALID,
        {"role": given.ROLE, "refused_since": NOW - ROLE_GRACE},
    ),
    "no role is named": (REFUSED, Call.UPDATE, INVALID, {}),
    "a call that names none": (REFUSED, Call.TAG, INVALID, {"role": given.ROLE}),
}


@pytest.mark.parametrize("situation", TIMES)
def test_what_may_pass_is_waited_out_and_then_refused(situation: str) -> None:
    expected, call, code, facts = TIMES[situation]
    outcome, task = failed(call, code, **{"message": "The role is not valid.", **facts})
    assert outcome is expected
    if "for the first time" in situation:
        assert task.refused_since == NOW
