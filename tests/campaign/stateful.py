"""A machine of rules for Hypothesis: several stacks that share names, and all that hits them."""

from contextlib import ExitStack
from typing import Any

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from testing.cloudformation import Carried, Course, Stack
from testing.events import DeletionPolicy, Template
from tests.campaign.drawn import (
    Cancelled,
    Trouble,
    behaviours,
    edits,
    meddlings,
    policies,
    templates,
    troubles,
)
from tests.campaign.fleet import Due, Fleet, owner
from tests.campaign.late import TWENTY_MINUTES
from tests.campaign.meddling import Meddling
from tests.campaign.oversight import Oversight
from tests.campaign.story import story

STACKS = ("one", "two", "three")
MOST_DELETIONS = 3
"""Rounds after which all stacks are gone: what is held up by another one's endpoint goes then."""
MOST_UPDATES = 4
"""In a row: they are what all else is about."""
ALL = 1_000_000
"""Steps."""

_STABLE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")
_STUCK = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED", "UPDATE_ROLLBACK_FAILED")
_UNDER_WAY = ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS")

_RARELY = st.sampled_from([False, False, True])
_STEPS = st.sampled_from([ALL, ALL, 0, 2, 5, 10])
"""How far all goes before the next thing happens."""


class Stacks(RuleBasedStateMachine):
    """Stacks are created, edited, cancelled and deleted, side by side, while everything that can
    go wrong does, one thing at a time for each operation of a stack.
    """

    def __init__(self) -> None:
        super().__init__()
        self._open = ExitStack()
        self._numbers = dict.fromkeys(STACKS, 0)
        self._stacks: dict[str, Stack] = {}
        self._broken = False

    @initialize(
        settings=behaviours(), first=templates(), second=templates(), stale=st.integers(0, 30)
    )
    def open(self, settings: dict[str, Any], first: Template, second: Template, stale: int) -> None:
        """A service, and two stacks in it; reads of stacks are up to so many seconds old."""
        self.fleet = Fleet(settings)
        self.fleet.read_late(stale)
        self._open.enter_context(self.fleet.listening())
        self.oversight = Oversight(self.fleet)
        for name, template in zip(STACKS, (first, second), strict=False):
            stack = self._stacks[name] = self.fleet.stack(name, 0)
            self.fleet.set_off(stack, stack.create(template))
            self._go_on(ALL)

    @invariant()
    def nothing_wrong_was_seen(self) -> None:
        if self._broken:
            return
        problems = list(dict.fromkeys(self.oversight.problems))
        if problems:
            self._broken = True
            note(story(self.fleet))
        assert not problems, "\n".join(problems)

    def _go_on(self, steps: int) -> None:
        self.fleet.rested = self.fleet.clock()
        while steps and self.fleet.tick():
            steps -= 1

    def _idle(self, *statuses: str) -> list[str]:
        """The stacks of which CloudFormation takes a new operation."""
        return [
            name
            for name, stack in self._stacks.items()
            if stack.status in statuses and self.fleet.is_idle(stack)
        ]

    def _quiet(self, *statuses: str) -> list[str]:
        return [name for name in self._idle(*statuses) if self.fleet.is_quiet(self._stacks[name])]

    def _absent(self) -> list[str]:
        return [
            name
            for name in STACKS
            if name not in self._stacks or name in self._idle("DELETE_COMPLETE")
        ]

    def _play(
        self, stack: Stack, course: Course, trouble: Trouble, steps: int, *, changes: int = 1
    ) -> None:
        """Sets an operation off, lets it go some steps, and makes its trouble.

        A fault hits a resource that is alone: what the failure of a second one did to it would
        be a second trouble.
        """
        alone = changes <= 1 and self.fleet.is_quiet(stack)
        due = trouble if isinstance(trouble, Due) and alone else None
        self.fleet.set_off(stack, course, due)
        if isinstance(trouble, Cancelled):
            self._go_on(trouble.steps)
            while not self.fleet.is_taken_up(stack):
                self.fleet.tick()
            self.fleet.clock.advance(trouble.seconds)
            if stack.status in _UNDER_WAY:
                if trouble.deleted and stack.status == "CREATE_IN_PROGRESS":
                    stack.delete_now()
                else:
                    stack.cancel()
                self.fleet.go_on()
        self._go_on(steps)

    @precondition(lambda self: self._absent())
    @rule(
        data=st.data(),
        template=templates(),
        sibling_fails=_RARELY,
        policy=policies(),
        repeats_ids=st.booleans(),
        trouble=troubles(),
        steps=_STEPS,
    )
    def create(
        self,
        data: st.DataObject,
        template: Template,
        sibling_fails: bool,
        policy: DeletionPolicy,
        repeats_ids: bool,
        trouble: Trouble,
        steps: int,
    ) -> None:
        name = data.draw(st.sampled_from(self._absent()), label="stack")
        self._numbers[name] += 1
        stack = self._stacks[name] = self.fleet.stack(name, self._numbers[name])
        stack.deletion_policy, stack.repeats_ids = policy, repeats_ids
        course = stack.create(template, sibling_fails=sibling_fails)
        self._play(stack, course, trouble, steps, changes=len(template))

    @precondition(lambda self: self._quiet(*_STABLE))
    @rule(data=st.data(), times=st.integers(1, MOST_UPDATES))
    def update(self, data: st.DataObject, times: int) -> None:
        """So many times, unless the stack is still busy then, or does not take an update."""
        name = data.draw(st.sampled_from(self._quiet(*_STABLE)), label="stack")
        for _ in range(times):
            if name in self._quiet(*_STABLE):
                self._update(self._stacks[name], data)

    def _update(self, stack: Stack, data: st.DataObject) -> None:
        present = {
            each.logical_id: each.properties
            for each in stack.resources.values()
            if not each.is_gone
        }
        template = data.draw(edits(present), label="template")
        changes = sum(template[each] != present.get(each) for each in template)
        sibling_fails = data.draw(_RARELY, label="sibling fails")
        carried = data.draw(st.sampled_from(Carried), label="rolled back with")
        trouble = data.draw(troubles(), label="trouble")
        course = stack.update(template, sibling_fails=sibling_fails, carried=carried)
        self._play(stack, course, trouble, data.draw(_STEPS, label="steps"), changes=changes)

    @precondition(lambda self: self._idle(*_STABLE, *_STUCK))
    @rule(data=st.data(), trouble=troubles(), steps=_STEPS)
    def delete(self, data: st.DataObject, trouble: Trouble, steps: int) -> None:
        name = data.draw(st.sampled_from(self._idle(*_STABLE, *_STUCK)), label="stack")
        stack = self._stacks[name]
        self._play(stack, stack.delete(), trouble, steps)

    @precondition(lambda self: self._quiet("UPDATE_ROLLBACK_FAILED"))
    @rule(data=st.data(), steps=_STEPS)
    def continue_rollback(self, data: st.DataObject, steps: int) -> None:
        name = data.draw(st.sampled_from(self._quiet("UPDATE_ROLLBACK_FAILED")), label="stack")
        stack = self._stacks[name]
        self._play(stack, stack.continue_rollback(), None, steps)

    @rule(data=st.data(), steps=_STEPS)
    def deliver_again(self, data: st.DataObject, steps: int) -> None:
        """E13: of an event that was never taken up it would be the first delivery."""
        sent = [each for each in self.fleet.requests if each.operation.executions]
        number = data.draw(st.integers(0, len(sent) - 1), label="request")
        self.fleet.deliver_again(sent[-1 - number])
        self._go_on(steps)

    @rule(data=st.data(), steps=_STEPS)
    def deliver_late(self, data: st.DataObject, steps: int) -> None:
        """E13: much later, when the name of the event's execution may be free again."""
        self._go_on(ALL)
        self.fleet.clock.advance(TWENTY_MINUTES)
        sent = [each for each in self.fleet.requests if each.operation.executions]
        number = data.draw(st.integers(0, len(sent) - 1), label="request")
        if data.draw(st.booleans(), label="name free"):
            self.fleet.forget(sent[-1 - number])
        self.fleet.deliver_again(sent[-1 - number])
        self._go_on(steps)

    @rule(data=st.data(), steps=_STEPS)
    def meddle(self, data: st.DataObject, steps: int) -> None:
        """Auto scaling, a flywheel or somebody else changes something."""
        meddling = Meddling(self.fleet, self.oversight)
        quiet = [self._stacks[name] for name in self._quiet(*_STABLE)]
        meddling.act(data.draw(meddlings(meddling.possible(quiet)), label="what"))
        self._go_on(steps)

    @rule()
    def come_to_rest(self) -> None:
        self._go_on(ALL)
        self.oversight.check_at_rest()

    def teardown(self) -> None:
        """All come to rest, all stacks are deleted, and nothing of theirs is left."""
        try:
            if self._stacks and not self._broken:
                self._end()
        finally:
            self._open.close()

    def _end(self) -> None:
        self._rest()
        Meddling(self.fleet, self.oversight).send_all_away()
        for name in self._quiet("UPDATE_ROLLBACK_FAILED"):
            self.fleet.set_off(self._stacks[name], self._stacks[name].continue_rollback())
        self._rest()
        for _ in range(MOST_DELETIONS):
            for name in self._quiet(*_STABLE, *_STUCK):
                self.fleet.set_off(self._stacks[name], self._stacks[name].delete())
            self._rest()
            self._delete_retained()
        for stack in self._stacks.values():
            if stack.status != "DELETE_COMPLETE":
                self.oversight.problems.append(f"stack: {stack.name} is in {stack.status} for good")
        for arn in self.fleet.endpoints().keys() - self.oversight.may_stay():
            self.oversight.problems.append(f"leak: {arn} is left when all stacks are gone")
        self.nothing_wrong_was_seen()

    def _delete_retained(self) -> None:
        """Their owners delete the endpoints that stacks have retained, by and by."""
        present = self.fleet.endpoints()
        for arn in self.oversight.may_stay() & present.keys() - set(self.oversight.foreign):
            stack_id, logical_id = owner(present[arn])
            holder = self.fleet.stacks[stack_id].resources.get(logical_id)
            if holder is None or arn not in holder.ids:
                self.fleet.stacks[stack_id].retained.discard(arn)
                self.fleet.admin.remove_endpoint(arn)

    def _rest(self) -> None:
        self.come_to_rest()
        self.nothing_wrong_was_seen()
