"""An endpoint in FAILED is made again only when Comprehend has refused to update it twice."""

import pytest

from local.comprehend import Admin
from testing.events import Json
from testing.one_resource import BROKEN, NAMED, OneResource, tags

LARGER: Json = {**NAMED, "DesiredInferenceUnits": "2"}
RETAGGED: Json = {**NAMED, **tags(a="1")}
OLD = 200
"""Seconds: on a younger endpoint, a permission that its tags grant may lag."""

NO_PROOF = {
    "AccessDeniedException": "not authorized, with an explicit deny in a service control policy",
    "ResourceLimitExceededException": "the account may have 0 units",
    "ResourceInUseException": "busy",
    "ResourceUnavailableException": "the model is not ready",
    "ThrottlingException": "too fast",
    "InternalServerException": "it broke",
}


def broken_down(cfn: OneResource) -> str:
    arn = cfn.create(NAMED).succeeded().physical_id
    cfn.account.clock.advance(OLD)
    cfn.admin.fail_endpoint(arn, "it broke")
    return arn


@pytest.mark.parametrize("new", [RETAGGED, LARGER], ids=["a tag", "units"])
@pytest.mark.parametrize("code", NO_PROOF)
def test_what_would_refuse_a_creation_too_does_not_delete(
    cfn: OneResource, admin: Admin, code: str, new: Json
) -> None:
    broken_down(cfn)
    admin.add_fault("UpdateEndpoint", code=code, message=NO_PROOF[code])
    failed = cfn.update({**new, "ServiceTimeout": "300"}).failed(code)
    assert "DeleteEndpoint" not in failed.changes
    assert cfn.statuses() == {"mine": "FAILED"}


def test_it_is_revived_by_an_update(cfn: OneResource) -> None:
    broken_down(cfn)
    assert cfn.update(LARGER).succeeded().changes == ["UpdateEndpoint"]
    assert cfn.endpoint()["CurrentInferenceUnits"] == 2


def test_if_the_change_is_refused_its_units_alone_revive_it(cfn: OneResource, admin: Admin) -> None:
    """Then the change is refused for an endpoint that works, and the reason says why."""
    broken_down(cfn)
    admin.put_model(BROKEN["ModelArn"], "missing")
    new = {**LARGER, "ModelArn": BROKEN["ModelArn"]}
    failed = cfn.update(new).failed("ResourceNotFoundException from UpdateEndpoint")
    assert failed.changes == ["UpdateEndpoint"] * 3
    assert cfn.statuses() == {"mine": "IN_SERVICE"}


def test_if_both_are_refused_it_is_deleted_and_made_again(cfn: OneResource, admin: Admin) -> None:
    arn = broken_down(cfn)
    admin.change_settings(update_on_failed="InvalidRequestException")
    remade = cfn.update({**LARGER, **tags(a="1")}).succeeded()
    first, second = (
        call["parameters"] for call in remade.calls if call["operation"] == "UpdateEndpoint"
    )
    assert first == second == {"EndpointArn": arn, "DesiredInferenceUnits": 2}
    assert remade.changes[2:] == ["DeleteEndpoint", "CreateEndpoint"]
    assert remade.physical_id == arn
    assert cfn.endpoint()["Tags"]["a"] == "1"


def test_if_it_cannot_be_made_again_the_reason_says_that_it_was_deleted(
    cfn: OneResource, admin: Admin
) -> None:
    arn = broken_down(cfn)
    admin.change_settings(update_on_failed="InvalidRequestException")
    admin.add_fault("CreateEndpoint", code="ResourceLimitExceededException")
    cfn.update(LARGER).failed(
        "ResourceLimitExceeded", f"The endpoint {arn} was in FAILED", "does not exist now"
    )
    assert cfn.statuses() == {}


def test_a_rollback_to_a_model_that_is_gone_does_not_delete(cfn: OneResource, admin: Admin) -> None:
    cfn.create(NAMED).succeeded()
    cfn.account.clock.advance(OLD)
    bad = {**NAMED, "ModelArn": BROKEN["ModelArn"]}
    cfn.update(bad).failed()
    admin.put_model(NAMED["ModelArn"], "missing")
    back = cfn.roll_back(NAMED, was=bad)
    assert "DeleteEndpoint" not in back.changes or "deleted" in back.reason
