"""The delivery of answers: what is tried again, what goes to the queue, and what goes on."""

from collections.abc import Iterator

import pytest

from provider.aws import delivery
from provider.contract.errors import DeliveryError
from testing.events import Json
from testing.mailbox import HANG, RESET
from testing.one_resource import BROKEN, NAMED, OneResource, assert_valid_answer
from testing.receiver import Receiver

UNKNOWN: Json = {**NAMED, "Unknown": "x"}
FAILED_CREATE = "failed/0123456789abcdef0123456789abcdef"

REQUESTS = {
    "create": ("Create", NAMED, None),
    "create that fails": ("Create", BROKEN, None),
    "delete": ("Delete", NAMED, None),
    # These are decided at once.
    "bad properties": ("Create", UNKNOWN, None),
    "nothing to delete": ("Delete", NAMED, FAILED_CREATE),
    "unknown RequestType": ("Restart", NAMED, None),
}


def event(cfn: OneResource, request: str) -> Json:
    kind, properties, physical_id = REQUESTS[request]
    if request == "delete":
        physical_id = cfn.given(NAMED)
    return cfn.event(kind, properties) | {"PhysicalResourceId": physical_id}


def run_undelivered(cfn: OneResource, event: Json) -> Json:
    """Carries out a request whose answer is not accepted; gives the one message in the queue."""
    cfn.account.run(cfn.send(event))
    puts = cfn.mailbox.at(event["ResponseURL"])
    assert len({put.body for put in puts}) == 1
    assert_valid_answer(puts[0], event)
    (message,) = cfn.account.queue
    assert isinstance(message, dict)
    return message


@pytest.mark.parametrize("how", [400, 408, 429, 500, 503, RESET])
def test_an_answer_that_is_not_accepted_once_is_sent_again(
    cfn: OneResource, how: int | str
) -> None:
    cfn.mailbox.misbehave(how, times=1)
    cfn.create(NAMED).succeeded()
    assert [put.status for put in cfn.mailbox.puts] == [how if how != RESET else None, 200]
    assert cfn.account.queue == []


@pytest.mark.parametrize("request_", REQUESTS)
@pytest.mark.parametrize("how", [400, 429, HANG])
def test_an_answer_that_fails_for_a_whole_step_is_sent_again(
    cfn: OneResource, request_: str, how: int | str
) -> None:
    cfn.mailbox.misbehave(how, times=delivery.ATTEMPTS + 1)
    cfn.run(event(cfn, request_))
    assert len(cfn.mailbox.puts) == delivery.ATTEMPTS + 2
    assert cfn.account.queue == []


@pytest.mark.parametrize("how", [301, 403, 404, 409])
def test_a_refusal_is_final_and_kept_in_the_queue(cfn: OneResource, how: int) -> None:
    cfn.mailbox.misbehave(how)
    sent = event(cfn, "create")
    message = run_undelivered(cfn, sent)
    assert len(cfn.mailbox.puts) == 1
    assert message["answer"]["Status"] == "SUCCESS"
    assert message["event"].items() <= sent.items()
    assert cfn.statuses() == {"mine": "IN_SERVICE"}


@pytest.mark.parametrize("how", [400, 408, 429, 500, RESET])
def test_an_answer_that_is_never_accepted_is_kept_in_the_queue(
    cfn: OneResource, how: int | str
) -> None:
    cfn.mailbox.misbehave(how)
    begun = cfn.account.clock()
    run_undelivered(cfn, event(cfn, "create"))
    assert len(cfn.mailbox.puts) > 10
    # CloudFormation may recover within minutes; its URL is good for two hours.
    assert 120 < cfn.account.clock() - begun < 1200


@pytest.mark.parametrize(
    ("request_", "status"), [("create that fails", "FAILED"), ("delete", "SUCCESS")]
)
@pytest.mark.parametrize("how", [403, 503])
def test_an_operation_whose_answer_cannot_be_delivered_still_removes_its_endpoint(
    cfn: OneResource, request_: str, status: str, how: int
) -> None:
    cfn.mailbox.misbehave(how)
    message = run_undelivered(cfn, event(cfn, request_))
    assert message["answer"]["Status"] == status
    assert cfn.statuses() == {}


@pytest.mark.parametrize("request_", ["bad properties", "nothing to delete", "unknown RequestType"])
@pytest.mark.parametrize("how", [403, RESET])
def test_an_answer_that_the_request_function_cannot_deliver_never_changes(
    cfn: OneResource, request_: str, how: int | str
) -> None:
    cfn.mailbox.misbehave(how)
    run_undelivered(cfn, event(cfn, request_))


def test_a_put_goes_to_the_whole_url_and_carries_no_authorization(cfn: OneResource) -> None:
    sent = event(cfn, "create")
    cfn.run(sent).succeeded()
    (put,) = cfn.mailbox.puts
    assert put.url == sent["ResponseURL"]
    assert "authorization" not in {name.lower() for name in put.headers}


@pytest.fixture
def receiver(cfn: OneResource) -> Iterator[Receiver]:
    """The mailbox, at the end of a real connection."""
    with Receiver(lambda url, headers, body: cfn.mailbox.take(url, body, headers)) as receiver:
        cfn.mailbox.host = receiver.host
        yield receiver


def test_an_answer_is_sent_by_https(
    cfn: OneResource, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(receiver.certificate))
    url, answer = cfn.mailbox.url(), {"Status": "SUCCESS", "PhysicalResourceId": "x"}
    delivery.deliver(url, answer)
    assert cfn.mailbox.answers(url) == [answer]
    assert "authorization" not in {name.lower() for name in cfn.mailbox.puts[0].headers}


def test_an_answer_is_never_sent_to_a_server_that_nobody_vouches_for(
    cfn: OneResource, receiver: Receiver
) -> None:
    with pytest.raises(DeliveryError, match="SSLCertVerificationError"):
        delivery.deliver(cfn.mailbox.url(), {"Status": "SUCCESS"}, attempts=1)
    assert cfn.mailbox.puts == []


def test_a_connection_has_a_timeout() -> None:
    assert delivery.connect_by_https("example.org", None).timeout == delivery.SOCKET_TIMEOUT
