"""The services that functions call, in memory and in virtual time; every client and call is noted.

Comprehend is the emulator behind a real client of the SDK. What crhelper polls with, EventBridge's
rules and the function's own policy, is played with the limits that AWS documents.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore import xform_name
from botocore.exceptions import ClientError

from local.comprehend import ManualClock
from tests.functional.emulated import ACCOUNT, REGION
from tests.functional.provider.cloudformation import TOKEN, Json

LONGEST_RULE_NAME = 64
"""EventBridge API Reference, PutRule, Name."""
LONGEST_INPUT = 8192
"""EventBridge API Reference, Target, Input; in characters."""
LARGEST_POLICY = 20 * 1024
"""Lambda Developer Guide, "Lambda quotas": function resource-based policy, 20 KB."""

_RULE_NAME = re.compile(r"[.\-_A-Za-z0-9]+")
_RATE = re.compile(r"rate\((?:(1) minute|([0-9]+) minutes)\)")
_RULE = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/"


def error(operation: str, code: str, message: str = "Refused.") -> ClientError:
    """A service's refusal, as the SDK raises it."""
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


@dataclass
class Rule:
    """A rule that fires at a rate."""

    name: str
    seconds: float
    due: float
    inputs: dict[str, str] = field(default_factory=dict)
    """What its targets get, by id."""

    @property
    def arn(self) -> str:
        return _RULE + self.name


class Events:
    """EventBridge: rules, each of which fires one interval after it was made, and then again."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self.rules: dict[str, Rule] = {}

    def put_rule(self, Name: str, ScheduleExpression: str, State: str) -> Json:
        if len(Name) > LONGEST_RULE_NAME or not _RULE_NAME.fullmatch(Name):
            raise error("PutRule", "ValidationException", f"the name {Name}")
        rate = _RATE.fullmatch(ScheduleExpression)
        if rate is None or State != "ENABLED":
            raise error("PutRule", "ValidationException", ScheduleExpression)
        seconds = 60.0 * int(rate[1] or rate[2])
        self.rules[Name] = Rule(Name, seconds, self._clock() + seconds)
        return {"RuleArn": self.rules[Name].arn}

    def put_targets(self, Rule: str, Targets: list[Json]) -> Json:
        rule = self._rule("PutTargets", Rule)
        for target in Targets:
            if len(target["Input"]) > LONGEST_INPUT:
                raise error("PutTargets", "ValidationException", "the input is too long")
            rule.inputs[target["Id"]] = target["Input"]
        return {"FailedEntryCount": 0, "FailedEntries": []}

    def remove_targets(self, Rule: str, Ids: list[str]) -> Json:
        rule = self._rule("RemoveTargets", Rule)
        for each in Ids:
            rule.inputs.pop(each, None)
        return {"FailedEntryCount": 0, "FailedEntries": []}

    def delete_rule(self, Name: str) -> None:
        if self._rule("DeleteRule", Name).inputs:
            raise error("DeleteRule", "ValidationException", "the rule has targets")
        del self.rules[Name]

    def _rule(self, operation: str, name: str) -> Rule:
        if name not in self.rules:
            raise error(operation, "ResourceNotFoundException", name)
        return self.rules[name]


class Policy:
    """Lambda's end of a function's own policy: who may call it."""

    def __init__(self) -> None:
        self._statements: dict[str, Json] = {}

    def add_permission(
        self,
        FunctionName: str,
        StatementId: str,
        Action: str,
        Principal: str,
        SourceArn: str,
    ) -> None:
        statement = {
            "Sid": StatementId,
            "Effect": "Allow",
            "Principal": {"Service": Principal},
            "Action": Action,
            "Resource": TOKEN.rpartition(":")[0] + f":{FunctionName}",
            "Condition": {"ArnLike": {"AWS:SourceArn": SourceArn}},
        }
        statements = [*self._statements.values(), statement]
        policy = {"Version": "2012-10-17", "Id": "default", "Statement": statements}
        if len(json.dumps(policy, separators=(",", ":"))) > LARGEST_POLICY:
            raise error("AddPermission", "PolicyLengthExceededException")
        self._statements[StatementId] = statement

    def remove_permission(self, FunctionName: str, StatementId: str) -> None:
        if self._statements.pop(StatementId, None) is None:
            raise error("RemovePermission", "ResourceNotFoundException", FunctionName)

    def lets_in(self, rule: Rule) -> bool:
        """Whether a rule may call the function."""
        sources = [
            each["Condition"]["ArnLike"]["AWS:SourceArn"] for each in self._statements.values()
        ]
        return rule.arn in sources


class Stacks:
    """CloudFormation's read calls: every stack is in the status of its last event."""

    def __init__(self) -> None:
        self.statuses: dict[str, str] = {}

    def describe_stacks(self, StackName: str) -> Json:
        return {"Stacks": [{"StackStatus": self.statuses[StackName]}]}

    def describe_stack_resource(
        self,
        StackName: str,
        LogicalResourceId: str,
    ) -> Json:
        detail = {
            "LogicalResourceId": LogicalResourceId,
            "ResourceStatus": self.statuses[StackName],
        }
        return {"StackResourceDetail": detail}


