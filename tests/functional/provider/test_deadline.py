"""The deadline: every operation is answered in time, and says what state it left things in."""

import pytest

from local.comprehend import Admin
from tests.functional.emulated import classifier, endpoint_arn
from tests.functional.provider.cloudformation import CLASSIFIER, CloudFormation, Json

NAMED: Json = {**CLASSIFIER, "EndpointName": "mine"}
FOR_EVER = 1_000_000


def answered_after(cfn: CloudFormation, event: Json) -> tuple[float, Json]:
    """The seconds that an answer took, and the answer; clean-up is left undone."""
    begun = cfn.runner.clock()
    cfn.send_until_answered(event)
    return cfn.runner.clock() - begun, cfn.receiver.answers(event["ResponseURL"])[0]


@pytest.mark.parametrize("timeout", [1, 5, 20, 120])
@pytest.mark.parametrize(
    ("kind", "setting", "state"),
    [
        ("Create", "create_seconds", "CREATING"),
        ("Update", "update_seconds", "UPDATING"),
        ("Delete", "delete_seconds", "DELETING"),
    ],
)
def test_an_operation_fails_in_time_and_says_what_state_the_endpoint_is_in(
    cfn: CloudFormation, admin: Admin, kind: str, setting: str, state: str, timeout: int
) -> None:
    new = {**NAMED, "ServiceTimeout": str(timeout), "DesiredInferenceUnits": "2"}
    if kind != "Create":
        cfn.given(NAMED)
    admin.change_settings(**{setting: FOR_EVER})
    seconds, answer = answered_after(cfn, cfn.event(kind, new, NAMED))
    assert seconds < timeout
    assert answer["Status"] == "FAILED"
    assert f"ServiceTimeout (now {timeout}" in answer["Reason"]
    if timeout > 1:
        # Where there is time for more than one look.
        assert state in answer["Reason"]
    assert answer["PhysicalResourceId"] == endpoint_arn("mine")


@pytest.mark.parametrize("timeout", [{}, {"ServiceTimeout": "3600"}], ids=["default", "longest"])
def test_without_a_timeout_it_is_an_hour_less_a_margin(
    cfn: CloudFormation, admin: Admin, timeout: Json
) -> None:
    admin.change_settings(create_seconds=FOR_EVER)
    event = cfn.event("Create", {**NAMED, **timeout})
    begun = cfn.runner.clock()
    operation = cfn.send_until_answered(event)
    assert 3500 <= cfn.runner.clock() - begun <= 3545
    (answer,) = cfn.receiver.answers(event["ResponseURL"])
    assert answer["Reason"].startswith("Timed out after 35")
    assert "CREATING" in answer["Reason"]
    # A state that is entered is some three events of the 25,000 that an execution may have, and
    # clean-up may take as long again.
    (execution,) = operation.executions
    assert len(execution.entered) * 3.5 * 2 < 25_000


def test_what_comes_about_just_before_the_deadline_is_a_success(
    cfn: CloudFormation, admin: Admin
) -> None:
    admin.change_settings(create_seconds=26)
    assert cfn.create({**NAMED, "ServiceTimeout": "40"}).succeeded().seconds <= 30


def test_a_failed_update_in_place_leaves_the_endpoint_to_the_rollback(
    cfn: CloudFormation, admin: Admin
) -> None:
    created = cfn.create(NAMED).succeeded()
    admin.change_settings(update_seconds=60)
    new = {**NAMED, "ServiceTimeout": "12", "DesiredInferenceUnits": "2"}
    failed = cfn.update(new).failed("UPDATING")
    assert "DeleteEndpoint" not in failed.changes
    # The rollback comes while it is still being updated.
    admin.change_settings(update_seconds=6)
    back = cfn.roll_back(NAMED, was=new).succeeded()
    assert back.physical_id == created.physical_id
    assert cfn.endpoint()["DesiredInferenceUnits"] == 1


@pytest.mark.parametrize(
    ("model", "code"),
    [("training", "ResourceUnavailableException"), ("missing", "ResourceNotFoundException")],
)
def test_a_model_that_never_gets_ready_is_told_with_the_error(
    cfn: CloudFormation, model: str, code: str
) -> None:
    cfn.create({**NAMED, "ModelArn": classifier(model), "ServiceTimeout": "20"}).failed(
        code, classifier(model)
    )
    assert cfn.statuses() == {}


def test_a_delete_that_ran_out_of_time_can_be_tried_again(
    cfn: CloudFormation, admin: Admin
) -> None:
    cfn.create({**NAMED, "ServiceTimeout": "12"}).succeeded()
    fault = admin.add_fault("DeleteEndpoint", code="ResourceInUseException", message="In use.")
    cfn.delete().failed("Timed out", "IN_SERVICE", "ResourceInUseException", "In use.")
    admin.remove_fault(fault)
    cfn.delete().succeeded()
    assert cfn.statuses() == {}
