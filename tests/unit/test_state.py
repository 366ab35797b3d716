"""An operation's state: it travels as JSON, and a new release carries on what the old one began."""

import json
from collections.abc import Callable
from dataclasses import MISSING, fields
from typing import Any

import pytest

from provider.contract.errors import Blame
from provider.contract.properties import Properties, Settings
from provider.model import polling
from provider.model.api_errors import ApiError
from provider.model.ownership import Ownership
from provider.model.stack import StackView
from provider.model.task import Call, Goal, Refusal, Scope, Submission, Task
from provider.reconcile.state import VERSION, Next, Phase, State, UnknownStateError, load
from tests.unit import given
from tests.unit.fakes import FakeComprehend, received, services

Kind = type[State] | type[Task] | type[Submission] | type[Properties] | type[StackView]


def submission(call: Call = Call.REVIVE) -> Submission:
    """One whose every field differs from its default."""
    return Submission(
        call=call,
        at=12.5,
        seen=True,
        settings=given.settings(inference_units=3, role_arn=given.ROLE),
        before=given.settings(flywheel_arn=given.FLYWHEEL),
    )


def task() -> Task:
    """One whose every field differs from its default."""
    return Task(
        goal=Goal.CLEAN_UP,
        arn=given.ARN,
        scope=Scope.CHANGED,
        accepted=submission(Call.REVIVE),
        refused=Refusal(Call.TAG, ApiError("TagResource", "X", "why", 400)),
        unknown=submission(Call.CREATE),
        creations=2,
        tagged=True,
        status="UPDATING",
        ownership=Ownership.ADOPTED,
        role_refused_since=10.5,
        trouble=ApiError("DescribeEndpoint", "ThrottlingException", "Slow down.", 429),
        mark="mark",
    )


def properties(**changes: Any) -> Properties:
    """Some whose every field differs from its default."""
    return given.properties(endpoint_name="reviews", tags={"team": "shop"}, timeout=120, **changes)


