"""An endpoint's tags: how many, which keys, and when a change of them shows."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from local.comprehend.errors import invalid_request, too_many_tag_keys, too_many_tags

MOST_TAGS = 50
"""Per resource, and keys per UntagResource: TooManyTagsException and TooManyTagKeysException."""


class Tags:
    """The tags of one endpoint. ListTagsForResource may show each change later than it is made."""

    def __init__(self, tags: Mapping[str, str], visible: float) -> None:
        self._changes: list[tuple[float, Mapping[str, str | None]]] = []
        """When each change shows, by the clock, and the values it sets (None: removed)."""
        self.put(tags, visible)

    def put(self, tags: Mapping[str, str], visible: float) -> None:
        """Add or replace tags; they show from `visible` on."""
        self._changes.append((visible, dict(tags)))

    def remove(self, keys: Iterable[str], visible: float) -> None:
        """Remove tags; they show until `visible`."""
        self._changes.append((visible, dict.fromkeys(keys)))

    def true(self) -> dict[str, str]:
        """The tags with all changes, whether visible or not."""
        return self.shown(math.inf)

    def shown(self, now: float) -> dict[str, str]:
        """The tags that ListTagsForResource shows at a time of the clock."""
        values: dict[str, str | None] = {}
        for visible, change in self._changes:
            if visible <= now:
                values |= change
        return {key: value for key, value in values.items() if value is not None}


def from_wire(tags: list[dict[str, Any]]) -> dict[str, str]:
    """A TagList as a mapping. Raises ServiceError for a key that is given twice or reserved."""
    result: dict[str, str] = {}
    for tag in tags:
        key = tag["Key"]
        if key in result:
            raise invalid_request(f"The tag key {key} appears more than once.")
        if key.lower().startswith("aws:"):
            raise invalid_request(f"The tag key {key} begins with the reserved prefix aws:.")
        result[key] = tag.get("Value") or ""
    return result


def to_wire(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def check_number(present: Mapping[str, str], added: Mapping[str, str]) -> None:
    """Raises ServiceError where present tags and added ones are too many together."""
    number = len({**present, **added})
    if number > MOST_TAGS:
        raise too_many_tags(
            f"A resource can have {MOST_TAGS} tags; with this request it would have {number}."
        )


def check_keys(keys: list[str]) -> None:
    """Raises ServiceError where the keys are more than a resource can have."""
    if len(keys) > MOST_TAGS:
        raise too_many_tag_keys(f"{len(keys)} tag keys were given; {MOST_TAGS} can be.")
