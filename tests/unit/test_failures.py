"""The reasons of failures: the cause first, then what to do, and who has to act."""

from dataclasses import replace
from typing import NamedTuple

import pytest

from provider.contract.errors import Blame
from provider.model import failures
from provider.model.api_errors import ApiError
from provider.model.endpoint import Status
from provider.model.failures import Failure
from provider.model.ownership import (
    ADOPT_TAG,
    LOGICAL_ID_TAG,
    OWNERSHIP_TAGS,
    REQUEST_TAG,
    STACK_TAG,
    ownership_tags,
)
from provider.model.stack import History
from tests.unit import given
from tests.unit.plan_cases import held

ARN, OTHER_ARN = given.ARN, given.arn("other")
QUOTA = ApiError("CreateEndpoint", "ResourceLimitExceededException", "Limit is 10.", 400)
BUSY = ApiError("UpdateEndpoint", "TooManyRequestsException", "Not now.", 429)
IN_TRAINING = ApiError("CreateEndpoint", "ResourceUnavailableException", "Not now.", 400)
FAILED = given.endpoint(status=Status.FAILED, message="The model could\n not be loaded. ")
SILENT = given.endpoint(status=Status.FAILED)
DELETING = "the stack is in DELETE_IN_PROGRESS"

CREATE, UPDATE = given.request(), given.request("Update", physical_id=ARN)
DELETE = given.request("Delete", physical_id=ARN)
OURS = ownership_tags(given.reply(), "an-execution")
THEIRS = ownership_tags(
    given.reply(stack_id=given.STACK_ID.replace("/shop/", "/bank/"), logical_id="Mood"), "theirs"
)
ON = f"--region {given.REGION} --resource-arn {ARN}"
OFFERS = f"aws comprehend tag-resource {ON} --tags Key={ADOPT_TAG},Value=shop/Sentiment"
UNTAGS = f"aws comprehend untag-resource {ON} --tag-keys {' '.join(OWNERSHIP_TAGS)}"
RESTORES = (
    "this resource's, give it its tags back. Then try again: aws comprehend tag-resource --region "
    f"{given.REGION} --resource-arn {ARN} --tags Key={STACK_TAG},Value={given.STACK_ID} "
    f"Key={LOGICAL_ID_TAG},Value=Sentiment Key={REQUEST_TAG},Value=restored"
)
DELETES = (
    " ; or, if nobody uses the endpoint, delete it: aws comprehend delete-endpoint --region "
    f"{given.REGION} --endpoint-arn {ARN}"
)
CHOICES = (
    "The endpoint was not changed. Do one of these, then deploy again: use another EndpointName; "
    "or leave EndpointName out, and the provider generates a name; or "
)
TO_OFFER = "have its owner let this resource adopt the endpoint: "
"""What the owner of an endpoint can run."""
PROCEED = f"aws cloudformation continue-update-rollback --region {given.REGION} --stack-name shop"
ROLLBACK = (
    "This is a rollback, so the template cannot be changed. Once the stack is in "
    f"UPDATE_ROLLBACK_FAILED, let it try again: {PROCEED} ; or leave this resource as it is: "
)
SKIPS = f"{PROCEED} --resources-to-skip Sentiment"


def going_back(code: str) -> Failure:
    error = ApiError("UpdateEndpoint", code, "No.", 400)
    return failures.going_back(failures.refused(error), UPDATE)


class Case(NamedTuple):
    """A failure, the cause that its reason begins with, what it ends with, and who has to act."""

    failure: Failure
    cause: str
    end: str
    blame: Blame = Blame.USER


