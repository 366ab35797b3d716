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
        """Give the findings; cfn-lint passes over what other combinations of conditions repeat."""
        return [
            RuleMatch(list(path), f"{words} ({logical_id})")
            for logical_id, path, words in self.found(cfn)
        ]

    def found(self, cfn: Any) -> Iterator[tuple[str, tuple[str | int, ...], str]]:
        """Give what is wrong: the resource's logical id, the path in the template, the words."""
        raise NotImplementedError
