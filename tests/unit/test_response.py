"""The response to CloudFormation: what it says, and that it always fits."""

import json
from typing import Any

import pytest
from hypothesis import example
from hypothesis import given as examples
from hypothesis import strategies as st

from provider.contract.limits import MAX_RESPONSE
from provider.contract.properties import Settings
from provider.contract.response import encode, failure, success
from provider.model.naming import Kind, endpoint_arn
from tests.unit import given

# Anything that JSON can carry: lone surrogates too, which Python's encoder escapes.
reasons = st.text(max_size=6000) | st.integers(1, 9000).flatmap(
    lambda count: st.sampled_from(["x", "é", "日", "😀", '"', "\\", "\n", "a ", "\ud800"]).map(
        lambda one: one * count
    )
)


def test_a_success_repeats_the_ids_and_carries_the_data() -> None:
    body = success(given.reply(), given.ARN, {"Status": "IN_SERVICE"})
    assert body == {
        "Status": "SUCCESS",
        "PhysicalResourceId": given.ARN,
        "StackId": given.STACK_ID,
        "RequestId": given.reply().request_id,
        "LogicalResourceId": "Sentiment",
        "Data": {"Status": "IN_SERVICE"},
    }


def test_a_failure_repeats_the_ids_and_gives_the_reason() -> None:
    body = failure(given.reply(), given.ARN, "EndpointName:  it is\nempty. ")
    assert body == {
        "Status": "FAILED",
        "PhysicalResourceId": given.ARN,
        "StackId": given.STACK_ID,
        "RequestId": given.reply().request_id,
        "LogicalResourceId": "Sentiment",
        "Reason": "EndpointName: it is empty.",
    }


@pytest.mark.parametrize("reason", ["", "   \n"])
def test_a_failure_is_never_without_a_reason(reason: str) -> None:
    # CloudFormation refuses a response whose Reason is empty.
    assert failure(given.reply(), given.ARN, reason)["Reason"].startswith("The provider gave no")


def test_no_response_has_an_empty_physical_id() -> None:
    with pytest.raises(ValueError, match="physical resource id"):
        success(given.reply(), "", {})
    with pytest.raises(ValueError, match="physical resource id"):
        failure(given.reply(), "", "reason")


def test_no_response_shows_the_response_url() -> None:
    for body in (success(given.reply(), given.ARN, {}), failure(given.reply(), given.ARN, "x")):
        assert b"X-Amz" not in encode(body)


@examples(reason=reasons)
@example(reason="😀" * 4000)
def test_a_failure_always_fits_and_keeps_the_start_of_its_reason(reason: str) -> None:
    body = failure(given.reply(), given.ARN, reason)
    content = encode(body)
    assert len(content) <= MAX_RESPONSE == 4096
    assert json.loads(content) == body
    words = " ".join(reason.split())
    kept = body["Reason"].removesuffix(" [...]")
    assert words.startswith(kept) or not words
    if body["Reason"] == words:
        return
    # With a few characters more the body would be too long.
    assert not words or body["Reason"].endswith(" [...]")
    if words:
        assert len(content) > MAX_RESPONSE - 24


def test_the_cause_survives_a_long_reason() -> None:
    reason = failure(given.reply(), given.ARN, "ResourceLimitExceededException: " + "x" * 9000)
    assert reason["Reason"].startswith("ResourceLimitExceededException: xxx")
    assert reason["Reason"].endswith("xxx [...]")


def test_a_reason_that_just_fits_is_not_cut() -> None:
    room = MAX_RESPONSE - len(encode(failure(given.reply(), given.ARN, "x"))) + 1
    assert failure(given.reply(), given.ARN, "x" * room)["Reason"] == "x" * room
    assert failure(given.reply(), given.ARN, "x" * (room + 1))["Reason"].endswith(" [...]")


def test_a_success_that_does_not_fit_is_an_error_and_never_cut() -> None:
    with pytest.raises(ValueError, match="exceeds CloudFormation's 4096"):
        success(given.reply(), given.ARN, {"Status": "x" * MAX_RESPONSE})


def test_the_largest_endpoint_that_the_schema_allows_fits() -> None:
    stack_id = given.STACK_ID.replace("stack/shop/", f"stack/{'s' * 128}/")
    reply = given.reply(stack_id=stack_id, logical_id="L" * 255, request_id="r" * 128)
    arn = endpoint_arn(given.PLACE, Kind.RECOGNIZER, "n" * 40)
    prefix = f"arn:aws:iam::{given.ACCOUNT}:role/"
    live = given.endpoint(
        arn=arn,
        model_arn="m" * 256,
        flywheel_arn="f" * 256,
        role_arn=prefix + "r" * (2048 - len(prefix)),
        inference_units=10**9,
        other=Settings.of(inference_units=10**9),
        created="2026-01-02T03:04:05Z",
        modified="2026-01-02T03:04:05Z",
    )
    assert len(encode(success(reply, arn, live.attributes()))) <= MAX_RESPONSE


def test_the_same_body_always_gives_the_same_bytes() -> None:
    body = success(given.reply(), given.ARN, {"b": "2", "a": "1"})
    shuffled: dict[str, Any] = dict(reversed(body.items()))
    shuffled["Data"] = {"a": "1", "b": "2"}
    assert encode(shuffled) == encode(body)
    assert json.loads(encode(body)) == body
