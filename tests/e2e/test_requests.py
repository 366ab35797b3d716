"""Events sent as AWS sends them, asynchronously, to the deployed functions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager

from tests.e2e.consumer import SIGNATURE_LASTS, Event, Provider, wait_for

RESOURCE = ("StackId", "LogicalResourceId")
"""The keys of an event that name its resource."""


def execution_name(event: Event) -> str:
    """STACK-LOGICALID-OPERATION-DIGEST, of an event that `Provider.request` gives."""
    resource, request = (
        hashlib.sha256("\0".join(event[key] for key in keys).encode()).hexdigest()
        for keys in (RESOURCE, (*RESOURCE, "RequestId", "ResponseURL"))
    )
    return f"direct-Sentiment-{event['RequestType'].lower()}-{resource[:12]}{request[:20]}"


@contextmanager
def broken(provider: Provider, logical_id: str) -> Iterator[None]:
    """A function whose main module cannot be imported."""
    name = provider.function(logical_id)
    handler = provider.lambda_.get_function_configuration(FunctionName=name)["Handler"]
    provider.lambda_.update_function_configuration(FunctionName=name, Handler="absent.handler")
    try:
        yield
    finally:
        provider.lambda_.update_function_configuration(FunctionName=name, Handler=handler)


def remove(provider: Provider, create: Event, physical_id: str) -> None:
    delete, key = provider.request(
        "Delete", StackId=create["StackId"], PhysicalResourceId=physical_id
    )
    provider.send(delete)
    assert provider.answer(key)["Status"] == "SUCCESS"
    provider.wait_for_no_endpoint(create["StackId"])


def test_a_duplicate_event_makes_no_second_endpoint_and_no_second_execution(
    provider: Provider,
) -> None:
    event, key = provider.request("Create")
    provider.admin.reset_calls()
    provider.send(event)
    provider.send(event)
    answer = provider.answer(key)
    assert answer["Status"] == "SUCCESS"
    provider.send(event)
    wait_for(
        "the late duplicate",
        lambda: (
            sum(event["RequestId"] in e and "duplicate request" in e for e in provider.log_lines())
            >= 2
        ),
    )
    names = [each["name"] for each in provider.executions()]
    assert names.count(execution_name(event)) == 1
    assert len(provider.admin.calls("CreateEndpoint")) == 1
    remove(provider, event, answer["PhysicalResourceId"])


def test_a_delete_with_an_invented_id_leaves_what_it_has_no_proof_for(provider: Provider) -> None:
    """CloudFormation has no record of the stack: nothing tells whether it had the endpoint."""
    event, key = provider.request("Create")
    provider.send(event)
    made = provider.answer(key)["PhysicalResourceId"]
    delete, key = provider.request(
        "Delete", StackId=event["StackId"], PhysicalResourceId="invented-by-cloudformation"
    )
    provider.send(delete)
    assert provider.answer(key)["Status"] == "SUCCESS"
    assert [each["EndpointArn"] for each in provider.endpoints(event["StackId"])] == [made]
    assert any("an endpoint is left" in line for line in provider.log_lines())
    remove(provider, event, made)


def test_a_request_function_that_cannot_be_imported_is_answered_by_the_fallback(
    provider: Provider,
) -> None:
    event, key = provider.request("Create")
    with broken(provider, "RequestFunction"):
        provider.send(event)
        answer = provider.answer(key)
    assert answer["Status"] == "FAILED"
    assert answer["PhysicalResourceId"].startswith("failed/")
    assert answer["RequestId"] == event["RequestId"]
    assert answer["Reason"].startswith("The provider failed: the request function")
    remove(provider, event, answer["PhysicalResourceId"])


def test_a_step_function_that_cannot_be_imported_is_answered_by_the_fallback(
    provider: Provider,
) -> None:
    event, key = provider.request("Update", PhysicalResourceId=ENDPOINT)
    with broken(provider, "StepFunction"):
        provider.send(event)
        answer = provider.answer(key)
    assert answer["Status"] == "FAILED"
    assert answer["PhysicalResourceId"] == ENDPOINT
    assert answer["Reason"].startswith("The provider failed: a step of the operation")


def test_an_aborted_execution_is_answered_by_the_fallback(provider: Provider) -> None:
    event, key = provider.request("Create")
    provider.send(event)
    name = execution_name(event)

    def running() -> str | None:
        found = [each for each in provider.executions() if each["name"] == name]
        return found[0]["executionArn"] if found and provider.endpoints(event["StackId"]) else None

    provider.states.stop_execution(executionArn=wait_for("the endpoint", running))
    answer = provider.answer(key)
    assert answer["Status"] == "FAILED"
    assert "ABORTED" in answer["Reason"]
    assert answer["PhysicalResourceId"].startswith("failed/")
    (live,) = provider.endpoints(event["StackId"])
    remove(provider, event, live["EndpointArn"])


def test_an_answer_that_nobody_takes_is_kept_in_the_queue(provider: Provider) -> None:
    event, _ = provider.request("Delete", PhysicalResourceId=ENDPOINT)
    nowhere = provider.s3.generate_presigned_url(
        "put_object",
        Params={"Bucket": "there-is-no-such-bucket", "Key": "k", "ContentType": ""},
        ExpiresIn=SIGNATURE_LASTS,
    )
    event["ResponseURL"] = nowhere
    provider.send(event)
    sqs = provider.aws.client("sqs")

    def kept() -> dict[str, object] | None:
        found = sqs.receive_message(QueueUrl=provider.outputs["UndeliverableQueueUrl"])
        messages = [json.loads(each["Body"]) for each in found.get("Messages", [])]
        return next((m for m in messages if m["event"]["RequestId"] == event["RequestId"]), None)

    message = wait_for("the message in the queue", kept)
    assert message["answer"] == {
        "Status": "SUCCESS",
        "PhysicalResourceId": ENDPOINT,
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": "Sentiment",
        "Data": {},
    }
    wait_for(
        "the end of the execution",
        lambda: any(
            each["name"] == execution_name(event) and each["status"] == "SUCCEEDED"
            for each in provider.executions()
        ),
    )


ENDPOINT = "arn:aws:comprehend:us-east-1:000000000000:document-classifier-endpoint/not-there"
