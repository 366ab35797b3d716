"""What Comprehend's documentation does not say: right either way."""

import pytest

from local.comprehend import Admin
from testing.arns import classifier, endpoint_arn, role
from testing.events import Json
from testing.one_resource import BROKEN, NAMED, OneResource, tags

V2 = classifier("reviews/version/v2")
BROKEN_UPDATE: Json = {**BROKEN, "EndpointName": "mine"}

VISIBLE = ("immediate", "late_status", "late")
FAILED_UPDATE = ("failed", "reverted", "reverted_with_message")
REVIVES = ("accepted", "InvalidRequestException")
"""UpdateEndpoint on a FAILED endpoint mends it, or refuses for good: then it is made again."""
NO_PROOF = ("ResourceInUseException", "ResourceUnavailableException")
"""It refuses with what is waited out, and proves nothing."""
TOKEN = ("forgotten", "remembered")


@pytest.mark.parametrize("visible", VISIBLE)
@pytest.mark.parametrize(
    "change",
    [{"DesiredInferenceUnits": "3", "ModelArn": V2}, {"DataAccessRoleArn": role()}],
    ids=["units and model", "role"],
)
def test_an_update_is_answered_when_it_is_complete_even_if_it_shows_late(
    cfn: OneResource, admin: Admin, visible: str, change: Json
) -> None:
    admin.change_settings(update_visibility=visible)
    cfn.given(NAMED)
    expected = {**NAMED, **change}
    updating = cfn.send_until_answered(cfn.event("Update", expected, NAMED))
    live = cfn.endpoint()
    assert live["Status"] == "IN_SERVICE"
    assert str(live["CurrentInferenceUnits"]) == expected["DesiredInferenceUnits"]
    assert live["ModelArn"] == expected["ModelArn"]
    assert live.get("DataAccessRoleArn") == expected.get("DataAccessRoleArn")
    assert cfn.finish(updating).succeeded().changes == ["UpdateEndpoint"]


@pytest.mark.parametrize("visible", VISIBLE)
@pytest.mark.parametrize("ending", FAILED_UPDATE)
def test_an_update_that_fails_is_reported_for_each_way_to_end(
    cfn: OneResource, admin: Admin, visible: str, ending: str
) -> None:
    admin.change_settings(update_visibility=visible, failed_update=ending)
    arn = cfn.given(NAMED)
    failed = cfn.update(BROKEN_UPDATE).failed("UpdateEndpoint", "the change failed")
    assert failed.physical_id == arn
    assert failed.changes == ["UpdateEndpoint"]
    if ending != "reverted":
        assert "could not be loaded" in failed.reason


@pytest.mark.parametrize("modified", ["begin", "end", "both"])
@pytest.mark.parametrize("timeout", ["60", "3600"])
@pytest.mark.parametrize("ending", ["reverted", "reverted_with_message", "failed"])
def test_an_update_that_fails_between_two_observations_is_told_at_once(
    cfn: OneResource, admin: Admin, ending: str, timeout: str, modified: str
) -> None:
    """Nobody waits for a status that has passed."""
    admin.change_settings(update_seconds=0.25, failed_update=ending, update_modified=modified)
    cfn.given({**NAMED, "ServiceTimeout": timeout})
    cfn.account.clock.advance(60)
    bad = {**BROKEN_UPDATE, "DesiredInferenceUnits": "3", "ServiceTimeout": timeout}
    failed = cfn.update(bad).failed("the change failed")
    if ending == "reverted":
        # Only the time tells: the desired values differ, as in an update whose status shows late.
        assert failed.seconds < 20
        return
    assert "could not be loaded" in failed.reason
    assert failed.seconds < 10


@pytest.mark.parametrize(
    ("ending", "on_failed", "token"),
    [("failed", on_failed, token) for on_failed in REVIVES for token in TOKEN]
    + [(ending, "accepted", "forgotten") for ending in FAILED_UPDATE[1:]],
)
def test_a_rollback_after_a_failed_update_ends_with_a_working_endpoint(
    cfn: OneResource, admin: Admin, ending: str, on_failed: str, token: str
) -> None:
    admin.change_settings(
        failed_update=ending, update_on_failed=on_failed, token_after_delete=token
    )
    arn = cfn.given({**NAMED, "ServiceTimeout": "600"})
    cfn.update({**BROKEN_UPDATE, "ServiceTimeout": "600"}).failed()
    back = cfn.roll_back({**NAMED, "ServiceTimeout": "600"}, was=BROKEN_UPDATE).succeeded()
    assert back.physical_id == arn
    assert cfn.endpoint()["Status"] == "IN_SERVICE"
    assert cfn.endpoint()["ModelArn"] == classifier()
    remade = "CreateEndpoint" in back.changes
    assert remade == (ending == "failed" and on_failed != "accepted")


