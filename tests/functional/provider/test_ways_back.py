"""Ways back that CloudFormation takes besides a plain rollback, and what a reader can do in one."""

import re

import pytest

from local.comprehend import Admin
from provider.model.api_errors import ApiError
from testing.account import Account
from testing.arns import endpoint_arn, role
from testing.events import Json
from testing.interception import HISTORY, Site
from testing.one_resource import (
    BROKEN,
    CLASSIFIER,
    DURATIONS,
    NAMED,
    RENAMED,
    OneResource,
    tags,
)

ROLLED_BACK = "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"
WITH_ROLE: Json = {**CLASSIFIER, "DataAccessRoleArn": role()}
SECOND: Json = {**CLASSIFIER, "EndpointName": "second"}
BROKEN_SECOND: Json = {**SECOND, "ModelArn": BROKEN["ModelArn"]}


def rests(cfn: OneResource) -> None:
    """The stack is complete, and some time passes."""
    cfn.completes()
    cfn.account.clock.advance(300)


# ------------------------------------------------------------------ To which endpoint


def keeps_a_role(cfn: OneResource) -> str:
    """An endpoint keeps a role that the template has no more: a rollback could not remove it."""
    arn = cfn.create(CLASSIFIER).succeeded().physical_id
    rests(cfn)
    cfn.update(WITH_ROLE).succeeded()
    cfn.roll_back(CLASSIFIER).succeeded()
    cfn.comes_to("UPDATE_ROLLBACK_COMPLETE")
    cfn.account.clock.advance(300)
    return arn


@pytest.mark.parametrize("new", [BROKEN_SECOND, SECOND], ids=["fails", "sibling fails"])
def test_a_way_back_goes_to_the_endpoint_that_has_kept_a_role(cfn: OneResource, new: Json) -> None:
    arn = keeps_a_role(cfn)
    made = cfn.update(new).physical_id
    assert cfn.roll_back(CLASSIFIER, was=new).succeeded().physical_id == arn
    if made != arn:
        cfn.clean_up(made, new, ROLLED_BACK).succeeded()
    assert list(cfn.statuses().values()) == ["IN_SERVICE"]
    assert cfn.admin.endpoint(arn) is not None


def test_a_way_back_does_not_take_what_its_stack_has_retained(cfn: OneResource) -> None:
    """Two endpoints have the resource's tags and the role that is asked for."""
    retained = cfn.create(WITH_ROLE).succeeded().physical_id
    rests(cfn)
    arn = cfn.update(CLASSIFIER).succeeded().physical_id
    cfn.retained(retained)
    cfn.account.clock.advance(600)
    cfn.update(WITH_ROLE).succeeded()
    rests(cfn)
    new = {**SECOND, **WITH_ROLE}
    made = cfn.update(new).succeeded().physical_id
    assert cfn.roll_back(WITH_ROLE).succeeded().physical_id == arn
    cfn.clean_up(made, new, ROLLED_BACK).succeeded()
    cfn.comes_to("UPDATE_ROLLBACK_COMPLETE")
    cfn.account.clock.advance(600)
    cfn.delete().succeeded()
    assert cfn.statuses() == {retained.rpartition("/")[2]: "IN_SERVICE"}


@pytest.mark.usefixtures("account")
def test_without_events_the_way_back_from_a_failed_rename_stays_where_it_is() -> None:
    def deny(site: Site, carry_out: object) -> object:
        if site.name == HISTORY:
            raise ApiError(HISTORY, "AccessDenied", "No.", 400)
        assert callable(carry_out)
        return carry_out()

    cfn = OneResource(Account(DURATIONS, around=deny))
    arn = cfn.create(CLASSIFIER).succeeded().physical_id
    rests(cfn)
    cfn.update(BROKEN_SECOND).failed()
    back = cfn.roll_back(CLASSIFIER, was=BROKEN_SECOND).succeeded()
    assert (back.physical_id, back.changes) == (arn, [])


# ------------------------------------------------------------------ Preserved resources (E27)


