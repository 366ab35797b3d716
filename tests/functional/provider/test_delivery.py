"""The delivery of answers: what is tried again, what goes to the queue, and what goes on."""

import pytest

from local.receiver import HANG, RESET
from provider.aws import delivery
from tests.functional.provider.cloudformation import (
    BROKEN,
    CLASSIFIER,
    CloudFormation,
    Json,
    assert_valid_answer,
)

NAMED: Json = {**CLASSIFIER, "EndpointName": "mine"}


def run_undelivered(cfn: CloudFormation, event: Json) -> Json:
    """Carries out a request whose answer is not taken; gives the one message in the queue."""
    cfn.runner.run(cfn.send(event))
    puts = cfn.receiver.at(event["ResponseURL"])
    assert puts
    assert len({put.body for put in puts}) == 1
    assert_valid_answer(puts[0], event)
    (message,) = cfn.runner.queue
    assert isinstance(message, dict)
    return message


@pytest.mark.parametrize("how", [429, 500, 503, RESET])
def test_an_answer_that_is_not_taken_once_is_sent_again(
    cfn: CloudFormation, how: int | str
) -> None:
    cfn.receiver.misbehave(how, times=1)
    cfn.create(NAMED).succeeded()
    assert [put.status for put in cfn.receiver.puts] == [how if how != RESET else None, 200]
    assert cfn.runner.queue == []


def test_an_answer_that_gets_no_reply_is_sent_again(
    cfn: CloudFormation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "SOCKET_TIMEOUT", 0.1)
    cfn.receiver.misbehave(HANG, times=delivery.ATTEMPTS + 1)
    outcome = cfn.create(NAMED).succeeded()
    # More than the attempts of one step.
    assert len(cfn.receiver.puts) == delivery.ATTEMPTS + 2
    assert outcome.waits > 0
    assert cfn.runner.queue == []


def test_a_slow_reply_is_waited_for(cfn: CloudFormation) -> None:
    cfn.receiver.misbehave(200, times=1, delay=0.3)
    cfn.create(NAMED).succeeded()
    assert len(cfn.receiver.puts) == 1


@pytest.mark.parametrize("how", [301, 403, 404])
def test_a_refusal_is_final_and_kept_in_the_queue(cfn: CloudFormation, how: int) -> None:
    cfn.receiver.misbehave(how)
    event = cfn.event("Create", NAMED)
    message = run_undelivered(cfn, event)
    assert len(cfn.receiver.puts) == 1
    assert message["answer"]["Status"] == "SUCCESS"
    assert message["event"].items() <= event.items()
    assert cfn.statuses() == {"mine": "IN_SERVICE"}


@pytest.mark.parametrize("how", [429, 500, 503, RESET])
def test_an_answer_that_is_never_taken_is_kept_in_the_queue(
    cfn: CloudFormation, how: int | str
) -> None:
    cfn.receiver.misbehave(how)
    begun = cfn.runner.clock()
    message = run_undelivered(cfn, cfn.event("Create", NAMED))
    assert message["answer"]["Status"] == "SUCCESS"
    assert len(cfn.receiver.puts) > 10
    # CloudFormation may recover within minutes; its URL is good for two hours.
    assert 120 < cfn.runner.clock() - begun < 1200


@pytest.mark.parametrize("how", [403, 503])
def test_what_cannot_be_told_is_cleaned_up_all_the_same(cfn: CloudFormation, how: int) -> None:
    cfn.receiver.misbehave(how)
    message = run_undelivered(cfn, cfn.event("Create", BROKEN))
    assert message["answer"]["Status"] == "FAILED"
    assert cfn.statuses() == {}


@pytest.mark.parametrize("how", [403, 503])
def test_an_undeliverable_answer_to_a_delete_is_kept_too(cfn: CloudFormation, how: int) -> None:
    cfn.given(NAMED)
    cfn.receiver.misbehave(how)
    message = run_undelivered(cfn, cfn.event("Delete", NAMED))
    assert message["answer"]["Status"] == "SUCCESS"
    assert cfn.statuses() == {}


DECIDED_AT_ONCE = [
    pytest.param("Create", {**NAMED, "Unknown": "x"}, None, id="bad properties"),
    pytest.param("Delete", NAMED, "not-created/0123456789abcdef", id="nothing to delete"),
    pytest.param("Restart", NAMED, None, id="unknown RequestType"),
]


@pytest.mark.parametrize(("kind", "properties", "physical_id"), DECIDED_AT_ONCE)
@pytest.mark.parametrize("how", [429, 503, RESET])
def test_an_answer_that_the_request_function_sends_is_sent_again_too(
    cfn: CloudFormation, kind: str, properties: Json, physical_id: str | None, how: int | str
) -> None:
    cfn.receiver.misbehave(how, times=delivery.ATTEMPTS + 1)
    cfn.run(cfn.event(kind, properties) | {"PhysicalResourceId": physical_id})
    assert len(cfn.receiver.puts) == delivery.ATTEMPTS + 2
    assert cfn.runner.queue == []


@pytest.mark.parametrize(("kind", "properties", "physical_id"), DECIDED_AT_ONCE)
@pytest.mark.parametrize("how", [403, RESET])
def test_an_answer_that_the_request_function_cannot_deliver_never_changes(
    cfn: CloudFormation, kind: str, properties: Json, physical_id: str | None, how: int | str
) -> None:
    cfn.receiver.misbehave(how)
    run_undelivered(cfn, cfn.event(kind, properties) | {"PhysicalResourceId": physical_id})


def test_each_put_carries_the_query_and_nothing_that_breaks_the_signature(
    cfn: CloudFormation,
) -> None:
    event = cfn.event("Create", NAMED)
    cfn.run(event).succeeded()
    (put,) = cfn.receiver.puts
    assert put.query == event["ResponseURL"].partition("?")[2]
    assert "authorization" not in {name.lower() for name in put.headers}


def test_an_answer_is_never_sent_to_a_server_that_nobody_vouches_for(
    cfn: CloudFormation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    cfn.runner.run(cfn.send(cfn.event("Create", NAMED)))
    assert cfn.receiver.puts == []
    assert len(cfn.runner.queue) == 1