class Aws:
    """Makes the clients, and says what befalls their calls.

    Calls are named `service.method`, as in boto3.
    """

    def __init__(self, clock: ManualClock) -> None:
        self._real_client: Callable[..., Any] = boto3.client
        self.events = Events(clock)
        self.policy = Policy()
        self.stacks = Stacks()
        self.services: dict[str, object] = {
            "events": self.events,
            "lambda": self.policy,
            "logs": object(),
            "cloudformation": self.stacks,
        }
        """What is played in memory."""
        self.built: list[str] = []
        """The services of the clients that were made, in order."""
        self.called: list[str] = []
        self.spend: Callable[[float], object] = clock.advance
        """Lets time pass inside a function."""
        self.refused: dict[str, str] = {}
        """Calls to error codes."""
        self.raising: dict[str, list[BaseException]] = {}
        """Calls to what the next of them raise inside the function."""
        self.hanging: dict[str, int] = {}
        """Calls to Comprehend, to how many of the next the client waits for an answer in vain."""
        self.cannot_connect = 0
        """How many of the next clients of Comprehend cannot be made."""

    def client(self, service: str, **options: Any) -> Any:
        """Takes the place of boto3.client."""
        self.built.append(service)
        if service in self.services:
            return _Client(self, service)
        if service != "comprehend":
            raise ValueError(f"{service} is not played here")
        if self.cannot_connect:
            self.cannot_connect -= 1
            raise OSError("the client cannot be made")
        client: Any = self._real_client("comprehend", **options)
        timeout = client.meta.config.read_timeout
        client.meta.events.register("before-call.comprehend", self._before_call)
        client.meta.events.register(
            "before-send.comprehend", lambda event_name, **_: self._before_send(event_name, timeout)
        )
        return client

    def begin(self, call: str) -> None:
        """Notes a call, and raises what befalls it."""
        self.called.append(call)
        if self.raising.get(call):
            raise self.raising[call].pop(0)
        if call in self.refused:
            operation = call.partition(".")[2].title().replace("_", "")
            raise error(operation, self.refused[call])

    def _before_call(self, model: Any, **_: Any) -> None:
        self.begin(f"comprehend.{xform_name(model.name)}")

    def _before_send(self, event_name: str, timeout: float) -> None:
        call = f"comprehend.{xform_name(event_name.rpartition('.')[2])}"
        if self.hanging.get(call):
            self.hanging[call] -= 1
            self.spend(timeout)
            # The call goes out all the same; a fault of the emulator's takes its answer away.


class _Client:
    """A client of a service that is played in memory."""

    def __init__(self, aws: Aws, service: str) -> None:
        self._aws = aws
        self._service = service

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method: Callable[..., Any] = getattr(self._aws.services[self._service], name)

        def call(**parameters: Any) -> Any:
            self._aws.begin(f"{self._service}.{name}")
            return method(**parameters)

        return call
