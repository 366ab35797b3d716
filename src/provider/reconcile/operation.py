"""How an operation runs, step by step: observe, plan, act; decide, keep, send; clean up."""

from __future__ import annotations

from provider.contract.event import Request
from provider.model import failures, polling
from provider.model.actions import Ask, Decided, Done, Fail, Question, Retag, Wait
from provider.model.api_errors import ApiError, describe, is_throttled, meaning
from provider.model.clean_up import clean_up_tasks
from provider.model.endpoint import Endpoint
from provider.model.failures import Failure
from provider.model.ownership import marked_at
from provider.model.plan import Asked, Known, plan, timed_out
from provider.model.stack import has_completed_since
from provider.model.task import Call, Task
from provider.reconcile import answer
from provider.reconcile.act import Outcome, act
from provider.reconcile.observe import observe
from provider.reconcile.services import Services
from provider.reconcile.state import Next, Phase, State


def step(state: State, request: Request, services: Services) -> None:
    """Carry an operation on by one step; ``state.next`` tells the state machine where to go."""
    if state.phase is Phase.WORK:
        _work(state, request, services)
    elif state.phase is Phase.ANSWER:
        if answer.send(state, request, services):
            state.phase = Phase.CLEAN_UP
            state.tasks = clean_up_tasks(
                request,
                state.tasks,
                state.decided,
                failed=state.blame is not None,
                rolling_back=state.stack.rolling_back,
            )
            _end_unless_left(state)
    else:
        _clean_up(state, request, services)


def reconcile(
    asked: Asked, task: Task, services: Services, *, cleaning_up: bool = False
) -> Wait | Done | Fail:
    """Observe, plan and act, until the task has to wait or has ended."""
    task.trouble = None
    was_gone = False
    try:
        while True:
            live = observe(asked, task, services.comprehend, cleaning_up=cleaning_up)
            action = _plan(asked, task, live, services)
            if isinstance(action, Wait | Done | Fail):
                return action
            outcome = act(action, task, asked, services, services.now())
            if outcome is Outcome.ACCEPTED and action.call is Call.GIVE_BACK:
                return Done()
            if outcome is Outcome.GONE and not was_gone:
                was_gone, task.trouble = True, None
                continue
            # A refused call is decided on at once, and tags are set at once.
            is_settled = outcome is Outcome.ACCEPTED and isinstance(action, Retag)
            if not is_settled and outcome is not Outcome.REFUSED:
                return Wait(f"{action.call}: {outcome}")
    except ApiError as error:
        if not meaning(error).transient:
            return Fail(failures.refused(error))
        task.trouble = error
        services.log.warning("call failed: it is tried again", call=error.call, code=error.code)
        return Wait(f"{error.call} failed with {error.code}")


def _plan(asked: Asked, task: Task, live: Endpoint | Failure | None, services: Services) -> Decided:
    """Plan, and read from CloudFormation what the plan asks for."""
    if isinstance(live, Failure):
        return Fail(live)
    action = plan(asked, task, live, Known(), services.now())
    while isinstance(action, Ask):
        if action.question is Question.STILL_WANTED:
            known = Known(stack=services.cloudformation.view(asked.request.reply))
        else:
            known = Known(trial_over=_trial_is_over(asked, live, services))
        action = plan(asked, task, live, known, services.now())
    # Waits go to the debug level: an operation has hundreds.
    log = services.log.debug if isinstance(action, Wait) else services.log.info
    status = live.status.value if live else "none"
    log("observed", endpoint=task.arn, status=status, action=_named(action))
    return action


def _named(action: Decided) -> str:
    if isinstance(action, Wait):
        return f"wait: {action.why}"
    return str(getattr(action, "call", type(action).__name__.lower()))


