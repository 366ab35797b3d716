"""The rules for tags: how many, which keys, and changing an endpoint's own."""

from collections.abc import Mapping
from typing import Any

from local.comprehend.errors import ServiceError, invalid_request

MOST_TAGS = 50
"""Per resource, and keys per UntagResource: TooManyTagsException and TooManyTagKeysException."""


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


def merged(present: Mapping[str, str], added: Mapping[str, str]) -> dict[str, str]:
    """Present tags and added ones. Raises ServiceError where they are too many together."""
    result = {**present, **added}
    if len(result) > MOST_TAGS:
        raise ServiceError(
            "TooManyTagsException",
            f"A resource can have {MOST_TAGS} tags; with this request it would have {len(result)}.",
        )
    return result


def without(present: Mapping[str, str], keys: list[str]) -> dict[str, str]:
    """Present tags less those with the keys; a key that is not there is no error.

    Raises ServiceError where the keys are more than a resource can have.
    """
    if len(keys) > MOST_TAGS:
        raise ServiceError(
            "TooManyTagKeysException", f"{len(keys)} tag keys were given; {MOST_TAGS} can be."
        )
    return {key: value for key, value in present.items() if key not in keys}
