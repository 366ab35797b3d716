"""The hand-over of a failure to an execution, which answers the request if none does already."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from provider.errors import Blame
from provider.executions import Executions, connect
from provider.identity import request_digest
from provider.observability import quiet_libraries
from provider.request import Request
from provider.state import Phase, State


def hand_over(
    request: Request,
    event: Mapping[str, Any],
    body: Mapping[str, Any],
    executions: Callable[[Request], Executions] | None = None,
) -> bool:
    """Start the execution of a request that the request function has failed at, with its answer.

    An execution's name is taken once and for ever, so whoever takes it answers, and nobody else:
    a request function that died after it had started the execution, a late duplicate of the
    event, or this one.

    Returns:
        False where the request has its execution already.

    Raises:
        Exception: Step Functions did not say that the execution is there.
    """
    # The state holds the ResponseURL, and the SDK's debug lines hold what it sends.
    quiet_libraries()
    now = time.time()
    state = State(
        event=dict(event),
        received=now,
        deadline=now,
        phase=Phase.ANSWER,
        answer=dict(body),
        blame=Blame.PROVIDER,
        decided=now,
    )
    start = (executions or connect)(request).start
    return start(request_digest(request.reply), state.dump())
