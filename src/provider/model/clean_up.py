"""What an operation leaves behind, to be removed after its answer."""

from __future__ import annotations

from collections.abc import Sequence

from provider.contract.event import Operation, Request
from provider.model.naming import kind_of_model, parse_endpoint_arn, possible_arns_of_any_kind
from provider.model.ownership import Ownership
from provider.model.replacement import role_came_or_went
from provider.model.task import Call, Goal, Submission, Task


def clean_up_tasks(
    request: Request,
    tasks: Sequence[Task],
    decided: float,
    *,
    failed: bool,
    rolling_back: bool | None,
) -> list[Task]:
    """Give what an operation has left, to be removed after its answer.

    1. What a failed Create or replacement made; what a failed Create adopted.
    2. What the update that a rollback undoes may have left at the names that it asked for. To any
       other update, those are the names under which its own rollback makes endpoints.

    The endpoint of the physical resource id stays: the stack has it, and a rollback updates it.

    Args:
        tasks: those of the operation; a Create or Update has one.
        decided: when the answer was decided, in seconds since the epoch.
        failed: whether the answer is FAILED.
        rolling_back: whether the stack was rolling back when the request arrived; None if that
            could not be read.
    """
    main = next(iter(tasks), None)
    if request.operation is Operation.DELETE or main is None or main.arn is None:
        return []
    found = []
    if failed and main.arn != request.physical_id:
        if main.may_have_created:
            made = main.unknown or main.accepted or Submission(Call.CREATE, 0.0)
            made = Submission(Call.CREATE, made.at, made.seen)
            found.append(Task(Goal.CLEAN_UP, main.arn, accepted=made))
        elif main.may_have_adopted:
            is_seen = main.ownership is Ownership.ADOPTED
            adopted = Submission(Call.ADOPT, decided, seen=is_seen)
            found.append(Task(Goal.CLEAN_UP, main.arn, accepted=adopted))
    if rolling_back:
        known = {task.arn for task in found}
        arns = abandoned_arns(request, main.arn)
        found += [Task(Goal.DELETE_IF_OURS, arn) for arn in arns if arn not in known]
    return found


def abandoned_arns(request: Request, target: str) -> tuple[str, ...]:
    """Give the ARNs at which a cancelled replacement may have left an endpoint of this resource.

    There are none unless a property that forces a replacement differs. The target and the physical
    resource id are never among them.
    """
    new, old = request.new, request.old
    identity = parse_endpoint_arn(target)
    old_kind = kind_of_model(old.settings.model_arn)
    new_kind = kind_of_model(new.settings.model_arn) or (identity.kind if identity else None)
    differs = (
        new.endpoint_name != old.endpoint_name
        or role_came_or_went(request)
        or old_kind not in (None, new_kind)
        or (old_kind is None and new.settings.flywheel_arn != old.settings.flywheel_arn)
    )
    if request.operation is not Operation.UPDATE or not differs:
        return ()
    arns = possible_arns_of_any_kind(request, old)
    return tuple(arn for arn in arns if arn not in (target, request.physical_id))
