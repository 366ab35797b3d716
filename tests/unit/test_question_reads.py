"""The plan's questions: what is read for each, what a second read confirms, what proves nothing."""

from dataclasses import replace
from typing import Any

import pytest

from provider.model.actions import Question, Wait
from provider.model.api_errors import ApiError
from provider.model.installation import Installation
from provider.model.ownership import STACK_TAG, adoption_tags, ownership_tags
from provider.model.polling import STALE
from provider.model.stack import Direction, History, StackEvent, StackRecord
from provider.model.task import Goal, Task
from provider.reconcile.questions import Questions
from tests.unit import given
from tests.unit.fakes import Clock, FakeCloudFormation, FakeComprehend, FakeExecutions, services
from tests.unit.plan_cases import DELETE, ME, NOW, OLD, REPLACE, asked

DENIED = ApiError("DescribeStackEvents", "AccessDenied", "Not allowed.", 403)
THROTTLED = ApiError("DescribeStackEvents", "Throttling", "Rate exceeded", 400)
ROOT = given.STACK_ID.replace("/shop/", "/root/")
LATER = STALE + 1


def event(status: str, ago: float, about: str = given.STACK_ID) -> StackEvent:
    return StackEvent("Sentiment", about, status, given.at(NOW - ago))


BACK = [event("UPDATE_ROLLBACK_IN_PROGRESS", 700), event("UPDATE_IN_PROGRESS", 800)]


class World:
    """A task, its clock, its stack, and the executions that run."""

    def __init__(
        self, *happened: StackEvent, request: Any = DELETE, stale: float = STALE, **facts: Any
    ) -> None:
        plain = Task(Goal.DELETE, given.ARN, created=NOW - 600, marks=dict(OLD))
        self.task = replace(plain, **facts)
        self.clock = Clock()
        self.stack = FakeCloudFormation(StackRecord("UPDATE_IN_PROGRESS"), list(happened))
        self.executions = FakeExecutions({ME: NOW - 600})
        self.asked = asked(request, installation=Installation(stale=stale))

    def ask(self, question: Question, after: float = 0.0) -> Any:
        """Ask in a step of its own, some seconds later; give all that is known."""
        self.clock.now += after
        gateways = services(FakeComprehend(), self.stack, self.clock, executions=self.executions)
        return Questions(self.asked, self.task, gateways).answer(question)


def test_which_way_an_update_goes_is_noted_once_two_reads_agree() -> None:
    world = World(*BACK, request=REPLACE)
    known = world.ask(Question.STANDING)
    assert (known.standing.direction, world.task.direction) == (Direction.BACK, None)
    assert known.second_read(Question.STANDING) is not None
    assert world.ask(Question.STANDING, LATER).second_read(Question.STANDING) is None
    assert (world.task.direction, world.task.checked) == (Direction.BACK, world.clock.now)


def test_an_out_of_date_request_gets_no_direction() -> None:
    world = World(event("UPDATE_COMPLETE", 500), *BACK, request=REPLACE)
    assert world.ask(Question.STANDING).standing.is_certain
    world.ask(Question.STANDING, LATER)
    assert world.task.direction is None


@pytest.mark.parametrize(
    ("change", "is_settled"),
    [
        pytest.param({}, True, id="the same endpoint"),
        pytest.param({"created": NOW - 599}, False, id="another one of the same name"),
        pytest.param(
            {"marks": ownership_tags(given.reply(), ME)}, False, id="another request's tag"
        ),
    ],
)
def test_two_reads_prove_that_the_same_endpoint_with_the_same_tag_was_never_held(
    change: dict[str, Any], is_settled: bool
) -> None:
    world = World(event("UPDATE_IN_PROGRESS", 9000))
    assert world.ask(Question.HISTORY).second_read(Question.HISTORY) is not None
    world.task = replace(world.task, **change)
    known = world.ask(Question.HISTORY, LATER)
    assert known.history == History(is_whole=True)
    assert (known.second_read(Question.HISTORY) is None) is is_settled


def test_where_reads_are_not_stale_a_second_one_soon_confirms_it() -> None:
    world = World(event("UPDATE_IN_PROGRESS", 9000), stale=0)
    assert world.ask(Question.HISTORY).second_read(Question.HISTORY) == Wait(
        "a second read of the stack's events must confirm the first one", 1
    )
    assert world.ask(Question.HISTORY, 1).second_read(Question.HISTORY) is None


