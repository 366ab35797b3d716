"""The reasons of failures: the cause first, then what to do, and who has to act."""

import pytest

from provider.contract.errors import Blame
from provider.model import failures
from provider.model.api_errors import ApiError
from provider.model.endpoint import Status
from provider.model.failures import Failure
from provider.model.ownership import ADOPT_TAG
from tests.unit import given

QUOTA = ApiError("CreateEndpoint", "ResourceLimitExceededException", "Limit is 10.", 400)
FAILED = given.endpoint(status=Status.FAILED, message="The model could\n not be loaded. ")
SILENT = given.endpoint(status=Status.FAILED)
OFFER = "shop/Sentiment"


def test_invalid_properties_are_the_user_s_and_all_reported() -> None:
    failure = failures.invalid(["ModelArn: one.", "Tags: two."])
    assert failure == Failure("ModelArn: one. Tags: two.", Blame.USER)


@pytest.mark.parametrize(
    "failure", [failures.SAME_NAME, failures.ROLE_STAYS, failures.UNKNOWN_KIND]
)
def test_a_template_that_no_endpoint_can_follow_is_the_user_s(failure: Failure) -> None:
    assert failure.blame is Blame.USER
    assert failure.reason.startswith(("DataAccessRoleArn: ", "FlywheelArn: "))
    assert any(remedy in failure.reason for remedy in ("Change EndpointName", "Give "))


def test_a_response_that_is_too_long_is_the_user_s() -> None:
    failure = failures.too_long(ValueError("4097 bytes"))
    assert failure == Failure("The response cannot be sent: 4097 bytes.", Blame.USER)


def test_a_refused_call_is_reported_code_first_with_the_service_s_message() -> None:
    failure = failures.refused(QUOTA)
    assert failure.reason.startswith(
        "ResourceLimitExceededException from CreateEndpoint: Limit is 10. "
    )
    assert "quota" in failure.reason
    assert failure.blame is Blame.USER


@pytest.mark.parametrize(
    ("made", "fate"),
    [
        (None, ""),
        (given.ARN, f" The request made, or may have made, {given.ARN}: it is being deleted."),
    ],
)
def test_an_abandoned_request_says_why_and_what_happens_to_its_endpoint(
    made: str | None, fate: str
) -> None:
    failure = failures.abandoned("the stack is in DELETE_IN_PROGRESS", made)
    assert failure == Failure(
        "Request abandoned: CloudFormation cancelled it, because the stack is in "
        f"DELETE_IN_PROGRESS.{fate}",
        Blame.USER,
    )


@pytest.mark.parametrize(
    ("arn", "status", "state"),
    [
        (given.ARN, "CREATING", f" The endpoint {given.ARN} is in CREATING."),
        (given.ARN, "", f" The endpoint {given.ARN} does not exist."),
        (given.ARN, None, f" The endpoint {given.ARN} was never observed."),
        (None, None, ""),
    ],
)
def test_a_timeout_says_in_what_status_the_endpoint_is(
    arn: str | None, status: str | None, state: str
) -> None:
    failure = failures.timed_out(3541.2, 3600, arn, status, None)
    assert failure.reason == f"Timed out after 3541 seconds.{state}"
    assert failure.blame is Blame.SERVICE


@pytest.mark.parametrize(
    ("code", "blame"),
    [
        ("TooManyRequestsException", Blame.SERVICE),
        # The user's model was still in training.
        ("ResourceUnavailableException", Blame.USER),
    ],
)
def test_a_timeout_names_the_last_error_and_says_that_it_can_be_raised(
    code: str, blame: Blame
) -> None:
    trouble = ApiError("UpdateEndpoint", code, "Not now.", 400)
    failure = failures.timed_out(45, 60, given.ARN, "UPDATING", trouble)
    assert failure.reason.startswith(f"{code} from UpdateEndpoint: Not now. ")
    assert " Timed out after 45 seconds. " in failure.reason
    assert failure.reason.endswith("Raise ServiceTimeout (now 60, at most 3600 seconds).")
    assert failure.blame is blame


def test_a_timeout_that_could_be_longer_is_the_user_s() -> None:
    assert failures.timed_out(45, 60, given.ARN, "CREATING", None).blame is Blame.USER


