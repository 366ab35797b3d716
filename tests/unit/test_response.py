"""The response to CloudFormation: what it says, and that it always fits."""

import json
from typing import Any

import pytest
from hypothesis import example
from hypothesis import given as examples
from hypothesis import strategies as st

from provider.contract.errors import MalformedEventError
from provider.contract.limits import MAX_RESPONSE
from provider.contract.response import encode, failed_id, failure, rejection, success
from provider.model.naming import Kind
from tests.unit import given

# Anything that JSON can carry: lone surrogates too, which Python's encoder escapes.
reasons = st.text(max_size=6000) | st.integers(1, 9000).flatmap(
    lambda count: st.sampled_from(["x", "é", "日", "😀", '"', "\\", "\n", "a ", "\ud800"]).map(
        lambda one: one * count
    )
)
IDS = {
    "PhysicalResourceId": given.ARN,
    "StackId": given.STACK_ID,
    "RequestId": given.reply().request_id,
    "LogicalResourceId": "Sentiment",
}


def failed(reason: str) -> dict[str, Any]:
    return failure(given.reply(), given.ARN, reason)


def test_a_response_repeats_the_ids_and_has_the_data_or_the_reason() -> None:
    data = {"Status": "IN_SERVICE"}
    succeeded = success(given.reply(), given.ARN, data)
    assert succeeded == IDS | {"Status": "SUCCESS", "Data": data}
    reason = "EndpointName: it is empty."
    assert failed(" EndpointName:  it is\nempty. ") == IDS | {"Status": "FAILED", "Reason": reason}


@pytest.mark.parametrize("reason", ["", "   \n"])
def test_a_failure_is_never_without_a_reason(reason: str) -> None:
    # CloudFormation refuses a response whose Reason is empty.
    assert failed(reason)["Reason"].startswith("The provider gave no")


def test_no_response_has_an_empty_physical_id() -> None:
    with pytest.raises(ValueError, match="physical resource id"):
        success(given.reply(), "", {})
    with pytest.raises(ValueError, match="physical resource id"):
        failure(given.reply(), "", "reason")


def test_a_create_that_failed_has_an_id_that_is_no_arn_and_names_the_request() -> None:
    assert failed_id(given.reply()) == f"failed/{given.reply().digest}"


@pytest.mark.parametrize("physical_id", [None, given.ARN])
def test_a_refused_event_keeps_its_id_and_is_told_every_reason(physical_id: str | None) -> None:
    reply = given.reply(physical_id=physical_id)
    body = rejection(reply, MalformedEventError(["One.", "Two."]))
    assert body["PhysicalResourceId"] == (physical_id or failed_id(reply))
    assert (body["Status"], body["Reason"]) == ("FAILED", "One. Two.")


@examples(reason=reasons)
@example(reason="😀" * 4000)
@example(reason="ResourceLimitExceededException: " + "x" * 9000)
def test_a_failure_always_fits_and_keeps_the_start_of_its_reason(reason: str) -> None:
    body = failed(reason)
    content = encode(body)
    assert len(content) <= MAX_RESPONSE == 4096
    assert json.loads(content) == body
    words = " ".join(reason.split())
    if not words or body["Reason"] == words:
        return
    # With a few characters more the body would be too long.
    assert len(content) > MAX_RESPONSE - 24
    assert body["Reason"].endswith(" [...]")
    assert words.startswith(body["Reason"].removesuffix(" [...]"))


def test_a_reason_that_just_fits_is_not_cut() -> None:
    room = MAX_RESPONSE - len(encode(failed("x"))) + 1
    assert failed("x" * room)["Reason"] == "x" * room
    assert failed("x" * (room + 1))["Reason"].endswith(" [...]")


def test_a_success_that_does_not_fit_is_an_error_and_never_cut() -> None:
    with pytest.raises(ValueError, match="exceeds CloudFormation's 4096"):
        success(given.reply(), given.ARN, {"Status": "x" * MAX_RESPONSE})


def test_the_largest_endpoint_that_the_schema_allows_fits() -> None:
    stack_id = given.STACK_ID.replace("stack/shop/", f"stack/{'s' * 128}/")
    reply = given.reply(stack_id=stack_id, logical_id="L" * 255, request_id="r" * 128)
    prefix = f"arn:aws:iam::{given.ACCOUNT}:role/"
    live = given.endpoint(
        arn=given.arn("n" * 40, Kind.RECOGNIZER),
        model_arn="m" * 256,
        flywheel_arn="f" * 256,
        role_arn=prefix + "r" * (2048 - len(prefix)),
        inference_units=10**9,
        created=1_800_000_000.25,
        modified=1_800_000_000.25,
    )
    assert len(encode(success(reply, live.arn, live.attributes()))) <= MAX_RESPONSE


def test_the_same_body_always_gives_the_same_bytes_and_these_do_not_show_the_url() -> None:
    body = success(given.reply(), given.ARN, {"b": "2", "a": "1"})
    shuffled: dict[str, Any] = dict(reversed(body.items()))
    shuffled["Data"] = {"a": "1", "b": "2"}
    assert encode(shuffled) == encode(body)
    assert b"X-Amz" not in encode(body) + encode(failed("x"))
