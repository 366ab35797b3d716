"""An operation's state: it travels as JSON, and a new release carries on what the old one began."""

import json
from collections.abc import Callable
from dataclasses import MISSING, fields
from typing import Any

import pytest

from provider.changes import Scope, Settings
from provider.decision import Change, Goal, Sent, Submitted, Trace
from provider.errors import ApiError, Blame, UnknownStateError
from provider.identity import Kind, Whose
from provider.state import VERSION, Leftover, Next, Phase, Progression, State, load
from tests.unit import given

REFUSAL = ApiError("UntagResource", "X", "why", 400)


def progression() -> Progression:
    """One whose every field differs from its default."""
    return Progression(
        sent=Sent.REVIVE,
        sent_at=12.5,
        seen=True,
        creations=2,
        settings=Settings("m", "f", 3, "r"),
        before=Settings("n", "g", 4, "s"),
        refused_change=Change.TAG,
        refusal=REFUSAL,
        tagged=True,
        maybe_created_at=11.5,
        maybe_adopted=True,
        status="UPDATING",
        whose=Whose.ADOPTED,
        waiting_for_role_since=10.5,
        trouble=ApiError("DescribeEndpoint", "ThrottlingException", "Slow down.", 429),
    )


def state() -> State:
    """One whose every field differs from its default, but for the version."""
    return State(
        event=given.event(),
        received=1.5,
        deadline=3541.5,
        phase=Phase.CLEAN_UP,
        next=Next.KEEP,
        wait_seconds=5,
        backoff=18.0,
        stack_status="CREATE_IN_PROGRESS",
        listed=True,
        resource_status="CREATE_IN_PROGRESS",
        kind=Kind.RECOGNIZER,
        arn=given.ARN,
        scope=Scope.CHANGED,
        progression=progression(),
        removals=[Leftover("a", Goal.DELETE_IF_OURS, progression())],
        answer={"Status": "SUCCESS", "Data": {"Arn": given.ARN}},
        blame=Blame.SERVICE,
        decided=3541.0,
        deliveries=3,
        undelivered=True,
        leftovers=[Leftover("b", Goal.CLEAN_UP, progression(), "mark"), Leftover("c", Goal.DELETE)],
        clean_up_deadline=7141.5,
    )


def plain() -> State:
    return State(given.event(), 1.5, 3541.5)


def as_json(kept: State) -> dict[str, Any]:
    """What the state machine hands to the next step."""
    travelled: dict[str, Any] = json.loads(json.dumps(kept.dump()))
    return travelled


