"""The deadline: every operation is answered in time, and says what state it left things in."""

import pytest

from local.comprehend import Admin
from testing.one_resource import NAMED, OneResource

FOR_EVER = 1_000_000


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
    cfn: OneResource, admin: Admin, kind: str, setting: str, state: str, timeout: int
) -> None:
    new = {**NAMED, "ServiceTimeout": str(timeout), "DesiredInferenceUnits": "2"}
    arn = None if kind == "Create" else cfn.given(NAMED)
    admin.change_settings(**{setting: FOR_EVER})
    event = cfn.event(kind, new, NAMED)
    begun = cfn.account.clock()
    # The clean-up is left undone: it would take as long.
    cfn.send_until_answered(event)
    assert cfn.account.clock() - begun < timeout
    (answer,) = cfn.mailbox.answers(event["ResponseURL"])
    assert answer["Status"] == "FAILED"
    assert f"ServiceTimeout (now {timeout}" in answer["Reason"]
    if timeout > 1:
        # There is time for more than one observation.
        assert state in answer["Reason"]
    assert answer["PhysicalResourceId"] == arn or answer["PhysicalResourceId"].startswith("failed/")


def test_without_a_timeout_it_is_an_hour_less_a_margin(cfn: OneResource, admin: Admin) -> None:
    admin.change_settings(create_seconds=FOR_EVER)
    event = cfn.event("Create", NAMED)
    begun = cfn.account.clock()
    cfn.send_until_answered(event)
    assert 3500 <= cfn.account.clock() - begun <= 3545
    (answer,) = cfn.mailbox.answers(event["ResponseURL"])
    assert answer["Reason"].startswith("Timed out after 35")
    assert "CREATING" in answer["Reason"]


def test_an_endpoint_that_is_ready_just_before_the_deadline_is_a_success(
    cfn: OneResource, admin: Admin
) -> None:
    admin.change_settings(create_seconds=26)
    assert cfn.create({**NAMED, "ServiceTimeout": "40"}).succeeded().seconds <= 30


def test_a_timeout_that_is_too_short_for_a_second_read_is_said_to_be(cfn: OneResource) -> None:
    short = {**NAMED, "ServiceTimeout": "30"}
    cfn.create({**short, "ServiceTimeout": "60"}).succeeded()
    cfn.update({**short, "EndpointName": "second"}).failed(
        "Not in time: a second read of the stack's events", "Raise ServiceTimeout (now 30"
    )