@pytest.mark.parametrize("code", NO_PROOF)
def test_a_failed_endpoint_that_is_said_to_be_busy_or_unavailable_is_never_deleted(
    cfn: OneResource, admin: Admin, code: str
) -> None:
    """Its update waits, and so does the way back; then continue-update-rollback mends it."""
    admin.change_settings(update_on_failed=code)
    old = {**NAMED, "ServiceTimeout": "300"}
    admin.fail_endpoint(cfn.given(old), "The instance was lost.")
    new = {**old, "DesiredInferenceUnits": "2"}
    failed = cfn.update(new).failed(f"{code} from UpdateEndpoint", "Timed out")
    back = cfn.roll_back(old, was=new).failed(f"{code} from UpdateEndpoint", "Timed out")
    assert {*failed.changes, *back.changes} == {"UpdateEndpoint"}
    cfn.comes_to("UPDATE_ROLLBACK_FAILED")
    admin.change_settings(update_on_failed="accepted")
    cfn.roll_back(old, was=new).succeeded()
    assert cfn.statuses() == {"mine": "IN_SERVICE"}


@pytest.mark.parametrize("on_failed", REVIVES)
@pytest.mark.parametrize(
    "change",
    [
        {"DesiredInferenceUnits": "2"},
        tags(a="1"),
        {"ServiceTimeout": "600"},
    ],
    ids=["units", "tags", "nothing"],
)
def test_an_update_that_meets_a_failed_endpoint_mends_it(
    cfn: OneResource, admin: Admin, on_failed: str, change: Json
) -> None:
    admin.change_settings(update_on_failed=on_failed)
    old = {**NAMED, "DataAccessRoleArn": role(), **tags(b="1")}
    arn = cfn.given(old)
    admin.fail_endpoint(arn, "The instance was lost.")
    assert cfn.update({**old, **change}).succeeded().physical_id == arn
    live = cfn.endpoint()
    assert live["Status"] == "IN_SERVICE"
    assert str(live["DesiredInferenceUnits"]) == change.get("DesiredInferenceUnits", "1")
    assert (live["ModelArn"], live["DataAccessRoleArn"]) == (classifier(), role())
    assert {tag["Key"] for tag in change.get("Tags", old["Tags"])} <= live["Tags"].keys()


def test_an_endpoint_that_an_accepted_update_does_not_revive_stays_until_one_does(
    cfn: OneResource, admin: Admin
) -> None:
    """It ends FAILED again. Only a refusal proves that no update can mend it."""
    arn = cfn.given(NAMED)
    admin.fail_endpoint(arn, "The instance was lost.")
    admin.add_fault("UpdateEndpoint", fails_later="Still lost.", times=1)
    new = {**NAMED, "ServiceTimeout": "600"}
    failed = cfn.update(new).failed("the change failed: Still lost")
    assert failed.changes == ["UpdateEndpoint"]
    assert cfn.statuses() == {"mine": "FAILED"}
    back = cfn.roll_back(NAMED, was=new).succeeded()
    assert (back.changes, back.physical_id) == (["UpdateEndpoint"], arn)
    assert cfn.endpoint()["Status"] == "IN_SERVICE"


def test_an_endpoint_that_cannot_be_made_again_is_a_failure(cfn: OneResource, admin: Admin) -> None:
    admin.change_settings(update_on_failed="InvalidRequestException")
    arn = cfn.given(NAMED)
    admin.fail_endpoint(arn, "The instance was lost.")
    assert cfn.update(BROKEN_UPDATE).failed("could not be loaded").physical_id == arn
    cfn.roll_back(NAMED, was=BROKEN_UPDATE).succeeded()
    assert cfn.endpoint()["Status"] == "IN_SERVICE"


@pytest.mark.parametrize("token", TOKEN)
def test_a_creation_is_repeated_with_a_token_that_is_not_used_up(
    cfn: OneResource, admin: Admin, token: str
) -> None:
    """A vanished endpoint is made by one update, vanishes, and is made by the next."""
    admin.change_settings(token_after_delete=token)
    cfn.create(NAMED).succeeded()
    for units in ("2", "3"):
        admin.remove_endpoint(endpoint_arn("mine"))
        cfn.update({**NAMED, "DesiredInferenceUnits": units}).succeeded()
        assert str(cfn.endpoint()["DesiredInferenceUnits"]) == units
    tokens = [each["parameters"]["ClientRequestToken"] for each in admin.calls("CreateEndpoint")]
    assert len(set(tokens)) == 3


@pytest.mark.parametrize("busy", ["accepted", "refused"])
def test_a_failed_create_removes_an_endpoint_that_is_still_being_created(
    cfn: OneResource, admin: Admin, busy: str
) -> None:
    """The clean-up waits if a busy endpoint cannot be deleted; the answer does not."""
    admin.change_settings(create_seconds=60, delete_while_creating=busy)
    outcome = cfn.create({**NAMED, "ServiceTimeout": "20"}).failed("CREATING")
    assert cfn.statuses() == {}
    assert outcome.seconds < 20
    assert (outcome.seconds_in_all < 60) == (busy == "accepted")


@pytest.mark.parametrize("busy", ["accepted", "refused"])
def test_a_delete_during_an_update_succeeds(cfn: OneResource, admin: Admin, busy: str) -> None:
    admin.change_settings(update_seconds=60, delete_while_updating=busy)
    cfn.given(NAMED)
    updating = cfn.send_until_called(
        cfn.event("Update", {**NAMED, "DesiredInferenceUnits": "2"}, NAMED), "UpdateEndpoint"
    )
    cfn.finish(cfn.send(cfn.event("Delete", NAMED)), updating).succeeded()
    assert cfn.statuses() == {}