def _trial_is_over(asked: Asked, live: Endpoint | None, services: Services) -> bool:
    """Say whether an adopted endpoint is this resource's for good.

    A deletion cannot be undone, so without proof the trial goes on.
    """
    cloudformation, stack_id = services.cloudformation, asked.request.stack_id
    since = marked_at(live.tags) if live else None
    try:
        stack = cloudformation.stack(stack_id)
        if since is None or stack is None:
            return False
        root_id = stack.root_id or stack_id
        return has_completed_since(cloudformation.events(root_id), root_id, since)
    except ApiError as error:
        if meaning(error).transient:
            raise
        services.log.warning(
            "the stack's events cannot be read: an adopted endpoint is given back, not deleted",
            endpoint=live.arn if live else None,
            problem=describe(error),
        )
        return False


def _work(state: State, request: Request, services: Services) -> None:
    """Work on the tasks in turn; decide the answer once all are done, or one has failed."""
    asked = _asked(state, request, services)
    endpoint = None
    for task in state.tasks:
        action = reconcile(asked, task, services)
        now = services.now()
        if isinstance(action, Done):
            endpoint = action.endpoint
            continue
        pause = polling.poll_pause(now - state.received)
        if isinstance(action, Fail):
            answer.decide_failure(state, request, task, action.failure, now)
        elif now + pause >= state.deadline:
            answer.decide_failure(state, request, task, timed_out(asked, task, now), now)
        else:
            _wait(state, request, services, pause, state.deadline, task)
        return
    answer.decide_success(state, request, endpoint, services.now())


def _asked(state: State, request: Request, services: Services) -> Asked:
    """Give what the request asks for, for the plan."""
    return Asked(
        request,
        state.received,
        state.deadline,
        services.installation,
        state.stack,
        state.old_was_sent,
    )


def _clean_up(state: State, request: Request, services: Services) -> None:
    """Take the tasks of the clean-up one step further each."""
    asked = _asked(state, request, services)
    now = services.now()
    left = []
    for task in state.tasks:
        action = reconcile(asked, task, services, cleaning_up=True)
        if isinstance(action, Wait) and now < state.clean_up_deadline:
            left.append(task)
        elif not isinstance(action, Done):
            _report_left(task, action, services)
    state.tasks = left
    _end_unless_left(state)
    if left:
        until = state.clean_up_deadline
        _wait(state, request, services, polling.CLEAN_UP_PAUSE, until, *left)


def _end_unless_left(state: State) -> None:
    """Clean up what is left; then put an undeliverable answer into the queue; then end.

    In this order, so that a queue that cannot be reached leaves no endpoint behind.
    """
    if state.tasks:
        state.next = Next.STEP
    else:
        state.next = Next.KEEP if state.is_undeliverable else Next.END


def _report_left(task: Task, action: Wait | Fail, services: Services) -> None:
    problem = "it took too long"
    if isinstance(action, Fail):
        problem = action.failure.reason
    elif task.trouble is not None:
        problem = describe(task.trouble)
    services.log.clean_up_failed()
    services.log.error(
        "an adopted endpoint could not be given back: remove its ownership tags"
        if task.has_accepted is Call.ADOPT
        else "an endpoint could not be deleted: it is billed until somebody deletes it",
        endpoint=task.arn,
        problem=problem,
    )


def _wait(
    state: State, request: Request, services: Services, pause: float, until: float, *tasks: Task
) -> None:
    """Have the state machine come back. It waits whole seconds; this function sleeps the rest.

    Args:
        pause: seconds to the next observation if no call is throttled.
        until: the deadline, in seconds since the epoch.
        tasks: those that wait; a throttled call of one keeps the operation away longer.
    """
    now, reply = services.now(), request.reply
    throttled = any(task.trouble is not None and is_throttled(task.trouble) for task in tasks)
    state.backoff = polling.next_backoff(state.backoff, throttled=throttled)
    jitter = polling.jitter(
        reply.stack_id, reply.logical_id, reply.request_id, now - state.received
    )
    pause = polling.with_backoff(pause, state.backoff, until - now, jitter)
    state.next, state.wait_seconds = Next.WAIT, int(pause)
    services.sleep(pause - state.wait_seconds)
