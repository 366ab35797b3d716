"""What users read when an operation fails: the cause first, what to do, and who has to."""

import pytest

from provider import reasons
from provider.decision import Move
from provider.endpoint import Status
from provider.errors import ApiError, Blame
from provider.identity import ADOPT_TAG
from provider.reasons import Failure
from tests.unit import given

NONE = ApiError("", "", "")
QUOTA = ApiError("CreateEndpoint", "ResourceLimitExceededException", "Limit is 10.", 400)
FAILED = given.endpoint(status=Status.FAILED, message="The model could\n not be loaded. ")


def failed(move: Move, *, message: bool = True, physical_id: str | None = None) -> Failure:
    live = FAILED if message else given.endpoint(status=Status.FAILED)
    return reasons.failed(move, given.ARN, live, NONE, physical_id=physical_id)


def test_wrong_properties_are_the_user_s_and_all_told() -> None:
    failure = reasons.invalid(["ModelArn: one.", "Tags: two."])
    assert failure == Failure("ModelArn: one. Tags: two.", Blame.USER)


def test_a_replacement_that_cannot_be_done_is_the_user_s() -> None:
    assert reasons.refusal_of("DataAccessRoleArn: no.") == Failure(
        "DataAccessRoleArn: no.", Blame.USER
    )


def test_a_refused_call_is_told_code_first_with_the_service_s_message() -> None:
    failure = reasons.refused(QUOTA)
    assert failure.reason.startswith(
        "ResourceLimitExceededException from CreateEndpoint: Limit is 10. "
    )
    assert "quota" in failure.reason
    assert failure.blame is Blame.USER
    assert (
        reasons.failed(Move.FAIL_REFUSED, given.ARN, None, QUOTA, physical_id=None).reason
        == failure.reason
    )


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (None, "The request is not wanted any more: the stack is in DELETE_IN_PROGRESS."),
        (
            given.ARN,
            "The request is not wanted any more: the stack is in DELETE_IN_PROGRESS. "
            f"{given.ARN}, which it made, is being removed.",
        ),
    ],
)
def test_an_unwanted_request_says_why_and_what_becomes_of_what_it_made(
    made: str | None, told: str
) -> None:
    failure = reasons.unwanted("the stack is in DELETE_IN_PROGRESS", made)
    assert failure == Failure(told, Blame.USER)


@pytest.mark.parametrize(
    ("arn", "status", "left"),
    [
        (given.ARN, "CREATING", f" The endpoint {given.ARN} was left in CREATING."),
        (given.ARN, "", f" The endpoint {given.ARN} does not exist."),
        (given.ARN, None, f" The endpoint {given.ARN} was never seen."),
        (None, None, ""),
    ],
)
def test_a_timeout_says_in_what_state_the_endpoint_was_left(
    arn: str | None, status: str | None, left: str
) -> None:
    failure = reasons.timed_out(3541.2, 3600, arn, status, None)
    assert failure.reason == f"Timed out after 3541 seconds.{left}"
    assert failure.blame is Blame.SERVICE


@pytest.mark.parametrize(
    ("code", "blame"),
    [
        ("TooManyRequestsException", Blame.SERVICE),
        # The user's model was still in training.
        ("ResourceUnavailableException", Blame.USER),
    ],
)
def test_a_timeout_says_what_was_in_the_way_and_that_it_can_be_raised(
    code: str, blame: Blame
) -> None:
    trouble = ApiError("UpdateEndpoint", code, "Not now.", 400)
    failure = reasons.timed_out(45, 60, given.ARN, "UPDATING", trouble)
    assert failure.reason.startswith(f"{code} from UpdateEndpoint: Not now. ")
    assert " Timed out after 45 seconds. " in failure.reason
    assert failure.reason.endswith("Raise ServiceTimeout (now 60, at most 3600 seconds).")
    assert failure.blame is blame


def test_a_timeout_that_is_shorter_than_it_might_be_is_the_user_s() -> None:
    assert reasons.timed_out(45, 60, given.ARN, "CREATING", None).blame is Blame.USER


