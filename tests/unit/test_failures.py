"""The reasons of failures: the cause first, then what to do, and who has to act."""

from typing import NamedTuple

import pytest

from provider.contract.errors import Blame
from provider.model import failures
from provider.model.api_errors import ApiError
from provider.model.endpoint import Status
from provider.model.failures import Failure
from tests.unit import given

ARN, OTHER_ARN = given.ARN, given.arn("other")
QUOTA = ApiError("CreateEndpoint", "ResourceLimitExceededException", "Limit is 10.", 400)
BUSY = ApiError("UpdateEndpoint", "TooManyRequestsException", "Not now.", 429)
IN_TRAINING = ApiError("CreateEndpoint", "ResourceUnavailableException", "Not now.", 400)
FAILED = given.endpoint(status=Status.FAILED, message="The model could\n not be loaded. ")
SILENT = given.endpoint(status=Status.FAILED)
DELETING = "the stack is in DELETE_IN_PROGRESS"


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
        failures.SAME_NAME, "DataAccessRoleArn: ", "the provider generates a name."
    ),
    "a role that the endpoint to adopt has": Case(
        failures.ROLE_STAYS, "DataAccessRoleArn: ", "Give its role here, or another one."
    ),
    "a flywheel without a kind": Case(
        failures.UNKNOWN_KIND, "FlywheelArn: ", "Give the ModelArn as well, or another flywheel."
    ),
    "a response that is too long": Case(
        failures.too_long(ValueError("4097 bytes")), "The response cannot be sent: ", "4097 bytes."
    ),
    "a refused call": Case(
        failures.refused(QUOTA),
        "ResourceLimitExceededException from CreateEndpoint: Limit is 10. ",
        "or raise the quota in Service Quotas.",
    ),
    "a refused call that only the provider's team can allow": Case(
        failures.refused(ApiError("CreateEndpoint", "AccessDenied", "No.")),
        "AccessDenied from CreateEndpoint: No. ",
        "(docs/permissions.md).",
        Blame.PROVIDER,
    ),
    "an abandoned request that made nothing": Case(
        failures.abandoned(DELETING, None),
        "Request abandoned: CloudFormation cancelled it, ",
        f"because {DELETING}.",
    ),
    "an abandoned request that made an endpoint": Case(
        failures.abandoned(DELETING, ARN),
        f"Request abandoned: CloudFormation cancelled it, because {DELETING}. ",
        f"The request made, or may have made, {ARN}: it is being deleted.",
    ),
    "time ran out in an endpoint's status": Case(
        failures.timed_out(3541.2, 3600, ARN, "CREATING", None),
        "Timed out after 3541 seconds. ",
        f"The endpoint {ARN} is in CREATING.",
        Blame.SERVICE,
    ),
    "time ran out without an endpoint": Case(
        failures.timed_out(3541.2, 3600, ARN, "", None),
        "Timed out after 3541 seconds. ",
        f"The endpoint {ARN} does not exist.",
        Blame.SERVICE,
    ),
    "time ran out before the endpoint was observed": Case(
        failures.timed_out(3541.2, 3600, ARN, None, None),
        "Timed out after 3541 seconds. ",
        f"The endpoint {ARN} was never observed.",
        Blame.SERVICE,
    ),
    "time ran out before the endpoint was known": Case(
        failures.timed_out(3541.2, 3600, None, None, None),
        "Timed out after 3541 seconds.",
        "",
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
        "ResourceUnavailableException from CreateEndpoint: Not now. ",
        f"Timed out after 3541 seconds. The endpoint {ARN} does not exist.",
    ),
    "a creation that failed": Case(
        failures.creation_failed(FAILED, OTHER_ARN),
        "CreateEndpoint was accepted, but the endpoint ended in FAILED: The model could not be "
        "loaded. Correct what the message names, then deploy again; ",
        f"{ARN} is being deleted.",
        Blame.SERVICE,
    ),
    "a creation that failed of what the stack has, so that a rollback updates it": Case(
        failures.creation_failed(SILENT, ARN),
        "CreateEndpoint was accepted, but the endpoint ended in FAILED. Correct ",
        f"{ARN} stays until an update repairs it.",
        Blame.SERVICE,
    ),
    "an update that failed": Case(
        failures.update_failed(FAILED),
        "UpdateEndpoint was accepted, but the change failed: The model could not be loaded. "
        f"{ARN} is in FAILED. ",
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
        "it is given back to its owner, and not deleted.",
        Blame.SERVICE,
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
    "a name that somebody else has": Case(
        failures.foreign(ARN, OTHER_ARN, None),
        "EndpointName: an endpoint named reviews exists already and is not this resource's "
        f"({ARN}). It was not changed. Choose another EndpointName, or remove it, ",
        "and the provider generates a name.",
    ),
    "a name that somebody else has, and might offer": Case(
        failures.foreign(ARN, None, "shop/Sentiment"),
        "EndpointName: an endpoint named reviews exists already and is not this resource's "
        f"({ARN}). It was not changed. ",
        "its owner gives it the tag comprehend-endpoint-provider:adopt with the value "
        "shop/Sentiment (docs/moving.md).",
    ),
    "an endpoint that lost its tags": Case(
        failures.foreign(ARN, ARN, None),
        f"Tags: the endpoint {ARN} does not carry this stack's ownership tags: ",
        "tags back (docs/troubleshooting.md), or have its owner delete it, then try again.",
    ),
}


@pytest.mark.parametrize("situation", CASES)
def test_a_reason_begins_with_the_cause_and_ends_with_what_to_do(situation: str) -> None:
    case = CASES[situation]
    reason = case.failure.reason
    assert reason.startswith(case.cause)
    assert reason.endswith(case.end)
    assert case.failure.blame is case.blame
    # Whole sentences on one line.
    assert reason == " ".join(reason.split())
    assert reason.endswith((".", ".)"))
    assert ".." not in reason