@pytest.fixture
def preserving(cfn: OneResource) -> OneResource:
    cfn.create(NAMED).succeeded()
    rests(cfn)
    cfn.preserves = True
    return cfn


def test_a_way_back_to_what_a_younger_ceiling_forbids_succeeds(
    preserving: OneResource, monkeypatch: pytest.MonkeyPatch
) -> None:
    cfn = preserving
    five = {**NAMED, "DesiredInferenceUnits": "5"}
    cfn.update(five).succeeded()
    rests(cfn)
    monkeypatch.setenv("MAX_INFERENCE_UNITS", "3")
    bad = {**five, "DesiredInferenceUnits": "2", "ModelArn": BROKEN["ModelArn"]}
    cfn.update(bad).failed()
    cfn.roll_back(five, was=bad).succeeded()
    assert (cfn.endpoint()["Status"], cfn.endpoint()["DesiredInferenceUnits"]) == ("IN_SERVICE", 5)


def test_a_way_back_over_a_role_that_the_update_had_added_succeeds(
    preserving: OneResource, admin: Admin
) -> None:
    cfn = preserving
    new = {**NAMED, "DataAccessRoleArn": role(), **tags(a="1")}
    denied = admin.add_fault("TagResource", code="AccessDeniedException", message="tag policy")
    cfn.update(new).failed("AccessDenied")
    admin.remove_fault(denied)
    cfn.roll_back(NAMED, was=new).succeeded()


def test_units_that_were_scaled_survive_the_way_back_from_a_failed_replacement(
    preserving: OneResource, admin: Admin
) -> None:
    cfn = preserving
    admin.change_units(str(cfn.physical_id), 4)
    new = {**RENAMED, "ModelArn": BROKEN["ModelArn"]}
    cfn.update(new).failed()
    assert cfn.roll_back(NAMED, was=new).succeeded().changes == []
    assert cfn.endpoint()["DesiredInferenceUnits"] == 4


# ------------------------------------------------------------------ Skipped resources (E32)


def test_after_a_skipped_resource_an_update_changes_what_the_template_changed(
    cfn: OneResource, admin: Admin
) -> None:
    """CloudFormation counts the resource as rolled back, and the endpoint has what the failed
    update left. The log names what differs.
    """
    cfn.create(NAMED).succeeded()
    rests(cfn)
    larger = {**NAMED, "DesiredInferenceUnits": "3"}
    cfn.update(larger).succeeded()
    denied = admin.add_fault("UpdateEndpoint", code="AccessDeniedException")
    cfn.roll_back(NAMED).failed("continue-update-rollback", "--resources-to-skip Sentiment")
    admin.remove_fault(denied)
    cfn.comes_to("UPDATE_ROLLBACK_FAILED")
    cfn.comes_to("UPDATE_ROLLBACK_IN_PROGRESS")
    cfn.comes_to("UPDATE_COMPLETE", "Sentiment")
    cfn.comes_to("UPDATE_ROLLBACK_COMPLETE")
    cfn.account.clock.advance(60)
    tagged = {**NAMED, **tags(a="1")}
    update = cfn.run(cfn.event("Update", tagged, NAMED, during="UPDATE_IN_PROGRESS")).succeeded()
    assert update.changes == ["TagResource"]
    assert cfn.endpoint()["DesiredInferenceUnits"] == 3
    log = cfn.account.functions.log.getvalue()
    assert "settings differ from the template, and stay" in log
    assert '"DesiredInferenceUnits":{"template":1,"endpoint":3}' in log.replace(" ", "")


