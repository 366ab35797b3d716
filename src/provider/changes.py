"""What an update has to change: the difference between the template, its past and what is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from provider.endpoint import Endpoint
from provider.identity import TAG_PREFIX
from provider.properties import Properties


class Scope(StrEnum):
    """How much of the template an operation brings about on an endpoint that exists."""

    ALL = "all"
    """Everything it names: the endpoint is newly this resource's."""
    CHANGED = "changed"
    """What the template changed: units that auto scaling set and a model that a flywheel promoted
    stay as they are."""
    NOTHING = "nothing"
    """Nothing: a rollback returns to an endpoint that the replacement left alone."""


class Progress(StrEnum):
    """How an endpoint in service compares with what is asked of it."""

    MATCHES = "matches"
    """It has what is asked."""
    MOVED_ON = "moved on"
    """It has settled on something else that auto scaling or a flywheel can have brought about."""
    AS_BEFORE = "as before"
    """It has settled on what it had before, which auto scaling or a flywheel can explain too."""
    DIFFERS = "differs"
    """It lacks what is asked, and nothing explains it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What UpdateEndpoint can set; None leaves it alone."""

    model_arn: str | None = None
    flywheel_arn: str | None = None
    units: int | None = None
    role_arn: str | None = None

    def __bool__(self) -> bool:
        return any(getattr(self, name) is not None for name in self.__slots__)


@dataclass(frozen=True, slots=True)
class TagChanges:
    """The tags to set and the keys to remove."""

    put: Mapping[str, str] = field(default_factory=dict)
    remove: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.put or self.remove)


def everything(new: Properties) -> Settings:
    """Give all that the template says of an endpoint."""
    return Settings(new.model_arn, new.flywheel_arn, new.inference_units, new.role_arn)


def differs(new: Properties, old: Properties) -> bool:
    """Say whether the template's settings, tags aside, differ from its past's."""
    return everything(new) != everything(old)


def needed(new: Properties, old: Properties, live: Endpoint, scope: Scope) -> Settings:
    """Give what must be sent so that the endpoint is as asked; nothing where it is already."""
    if scope is Scope.NOTHING:
        return Settings()
    full = scope is Scope.ALL
    units = new.inference_units if full or new.inference_units != old.inference_units else None
    role = new.role_arn if full or new.role_arn != old.role_arn else None
    source = _source(new, old, live, full=full)
    return Settings(
        model_arn=source.model_arn,
        flywheel_arn=source.flywheel_arn,
        units=units if units not in (None, live.desired_units) or _lags(live, units) else None,
        role_arn=role if _other(role, live.role_arn, live.desired_role_arn) else None,
    )


def _source(new: Properties, old: Properties, live: Endpoint, *, full: bool) -> Settings:
    """Say which model and flywheel to send, both or neither.

    A flywheel promotes models by itself: where the endpoint follows the right one, its model is
    only set where the template's ModelArn changed.
    """
    model_changed = full or new.model_arn != old.model_arn
    flywheel_changed = full or new.flywheel_arn != old.flywheel_arn
    both = Settings(new.model_arn, new.flywheel_arn)
    wrong_flywheel = flywheel_changed and new.flywheel_arn != live.flywheel_arn
    if wrong_flywheel or (model_changed and new.flywheel_arn not in (None, live.flywheel_arn)):
        return both
    follows = new.flywheel_arn is not None
    asks_for_model = model_changed and not (full and follows)
    if asks_for_model and _other(new.model_arn, live.model_arn, live.desired_model_arn):
        return both
    return Settings()


def _other(asked: str | None, live: str | None, desired: str | None) -> bool:
    """Say whether a value is asked for that the endpoint lacks, or is about to lose."""
    return asked is not None and (asked != live or desired not in (None, asked))


def _lags(live: Endpoint, units: int | None) -> bool:
    return units is not None and live.current_units not in (None, units)


def progress(sent: Settings, before: Settings, live: Endpoint) -> Progress:
    """Compare an endpoint with an update that the service accepted.

    Args:
        sent: what the update asked for.
        before: what the endpoint had when the update was sent.
    """
    reached = live.current_units == sent.units
    model_was_sent = sent.model_arn is not None or sent.flywheel_arn is not None
    wrong = {
        name
        for name, asked, has in (
            ("model", sent.model_arn, live.model_arn),
            ("units", sent.units, live.desired_units),
            ("role", sent.role_arn, live.role_arn),
        )
        if asked is not None and asked != has
    }
    # A model that was sent without a flywheel is to stay: the endpoint follows none any more.
    if model_was_sent and sent.flywheel_arn != live.flywheel_arn:
        wrong.add("flywheel")
    # Of what was not sent, auto scaling or a flywheel may just be changing something.
    unsettled = (
        (model_was_sent and live.desired_model_arn not in (None, live.model_arn))
        or (sent.role_arn is not None and live.desired_role_arn not in (None, live.role_arn))
        or (sent.units is not None and live.units_differ and not reached)
    )
    if unsettled:
        return Progress.DIFFERS
    if not wrong:
        return Progress.MATCHES
    explained = {"units"} | ({"model"} if live.flywheel_arn is not None else set())
    if not wrong <= explained:
        return Progress.DIFFERS
    if wrong == {"units"} and reached:
        return Progress.MOVED_ON
    unmoved = ("units" not in wrong or live.desired_units == before.units) and (
        "model" not in wrong or live.model_arn == before.model_arn
    )
    return Progress.AS_BEFORE if unmoved else Progress.MOVED_ON


def tag_changes(
    new: Properties,
    old: Properties,
    live: Endpoint,
    scope: Scope,
    marks: Mapping[str, str] | None = None,
) -> TagChanges:
    """Give the difference in tags.

    Tags that neither the template nor its past names are somebody else's and stay; so do the
    provider's own, but for ``marks``, which it sets.
    """
    put = dict(marks or {})
    remove: list[str] = []
    if scope is not Scope.NOTHING:
        asked = {
            key: value
            for key, value in new.tags.items()
            if scope is Scope.ALL or old.tags.get(key) != value
        }
        put |= asked
        remove = [key for key in old.tags if key not in new.tags and key in live.tags]
    put = {key: value for key, value in put.items() if live.tags.get(key) != value}
    gone = tuple(key for key in remove if not key.startswith(TAG_PREFIX))
    return TagChanges(put, gone)


def standing(live: Endpoint) -> Settings:
    """Give what an endpoint has now, to tell later whether it moved."""
    return Settings(live.model_arn, live.flywheel_arn, live.desired_units, live.role_arn)
