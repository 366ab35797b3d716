"""What the rules have in common: how cfn-lint is told of a problem."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from cfnlint.rules import CloudFormationLintRule, RuleMatch


class Rule(CloudFormationLintRule):  # type: ignore[misc]  # cfn-lint ships no types.
    """A rule of this package, 9501 to 9505.

    cfn-lint leaves the numbers from 9000 on to others, and stops where two packages claim one.
    Most packages follow its own groups, 93 for resources, say; it has no group 5.
    """

    tags: ClassVar = ["resources", "comprehend"]

    def match(self, cfn: Any) -> list[Any]:
        """Give each finding once, though several combinations of conditions lead to it."""
        found = dict.fromkeys((path, f"{text} ({about})") for about, path, text in self.found(cfn))
        return [RuleMatch(list(path), message) for path, message in found]

    def found(self, cfn: Any) -> Iterator[tuple[str, tuple[str | int, ...], str]]:
        """Give what is wrong: the resource's logical id, the path in the template, the words."""
        raise NotImplementedError
