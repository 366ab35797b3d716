"""Runs the deployed orphan scan once, and reads everything that it reported."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from local.commands import CommandError
from local.installation import STACK_NAME
from local.launcher import EmbeddedAws

PATIENCE = 90.0
"""Seconds after which waiting for a condition fails."""
PAUSE = 0.2
METRICS = ("Endpoints", "InferenceUnits", "DailyCost")
"""In the order in which the scan writes them, for each classification."""

T = TypeVar("T")


class ScanError(CommandError):
    """A scan, or something that it needs, did not happen."""


def wait_for(what: str, condition: Callable[[], T | None]) -> T:
    """Waits until a condition gives something, and gives that. Raises ScanError."""
    end = time.monotonic() + PATIENCE
    pause = threading.Event()
    while not (found := condition()):
        if time.monotonic() > end:
            raise ScanError(f"{what} did not come within {PATIENCE:g} s")
        pause.wait(PAUSE)
    return found


@dataclass(frozen=True)
class Message:
    """A message as a subscriber of the topic receives it."""

    subject: str
    text: str


class Mailbox:
    """A topic, and a queue that subscribes to it."""

    def __init__(self, aws: EmbeddedAws, name: str = "endpoints-without-owner") -> None:
        self._sqs = aws.client("sqs")
        sns = aws.client("sns")
        self.topic_arn: str = sns.create_topic(Name=name)["TopicArn"]
        self._url = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        attributes = self._sqs.get_queue_attributes(
            QueueUrl=self._url, AttributeNames=["QueueArn"]
        )["Attributes"]
        sns.subscribe(TopicArn=self.topic_arn, Protocol="sqs", Endpoint=attributes["QueueArn"])

    def take(self) -> list[Message]:
        """Gives the messages that have arrived since the last call."""
        found = []
        while received := self._sqs.receive_message(
            QueueUrl=self._url, MaxNumberOfMessages=10, WaitTimeSeconds=0
        ).get("Messages"):
            for each in received:
                body = json.loads(each["Body"])
                found.append(Message(body["Subject"], body["Message"]))
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=each["ReceiptHandle"])
        return found


@dataclass(frozen=True)
class Report:
    """What a scan reported."""

    result: dict[str, Any]
    """The totals: the function's result."""
    endpoints: tuple[dict[str, Any], ...]
    """The log line of each endpoint."""
    metrics: dict[tuple[str, str], float]
    """Values by classification and metric."""

    def classifications(self) -> dict[str, str]:
        """Gives the endpoints' classifications, by ARN."""
        return {line["arn"]: line["classification"] for line in self.endpoints}


class OrphanScan:
    """The deployed orphan scan."""

    def __init__(self, aws: EmbeddedAws) -> None:
        self._states = aws.client("stepfunctions")
        self._logs = aws.client("logs")
        (stack,) = aws.client("cloudformation").describe_stacks(StackName=STACK_NAME)["Stacks"]
        self._outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}

    def run(self) -> Report:
        """Starts the orphan scan's state machine, as its rule does. Raises ScanError."""
        before = len(_measured(self._lines()))
        arn = self._states.start_execution(
            stateMachineArn=self._outputs["OrphanScanStateMachineArn"],
            input=json.dumps({"detail-type": "Scheduled Event"}),
        )["executionArn"]

        def ended() -> Any:
            found = self._states.describe_execution(executionArn=arn)
            return None if found["status"] == "RUNNING" else found

        execution = wait_for("the end of the orphan scan", ended)
        if execution["status"] != "SUCCEEDED":
            raise ScanError(f"the orphan scan ended as {execution['status']}: {execution}")
        result = json.loads(execution["output"])

        def logged() -> list[dict[str, Any]] | None:
            # The metrics of each classification are logged last.
            lines = self._lines()
            complete = len(_measured(lines)) >= before + len(result["classifications"])
            return lines if complete else None

        lines = wait_for("the orphan scan's log", logged)
        return Report(
            result=result,
            endpoints=tuple(
                each
                for each in lines
                if each.get("run") == result["run"] and each.get("message") == "endpoint"
            ),
            # The last of each is from this scan.
            metrics={
                (each["classification"], name): each[name][0]
                for each in lines
                for name in METRICS
                if name in each
            },
        )

    def _lines(self) -> list[dict[str, Any]]:
        """Gives all lines of the provider's log that are JSON objects, the oldest first."""
        pages = self._logs.get_paginator("filter_log_events")
        found = [
            event
            for page in pages.paginate(logGroupName=self._outputs["LogGroupName"])
            for event in page["events"]
        ]
        found.sort(key=lambda event: event["timestamp"])
        lines = []
        for event in found:
            try:
                line = json.loads(event["message"])
            except ValueError:
                continue
            if isinstance(line, dict):
                lines.append(line)
        return lines


def _measured(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for each in lines if METRICS[-1] in each]