@pytest.mark.parametrize(
    ("failure", "start", "blame"),
    [
        (
            failures.creation_failed(FAILED, None),
            "CreateEndpoint was accepted, but the endpoint ended in FAILED: "
            "The model could not be loaded. ",
            Blame.SERVICE,
        ),
        (
            failures.update_failed(FAILED),
            "UpdateEndpoint was accepted, but the change failed: "
            f"The model could not be loaded. {given.ARN} is in FAILED.",
            Blame.SERVICE,
        ),
        (
            failures.update_ignored(given.ARN),
            f"UpdateEndpoint was accepted, but {given.ARN} still has its former settings.",
            Blame.SERVICE,
        ),
        (
            failures.vanished(given.ARN),
            f"The endpoint {given.ARN} was deleted while it was being created.",
            Blame.USER,
        ),
        (
            failures.given_back(given.ARN),
            f"The endpoint {given.ARN} was given back to its owner while it was being adopted.",
            Blame.USER,
        ),
    ],
)
def test_a_failed_change_is_reported_with_the_service_s_message(
    failure: Failure, start: str, blame: Blame
) -> None:
    assert failure.reason.startswith(start)
    assert failure.blame is blame


@pytest.mark.parametrize(
    "failure", [failures.creation_failed(SILENT, None), failures.update_failed(SILENT)]
)
def test_without_a_message_the_sentence_is_whole(failure: Failure) -> None:
    reason = failure.reason
    assert ": " not in reason.partition(";")[0].partition("arn:")[0]
    assert ".." not in reason
    assert "None" not in reason


@pytest.mark.parametrize(
    ("physical_id", "fate"),
    [
        (None, "is being deleted"),
        (given.ARN + "2", "is being deleted"),
        # A rollback updates what the stack has as its resource.
        (given.ARN, "stays until an update repairs it"),
    ],
)
def test_a_failed_creation_says_what_happens_to_the_endpoint(
    physical_id: str | None, fate: str
) -> None:
    failure = failures.creation_failed(FAILED, physical_id)
    assert failure.reason.endswith(f"{given.ARN} {fate}.")


@pytest.mark.parametrize("physical_id", [None, given.ARN + "2"])
def test_a_name_that_somebody_else_has_is_reported_by_property(physical_id: str | None) -> None:
    failure = failures.foreign(given.ARN, physical_id, None)
    assert failure.reason.startswith("EndpointName: an endpoint named reviews exists already")
    assert given.ARN in failure.reason
    assert "It was not changed." in failure.reason
    assert "Choose another EndpointName" in failure.reason
    assert failure.blame is Blame.USER


def test_an_endpoint_that_lost_its_tags_is_reported_with_the_remedy() -> None:
    failure = failures.foreign(given.ARN, given.ARN, None)
    assert failure.reason.startswith(f"Tags: the endpoint {given.ARN} does not carry")
    assert "It was not changed." in failure.reason
    assert "tags back" in failure.reason
    assert failure.blame is Blame.USER


def test_a_request_that_can_adopt_names_the_tag_that_its_owner_has_to_set() -> None:
    failure = failures.foreign(given.ARN, None, OFFER)
    assert failure.reason.startswith("EndpointName: an endpoint named reviews exists already")
    assert f"{ADOPT_TAG} with the value {OFFER}" in failure.reason
    assert ADOPT_TAG not in failures.foreign(given.ARN, None, None).reason


def test_an_endpoint_that_was_being_adopted_is_mentioned_last() -> None:
    failure = failures.giving_back(failures.update_failed(FAILED))
    assert failure.reason.startswith(failures.update_failed(FAILED).reason)
    assert failure.reason.endswith("it is given back to its owner, and not deleted.")
    assert failure.blame is Blame.SERVICE


@pytest.mark.parametrize(
    "failure",
    [
        failures.foreign(given.ARN, None, None),
        failures.foreign(given.ARN, given.ARN, None),
        failures.foreign(given.ARN, None, OFFER),
        failures.refused(QUOTA),
        failures.creation_failed(FAILED, None),
        failures.update_failed(FAILED),
        failures.update_ignored(given.ARN),
        failures.vanished(given.ARN),
        failures.given_back(given.ARN),
    ],
)
def test_every_failure_is_whole_sentences_and_says_what_to_do(failure: Failure) -> None:
    assert failure.reason.endswith((".", ".)"))
    assert failure.reason == " ".join(failure.reason.split())
    assert any(
        words in failure.reason
        for words in ("Deploy again", "deploy again", "Choose", "Delete", "try again")
    )