@pytest.mark.parametrize(
    ("move", "start", "blame"),
    [
        (
            Move.FAIL_CREATION,
            "CreateEndpoint was accepted, but the endpoint ended in FAILED: "
            "The model could not be loaded. ",
            Blame.SERVICE,
        ),
        (
            Move.FAIL_UPDATE,
            "UpdateEndpoint was accepted, but the change did not come about: "
            f"The model could not be loaded. {given.ARN} is in FAILED.",
            Blame.SERVICE,
        ),
        (
            Move.FAIL_IGNORED,
            f"UpdateEndpoint was accepted, but {given.ARN} still has its former settings.",
            Blame.SERVICE,
        ),
        (
            Move.FAIL_VANISHED,
            f"The endpoint {given.ARN} was deleted while it was being created.",
            Blame.USER,
        ),
        (
            Move.FAIL_GIVEN_BACK,
            f"The endpoint {given.ARN} was given back to its owner while it was being adopted.",
            Blame.USER,
        ),
    ],
)
def test_a_failing_move_is_told_with_the_service_s_message(
    move: Move, start: str, blame: Blame
) -> None:
    failure = failed(move)
    assert failure.reason.startswith(start)
    assert failure.blame is blame


@pytest.mark.parametrize("move", [Move.FAIL_CREATION, Move.FAIL_UPDATE])
def test_without_a_message_the_sentence_is_whole(move: Move) -> None:
    reason = failed(move, message=False).reason
    assert ": " not in reason.partition(";")[0].partition("arn:")[0]
    assert ".." not in reason
    assert "None" not in reason


def test_an_update_whose_endpoint_is_gone_from_sight_is_told_all_the_same() -> None:
    failure = reasons.failed(Move.FAIL_UPDATE, given.ARN, None, NONE, physical_id=None)
    assert f"{given.ARN} is in an unknown state." in failure.reason


@pytest.mark.parametrize("physical_id", [None, given.ARN + "2"])
def test_a_name_that_somebody_else_holds_is_told_by_property(physical_id: str | None) -> None:
    failure = failed(Move.FAIL_FOREIGN, physical_id=physical_id)
    assert failure.reason.startswith("EndpointName: an endpoint named reviews exists already")
    assert given.ARN in failure.reason
    assert "It was not touched." in failure.reason
    assert "Choose another EndpointName" in failure.reason
    assert failure.blame is Blame.USER


def test_an_endpoint_that_lost_its_tags_is_told_with_the_remedy() -> None:
    failure = failed(Move.FAIL_FOREIGN, physical_id=given.ARN)
    assert failure.reason.startswith(f"Tags: the endpoint {given.ARN} does not carry")
    assert "It was not touched." in failure.reason
    assert "tags back" in failure.reason
    assert failure.blame is Blame.USER


def test_who_may_adopt_an_endpoint_is_told_by_which_tag() -> None:
    failure = reasons.failed(
        Move.FAIL_FOREIGN, given.ARN, None, NONE, physical_id=None, adopt_tag="shop/Sentiment"
    )
    assert failure.reason.startswith("EndpointName: an endpoint named reviews exists already")
    assert f"{ADOPT_TAG} with the value shop/Sentiment" in failure.reason
    assert ADOPT_TAG not in failed(Move.FAIL_FOREIGN).reason


def test_what_becomes_of_an_endpoint_that_was_being_adopted_is_told_last() -> None:
    failure = reasons.with_return(failed(Move.FAIL_UPDATE))
    assert failure.reason.startswith(failed(Move.FAIL_UPDATE).reason)
    assert failure.reason.endswith("it is given back to its owner, and not deleted.")
    assert failure.blame is Blame.SERVICE


@pytest.mark.parametrize("move", [move for move in Move if move.fails])
def test_every_failing_move_has_words_and_says_what_to_do(move: Move) -> None:
    failure = reasons.failed(move, given.ARN, FAILED, QUOTA, physical_id=None)
    assert failure.reason.endswith((".", ".)"))
    assert failure.reason == " ".join(failure.reason.split())
    assert any(
        word in failure.reason for word in ("Deploy again", "deploy again", "Choose", "Delete")
    )
