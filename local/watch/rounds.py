"""One round of the deployed watchman: it is started, and all that it said is read."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from local.installation import STACK_NAME
from local.launcher import EmbeddedAws

PATIENCE = 90.0
"""Seconds after which a condition is taken never to come."""
PAUSE = 0.2
METRICS = ("Endpoints", "InferenceUnits", "DailyCost")
"""In the order in which they are written, for each standing."""

T = TypeVar("T")


class RoundError(Exception):
    """A round, or what it needs, did not come about."""


def wait_for(what: str, condition: Callable[[], T | None]) -> T:
    """Waits until a condition gives something, and gives that. Raises RoundError."""
    end = time.monotonic() + PATIENCE
    pause = threading.Event()
    while not (found := condition()):
        if time.monotonic() > end:
            raise RoundError(f"{what} did not come within {PATIENCE:g} s")
        pause.wait(PAUSE)
    return found


@dataclass(frozen=True)
class Message:
    """A message as a subscriber of the topic gets it."""

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
        """The messages that came since the last time."""
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
    """What a round said."""

    result: dict[str, Any]
    """The totals: what the function gave back."""
    endpoints: tuple[dict[str, Any], ...]
    """The log's line of each endpoint."""
    metrics: dict[tuple[str, str], float]
    """Standing and metric to the value."""

    def standings(self) -> dict[str, str]:
        """The endpoints' standings, by ARN."""
        return {line["arn"]: line["standing"] for line in self.endpoints}


class Watchman:
    """The deployed watchman."""

    def __init__(self, aws: EmbeddedAws) -> None:
        self._states = aws.client("stepfunctions")
        self._logs = aws.client("logs")
        (stack,) = aws.client("cloudformation").describe_stacks(StackName=STACK_NAME)["Stacks"]
        self._outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}

    def round(self) -> Report:
        """Starts the watchman's state machine, as its rule does. Raises RoundError."""
        before = len(_measured(self._lines()))
        arn = self._states.start_execution(
            stateMachineArn=self._outputs["WatchStateMachineArn"],
            input=json.dumps({"detail-type": "Scheduled Event"}),
        )["executionArn"]

        def ended() -> Any:
            found = self._states.describe_execution(executionArn=arn)
            return None if found["status"] == "RUNNING" else found

        execution = wait_for("the end of the watchman's round", ended)
        if execution["status"] != "SUCCEEDED":
            raise RoundError(f"the watchman's round ended as {execution['status']}: {execution}")
        result = json.loads(execution["output"])

        def logged() -> list[dict[str, Any]] | None:
            # What is logged last are the metrics, of each standing.
            lines = self._lines()
            complete = len(_measured(lines)) >= before + len(result["standings"])
            return lines if complete else None

        lines = wait_for("the watchman's log", logged)
        return Report(
            result=result,
            endpoints=tuple(
                each
                for each in lines
                if each.get("run") == result["run"] and each.get("message") == "endpoint"
            ),
            # The last of each is this round's.
            metrics={
                (each["standing"], name): each[name][0]
                for each in lines
                for name in METRICS
                if name in each
            },
        )

    def _lines(self) -> list[dict[str, Any]]:
        """All lines of the provider's log that are JSON objects, the oldest first."""
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
