"""An operation's state: it travels as JSON, and a new release carries on what the old one began."""

import json
from dataclasses import MISSING, fields
from typing import Any

import pytest

from provider.contract.errors import Blame
from provider.contract.event import parse_event
from provider.contract.properties import Properties
from provider.model import polling
from provider.model.api_errors import ApiError
from provider.model.ownership import ownership_tags
from provider.model.stack import Direction
from provider.model.task import Call, Goal, Reading, Refusal, Scope, Submission, Task
from provider.reconcile.state import VERSION, Next, Phase, State, UnknownStateError, load
from tests.unit import given
from tests.unit.fakes import FakeComprehend, received, services

# Examples whose every field differs from its default, but for the version.


def submission(call: Call = Call.REVIVE) -> Submission:
    return Submission(
        call=call,
        at=12.5,
        seen=True,
        settings=given.settings(inference_units=3, role_arn=given.ROLE),
        before=given.settings(flywheel_arn=given.FLYWHEEL),
        modified=6.5,
        message="An earlier failure.",
    )


def task() -> Task:
    return Task(
        goal=Goal.CLEAN_UP,
        arn=given.ARN,
        scope=Scope.CHANGED,
        direction=Direction.BACK,
        accepted=submission(Call.REVIVE),
        # The call may be another one than the change is named after.
        refused=Refusal(Call.TAG, ApiError("UntagResource", "X", "why", 400)),
        unknown=submission(Call.CREATE),
        taken=True,
        creations=2,
        tagged=11.5,
        status="UPDATING",
        created=2.25,
        marks=ownership_tags(given.reply(), "an-execution"),
        refused_since=10.5,
        trouble=ApiError("DescribeEndpoint", "ThrottlingException", "Slow down.", 429),
        checked=9.5,
        readings={"standing": Reading("forward", 8.5), "history": Reading("True 2.25", 7.5)},
        replaced=True,
    )


def properties(**changes: Any) -> Properties:
    return given.properties(endpoint_name="reviews", tags={"team": "shop"}, timeout=120, **changes)


def state() -> State:
    return State(
        event=given.event(),
        received=1.5,
        execution="an-execution",
        requested=0.5,
        new=properties(),
        old=properties(inference_units=2),
        problems=["ModelArn: one.", "Tags: two."],
        beyond=["DesiredInferenceUnits: three."],
        tasks=[task(), Task(Goal.DELETE, "b")],
        phase=Phase.CLEAN_UP,
        next=Next.KEEP,
        wait_seconds=5,
        backoff=18.0,
        answer={"Status": "SUCCESS", "Data": {"Arn": given.ARN}},
        blame=Blame.SERVICE,
        decided=3541.0,
        deliveries=3,
    )


def as_json(kept: State) -> dict[str, Any]:
    """What the state machine hands to the next step."""
    travelled: dict[str, Any] = json.loads(json.dumps(kept.dump()))
    return travelled