def state() -> State:
    """One whose every field differs from its default, but for the version."""
    return State(
        event=given.event(),
        received=1.5,
        new=properties(),
        old=properties(inference_units=2),
        old_was_sent=False,
        stack=StackView("CREATE_IN_PROGRESS", listed=True, resource_status="CREATE_IN_PROGRESS"),
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


def plain() -> State:
    return State(given.event(), 1.5)


def as_json(kept: State) -> dict[str, Any]:
    """What the state machine hands to the next step."""
    travelled: dict[str, Any] = json.loads(json.dumps(kept.dump()))
    return travelled


def defaults(kind: Kind) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in fields(kind):
        if each.default_factory is not MISSING:
            found[each.name] = each.default_factory()
        elif each.default is not MISSING:
            found[each.name] = each.default
    return found


def test_the_examples_leave_no_field_at_its_default() -> None:
    for example in (state(), state().stack, task(), submission(), properties()):
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
    assert type(travelled.next) is Next
    assert type(travelled.new.settings) is Settings


def test_every_field_of_a_task_has_its_type_after_the_journey() -> None:
    travelled = load(as_json(state())).tasks[0]
    assert type(travelled.goal) is Goal
    assert type(travelled.scope) is Scope
    assert type(travelled.ownership) is Ownership
    assert travelled.accepted is not None
    assert type(travelled.accepted.call) is Call
    assert type(travelled.accepted.settings) is Settings
    assert type(travelled.trouble) is ApiError


@pytest.mark.parametrize("goal", Goal)
@pytest.mark.parametrize("ownership", [None, *Ownership])
@pytest.mark.parametrize("call", Call)
def test_every_word_survives_the_journey(
    goal: Goal, ownership: Ownership | None, call: Call
) -> None:
    kept = state()
    kept.tasks = [Task(goal, ownership=ownership, accepted=Submission(call, 1.0))]
    assert load(as_json(kept)) == kept


@pytest.mark.parametrize("call", Call)
def test_a_refusal_is_kept_as_the_error_that_it_was(call: Call) -> None:
    # The call may be another one than the change is named after: UntagResource, of a TAG.
    error = ApiError("SomeCall", "TooManyTagsException", "Too many.", 400)
    kept = State({}, 0.0, tasks=[Task(Goal.ENSURE, refused=Refusal(call, error))])
    refused = load(as_json(kept)).tasks[0].refused
    assert refused is not None
    assert (refused.call, refused.error) == (call, error)


@pytest.mark.parametrize("version", [VERSION + 1, 0, -1, None, "1", 1.0])
def test_a_state_of_a_later_release_is_refused(version: object) -> None:
    with pytest.raises(UnknownStateError, match="version"):
        load(as_json(state()) | {"version": version})


@pytest.mark.parametrize(
    "damage",
    [
        {"phase": "tomorrow"},
        {"next": "tomorrow"},
        {"tasks": [{}]},
        {"tasks": [None]},
        {"tasks": [{"goal": "tomorrow"}]},
        {"tasks": [{"goal": "ensure", "accepted": {}}]},
        {"tasks": [{"goal": "ensure", "ownership": "tomorrow"}]},
        {"tasks": [{"goal": "ensure", "trouble": {"code": "X"}}]},
        {"phase": None},
        {"next": None},
        {"tasks": None},
        {"new": None},
    ],
    ids=str,
)
def test_what_cannot_be_read_is_refused(damage: dict[str, Any]) -> None:
    with pytest.raises(UnknownStateError, match="cannot be read"):
        load(as_json(state()) | damage)


@pytest.mark.parametrize("raw", [{}, {"version": VERSION}, {"event": {}}])
def test_what_is_no_state_is_refused(raw: dict[str, Any]) -> None:
    with pytest.raises(UnknownStateError):
        load(raw)


# What the first release always writes; whatever is added after it must have a default.
ALWAYS = {"event", "received", "new", "stack", "tasks", "phase", "next"}
ALWAYS_OF_A_TASK = {"goal", "scope"}
ALWAYS_OF_A_SUBMISSION = {"call", "at", "settings", "before"}


@pytest.mark.parametrize("name", sorted(ALWAYS - {"event", "received"}))
def test_a_state_without_what_every_release_writes_is_refused(name: str) -> None:
    raw = as_json(state())
    del raw[name]
    with pytest.raises(UnknownStateError, match="cannot be read"):
        load(raw)


@pytest.mark.parametrize("name", sorted({f.name for f in fields(State)} - ALWAYS - {"version"}))
def test_a_field_that_a_predecessor_did_not_write_has_its_default(name: str) -> None:
    raw = as_json(state())
    del raw[name]
    assert getattr(load(raw), name) == defaults(State)[name]


@pytest.mark.parametrize("name", sorted({f.name for f in fields(Task)} - ALWAYS_OF_A_TASK))
def test_a_field_of_a_task_that_a_predecessor_did_not_write_has_its_default(name: str) -> None:
    raw = as_json(state())
    del raw["tasks"][0][name]
    assert getattr(load(raw).tasks[0], name) == defaults(Task)[name]


@pytest.mark.parametrize(
    "name", sorted({f.name for f in fields(Submission)} - ALWAYS_OF_A_SUBMISSION)
)
@pytest.mark.parametrize("role", ["accepted", "unknown"])
def test_a_field_of_a_submission_that_a_predecessor_did_not_write_has_its_default(
    role: str, name: str
) -> None:
    raw = as_json(state())
    del raw["tasks"][0][role][name]
    kept = getattr(load(raw).tasks[0], role)
    assert getattr(kept, name) == defaults(Submission)[name]


@pytest.mark.parametrize("name", sorted(f.name for f in fields(Properties)))
def test_a_property_that_a_predecessor_did_not_write_has_its_default(name: str) -> None:
    raw = as_json(state())
    del raw["new"][name]
    assert getattr(load(raw).new, name) == defaults(Properties)[name]


@pytest.mark.parametrize("name", sorted(f.name for f in fields(StackView)))
def test_what_a_predecessor_did_not_say_of_the_stack_is_not_known(name: str) -> None:
    raw = as_json(state())
    del raw["stack"][name]
    assert getattr(load(raw).stack, name) is None


def test_what_is_not_known_is_left_out() -> None:
    # The state machine adds ``error`` where it catches one.
    raw = as_json(state()) | {"error": {"Error": "States.Timeout"}, "tomorrow": 1}
    first = raw["tasks"][0]
    for part in (raw["new"], raw["stack"], first, first["accepted"], first["trouble"]):
        part["tomorrow"] = 1
    assert load(raw) == state()


def test_the_words_that_the_state_machine_branches_on_are_fixed() -> None:
    machine = json.loads((given.ROOT / "statemachine" / "provider.asl.json").read_text("utf-8"))
    choices = machine["States"]["Next"]["Choices"]
    assert {choice["StringEquals"] for choice in choices} == {each.value for each in Next}
    assert {choice["Variable"] for choice in choices} == {"$.next"}
    assert {"next", "wait_seconds"} <= set(as_json(plain()))


def test_the_deadlines_follow_from_what_travels() -> None:
    travelled = load(as_json(state()))
    assert travelled.deadline == polling.deadline(1.5, 120)
    assert travelled.clean_up_deadline == 3541.0 + polling.CLEAN_UP_LIMIT


def test_the_request_has_the_properties_as_they_were_parsed_when_it_arrived() -> None:
    travelled = load(as_json(state()))
    request = travelled.request()
    assert (request.new, request.old) == (state().new, state().old)
    assert request.reply == given.reply()


def test_an_answer_that_is_decided_is_sent_by_the_next_step() -> None:
    kept = plain()
    kept.decide({"Status": "FAILED"}, Blame.USER, 20.0)
    travelled = load(as_json(kept))
    assert (travelled.phase, travelled.next) == (Phase.ANSWER, Next.STEP)
    assert travelled.answer == {"Status": "FAILED"}
    assert (travelled.blame, travelled.decided) == (Blame.USER, 20.0)


def test_a_state_holds_no_raw_properties_so_that_it_is_no_larger_than_its_event() -> None:
    tags = [{"Key": f"{number}{'é' * 125}", "Value": "é" * 256} for number in range(47)]
    large = given.TEMPLATE | {"Tags": tags}
    sent = given.event("Update", properties=large, old=large, physical_id=given.ARN)
    request = given.request("Update", properties=large, old=large, physical_id=given.ARN)
    kept = received(sent, request, services(FakeComprehend())).dump()
    assert kept["event"].keys() == sent.keys() - {"ResourceProperties", "OldResourceProperties"}
    # Step Functions takes 256 KB, and Lambda's asynchronous events have as many at most.
    assert len(json.dumps(kept)) < len(json.dumps(sent))


@pytest.mark.parametrize(
    "damage",
    [
        {"received": "soon"},
        {"event": "x"},
        {"answer": "x"},
        {"new": []},
        {"stack": []},
        {"backoff": None},
        {"tasks": [{"goal": None}]},
        {"tasks": [{"goal": "ensure", "scope": None}]},
        {"tasks": [{"goal": "ensure", "creations": None}]},
        {"tasks": [{"goal": "ensure", "refused": {"call": "create"}}]},
    ],
    ids=str,
)
def test_garbage_in_a_field_is_refused(damage: dict[str, Any]) -> None:
    with pytest.raises(UnknownStateError, match="cannot be read"):
        load(as_json(state()) | damage)
