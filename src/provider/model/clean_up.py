"""What an operation may have left behind, to be removed after its answer."""

from __future__ import annotations

from collections.abc import Sequence

from provider.contract.event import Operation, Request
from provider.model.naming import possible_arns_of_any_kind
from provider.model.replacement import may_replace
from provider.model.stack import Direction
from provider.model.task import Call, Goal, Task


def clean_up_tasks(request: Request, tasks: Sequence[Task], *, failed: bool) -> list[Task]:
    """Give the ARNs at which an operation may have left an endpoint that nobody has.

    1. What a failed Create or replacement was to make, or to adopt. 2. If an Update goes back, or
    may do so: what the update that it undoes may have made, at the names that its properties can
    mean.

    Each is only observed: what is deleted there needs a proof (model/leftover.py). The endpoint of
    the physical resource id is never among them, and what was announced stays.

    Args:
        tasks: those of the operation; a Create or Update has one.
        failed: whether the answer is FAILED.
    """
    main = next(iter(tasks), None)
    if request.operation is Operation.DELETE or main is None:
        return []
    arns: list[str] = []
    if failed:
        # A lost step may have made what this one has not observed.
        arns += possible_arns_of_any_kind(request, request.new) if main.arn is None else [main.arn]
    if main.direction in (Direction.BACK, Direction.UNKNOWN) and may_replace(request):
        arns += possible_arns_of_any_kind(request, request.new)
        arns += possible_arns_of_any_kind(request, request.old)
    kept = {request.physical_id} if failed else {request.physical_id, main.arn}
    return [_clean_up(main, arn) for arn in dict.fromkeys(arns) if arn not in kept]


def _clean_up(main: Task, arn: str) -> Task:
    """Make the task for one ARN; what the operation submitted there may show late."""
    task = Task(Goal.CLEAN_UP, arn)
    if arn == main.arn:
        task.unknown = main.unknown
        task.marks = main.marks
        if main.has_accepted in (Call.CREATE, Call.ADOPT):
            task.accepted = main.accepted
    return task
