"""What a case takes away from the promises, or allows; and what an endpoint must have."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from testing.events import Json


@dataclass(frozen=True)
class Expected:
    """What a case takes away, or allows."""

    undeliverable: bool = False
    """The answer to the intercepted request cannot be delivered: it must be in the queue."""
    late: bool = False
    """So much time was taken away that the answer may be late."""
    success: bool = False
    """What fails the operation is waited out: it must succeed."""
    units: bool = True
    """The inference units are as the template says: nobody else changes them."""
    model: bool = True
    """So is the model."""
    believed: bool = False
    """The service says of an endpoint that it is not there, and it is: it is believed, so the
    endpoint may be left, or made again."""
    aborted: bool = False
    """Somebody aborted an execution."""
    unproven: bool = False
    """Whether an adoption is final cannot be read: the endpoint may be given back all the same."""
    refused: bool = False
    """The operation must fail: what is at the name that it goes to is not to be had."""
    answers_differ: bool = False
    """The provider cannot know any more what it has answered: nobody waits for what it says now."""
    completes: bool = False
    """The last update of the stack must succeed."""
    reported: bool = False
    """No request follows that could remove what a clean-up has to leave: an alarm reports it."""
    stays_failed: bool = False
    """The endpoint takes no update, and nothing proves that it must be made again: the update and
    its rollback fail, and it stays as it is."""


def settings_of(asked: Json, live: Json, expected: Expected) -> Iterator[tuple[str, Any, Any]]:
    """The settings of a template, as it has them and as the endpoint has them."""
    if expected.units:
        yield "units", asked["DesiredInferenceUnits"], live.get("CurrentInferenceUnits")
        yield "desired units", asked["DesiredInferenceUnits"], live.get("DesiredInferenceUnits")
    yield "flywheel", asked.get("FlywheelArn"), live.get("FlywheelArn")
    if "ModelArn" in asked and expected.model:
        yield "model", asked["ModelArn"], live.get("ModelArn")
    if "DataAccessRoleArn" in asked:
        yield "role", asked["DataAccessRoleArn"], live.get("DataAccessRoleArn")
    tags = {tag["Key"]: tag["Value"] for tag in asked.get("Tags", [])}
    own = {key: value for key, value in live["Tags"].items() if "comprehend-endpoint" not in key}
    yield "tags", tags, own