def test_a_list_of_executions_counts_once_it_is_certainly_newer_than_this_one() -> None:
    world = World()
    world.executions.starts.clear()
    world.asked = replace(world.asked, received=NOW - 1)
    assert not world.ask(Question.RUNNING).running.is_fresh
    assert world.ask(Question.RUNNING, STALE).running.is_fresh


@pytest.mark.parametrize("other", [given.EARLIER, f"shop-Sentiment-update-{given.reply().digest}2"])
def test_what_the_stack_held_counts_only_from_the_end_of_what_may_still_answer(other: str) -> None:
    world = World(event("UPDATE_IN_PROGRESS", 9000))
    world.ask(Question.HISTORY)
    world.executions.starts[other] = NOW - 900
    assert other in world.ask(Question.RUNNING, 9).running.older
    del world.executions.starts[other]
    world.ask(Question.RUNNING)
    assert world.ask(Question.HISTORY, LATER).second_read(Question.HISTORY) is not None


def test_a_younger_execution_that_made_it_counts_as_well() -> None:
    world = World(event("UPDATE_IN_PROGRESS", 9000))
    world.ask(Question.HISTORY)
    world.executions.starts[given.EARLIER] = NOW - 1
    assert world.ask(Question.RUNNING, 9).running.has(given.EARLIER)
    assert world.ask(Question.HISTORY, LATER).second_read(Question.HISTORY) is not None


def test_what_the_stack_held_before_an_adoption_does_not_count() -> None:
    retained = event("DELETE_SKIPPED", 500, given.ARN)
    adopted = adoption_tags(given.reply(), given.EARLIER, NOW - 400)
    assert World(retained).ask(Question.HISTORY).history == History(retained)
    world = World(retained, event("UPDATE_IN_PROGRESS", 900), marks=adopted)
    assert world.ask(Question.HISTORY).history.never_held


@pytest.mark.parametrize(
    ("stack", "is_over"),
    [
        pytest.param(StackRecord("UPDATE_COMPLETE"), True, id="its own stack"),
        pytest.param(StackRecord("UPDATE_COMPLETE", root_id=ROOT), False, id="a nested one"),
        pytest.param(None, False, id="CloudFormation has no record of it"),
    ],
)
def test_the_outermost_stack_ends_a_trial(stack: StackRecord | None, is_over: bool) -> None:
    adopted = adoption_tags(given.reply(), given.EARLIER, NOW - 400)
    world = World(event("UPDATE_COMPLETE", 300), event("UPDATE_IN_PROGRESS", 900), marks=adopted)
    world.stack.record = stack
    assert world.ask(Question.TRIAL).trial_over is is_over
    root = stack.root_id if stack else None
    assert world.stack.asked[1:] == ([root or given.STACK_ID] if stack else [])


@pytest.mark.parametrize("question", Question)
def test_what_is_denied_is_known_to_be_and_what_is_throttled_is_read_again(
    question: Question,
) -> None:
    world = World(request=REPLACE)
    world.stack.fails = world.executions.fails = DENIED
    known = world.ask(question)
    assert (known.denied, known.lacks(question)) == ({question: DENIED}, False)
    assert world.task.direction is (Direction.UNKNOWN if question is Question.STANDING else None)
    world.stack.fails = world.executions.fails = THROTTLED
    with pytest.raises(ApiError, match="Throttling"):
        world.ask(question)


OTHER_STACK = given.STACK_ID.replace("/shop/", "/till/")


@pytest.mark.parametrize(
    ("stack_id", "happened", "has_it"),
    [
        pytest.param(OTHER_STACK, [event("CREATE_COMPLETE", 500, given.ARN)], True, id="it has"),
        pytest.param(OTHER_STACK, [event("DELETE_SKIPPED", 500, given.ARN)], False, id="retained"),
        pytest.param(OTHER_STACK, [], False, id="no record of it"),
        pytest.param(
            OTHER_STACK.replace("eu-west-1", "us-east-1"),
            [event("CREATE_COMPLETE", 500, given.ARN)],
            False,
            id="of another region: nobody is asked",
        ),
        pytest.param("no stack", [], False, id="not a stack's id"),
    ],
)
def test_the_stack_in_an_endpoint_s_tags_is_asked_whether_it_has_it(
    stack_id: str, happened: list[StackEvent], has_it: bool
) -> None:
    world = World(*happened, request=REPLACE, marks=OLD | {STACK_TAG: stack_id})
    known = world.ask(Question.OWNER)
    assert known.owner.has_it is has_it
    # It proves nothing about this stack.
    assert known.lacks(Question.HISTORY)
