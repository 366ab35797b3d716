"""How an operation runs, step by step: observe, plan, act; decide, keep, send; clean up."""

from __future__ import annotations

from provider.contract.event import Request
from provider.model import failures, polling
from provider.model.actions import Ask, Decided, Done, Fail, Retag, Wait
from provider.model.api_errors import ApiError, describe, is_throttled, meaning
from provider.model.asked import Asked
from provider.model.clean_up import clean_up_tasks
from provider.model.diff import differences_from
from provider.model.endpoint import Endpoint
from provider.model.failures import Failure
from provider.model.ownership import ownership
from provider.model.plan import plan, plan_before, timed_out
from provider.model.task import Task
from provider.reconcile import answer
from provider.reconcile.act import Outcome, act
from provider.reconcile.observe import observe
from provider.reconcile.questions import Questions
from provider.reconcile.services import Services
from provider.reconcile.state import Next, Phase, State


def step(state: State, request: Request, services: Services) -> None:
    """Carry an operation on by one step; ``state.next`` tells the state machine where to go."""
    if state.phase is Phase.WORK:
        _work(state, request, services)
    elif state.phase is Phase.ANSWER:
        if answer.send(state, request, services):
            state.phase = Phase.CLEAN_UP
            # What invalid properties mean was never asked for: nothing was made there.
            refused = state.tasks and state.tasks[0].arn is None and bool(state.problems)
            failed = state.blame is not None and not refused
            state.tasks = clean_up_tasks(request, state.tasks, failed=failed)
            _end_unless_left(state)
    else:
        _clean_up(state, request, services)


def reconcile(asked: Asked, task: Task, services: Services) -> Wait | Done | Fail:
    """Observe, plan and act, until the task has to wait or has ended."""
    task.trouble = None
    was_gone = False
    try:
        while True:
            action = _next(asked, task, services)
            if isinstance(action, Wait | Done | Fail):
                return action
            outcome = act(action, task, asked, services, services.now())
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


def _next(asked: Asked, task: Task, services: Services) -> Decided:
    """Give the next action, and read what it depends on."""
    questions = Questions(asked, task, services)
    early = plan_before(asked, task, questions.known, services.now())
    while isinstance(early, Ask):
        known = questions.answer(early.question)
        early = plan_before(asked, task, known, services.now())
    if early is not None:
        return early
    live = observe(asked, task, services.comprehend, services.now())
    if isinstance(live, Failure):
        return Fail(live)
    action = plan(asked, task, live, questions.known, services.now())
    while isinstance(action, Ask):
        known = questions.answer(action.question)
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


def _work(state: State, request: Request, services: Services) -> None:
    """Work on the tasks in turn; decide the answer once all are done, or one has failed."""
    asked = _asked(state, request, services)
    done: list[tuple[Task, Done]] = []
    for task in state.tasks:
        action = reconcile(asked, task, services)
        now = services.now()
        if isinstance(action, Done):
            done.append((task, action))
            continue
        if isinstance(action, Fail):
            answer.decide_failure(state, request, task, action.failure, now)
            return
        pause = action.seconds or polling.poll_pause(now - state.received)
        if now + pause >= state.deadline:
            waits = action.why if action.seconds else ""
            failure = timed_out(asked, task, now, waits)
            answer.decide_failure(state, request, task, failure, now)
        else:
            _wait(state, request, services, pause, state.deadline, task)
        return
    # Not before, because a step that waits for one task comes to the others again.
    for task, action in done:
        _report_kept(task, action, services)
    endpoint = done[-1][1].endpoint if done else None
    if endpoint is not None:
        _report_differences(request, endpoint, services)
    answer.decide_success(state, request, endpoint, services.now())


def _asked(state: State, request: Request, services: Services) -> Asked:
    """Give what the request asks for, for the plan."""
    return Asked(
        request,
        state.execution,
        state.received,
        state.requested,
        state.deadline,
        services.installation,
        tuple(state.problems),
        tuple(state.beyond),
    )


def _clean_up(state: State, request: Request, services: Services) -> None:
    """Take the tasks of the clean-up one step further each."""
    asked = _asked(state, request, services)
    now = services.now()
    left = []
    pause = polling.clean_up_pause(now - state.decided)
    for task in state.tasks:
        action = reconcile(asked, task, services)
        if isinstance(action, Wait) and now < state.clean_up_deadline:
            left.append(task)
            pause = max(pause, action.seconds or 0)
        elif isinstance(action, Done):
            _report_kept(task, action, services)
        else:
            _report_left(request, task, action, services)
    state.tasks = left
    _end_unless_left(state)
    if left:
        _wait(state, request, services, pause, state.clean_up_deadline, *left)


def _end_unless_left(state: State) -> None:
    """Clean up what is left; then put an undeliverable answer into the queue; then end.

    In this order, so that a queue that cannot be reached leaves no endpoint behind.
    """
    if state.tasks:
        state.next = Next.STEP
    else:
        state.next = Next.KEEP if state.is_undeliverable else Next.END


def _report_kept(task: Task, action: Done, services: Services) -> None:
    """Log and count an endpoint that was to be deleted, and is left on purpose."""
    if action.left:
        services.log.endpoint_kept()
        services.log.warning("an endpoint is left", endpoint=task.arn, why=action.left)


def _report_differences(request: Request, endpoint: Endpoint, services: Services) -> None:
    """Log what an endpoint has otherwise than the template says, and keeps.

    An update changes what the template changed. Auto scaling or a flywheel may have set the rest,
    or a rollback that skipped the resource has left it.
    """
    differences = differences_from(request.new, endpoint)
    if differences:
        services.log.info(
            "settings differ from the template, and stay",
            endpoint=endpoint.arn,
            settings={
                prop: {"template": wanted, "endpoint": has}
                for prop, (wanted, has) in differences.items()
            },
        )


def _report_left(request: Request, task: Task, action: Wait | Fail, services: Services) -> None:
    """Log and count an endpoint that a clean-up could not remove, or give back."""
    problem = "it took too long"
    if isinstance(action, Fail):
        problem = action.failure.reason
    elif task.trouble is not None:
        problem = describe(task.trouble)
    services.log.clean_up_failed()
    own = ownership(task.marks or {}, request.reply)
    services.log.error(
        "an adopted endpoint could not be given back: remove its ownership tags"
        if own.is_adopted or own.is_offered
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