CASES = {
    "invalid properties": Case(
        failures.invalid(["ModelArn: one.", "Tags: two."]), "ModelArn: one. ", "Tags: two."
    ),
    "a role that has to be removed under the same name": Case(
        failures.SAME_NAME, "DataAccessRoleArn: ", "the provider then generates a name."
    ),
    "a flywheel without a kind": Case(
        failures.UNKNOWN_KIND, "FlywheelArn: ", "Give the ModelArn as well, or another flywheel."
    ),
    "a response that is too long": Case(
        failures.too_long(ValueError("4097 bytes")),
        "The response cannot be sent: ",
        "a shorter name.",
    ),
    "a refused call": Case(
        failures.refused(QUOTA),
        "ResourceLimitExceededException from CreateEndpoint: Limit is 10. ",
        "or raise the quota in Service Quotas.",
    ),
    "a refused call that only the provider's team can allow": Case(
        failures.refused(ApiError("CreateEndpoint", "AccessDenied", "No.")),
        "AccessDenied from CreateEndpoint: No. ",
        "Tell the team that runs the provider.",
        Blame.PROVIDER,
    ),
    "a refused call after an endpoint was deleted to be made again": Case(
        failures.refused(QUOTA, ARN),
        "ResourceLimitExceededException from CreateEndpoint: Limit is 10. "
        f"The endpoint {ARN} was in FAILED and could not be updated. So it was deleted, to be "
        "created again, and it does not exist now. Delete another endpoint, ",
        "or raise the quota in Service Quotas. The next deployment creates it.",
    ),
    "a replacement for which a quota leaves no room": Case(
        failures.refused(QUOTA, replaces=True),
        "ResourceLimitExceededException from CreateEndpoint: Limit is 10. A replacement needs both "
        "endpoints, the old and the new one, at the same time. Delete another endpoint, ",
        "or raise the quota in Service Quotas.",
    ),
    "a replacement that is refused for something else": Case(
        failures.refused(BUSY, replaces=True),
        "TooManyRequestsException from UpdateEndpoint: Not now. ",
        "AWS kept throttling the calls.",
        Blame.SERVICE,
    ),
    "an abandoned request that made nothing": Case(
        failures.abandoned(DELETING, None),
        "Request abandoned: CloudFormation no longer waits for this request, because ",
        f"{DELETING}.",
    ),
    "an abandoned request that made an endpoint": Case(
        failures.abandoned(DELETING, ARN),
        f"Request abandoned: CloudFormation no longer waits for this request, because {DELETING}. ",
        f"The provider deletes the endpoint that it may have made: {ARN}.",
    ),
    "time ran out in an endpoint's status": Case(
        failures.timed_out(3541.2, 3600, ARN, "CREATING", None),
        f"Timed out after 3541 seconds. The endpoint {ARN} is in CREATING. ",
        "When the stack's operation has ended, try again.",
        Blame.SERVICE,
    ),
    "time ran out without an endpoint": Case(
        failures.timed_out(3541.2, 3600, ARN, "", None),
        f"Timed out after 3541 seconds. The endpoint {ARN} does not exist. ",
        "When the stack's operation has ended, try again.",
        Blame.SERVICE,
    ),
    "time ran out before the endpoint was observed": Case(
        failures.timed_out(3541.2, 3600, ARN, None, None),
        f"Timed out after 3541 seconds. Whether the endpoint {ARN} exists is not known. ",
        "When the stack's operation has ended, try again.",
        Blame.SERVICE,
    ),
    "time ran out before the endpoint was known": Case(
        failures.timed_out(3541.2, 3600, None, None, None),
        "Timed out after 3541 seconds. Until then it was not known which endpoint the request "
        "means. ",
        "When the stack's operation has ended, try again.",
        Blame.SERVICE,
    ),
    "a timeout that can be raised": Case(
        failures.timed_out(45, 60, ARN, "CREATING", None),
        f"Timed out after 45 seconds. The endpoint {ARN} is in CREATING. ",
        "Raise ServiceTimeout (now 60, at most 3600 seconds).",
    ),
    "time ran out in an error of the service's": Case(
        failures.timed_out(45, 60, ARN, "UPDATING", BUSY),
        "TooManyRequestsException from UpdateEndpoint: Not now. ",
        "Raise ServiceTimeout (now 60, at most 3600 seconds).",
        Blame.SERVICE,
    ),
    "time ran out while the user's model was in training": Case(
        failures.timed_out(3541.2, 3600, ARN, "", IN_TRAINING),
        "ResourceUnavailableException from CreateEndpoint: Not now. Timed out after 3541 seconds. "
        f"The endpoint {ARN} does not exist. ",
        "wait until it is trained. When the stack's operation has ended, try again.",
    ),
    "a creation that failed": Case(
        failures.creation_failed(FAILED, OTHER_ARN),
        "CreateEndpoint was accepted, but the endpoint ended in FAILED: The model could not be "
        f"loaded. {ARN} is being deleted. ",
        "Correct what the message names, then deploy again.",
    ),
    "a creation that failed of what the stack has, so that a rollback updates it": Case(
        failures.creation_failed(SILENT, ARN),
        f"CreateEndpoint was accepted, but the endpoint ended in FAILED. {ARN} stays until an "
        "update repairs it. ",
        "Correct what the message names, then deploy again.",
        Blame.SERVICE,
    ),
    "an update that failed": Case(
        failures.update_failed(FAILED),
        "UpdateEndpoint was accepted, but the change failed: The model could not be loaded. "
        f"{ARN} is in FAILED. ",
        "Correct the changed properties, then deploy again.",
    ),
    "an update that failed for a fault of Comprehend's own": Case(
        failures.update_failed(replace(FAILED, message="INTERNAL_ERROR: Try again.")),
        "UpdateEndpoint was accepted, but the change failed: INTERNAL_ERROR: Try again. ",
        "Correct the changed properties, then deploy again.",
        Blame.SERVICE,
    ),
    "an update that failed without a message": Case(
        failures.update_failed(SILENT),
        f"UpdateEndpoint was accepted, but the change failed. {ARN} is in FAILED. ",
        "Correct the changed properties, then deploy again.",
        Blame.SERVICE,
    ),
    "an update of an endpoint that was being adopted": Case(
        failures.giving_back(failures.update_failed(FAILED)),
        failures.update_failed(FAILED).reason,
        "The endpoint was being adopted. The provider does not delete it: it gives it back to its "
        "owner.",
    ),
    "an update without effect": Case(
        failures.update_ignored(ARN),
        f"UpdateEndpoint was accepted, but {ARN} still has its former settings. ",
        "Deploy again.",
        Blame.SERVICE,
    ),
    "an endpoint that vanished": Case(
        failures.vanished(ARN),
        f"The endpoint {ARN} was deleted while it was being created. ",
        "Deploy again, unless the stack itself is being deleted.",
    ),
    "an endpoint that was given back meanwhile": Case(
        failures.given_back(ARN),
        f"The endpoint {ARN} was given back to its owner while it was being adopted. ",
        "Deploy again, unless the stack itself is being deleted.",
    ),
    "an offered endpoint that differs": Case(
        failures.cannot_adopt(
            ARN, {"ModelArn": ("a", "b"), "DataAccessRoleArn": (None, given.ROLE)}
        ),
        f"ModelArn: the endpoint {ARN} is offered to this resource, but it differs from the "
        "template: ModelArn is b, the template says a; DataAccessRoleArn is "
        f"{given.ROLE}, the template says not set. An adoption changes nothing but tags. ",
        "Write the endpoint's values into the template, deploy, then change them with the next "
        "update.",
    ),
    "an offered endpoint that is broken": Case(
        failures.cannot_adopt_failed(FAILED),
        f"EndpointName: the endpoint {ARN} is offered to this resource, but it is in FAILED: The "
        "model could not be loaded. It was not adopted. ",
        "Have its owner repair or delete it, then deploy again.",
    ),
    "a name that somebody else has, and might offer": Case(
        failures.foreign(ARN, CREATE, {}),
        f"EndpointName: an endpoint named reviews exists already ({ARN}), and it is not this "
        f"resource's. {CHOICES}{TO_OFFER}",
        f"{OFFERS}{DELETES}",
    ),
    "a name that a resource of another stack has": Case(
        failures.foreign(ARN, CREATE, THEIRS),
        f"EndpointName: an endpoint named reviews exists already ({ARN}), tagged as that of Mood "
        "of the stack bank, and it is not this resource's. ",
        f"{TO_OFFER}{UNTAGS} && {OFFERS}{DELETES}",
    ),
    "a name that a stack has that cannot be told": Case(
        failures.foreign(ARN, CREATE, {STACK_TAG: "no stack"}),
        f"EndpointName: an endpoint named reviews exists already ({ARN}), and it is not this ",
        f"{TO_OFFER}{UNTAGS} && {OFFERS}{DELETES}",
    ),
    "a name that the stack's own retained endpoint has": Case(
        failures.foreign(ARN, CREATE, OURS, "the stack has held it (DELETE_SKIPPED)"),
        f"EndpointName: an endpoint named reviews exists already ({ARN}), tagged as that of "
        "Sentiment of the stack shop, and it cannot be deleted to make room: the stack has held it "
        f"(DELETE_SKIPPED). {CHOICES}let this resource adopt the endpoint: ",
        f"{OFFERS}{DELETES}",
    ),
    "an endpoint that lost its tags": Case(
        failures.foreign(ARN, UPDATE, {}),
        f"Tags: the endpoint {ARN} does not carry this resource's ownership tags. Somebody has ",
        f"{RESTORES}",
    ),
    "an endpoint that has another stack's tags": Case(
        failures.foreign(ARN, UPDATE, THEIRS),
        f"Tags: the endpoint {ARN} does not carry this resource's ownership tags. It is tagged as "
        "that of Mood of the stack bank. Somebody has ",
        f"do not tag it: give the resource another EndpointName. If it is {RESTORES}",
    ),
    "one that a Delete names": Case(
        failures.foreign(ARN, DELETE, THEIRS),
        f"Tags: the endpoint {ARN} does not carry this resource's ownership tags. It is tagged as "
        "that of Mood of the stack bank. Somebody has ",
        f"do not tag it: delete the stack without Sentiment. If it is {RESTORES}",
    ),
    "a name that another stack still has": Case(
        failures.foreign(ARN, CREATE, THEIRS, history=held("UPDATE_COMPLETE")),
        f"EndpointName: an endpoint named reviews exists already ({ARN}), tagged as that of Mood "
        f"of the stack bank, and that stack has it. {CHOICES}keep the endpoint with a "
        "DeletionPolicy, remove Mood of the stack bank, then let this resource adopt the "
        "endpoint: ",
        f"{UNTAGS} && {OFFERS}",
    ),
    "a name that another stack has let go": Case(
        failures.foreign(ARN, CREATE, THEIRS, history=held("DELETE_SKIPPED")),
        f"EndpointName: an endpoint named reviews exists already ({ARN}), tagged as that of Mood "
        "of the stack bank, and that stack has it no longer. ",
        f"{TO_OFFER}{UNTAGS} && {OFFERS}{DELETES}",
    ),
    "a name of which another stack's events say nothing": Case(
        failures.foreign(ARN, CREATE, THEIRS, history=History()),
        f"EndpointName: an endpoint named reviews exists already ({ARN}), tagged as that of Mood "
        "of the stack bank, and it is not this resource's. ",
        f"{TO_OFFER}{UNTAGS} && {OFFERS}{DELETES}",
    ),
    "in a rollback, a model that is gone": Case(
        going_back("ResourceNotFoundException"),
        "ResourceNotFoundException from UpdateEndpoint: No. Put the model, its version "
        f"or the flywheel back under the same ARN. {ROLLBACK}",
        SKIPS,
    ),
    "in a rollback, a value that is not accepted": Case(
        going_back("InvalidRequestException"),
        f"InvalidRequestException from UpdateEndpoint: No. {ROLLBACK}",
        SKIPS,
    ),
    "in a rollback, a quota": Case(
        failures.going_back(failures.refused(QUOTA), UPDATE),
        "ResourceLimitExceededException from CreateEndpoint: Limit is 10. Delete another endpoint, "
        f"or raise the quota in Service Quotas. {ROLLBACK}",
        SKIPS,
    ),
    "in a rollback, what is not the template's": Case(
        failures.going_back(failures.refused(BUSY), UPDATE),
        "TooManyRequestsException from UpdateEndpoint: Not now. AWS kept throttling the calls. "
        f"{ROLLBACK}",
        SKIPS,
        Blame.SERVICE,
    ),
    "in a rollback, time ran out": Case(
        failures.going_back(failures.timed_out(45, 60, ARN, "UPDATING", None), UPDATE),
        f"Timed out after 45 seconds. The endpoint {ARN} is in UPDATING. {ROLLBACK}",
        SKIPS,
    ),
    "in a rollback, tags that are gone": Case(
        failures.going_back(failures.foreign(ARN, UPDATE, {}), UPDATE),
        f"Tags: the endpoint {ARN} does not carry this resource's ownership tags. Somebody has ",
        f"Value=restored . {ROLLBACK}{SKIPS}",
    ),
    "in a rollback, an abandoned request": Case(
        failures.going_back(failures.abandoned(DELETING, None), UPDATE),
        "Request abandoned: CloudFormation no longer waits for this request, because ",
        f"{DELETING}.",
    ),
}


@pytest.mark.parametrize("situation", CASES)
def test_a_reason_begins_with_the_cause_and_ends_with_what_to_do(situation: str) -> None:
    case = CASES[situation]
    reason = case.failure.reason
    assert reason.startswith(case.cause)
    assert reason.endswith(case.end)
    assert case.failure.blame is case.blame
    # Whole sentences on one line; a command ends in what it is about, so that it can be copied.
    assert reason == " ".join(reason.split())
    assert reason.endswith((".", OFFERS, DELETES, RESTORES, SKIPS))
    assert ".." not in reason
