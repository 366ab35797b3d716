"""What whoever installed the provider has set for its endpoints: a ceiling on units, and tags."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from provider.properties import Properties, schema

MAX_TAGS = 50
"""TagResource, Tags: how many a resource may have, the provider's own included."""


@dataclass(frozen=True, slots=True)
class Installation:
    """The parameters of one installation that concern endpoints.

    Args:
        max_units: the most inference units a request may raise an endpoint to; None: any number.
        tags: what every endpoint gets when it is made. A template's own tags win.
    """

    max_units: int | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    def problems(self, new: Properties, old: Properties | None) -> Iterator[str]:
        """Tell what properties ask for beyond what this installation grants.

        What was there before never breaks a rule, however much it is: only a rise does.

        Args:
            new: what a Create or Update asks for.
            old: what the template said before; None on Create.
        """
        units = new.inference_units or 0
        units_before = (old.inference_units if old else None) or 0
        if self.max_units is not None and units > max(self.max_units, units_before):
            yield (
                f"DesiredInferenceUnits: it must be at most {self.max_units} in this installation "
                f"(parameter MaxInferenceUnits), not {units}."
            )
        tags = len({*self.tags, *new.tags})
        tags_before = len({*self.tags, *old.tags}) if old else 0
        limit = schema()["properties"]["Tags"]["maxItems"]
        if self.tags and tags > max(limit, tags_before):
            yield (
                f"Tags: together with the {len(self.tags)} that this installation gives every "
                f"endpoint (parameter EndpointTags) there may be at most {limit}, not {tags}: "
                f"Amazon Comprehend allows {MAX_TAGS}, and the provider needs three."
            )

    def tags_for(self, own: Mapping[str, str], there: Collection[str]) -> dict[str, str]:
        """Give the tags of an endpoint that is newly a template's: its own, and the installation's.

        Where there is no room for all of the installation's, as in a rollback to a template that
        is older than they are, the last ones are left out.

        Args:
            own: the template's tags.
            there: the keys that the endpoint has, or gets, anyway.
        """
        tags, taken = dict(own), {*own, *there}
        for key, value in self.tags.items():
            if key in own or (key not in taken and len(taken) >= MAX_TAGS):
                continue
            tags[key] = value
            taken.add(key)
        return tags

    def tags_after(self, new: Mapping[str, str], old: Mapping[str, str]) -> dict[str, str]:
        """Give the tags that an update asks for: a tag that stood in for one of the
        installation's, and is gone from the template, gives way to it again.
        """
        return {key: value for key, value in self.tags.items() if key in old} | dict(new)


def read(environment: Mapping[str, str]) -> Installation:
    """Read what the template puts into a function's environment; what is not there is not set."""
    pairs = (pair.partition("=") for pair in environment.get("ENDPOINT_TAGS", "").split(","))
    return Installation(
        max_units=int(environment.get("MAX_INFERENCE_UNITS") or 0) or None,
        tags={key.strip(): value.strip() for key, equals, value in pairs if equals},
    )
