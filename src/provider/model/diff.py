"""The diff: what an update has to send, and whether an update that was sent has taken effect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from provider.contract.fields import SETTINGS, Compare
from provider.contract.properties import Properties, Settings
from provider.model.endpoint import Endpoint
from provider.model.ownership import TAG_PREFIX
from provider.model.task import Scope


class Progress(StrEnum):
    """How an endpoint in service compares with an update that was accepted."""

    MATCHES = "matches"
    """It has what was sent."""
    MOVED_ON = "moved on"
    """It has other values by now, which auto scaling or a flywheel can have set."""
    AS_BEFORE = "as before"
    """It has the values from before the update, which the same two can explain."""
    DIFFERS = "differs"
    """It lacks what was sent, and nothing explains that."""


@dataclass(frozen=True, slots=True)
class TagDiff:
    """The tags to set and the keys to remove."""

    put: Mapping[str, str] = field(default_factory=dict)
    remove: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.put or self.remove)


def settings_diff(new: Properties, old: Properties, live: Endpoint, scope: Scope) -> Settings:
    """Give the settings that UpdateEndpoint must send; empty if the endpoint is as asked."""
    if scope is Scope.NOTHING:
        return Settings()
    full = scope is Scope.ALL
    wanted = {
        each.name: new.settings.get(each.name)
        for each in SETTINGS
        if full or new.settings.get(each.name) != old.settings.get(each.name)
    }
    values = dict(_source(new.settings, wanted, live, full=full).values)
    for each in SETTINGS:
        value = wanted.get(each.name)
        if each.compare is not Compare.SOURCE and _lacks(live, each.name, value):
            values[each.name] = value
    return Settings(values)


def _source(new: Settings, wanted: Mapping[str, object], live: Endpoint, *, full: bool) -> Settings:
    """Say which model and flywheel to send: both or neither.

    A flywheel promotes models by itself. If the endpoint follows the right flywheel, its model is
    set only if the template's ModelArn changed.
    """
    both = Settings.of(model_arn=new.model_arn, flywheel_arn=new.flywheel_arn)
    flywheel = live.settings.flywheel_arn
    wrong_flywheel = "flywheel_arn" in wanted and new.flywheel_arn != flywheel
    if wrong_flywheel or ("model_arn" in wanted and new.flywheel_arn not in (None, flywheel)):
        return both
    follows = new.flywheel_arn is not None
    wants_model = "model_arn" in wanted and not (full and follows)
    return both if wants_model and _lacks(live, "model_arn", new.model_arn) else Settings()


def _lacks(live: Endpoint, name: str, wanted: object) -> bool:
    """Say whether an endpoint lacks a value that is wanted, or is still changing."""
    if wanted is None:
        return False
    return wanted != live.settings.get(name) or live.other.get(name) not in (None, wanted)


def progress(sent: Settings, before: Settings, live: Endpoint) -> Progress:
    """Compare an endpoint in service with an update that Comprehend accepted.

    Args:
        sent: what the update asked for.
        before: what the endpoint had when the update was sent.
    """
    source_was_sent = sent.model_arn is not None or sent.flywheel_arn is not None
    wrong, explained, unsettled = set(), set(), False
    for each in SETTINGS:
        name = each.name
        wanted, has, other = sent.get(name), live.settings.get(name), live.other.get(name)
        was_sent = source_was_sent if each.compare is Compare.SOURCE else wanted is not None
        # A model that was sent without a flywheel is pinned: the endpoint must follow none.
        pinned = name == "flywheel_arn" and was_sent
        if wanted != has and (wanted is not None or pinned):
            wrong.add(name)
        if each.compare is Compare.SCALED or (name == "model_arn" and live.settings.flywheel_arn):
            explained.add(name)
        # Auto scaling or a flywheel may be changing a setting that was not sent.
        reached = each.compare is Compare.SCALED and other == wanted
        unsettled |= was_sent and other not in (None, has) and not reached
    if unsettled:
        return Progress.DIFFERS
    if not wrong:
        return Progress.MATCHES
    if not wrong <= explained:
        return Progress.DIFFERS
    scaled = {each.name for each in SETTINGS if each.compare is Compare.SCALED}
    if wrong <= scaled and all(live.other.get(name) == sent.get(name) for name in wrong):
        return Progress.MOVED_ON
    unmoved = all(live.settings.get(name) == before.get(name) for name in wrong)
    return Progress.AS_BEFORE if unmoved else Progress.MOVED_ON


def tag_diff(
    new: Mapping[str, str], old: Mapping[str, str], live: Mapping[str, str], scope: Scope
) -> TagDiff:
    """Give the difference in tags.

    A tag that neither the template nor its past names belongs to somebody else and stays; so do
    the provider's own.

    Args:
        new: the tags that are wanted; ``old`` those before; ``live`` those of the endpoint.
    """
    if scope is Scope.NOTHING:
        return TagDiff()
    wanted = {
        key: value for key, value in new.items() if scope is Scope.ALL or old.get(key) != value
    }
    put = {key: value for key, value in wanted.items() if live.get(key) != value}
    remove = (key for key in old if key not in new and key in live)
    return TagDiff(put, tuple(key for key in remove if not key.startswith(TAG_PREFIX)))


def differences_from(new: Properties, live: Endpoint) -> dict[str, tuple[Any, Any]]:
    """Give what an endpoint has otherwise than the template says, by property: the template's value
    and the endpoint's.

    A model that the template leaves to a flywheel is no difference.
    """
    found = {}
    for each in SETTINGS:
        wanted, has = new.settings.get(each.name), live.settings.get(each.name)
        follows = each.name == "model_arn" and wanted is None
        if wanted != has and not follows:
            found[each.prop] = (wanted, has)
    return found
