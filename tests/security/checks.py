"""What must hold for every event."""

from typing import Any
from urllib.parse import urlsplit

from testing.functions import FALLBACK, REQUEST
from testing.one_resource import LOGICAL_ID_TAG, STACK_TAG
from tests.security.oracle import answerable, valid_event
from tests.security.world import Seen, World

ON_PURPOSE = {
    # An answer that needs no execution, or one of the fallback function, was not accepted: Lambda
    # retries, and then puts the event into the queue.
    (REQUEST, "DeliveryError"),
    (FALLBACK, "DeliveryError"),
}
"""The errors that a function may raise, and why: everything else is a defect."""

SHORT = 20
"""Characters. A shorter text is no signature, and may be in a line by chance."""


def with_address(world: World, event: Any) -> Any:
    """The event with an address to answer to, unless it has one or is meant to have none."""
    if not isinstance(event, dict):
        return event
    address = world.mailbox.url()
    url = event.get("ResponseURL", address)
    if isinstance(url, str):
        url = url.replace("{here}", address.removeprefix("https://"))
    return event | {"ResponseURL": url}


def check_harmless(seen: Seen) -> None:
    """No change without a valid event, and never to what is another's."""
    if seen.changes:
        assert valid_event(seen.event, goes_back=seen.goes_back)
    assert seen.untouched
    event = seen.event
    for call in seen.changes:
        if call["operation"] == "CreateEndpoint":
            tags = {tag["Key"]: tag["Value"] for tag in call["parameters"]["Tags"]}
            assert tags[STACK_TAG] == event["StackId"]
            assert tags[LOGICAL_ID_TAG] == event["LogicalResourceId"]


def check_answered(seen: Seen) -> None:
    """One answer, or a message in the queue; never at another request's address."""
    event = seen.event
    if not answerable(event):
        assert not seen.puts
        assert not seen.elsewhere
        return
    assert len({put.body for put in seen.puts}) <= 1
    for put in seen.puts:
        url = urlsplit(event["ResponseURL"])
        assert urlsplit(put.url)[1:4] == url[1:4]
        answer = put.answer()
        for key in ("StackId", "RequestId", "LogicalResourceId"):
            assert answer[key] == event[key]
        assert answer["Status"] in ("SUCCESS", "FAILED")
        assert answer["PhysicalResourceId"]
        if not valid_event(event, goes_back=seen.goes_back):
            assert answer["Status"] == "FAILED"
            assert answer["Reason"].strip()
    assert seen.puts or seen.queue


def check_silent(seen: Seen) -> None:
    """No line holds the address, or what is secret in it; and all lines can be printed."""
    assert seen.log.encode()
    url = seen.event.get("ResponseURL") if isinstance(seen.event, dict) else None
    if isinstance(url, str):
        for secret in (url, url.partition("?")[2]):
            assert len(secret) < SHORT or secret not in seen.log


def check_calm(seen: Seen) -> None:
    assert set(seen.escaped) <= ON_PURPOSE


def check(seen: Seen) -> None:
    check_harmless(seen)
    check_answered(seen)
    check_silent(seen)
    check_calm(seen)