def defaults(kind: type[State] | type[Progression]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in fields(kind):
        if each.default_factory is not MISSING:
            found[each.name] = each.default_factory()
        elif each.default is not MISSING:
            found[each.name] = each.default
    return found


def test_the_examples_leave_no_field_at_its_default() -> None:
    for example in (state(), progression()):
        same = {
            name
            for name, default in defaults(type(example)).items()
            if getattr(example, name) == default
        }
        assert same <= {"version"}


@pytest.mark.parametrize("make", [state, plain])
def test_every_field_survives_the_journey(make: Callable[[], State]) -> None:
    travelled = load(as_json(make()))
    assert travelled == make()
    assert as_json(travelled) == as_json(make())
    assert type(travelled.phase) is Phase
    assert type(travelled.scope) is Scope
    assert type(travelled.progression.sent) is Sent
    assert type(travelled.progression.settings) is Settings


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("whose", [None, *Whose])
@pytest.mark.parametrize("sent", Sent)
def test_every_word_survives_the_journey(kind: Kind, whose: Whose | None, sent: Sent) -> None:
    kept = state()
    kept.kind, kept.progression.whose, kept.progression.sent = kind, whose, sent
    assert load(as_json(kept)) == kept


@pytest.mark.parametrize("version", [VERSION + 1, 0, -1, None, "1", 1.0])
def test_a_state_of_a_later_release_is_refused(version: object) -> None:
    with pytest.raises(UnknownStateError, match="version"):
        load(as_json(state()) | {"version": version})


@pytest.mark.parametrize(
    "damage",
    [
        {"phase": "tomorrow"},
        {"next": None},
        {"progression": None},
        {"progression": {}},
        {"leftovers": [{}]},
        {"kind": "image-classifier"},
    ],
)
def test_what_cannot_be_read_is_refused(damage: dict[str, Any]) -> None:
    with pytest.raises(UnknownStateError, match="cannot be read"):
        load(as_json(state()) | damage)


@pytest.mark.parametrize("raw", [{}, {"version": VERSION}, {"event": {}}])
def test_what_is_no_state_is_refused(raw: dict[str, Any]) -> None:
    with pytest.raises(UnknownStateError):
        load(raw)


# What the first release always writes; whatever is added after it must have a default.
ALWAYS = {
    "event",
    "received",
    "deadline",
    "phase",
    "next",
    "scope",
    "progression",
    "removals",
    "leftovers",
}
ALWAYS_OF_PROGRESSION = {"sent", "settings", "before"}


@pytest.mark.parametrize("name", sorted({f.name for f in fields(State)} - ALWAYS - {"version"}))
def test_a_field_that_a_predecessor_did_not_write_has_its_default(name: str) -> None:
    raw = as_json(state())
    del raw[name]
    assert getattr(load(raw), name) == defaults(State)[name]


@pytest.mark.parametrize(
    "name", sorted({f.name for f in fields(Progression)} - ALWAYS_OF_PROGRESSION)
)
def test_a_field_of_the_progression_that_a_predecessor_did_not_write_has_its_default(
    name: str,
) -> None:
    raw = as_json(state())
    del raw["progression"][name]
    del raw["leftovers"][0]["progression"][name]
    loaded = load(raw)
    assert getattr(loaded.progression, name) == defaults(Progression)[name]
    assert getattr(loaded.leftovers[0].progression, name) == defaults(Progression)[name]


def test_what_is_not_known_is_left_out() -> None:
    # The state machine adds ``error`` where it catches one.
    raw = as_json(state()) | {"error": {"Error": "States.Timeout"}, "tomorrow": 1}
    raw["progression"]["tomorrow"] = 1
    assert load(raw) == state()


def test_the_words_that_the_state_machine_branches_on_are_fixed() -> None:
    machine = json.loads((given.ROOT / "statemachine" / "provider.asl.json").read_text("utf-8"))
    choices = machine["States"]["Next"]["Choices"]
    assert {choice["StringEquals"] for choice in choices} == {each.value for each in Next}
    assert {choice["Variable"] for choice in choices} == {"$.next"}
    assert {"next", "wait_seconds"} <= set(as_json(plain()))


GRACE = 120.0


@pytest.mark.parametrize(
    ("sent", "seen", "elapsed", "trace"),
    [
        (Sent.NOTHING, False, 0.0, Trace.NONE_YET),
        (Sent.NOTHING, False, 9999.0, Trace.NONE_YET),
        (Sent.UPDATE, False, 0.0, Trace.NONE_YET),
        (Sent.UPDATE, False, 119.9, Trace.NONE_YET),
        (Sent.UPDATE, False, 120.0, Trace.OVERDUE),
        (Sent.UPDATE, True, 0.0, Trace.SEEN),
        (Sent.UPDATE, True, 9999.0, Trace.SEEN),
    ],
)
def test_a_change_that_never_shows_is_overdue_after_a_while(
    sent: Sent, seen: bool, elapsed: float, trace: Trace
) -> None:
    kept = Progression(sent=sent, sent_at=1000.0, seen=seen)
    assert kept.submitted(1000.0 + elapsed, GRACE) == Submitted(sent, trace)


def test_an_accepted_change_starts_afresh() -> None:
    kept = progression()
    kept.accepted(Sent.DELETE, 20.0)
    assert (kept.sent, kept.sent_at, kept.seen) == (Sent.DELETE, 20.0, False)
    assert (kept.refused_change, kept.refusal, kept.trouble) == (None, None, None)
    assert kept.waiting_for_role_since is None
    assert kept.creations == 2


@pytest.mark.parametrize("change", Change)
def test_a_refusal_is_kept_as_the_error_that_it_was(change: Change) -> None:
    # The call may be another one than the change is named after: UntagResource, of a TAG.
    error = ApiError("SomeCall", "TooManyTagsException", "Too many.", 400)
    kept = Progression()
    kept.refused(change, error)
    assert kept.submitted(0.0, GRACE).refused is change
    travelled = load(as_json(State({}, 0.0, 0.0, progression=kept))).progression
    assert travelled.refused_change is change
    assert travelled.refusal == error


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, False),
        ({"whose": Whose.EARLIER}, False),
        ({"whose": Whose.ADOPTED}, False),
        ({"creations": 1}, True),
        ({"maybe_created_at": 0.0}, True),
        ({"whose": Whose.MADE}, True),
    ],
)
def test_a_request_may_have_created_what_it_sent_lost_or_marked(
    values: dict[str, Any], expected: bool
) -> None:
    assert Progression(**values).may_have_created is expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, False),
        ({"whose": Whose.OFFERED}, False),
        ({"whose": Whose.ON_TRIAL}, False),
        ({"whose": Whose.ADOPTED}, False),
        ({"whose": Whose.TAKEN}, True),
        ({"maybe_adopted": True}, True),
        ({"maybe_adopted": True, "whose": Whose.OFFERED}, True),
        # It went, and another one was made in its place.
        ({"maybe_adopted": True, "creations": 1}, False),
    ],
)
def test_a_request_may_have_adopted_what_it_took_or_lost(
    values: dict[str, Any], expected: bool
) -> None:
    assert Progression(**values).may_have_adopted is expected
