"""Entry point of the watch function: the watchman's schedule comes in here."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from provider.calls import PATIENT_CONFIG
from provider.comprehend import ComprehendGateway
from provider.executions import ExecutionGateway
from provider.observability import Telemetry
from provider.stack_records import StackRecordGateway
from provider.standing import Standing
from provider.topic import Topic
from provider.watch import MARGIN, World, watch
from provider.watch_report import line, message, summary, totals

_LEVELS = {Standing.ORPHANED: Telemetry.error, Standing.UNKNOWN: Telemetry.warning}


def connect(context: Any, log: Telemetry) -> World:
    """Give a round the real AWS, in the function's own region, and the real time."""
    region = os.environ["AWS_REGION"]
    return World(
        comprehend=ComprehendGateway(region, log.api_error, PATIENT_CONFIG),
        stacks=StackRecordGateway(region),
        executions=ExecutionGateway(region, os.environ["STATE_MACHINE_ARN"]),
        log=log,
        now=lambda: datetime.now(UTC),
        enough_time=lambda: context.get_remaining_time_in_millis() > MARGIN * 1000,
        pause=time.sleep,
    )


def handler(
    event: object,
    context: Any,
    connect: Callable[[Any, Telemetry], World] = connect,
    topic: Callable[[str], Topic] = Topic,
) -> dict[str, Any]:
    """Look at every endpoint with the provider's tags, and report; nothing is ever changed.

    Args:
        event: whatever the schedule sends; it is not looked at.

    Returns:
        The totals, and the ``run`` that the log's lines of this round carry.

    Raises:
        ApiError: the endpoints could not be listed, or SNS did not take the message. The state
            machine tries again, and an alarm tells where that does not help.
    """
    run = context.aws_request_id
    log = Telemetry(None, "Watch")
    try:
        found = watch(connect(context, log))
        for each in found.findings:
            level = _LEVELS.get(each.verdict.standing, Telemetry.info)
            level(log, "endpoint", run=run, **line(each))
        result = {"run": run, **summary(found)}
        log.info("watched", **result)
        for standing, total in totals(found.findings).items():
            log.watched(standing.value, total.endpoints, total.units, total.usd_a_day)
        # Last, so that nothing of the report depends on it.
        topic_arn = os.environ.get("WATCH_TOPIC_ARN", "")
        account, region = context.invoked_function_arn.split(":")[4], os.environ["AWS_REGION"]
        text = message(found.findings, account, region)
        if topic_arn and text is not None:
            topic(topic_arn).publish(*text)
            log.info("message sent", run=run, topic=topic_arn)
    except Exception:
        log.exception("the watchman failed: the state machine tries again")
        raise
    return result
