"""What a function polls with that calls itself, in memory: EventBridge's rules, and its own policy.

Both are limited as AWS documents it. Where a call is refused, it raises what the SDK raises.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from local.comprehend import ManualClock

Json = dict[str, Any]

LONGEST_RULE_NAME = 64
"""EventBridge API Reference, PutRule, Name."""
LONGEST_INPUT = 8192
"""EventBridge API Reference, Target, Input; in characters."""
LARGEST_POLICY = 20 * 1024
"""Lambda Developer Guide, "Lambda quotas": function resource-based policy, 20 KB."""

MOST_RULES = 300
"""EventBridge User Guide, "Amazon EventBridge quotas": rules of an event bus."""

_RULE_NAME = re.compile(r"[.\-_A-Za-z0-9]+")
_RATE = re.compile(r"rate\((?:(1) minute|([0-9]+) minutes)\)")
_REGION, _ACCOUNT = "us-east-1", "000000000000"
_RULE = f"arn:aws:events:{_REGION}:{_ACCOUNT}:rule/"
_FUNCTION = f"arn:aws:lambda:{_REGION}:{_ACCOUNT}:function:"


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
        if Name not in self.rules and len(self.rules) == MOST_RULES:
            raise error("PutRule", "LimitExceededException", f"{MOST_RULES} rules are there")
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
            "Resource": _FUNCTION + FunctionName,
            "Condition": {"ArnLike": {"AWS:SourceArn": SourceArn}},
        }
        if len(self.text(statement)) > LARGEST_POLICY:
            raise error("AddPermission", "PolicyLengthExceededException")
        self._statements[StatementId] = statement

    def remove_permission(self, FunctionName: str, StatementId: str) -> None:
        if self._statements.pop(StatementId, None) is None:
            raise error("RemovePermission", "ResourceNotFoundException", FunctionName)

    def text(self, *others: Json) -> str:
        """The policy as Lambda keeps it, with further statements."""
        statements = [*self._statements.values(), *others]
        policy = {"Version": "2012-10-17", "Id": "default", "Statement": statements}
        return json.dumps(policy, separators=(",", ":"))

    def lets_in(self, rule: Rule) -> bool:
        """Whether a rule may call the function."""
        sources = [
            each["Condition"]["ArnLike"]["AWS:SourceArn"] for each in self._statements.values()
        ]
        return rule.arn in sources
