"""Entry point of the orphan scan function, which the schedule's state machine calls."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from provider.aws.clients import PATIENT_CONFIG
from provider.aws.cloudformation import CloudFormationGateway
from provider.aws.cloudwatch import CloudWatchGateway
from provider.aws.comprehend import ComprehendGateway
from provider.aws.sns import Topic
from provider.aws.step_functions import StepFunctionsGateway
from provider.model.installation import read_installation
from provider.orphans.classification import Classification
from provider.orphans.report import line, message, summary, totals
from provider.orphans.scan import MARGIN, Services, scan
from provider.telemetry import Telemetry

_LEVELS = {
    Classification.ORPHANED: Telemetry.error,
    Classification.UNKNOWN: Telemetry.warning,
    Classification.IDLE: Telemetry.warning,
}


def connect(context: Any, log: Telemetry) -> Services:
    """Connect a scan to AWS in the function's own region, and to the real time."""
    region = os.environ["AWS_REGION"]
    return Services(
        comprehend=ComprehendGateway(region, log.api_error, PATIENT_CONFIG),
        cloudformation=CloudFormationGateway(region, config=PATIENT_CONFIG),
        executions=StepFunctionsGateway(region, os.environ["STATE_MACHINE_ARN"]),
        cloudwatch=CloudWatchGateway(region),
        log=log,
        now=lambda: datetime.now(UTC),
        enough_time=lambda: context.get_remaining_time_in_millis() > MARGIN * 1000,
        pause=time.sleep,
        stale=read_installation(os.environ).stale,
        idle_days=int(os.environ["ORPHAN_SCAN_IDLE_DAYS"]),
    )


def handler(
    event: object,
    context: Any,
    connect: Callable[[Any, Telemetry], Services] = connect,
    topic: Callable[[str], Topic] = Topic,
) -> dict[str, Any]:
    """Read every endpoint with the provider's tags, and report; nothing is ever changed.

    Args:
        event: the schedule's event; it is not used.

    Returns:
        The totals, and the ``run`` that every log line of this scan carries.

    Raises:
        ApiError: the endpoints could not be listed, or SNS did not accept the message. The state
            machine tries again, and an alarm rings if that does not help.
    """
    run = context.aws_request_id
    log = Telemetry(None, "OrphanScan")
    try:
        found = scan(connect(context, log))
        for each in found.findings:
            level = _LEVELS.get(each.verdict.classification, Telemetry.info)
            level(log, "endpoint", run=run, **line(each))
        if found.usage_unread:
            log.warning("idle endpoints are not known", run=run, problem=found.usage_unread)
        result = {"run": run, **summary(found)}
        log.info("orphan scan finished", **result)
        for classification, total in totals(found).items():
            log.scanned(
                classification.value, total.endpoints, total.inference_units, total.usd_a_day
            )
        # Last, so that nothing of the report depends on it.
        topic_arn = os.environ.get("ORPHAN_SCAN_TOPIC_ARN", "")
        account, region = context.invoked_function_arn.split(":")[4], os.environ["AWS_REGION"]
        text = message(found, account, region)
        if topic_arn and text is not None:
            topic(topic_arn).publish(*text)
            log.info("message sent", run=run, topic=topic_arn)
    except Exception:
        log.exception("the orphan scan failed: the state machine tries again")
        raise
    return result
