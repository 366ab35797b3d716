"""What an installation's parameters set for all endpoints: a ceiling on units, and tags."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from provider.contract.limits import MAX_TAGS
from provider.contract.properties import Properties
from provider.model.ownership import OWNERSHIP_TAGS
from provider.model.polling import STALE


@dataclass(frozen=True, slots=True)
class Installation:
    """The parameters of one installation that concern endpoints.

    Args:
        max_inference_units: the highest number of units a request may raise an endpoint to; None
            for no ceiling.
        tags: every endpoint gets them when it is made. A template's own tags win.
        stale: how old a read of CloudFormation or of the executions may be, in seconds. On AWS it
            is always the default; the embedded AWS answers with what is.
    """

    max_inference_units: int | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    stale: float = STALE

    def problems(self, new: Properties, old: Properties | None) -> Iterator[str]:
        """Report what properties ask for beyond what this installation allows.

        Only a rise breaks a rule, never what was there before.

        Args:
            new: what a Create or Update asks for.
            old: the properties before; None on Create.
        """
        units = new.settings.inference_units or 0
        units_before = (old.settings.inference_units if old else None) or 0
        ceiling = self.max_inference_units
        if ceiling is not None and units > max(ceiling, units_before):
            yield (
                f"DesiredInferenceUnits: it must be at most {ceiling} in this installation "
                f"(parameter MaxInferenceUnits), not {units}."
            )
        tags = len({*self.tags, *new.tags})
        tags_before = len({*self.tags, *old.tags}) if old else 0
        limit = MAX_TAGS - len(OWNERSHIP_TAGS)
        if self.tags and tags > max(limit, tags_before):
            yield (
                f"Tags: together with the {len(self.tags)} that this installation gives every "
                f"endpoint (parameter EndpointTags) there may be at most {limit}, not {tags}. "
                f"Amazon Comprehend allows {MAX_TAGS}, and the provider uses three."
            )

    def tags_for(self, own: Mapping[str, str], present: Collection[str]) -> dict[str, str]:
        """Give the tags of an endpoint that is new to a template: its own, and the installation's.

        If there is no room for all of the installation's, as in a rollback to an older template,
        the last ones are left out.

        Args:
            own: the template's tags.
            present: the keys that the endpoint has, or gets, anyway.
        """
        tags, taken = dict(own), {*own, *present}
        for key, value in self.tags.items():
            if key in own or (key not in taken and len(taken) >= MAX_TAGS):
                continue
            tags[key] = value
            taken.add(key)
        return tags

    def tags_after(self, new: Mapping[str, str], old: Mapping[str, str]) -> dict[str, str]:
        """Give the tags that an update asks for.

        If a template's tag overrode one of the installation's and is removed, the installation's
        value returns.
        """
        return {key: value for key, value in self.tags.items() if key in old} | dict(new)


def read_installation(environment: Mapping[str, str]) -> Installation:
    """Read what template.yaml, or the embedded AWS, puts into a function's environment."""
    pairs = (pair.partition("=") for pair in environment.get("ENDPOINT_TAGS", "").split(","))
    return Installation(
        max_inference_units=int(environment.get("MAX_INFERENCE_UNITS") or 0) or None,
        stale=float(environment.get("STALE_READS_SECONDS") or STALE),
        tags={key.strip(): value.strip() for key, equals, value in pairs if equals},
    )