# ------------------------------------------------------------------ What a reader can do


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (
            {"code": "ResourceNotFoundException", "status": 404},
            "Put the model, its version or the flywheel back",
        ),
        ({"code": "ResourceLimitExceededException"}, "raise the quota in Service Quotas. This is"),
        ({"code": "InvalidRequestException"}, "This is a rollback, so the template cannot be"),
    ],
    ids=["model", "quota", "value"],
)
def test_in_a_rollback_the_reason_says_what_can_be_done_in_a_rollback(
    cfn: OneResource, admin: Admin, fault: Json, words: str
) -> None:
    cfn.create(NAMED).succeeded()
    rests(cfn)
    cfn.update({**NAMED, "DesiredInferenceUnits": "3"}).succeeded()
    admin.add_fault("UpdateEndpoint", **fault)
    reason = cfn.roll_back(NAMED).failed(words, "continue-update-rollback").reason
    assert "--resources-to-skip Sentiment" in reason
    assert "deploy again" not in reason
    assert "Check ModelArn" not in reason


def test_a_replacement_that_a_quota_refuses_says_that_it_needs_both(
    cfn: OneResource, admin: Admin
) -> None:
    cfn.create(NAMED).succeeded()
    rests(cfn)
    admin.add_fault("CreateEndpoint", code="ResourceLimitExceededException")
    cfn.update(RENAMED).failed("A replacement needs both endpoints", "Service Quotas")


def test_an_endpoint_that_is_made_again_waits_for_a_quota_that_counts_the_deleted_one(
    cfn: OneResource, admin: Admin
) -> None:
    cfn.create(NAMED).succeeded()
    rests(cfn)
    larger = {**NAMED, "DesiredInferenceUnits": "3"}
    cfn.update(larger).succeeded()
    admin.remove_endpoint(endpoint_arn("mine"))
    admin.add_fault("CreateEndpoint", code="ResourceLimitExceededException", times=20)
    cfn.roll_back(NAMED).succeeded()
    assert cfn.statuses() == {"mine": "IN_SERVICE"}


# ------------------------------------------------------------------ Following a reason


def run_commands(admin: Admin, reason: str) -> list[str]:
    """Runs the commands of the AWS CLI in a reason that tag and untag; gives their names."""
    options = re.findall(
        r"aws comprehend (tag|untag)-resource --region \S+ (.*?)(?= && | ;| \.|$)", reason
    )
    for command, words in options:
        arn, _, values = words.removeprefix("--resource-arn ").partition(" ")
        keys = values.split()[1:]
        if command == "untag":
            admin.remove_tags(arn, keys)
        else:
            pairs = (each.removeprefix("Key=").partition(",Value=") for each in keys)
            admin.put_tags(arn, {key: value for key, _, value in pairs})
    return [command for command, _ in options]


@pytest.fixture
def retained_by_another(account: Account) -> str:
    """A stack has made an endpoint, and retained it."""
    other = OneResource(account, "bank")
    arn = other.create(NAMED).succeeded().physical_id
    rests(other)
    other.retained()
    other.account.clock.advance(60)
    return arn


def test_whoever_does_what_the_reason_for_a_taken_name_says_gets_the_endpoint(
    cfn: OneResource, admin: Admin, retained_by_another: str
) -> None:
    failed = cfn.create(NAMED).failed("EndpointName", "of the stack bank", "has it no longer")
    assert run_commands(admin, failed.reason) == ["untag", "tag"]
    cfn.clean_up(failed.physical_id, NAMED, "ROLLBACK_IN_PROGRESS").succeeded()
    assert cfn.create(NAMED).succeeded().physical_id == retained_by_another


def test_the_reason_says_that_the_other_stack_still_has_it(
    cfn: OneResource, account: Account
) -> None:
    other = OneResource(account, "bank")
    other.create(NAMED).succeeded()
    rests(other)
    cfn.create(NAMED).failed("of the stack bank", "that stack has it. ", "keep the endpoint")


def test_whoever_restores_lost_tags_as_the_reason_says_can_update_again(
    cfn: OneResource, admin: Admin
) -> None:
    arn = cfn.create(NAMED).succeeded().physical_id
    rests(cfn)
    admin.remove_tags(arn, list(cfn.own_tags()))
    larger = {**NAMED, "DesiredInferenceUnits": "3"}
    cfn.account.clock.advance(600)
    assert run_commands(admin, cfn.update(larger).failed("Tags").reason) == ["tag"]
    cfn.update(larger).succeeded()
