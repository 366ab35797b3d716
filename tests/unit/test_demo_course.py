"""The demo's course: what is expected of each step, and what happens where it does not come."""

from dataclasses import replace
from io import StringIO

import pytest

from local.demo.__main__ import finish
from local.demo.course import PATIENCE
from local.demo.screen import Plain
from local.demo.seen import Look
from local.demo.steps import BROKEN, STEPS, Fate, Verb
from local.demo.verdict import fate_of, problems
from tests.unit.demo_world import GENERATED, PREFIX, Change, played


def endpoint(**changes: object) -> Change:
    """A change of the look's first endpoint."""

    def change(look: Look) -> Look:
        first, *others = look.endpoints
        return replace(look, endpoints=(replace(first, **changes), *others))  # type: ignore[arg-type]

    return change


def one_call(operation: str) -> Change:
    """A further call of an operation."""
    return lambda look: replace(
        look, calls=(*look.calls, replace(look.calls[0], operation=operation))
    )


VIOLATIONS: dict[str, tuple[str, Change, str]] = {
    "another status": (
        "failed update",
        lambda look: replace(
            look,
            status="UPDATE_COMPLETE",
            events=(*look.events, replace(look.events[-1], status="UPDATE_COMPLETE")),
        ),
        "The stack is in UPDATE_COMPLETE; expected: UPDATE_ROLLBACK_COMPLETE.",
    ),
    "a replacement instead of an update": (
        "more units",
        lambda look: endpoint(arn=f"{PREFIX}other")(replace(look, arn=f"{PREFIX}other")),
        f"The stack's endpoint was {GENERATED} and is {PREFIX}other; expected: the same endpoint",
    ),
    "an update instead of a replacement": (
        "another name",
        lambda look: endpoint(arn=GENERATED)(replace(look, arn=GENERATED)),
        f"was {GENERATED} and is {GENERATED}; expected: another endpoint instead.",
    ),
    "an endpoint that stays": (
        "delete",
        lambda look: replace(look, arn=GENERATED),
        "expected: no endpoint any more.",
    ),
    "a second CreateEndpoint": (
        "create",
        one_call("CreateEndpoint"),
        "the changing calls 2 x CreateEndpoint; expected: CreateEndpoint.",
    ),
    "a change of tags": (
        "more units",
        one_call("TagResource"),
        "the changing calls TagResource, UpdateEndpoint; expected: UpdateEndpoint.",
    ),
    "a leak": (
        "failed create",
        lambda look: replace(look, endpoints=look.endpoints * 2),
        "The endpoints there are: reviews-blue (IN_SERVICE), reviews-blue (IN_SERVICE); "
        "expected: 1 of them.",
    ),
    "a physical id without an endpoint": (
        "create",
        endpoint(arn=f"{PREFIX}other"),
        f"Comprehend has no endpoint {GENERATED}.",
    ),
    "units that did not change": (
        "more units",
        endpoint(units=1),
        "is IN_SERVICE with v1, 1 unit (asked of Comprehend: v1, 2 units)",
    ),
    "a model that did not change": (
        "new model version",
        endpoint(version="v1"),
        "with v1, 2 units",
    ),
    "a rollback that was only accepted": (
        "failed update",
        endpoint(wanted_version=BROKEN.version),
        "asked of Comprehend: v3, 2 units",
    ),
    "an endpoint that does not serve": ("create", endpoint(status="FAILED"), "is FAILED with"),
    "another name than asked for": (
        "another name",
        lambda look: endpoint(arn=f"{PREFIX}other")(replace(look, arn=f"{PREFIX}other")),
        "expected: reviews-blue in IN_SERVICE",
    ),
    "a failure without a reason": (
        "failed create",
        lambda look: replace(look, events=tuple(replace(e, reason="") for e in look.events)),
        "No reason in the stack's events says: The model could not be loaded",
    ),
    "a provider that never ends": (
        "delete",
        lambda look: replace(look, working=True),
        "The step did not come to an end: the stack is in DELETE_COMPLETE, and the provider is "
        "still at work.",
    ),
    "a stack that never ends": (
        "create",
        lambda look: replace(look, status="CREATE_IN_PROGRESS"),
        "the stack is in CREATE_IN_PROGRESS, and the provider is not at work.",
    ),
}


@pytest.mark.parametrize("name", VIOLATIONS)
def test_an_expectation_that_is_not_met_ends_the_demo_with_the_reason(name: str) -> None:
    title, change, told = VIOLATIONS[name]
    stream = StringIO()
    outcome, world = played(Plain(stream), title, change)
    assert any(told in failure for failure in outcome.failures), outcome.failures
    assert finish(outcome, Plain(stream), 1) == 1
    assert world.asked[-1] == title
    assert told in stream.getvalue()
    number = [step.title for step in STEPS].index(title) + 1
    assert stream.getvalue().endswith(f"Operation {number}, {title}, did not go as expected.\n")


def test_a_demo_without_a_violation_is_a_success() -> None:
    stream = StringIO()
    outcome, world = played(Plain(stream))
    assert outcome.good
    assert world.asked == [step.title for step in STEPS]
    assert finish(outcome, Plain(stream), 1) == 0
    assert not [each for result in outcome.results for each in problems(result)]


def test_an_endpoint_that_appears_after_the_last_step_is_a_failure() -> None:
    outcome, _ = played(Plain(StringIO()))
    live = outcome.results[0].look.endpoints
    assert finish(replace(outcome, left=live), Plain(StringIO()), 1) == 1


def test_a_step_that_never_ends_is_given_up_in_time() -> None:
    outcome, _ = played(Plain(StringIO()), "create", lambda look: replace(look, working=True))
    (result,) = outcome.results
    assert result.look.working
    # What CloudFormation took counts, and not how long the demo waited for the provider.
    assert result.seconds < PATIENCE


def test_the_time_of_an_operation_ends_with_the_stacks_last_event() -> None:
    outcome, _ = played(Plain(StringIO()))
    assert [result.seconds for result in outcome.results] == [2.0] * len(STEPS)


@pytest.mark.parametrize(
    ("before", "after", "fate"),
    [
        (None, None, Fate.NEVER),
        (None, "a", Fate.NEW),
        ("a", "a", Fate.KEPT),
        ("a", "b", Fate.REPLACED),
        ("a", None, Fate.GONE),
    ],
)
def test_the_fate_of_an_endpoint_follows_from_its_arns(
    before: str | None, after: str | None, fate: Fate
) -> None:
    assert fate_of(before, after) is fate


def test_the_steps_are_the_life_of_an_endpoint() -> None:
    assert {step.expected.fate for step in STEPS} == set(Fate)
    assert STEPS[-1].expected.endpoints == 0
    for step in STEPS:
        assert (step.asked is None) == (step.verb is Verb.DELETE)
        assert "FAILED" not in step.expected.status
        assert bool(step.expected.reason) == ("ROLLBACK" in step.expected.status)
