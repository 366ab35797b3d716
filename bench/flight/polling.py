"""What stock crhelper polls with, in memory: EventBridge's rules, and the function's own policy.

Both have the limits that a flight can reach, as AWS documents them. A call that is refused raises
what the SDK raises.
"""

import json
import re
import threading
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from local.comprehend import ManualClock

Json = dict[str, Any]

LARGEST_POLICY = 20 * 1024
"""Bytes. Lambda Developer Guide, "Lambda quotas": function resource-based policy, 20 KB."""
MOST_RULES = 300
"""EventBridge User Guide, "Amazon EventBridge quotas": rules of an event bus."""

_RATE = re.compile(r"rate\(([0-9]+) minutes?\)")
_RULE = "arn:aws:events:us-east-1:000000000000:rule/"
_FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:"


def _refusal(operation: str, code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "Refused."}}, operation)


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
    """EventBridge: each rule fires one interval after it was made, and then again."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self._rules: dict[str, Rule] = {}
        self._here = threading.local()

    def made_here(self) -> list[Rule]:
        """The rules that this thread made and that are still there."""
        return [rule for rule in getattr(self._here, "rules", []) if rule.name in self._rules]

    def put_rule(self, Name: str, ScheduleExpression: str, State: str) -> Json:
        rate = _RATE.fullmatch(ScheduleExpression)
        if rate is None or State != "ENABLED":
            raise _refusal("PutRule", "ValidationException")
        if len(self._rules) == MOST_RULES:
            raise _refusal("PutRule", "LimitExceededException")
        seconds = 60.0 * int(rate[1])
        rule = self._rules[Name] = Rule(Name, seconds, self._clock() + seconds)
        self._here.rules = [*self.made_here(), rule]
        return {"RuleArn": rule.arn}

    def put_targets(self, Rule: str, Targets: list[Json]) -> None:
        self._rules[Rule].inputs.update({each["Id"]: each["Input"] for each in Targets})

    def remove_targets(self, Rule: str, Ids: list[str]) -> None:
        for each in Ids:
            del self._rules[Rule].inputs[each]

    def delete_rule(self, Name: str) -> None:
        del self._rules[Name]


class Policy:
    """The function's own policy at Lambda: which rules may call it."""

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
            "Resource": _FUNCTION + FunctionName,
            "Condition": {"ArnLike": {"AWS:SourceArn": SourceArn}},
        }
        statements = [*self._statements.values(), statement]
        policy = {"Version": "2012-10-17", "Id": "default", "Statement": statements}
        if len(json.dumps(policy, separators=(",", ":"))) > LARGEST_POLICY:
            raise _refusal("AddPermission", "PolicyLengthExceededException")
        self._statements[StatementId] = statement

    def remove_permission(self, FunctionName: str, StatementId: str) -> None:
        del self._statements[StatementId]

    def lets_in(self, rule: Rule) -> bool:
        """Whether a rule may call the function."""
        return any(
            each["Condition"]["ArnLike"]["AWS:SourceArn"] == rule.arn
            for each in self._statements.values()
        )
