"""The invariants can fail: a provider with a planted bug breaks the one that the bug is about."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from provider.contract import response
from provider.contract.properties import Settings
from provider.handlers import step
from provider.model import api_errors, ensure, polling, removal
from provider.model.actions import Delete, Fail, Proof
from provider.model.failures import Failure
from provider.model.ownership import REQUEST_TAG, Owner, Ownership, ownership
from provider.model.stack import Direction, Standing
from provider.reconcile import answer, operation, questions
from provider.reconcile.services import Services
from provider.reconcile.state import Next, State
from tests.campaign.faults import ApiError, Fault, Nothing, Times
from tests.campaign.late import Late, When
from tests.campaign.play import Case, play

Plant = Callable[[pytest.MonkeyPatch], None]


def answers_twice(patch: pytest.MonkeyPatch) -> None:
    send = answer.send

    def sent_twice(state: State, request: Any, services: Services) -> bool:
        sent = send(state, request, services)
        services.deliver(request.reply.response_url, {**(state.answer or {}), "Reason": "again"})
        return sent

    patch.setattr(answer, "send", sent_twice)


def answers_never(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(answer, "send", lambda *_: True)


def never_gives_up(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(polling, "deadline", lambda received, timeout: received + 10_000)


def leaves_the_reason_out(patch: pytest.MonkeyPatch) -> None:
    failure = response.failure
    patch.setattr(response, "failure", lambda *told: {**failure(*told), "Reason": None})


def makes_ids_up(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(answer, "_physical_id", lambda request: request.physical_id or "demo-1234")


def changes_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ensure, "settings_diff", lambda *_: Settings())


def does_not_wait_out_throttling(patch: pytest.MonkeyPatch) -> None:
    known = api_errors._MEANINGS
    patch.setitem(known, "ThrottlingException", replace(known["SlowDown"], transient=False))


def cleans_nothing_up(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(operation, "clean_up_tasks", lambda *_, **__: [])


def takes_everything_for_its_own(patch: pytest.MonkeyPatch) -> None:
    def owned(tags: Any, reply: Any) -> Ownership:
        return Ownership(Owner.OURS, execution=tags.get(REQUEST_TAG, ""))

    for module in (ensure, removal):
        patch.setattr(module, "ownership", owned)
    patch.setattr(ensure, "_is_the_resource", lambda *_: True)


def prints_the_url(patch: pytest.MonkeyPatch) -> None:
    send = answer.send

    def told(state: State, request: Any, services: Services) -> bool:
        print(request.reply.response_url)
        return send(state, request, services)

    patch.setattr(answer, "send", told)


def goes_nowhere(patch: pytest.MonkeyPatch) -> None:
    handler = step.handler
    patch.setattr(step, "handler", lambda *given: {**handler(*given), "next": "elsewhere"})


def goes_on_for_ever(patch: pytest.MonkeyPatch) -> None:
    def patiently(state: State, *_: Any) -> None:
        state.next, state.wait_seconds = Next.WAIT, 300

    patch.setattr(operation, "_work", patiently)


def cannot_delete(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(operation, "reconcile", lambda *_, **__: Fail(Failure("Planted.")))


def takes_tags_for_proof(patch: pytest.MonkeyPatch) -> None:
    for module in (ensure, removal):
        patch.setattr(module, "remove_leftover", lambda *_: Delete(Proof.NEVER_HELD))


def deletes_what_is_on_trial(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(removal, "_named", lambda *_: Delete(Proof.NAMED))


def takes_every_refusal_for_proof(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ensure, "proves_beyond_repair", lambda *_: True)


def needs_no_offer(patch: pytest.MonkeyPatch) -> None:
    known = ownership

    def offered(tags: Any, reply: Any) -> Ownership:
        return replace(known(tags, reply), is_offered=True)

    patch.setattr(ensure, "ownership", offered)


def heeds_no_time(patch: pytest.MonkeyPatch) -> None:
    never_gives_up(patch)
    patch.setattr(questions, "standing", lambda *_: Standing(Direction.FORWARD))


_THROTTLED = ApiError("CreateEndpoint", "ThrottlingException", Times.TWICE)
_ALWAYS = ApiError("CreateEndpoint", "ThrottlingException", Times.ALWAYS)
_DENIED = ApiError("UpdateEndpoint", "AccessDeniedException", Times.ALWAYS)
RETAINED = "create, explicit name, over one retained"

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
    (takes_tags_for_proof, "unproved", RETAINED, Nothing()),
    (takes_tags_for_proof, "retained", RETAINED, Nothing()),
    (needs_no_offer, "refused", RETAINED, Nothing()),
    (deletes_what_is_on_trial, "unproved", "create that adopts, sibling fails", Nothing()),
    (deletes_what_is_on_trial, "adoption", "create that adopts, sibling fails", Nothing()),
    (takes_every_refusal_for_proof, "unproved", "update of a failed endpoint", _DENIED),
    (
        heeds_no_time,
        "late",
        "update of units, rolled back",
        Late(When.LATER, first=False, forgotten=True),
    ),
]


@pytest.mark.parametrize(("plant", "invariant", "scenario", "fault"), MUTANTS)
def test_a_planted_bug_is_caught(
    plant: Plant,
    invariant: str,
    scenario: str,
    fault: Fault,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = Case("mutants", scenario, 0, fault)
    assert play(case)[0] == []
    plant(monkeypatch)
    problems = play(case).problems
    assert invariant in {problem.partition(":")[0] for problem in problems}, problems
