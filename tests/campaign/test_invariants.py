"""The invariants can fail: a provider with a planted bug breaks the one that the bug is about."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import boto3
import pytest

from provider import answer, beginning, closing, ensuring, errors, look, on_step, reasons, workflow
from provider.changes import Settings
from provider.identity import Whose
from provider.services import Services
from provider.state import Next, State
from tests.campaign.faults import ApiError, Fault, Nothing, Times
from tests.campaign.play import Case, play

Plant = Callable[[pytest.MonkeyPatch], None]


def answers_twice(patch: pytest.MonkeyPatch) -> None:
    send = closing.send

    def sent_twice(state: State, request: Any, services: Services) -> None:
        send(state, request, services)
        services.deliver(request.reply.response_url, {**(state.answer or {}), "Reason": "again"})

    patch.setattr(closing, "send", sent_twice)


def answers_never(patch: pytest.MonkeyPatch) -> None:
    def silent(state: State, request: Any, services: Services) -> None:
        state.next = Next.END

    patch.setattr(closing, "send", silent)


def never_gives_up(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(beginning, "deadline", lambda received, timeout: received + 10_000)


def leaves_the_reason_out(patch: pytest.MonkeyPatch) -> None:
    failure = answer.failure
    patch.setattr(answer, "failure", lambda *told: {**failure(*told), "Reason": None})


def makes_ids_up(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(workflow.Run, "_failure_id", lambda self: "demo-Sentiment-1234")


def changes_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ensuring, "needed", lambda *_: Settings())


def does_not_wait_out_throttling(patch: pytest.MonkeyPatch) -> None:
    known = errors._MEANINGS
    patch.setitem(known, "ThrottlingException", replace(known["SlowDown"], transient=False))


def cleans_nothing_up(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(workflow.Run, "_leave_behind", lambda self: None)
    patch.setattr(workflow, "abandoned", lambda *_: ())


def takes_everything_for_its_own(patch: pytest.MonkeyPatch) -> None:
    for module in (look, ensuring):
        patch.setattr(module, "whose", lambda tags, reply: Whose.EARLIER)


def prints_the_url(patch: pytest.MonkeyPatch) -> None:
    send = closing.send

    def told(state: State, request: Any, services: Services) -> None:
        print(request.reply.response_url)
        send(state, request, services)

    patch.setattr(closing, "send", told)


def goes_nowhere(patch: pytest.MonkeyPatch) -> None:
    handler = on_step.handler
    patch.setattr(on_step, "handler", lambda *given: {**handler(*given), "next": "elsewhere"})


def goes_on_for_ever(patch: pytest.MonkeyPatch) -> None:
    def patiently(self: workflow.Run, **_: bool) -> None:
        self.state.next, self.state.wait_seconds = Next.WAIT, 300

    patch.setattr(workflow.Run, "_ensure", patiently)


def cannot_delete(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(workflow.Run, "_remove", lambda self, **_: self.fail(_FAILURE))


_FAILURE = reasons.refusal_of("Planted.")
_THROTTLED = ApiError("CreateEndpoint", "ThrottlingException", Times.TWICE)
_ALWAYS = ApiError("CreateEndpoint", "ThrottlingException", Times.ALWAYS)

MUTANTS: list[tuple[Plant, str, str, Fault]] = [
    (answers_twice, "one answer", "create, explicit name", Nothing()),
    (answers_never, "one answer", "create, explicit name", Nothing()),
    (never_gives_up, "deadline", "create, explicit name", _ALWAYS),
    (leaves_the_reason_out, "valid answer", "create that fails", Nothing()),
    (makes_ids_up, "true id", "create that fails", Nothing()),
    (changes_nothing, "true success", "update of units", Nothing()),
    (changes_nothing, "endpoint", "update of units", Nothing()),
    (does_not_wait_out_throttling, "success", "create, explicit name", _THROTTLED),
    (cleans_nothing_up, "leak", "replacement that fails", Nothing()),
    (takes_everything_for_its_own, "foreign", "create over somebody else's", Nothing()),
    (prints_the_url, "secret", "create, explicit name", Nothing()),
    (goes_nowhere, "execution", "create, explicit name", Nothing()),
    (goes_on_for_ever, "end", "create, explicit name", Nothing()),
    (cannot_delete, "stack", "delete", Nothing()),
]


@pytest.mark.parametrize(("plant", "invariant", "scenario", "fault"), MUTANTS)
def test_a_planted_bug_is_caught(
    plant: Plant,
    invariant: str,
    scenario: str,
    fault: Fault,
    session: boto3.Session,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = Case("mutants", scenario, 0, fault)
    assert play(case, session)[0] == []
    plant(monkeypatch)
    problems, _ = play(case, session)
    assert invariant in {problem.partition(":")[0] for problem in problems}, problems
