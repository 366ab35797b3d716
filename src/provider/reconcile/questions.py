"""The questions that a plan asks: of CloudFormation's events, and of the executions that run.

What is throttled or broken is read again by the next step. What is denied proves nothing.
"""

from __future__ import annotations

from dataclasses import replace

from provider.contract.event import parse_stack_id
from provider.model.actions import Question
from provider.model.api_errors import ApiError, describe, meaning
from provider.model.asked import Asked, Known, running
from provider.model.ownership import REQUEST_TAG, STACK_TAG, ownership
from provider.model.stack import Direction, History, history, standing, trial_is_over
from provider.model.task import Task
from provider.reconcile.services import Services


class Questions:
    """Asks for one plan, and keeps the answers until the endpoint is observed again."""

    def __init__(self, asked: Asked, task: Task, services: Services) -> None:
        self._asked = asked
        self._task = task
        self._services = services
        self.known = Known()
        self._asks = {
            Question.STANDING: self._standing,
            Question.HISTORY: self._history,
            Question.TRIAL: self._trial,
            Question.RUNNING: self._running,
            Question.OWNER: self._owner,
        }

    def answer(self, question: Question) -> Known:
        """Read what a question is about; give all that is known by now.

        Raises:
            ApiError: it cannot be read now.
        """
        try:
            self.known = self._asks[question]()
        except ApiError as error:
            if meaning(error).transient:
                raise
            self._deny(question, error)
        return self.known

    def _deny(self, question: Question, error: ApiError) -> None:
        task = self._task
        self._services.log.warning(
            "something cannot be read, so it proves nothing",
            question=question.value,
            endpoint=task.arn,
            problem=describe(error),
        )
        self.known = replace(self.known, denied={**self.known.denied, question: error})
        if question is Question.STANDING:
            task.checked = self._services.now()
            task.direction = task.direction or Direction.UNKNOWN

    def _standing(self) -> Known:
        request, task = self._asked.request, self._task
        found = standing(
            request.operation,
            request.logical_id,
            request.stack_id,
            self._asked.requested,
            self._services.cloudformation.events(request.stack_id),
        )
        task.checked = self._services.now()
        known = self._noted(Question.STANDING, f"{found.direction} {found.out_of_date}")
        if Question.STANDING not in known.unsettled and not found.out_of_date:
            task.direction = task.direction or found.direction
        return replace(known, standing=found)

    def _history(self) -> Known:
        request, task = self._asked.request, self._task
        marks = task.marks or {}
        own = ownership(marks, request.reply)
        since = own.adopted if own.is_adopted else task.created
        events = self._services.cloudformation.events(request.stack_id)
        found = history(str(task.arn), since, request.stack_id, events)
        # Of the same endpoint with the same tag: proof belongs to an endpoint, not to a name.
        about = f"{found.never_held} {task.created} {marks.get(REQUEST_TAG)}"
        return replace(self._noted(Question.HISTORY, about), history=found)

    def _trial(self) -> Known:
        request, task = self._asked.request, self._task
        own = ownership(task.marks or {}, request.reply)
        cloudformation = self._services.cloudformation
        stack = cloudformation.stack(request.stack_id)
        is_over = False
        if stack is not None and own.adopted is not None:
            root_id = stack.root_id or request.stack_id
            is_over = trial_is_over(root_id, own.adopted, cloudformation.events(root_id))
        return replace(self._noted(Question.TRIAL, str(is_over)), trial_over=is_over)

    def _running(self) -> Known:
        task, now = self._task, self._services.now()
        starts = self._services.executions.running()
        age, stale = now - self._asked.received, self._asked.installation.stale
        found = running(starts, self._asked.execution, age, stale)
        maker = ownership(task.marks or {}, self._asked.request.reply).execution
        if found.older or found.has(maker):
            # What the events say counts only from its end on.
            task.readings.pop(Question.HISTORY, None)
        return replace(self.known, running=found)

    def _owner(self) -> Known:
        task, place = self._task, self._asked.request.place
        stack_id = (task.marks or {}).get(STACK_TAG)
        stack = parse_stack_id(stack_id)
        found = History()
        if stack is not None and (stack.region, stack.account) == (place.region, place.account):
            events = self._services.cloudformation.events(str(stack_id))
            found = history(str(task.arn), task.created, str(stack_id), events)
        return replace(self.known, owner=found)

    def _noted(self, question: Question, said: str) -> Known:
        """Note an answer, and whether a second read has still to confirm it."""
        now, stale = self._services.now(), self._asked.installation.stale
        left = self._task.settles_in(question, said, now, stale)
        unsettled = dict(self.known.unsettled)
        unsettled.pop(question, None)
        if left > 0:
            unsettled[question] = left
        return replace(self.known, unsettled=unsettled)