def defaults(kind: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in fields(kind):
        if each.default_factory is not MISSING:
            found[each.name] = each.default_factory()
        elif each.default is not MISSING:
            found[each.name] = each.default
    return found


def typed(value: Any) -> Any:
    """A value together with the types of everything in it: an enum's text is not its member."""
    slots = getattr(value, "__dataclass_fields__", None)
    if slots is not None:
        return type(value), {name: typed(getattr(value, name)) for name in slots}
    if isinstance(value, list):
        return [typed(each) for each in value]
    if isinstance(value, dict):
        return {key: typed(each) for key, each in value.items()}
    return type(value), value


def test_the_examples_leave_no_field_at_its_default() -> None:
    for example in (state(), task(), submission(), properties()):
        plain = defaults(type(example)).items()
        assert {name for name, each in plain if getattr(example, name) == each} <= {"version"}


@pytest.mark.parametrize("kept", [state(), State(given.event(), 1.5)], ids=["full", "plain"])
def test_every_field_survives_the_journey_with_its_type(kept: State) -> None:
    travelled = load(as_json(kept))
    assert typed(travelled) == typed(kept)
    assert as_json(travelled) == as_json(kept)


# ---------------------------------------------------------------- Other releases, and damage

PARTS = {
    "": State,
    "new": Properties,
    "tasks.0": Task,
    "tasks.0.accepted": Submission,
    "tasks.0.unknown": Submission,
}
REQUIRED = {"version", "new", "execution", "tasks", "phase", "next"}
"""What every release writes. Whatever is added later must have a default."""


def at(path: str, whole: Any) -> Any:
    """Give the part of a state, or of its JSON, at a path."""
    for key in filter(None, path.split(".")):
        if key.isdigit():
            whole = whole[int(key)]
        else:
            whole = whole[key] if isinstance(whole, dict) else getattr(whole, key)
    return whole


@pytest.mark.parametrize(
    ("path", "name", "default"),
    [
        (path, name, default)
        for path, kind in PARTS.items()
        for name, default in defaults(kind).items()
        if path or name not in REQUIRED
    ],
)
def test_a_field_that_a_predecessor_did_not_write_has_its_default(
    path: str, name: str, default: Any
) -> None:
    raw = as_json(state())
    del at(path, raw)[name]
    assert getattr(at(path, load(raw)), name) == default


@pytest.mark.parametrize("path", PARTS)
def test_what_a_later_release_has_added_is_refused_and_not_guessed(path: str) -> None:
    raw = as_json(state())
    at(path, raw)["tomorrow"] = 1
    with pytest.raises(UnknownStateError, match="does not know: tomorrow"):
        load(raw)


@pytest.mark.parametrize("version", [VERSION + 1, 0, -1, None, "1", 1.0])
def test_a_state_of_a_later_release_is_refused(version: object) -> None:
    with pytest.raises(UnknownStateError, match="version"):
        load(as_json(state()) | {"version": version})


@pytest.mark.parametrize("name", sorted(REQUIRED))
def test_a_state_without_what_every_release_writes_is_refused(name: str) -> None:
    raw = as_json(state())
    del raw[name]
    with pytest.raises(UnknownStateError):
        load(raw)


@pytest.mark.parametrize(
    "damage",
    [
        {"event": "x"},
        {"received": "soon"},
        {"new": None},
        {"new": []},
        {"execution": None},
        {"requested": "soon"},
        {"requested": None},
        {"problems": None},
        {"phase": "tomorrow"},
        {"phase": None},
        {"next": "tomorrow"},
        {"next": None},
        {"answer": "x"},
        {"backoff": None},
        {"tasks": None},
        {"tasks": [None]},
        {"tasks": [{}]},
        {"tasks": [{"goal": "tomorrow"}]},
        {"tasks": [{"goal": None}]},
        {"tasks": [{"goal": "ensure", "scope": None}]},
        {"tasks": [{"goal": "ensure", "accepted": {}}]},
        {"tasks": [{"goal": "ensure", "refused": {"call": "create"}}]},
        {"tasks": [{"goal": "ensure", "creations": None}]},
        {"tasks": [{"goal": "ensure", "direction": "sideways"}]},
        {"tasks": [{"goal": "ensure", "marks": "x"}]},
        {"tasks": [{"goal": "ensure", "readings": None}]},
        {"tasks": [{"goal": "ensure", "readings": {"standing": "forward"}}]},
        {"tasks": [{"goal": "ensure", "readings": {"standing": {"said": "forward"}}}]},
        {"tasks": [{"goal": "ensure", "trouble": {"code": "X"}}]},
    ],
    ids=str,
)
def test_what_cannot_be_read_is_refused(damage: dict[str, Any]) -> None:
    with pytest.raises(UnknownStateError, match="cannot be read"):
        load(as_json(state()) | damage)


# ---------------------------------------------------------------- What follows from a state


def test_the_state_machine_branches_on_every_word_of_next() -> None:
    machine = json.loads((given.ROOT / "statemachine" / "provider.asl.json").read_text("utf-8"))
    choices = machine["States"]["Next"]["Choices"]
    assert {choice["StringEquals"] for choice in choices} == {each.value for each in Next}
    assert {choice["Variable"] for choice in choices} == {"$.next"}


def test_deadlines_and_the_parsed_request_follow_from_what_travels() -> None:
    travelled = load(as_json(state()))
    # The deadline counts from the request's time: an event may have waited in a queue.
    assert travelled.deadline == polling.deadline(0.5, 120)
    assert travelled.clean_up_deadline == 3541.0 + polling.CLEAN_UP_LIMIT
    request = travelled.request()
    assert (request.new, request.old) == (state().new, state().old)
    assert request.reply == given.reply()


def test_an_answer_that_is_decided_is_sent_by_the_next_step() -> None:
    kept = State(given.event(), 1.5)
    kept.decide({"Status": "FAILED"}, Blame.USER, 20.0)
    travelled = load(as_json(kept))
    assert (travelled.phase, travelled.next) == (Phase.ANSWER, Next.STEP)
    assert travelled.answer == {"Status": "FAILED"}
    assert (travelled.blame, travelled.decided) == (Blame.USER, 20.0)


def test_a_state_holds_no_raw_properties_so_that_it_is_no_larger_than_its_event() -> None:
    tags = [{"Key": f"{number}{'é' * 125}", "Value": "é" * 256} for number in range(47)]
    large = given.TEMPLATE | {"Tags": tags}
    sent = given.event("Update", properties=large, old=large, physical_id=given.ARN)
    kept = received(sent, parse_event(sent), services(FakeComprehend())).dump()
    assert kept["event"].keys() == sent.keys() - {"ResourceProperties", "OldResourceProperties"}
    # Step Functions takes 256 KB, and Lambda's asynchronous events have as many at most.
    assert len(json.dumps(kept)) < len(json.dumps(sent))
