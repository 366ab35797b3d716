"""An AWS in which the demo's steps go as they should, or just not quite."""

from collections.abc import Callable
from dataclasses import replace

from local.demo.course import run
from local.demo.screen import Screen
from local.demo.seen import Call, Endpoint, Event, Look
from local.demo.steps import STEPS, Fate, Step
from local.demo.verdict import Outcome

PREFIX = "arn:aws:comprehend:us-east-1:000000000000:document-classifier-endpoint/"
GENERATED = f"{PREFIX}reviews-Sentiment-0123456789ab"
START = 1_800_000_000.0

Change = Callable[[Look], Look]


class Clock:
    """Seconds since 1970 that pass where somebody waits."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds


class World:
    """Plays each step in two looks: under way, and as the step expects it.

    `change` makes something else of the last look of the step `wrong`.
    """

    def __init__(self, clock: Clock, wrong: str, change: Change) -> None:
        self.asked: list[str] = []
        self._clock = clock
        self._wrong = wrong
        self._change = change
        self._held: dict[str, Endpoint] = {}
        self._looks: list[Look] = []

    def start(self, step: Step) -> str | None:
        self.asked.append(step.title)
        held = self._held.get(step.stack)
        before = held.arn if held else None
        under_way = Look(
            at=self._clock(),
            stack=step.stack,
            status=f"{step.verb.value.upper()}_IN_PROGRESS",
            arn=before,
            working=True,
            endpoints=self.endpoints(),
            events=(Event(self._clock(), step.stack, f"{step.verb.value.upper()}_IN_PROGRESS"),),
        )
        self._do(step)
        self._clock.wait(2)
        last = self._last(under_way, step)
        self._looks = [under_way, self._change(last) if step.title == self._wrong else last]
        return before

    def look(self) -> Look:
        return self._looks.pop(0) if len(self._looks) > 1 else self._looks[0]

    def endpoints(self) -> tuple[Endpoint, ...]:
        return tuple(self._held.values())

    def _do(self, step: Step) -> None:
        live = step.expected.live
        if live is None:
            if step.expected.fate is Fate.GONE:
                del self._held[step.stack]
            return
        self._held[step.stack] = Endpoint(
            arn=f"{PREFIX}{live.name}" if live.name else GENERATED,
            status="IN_SERVICE",
            version=live.version,
            units=live.units,
            wanted_version=live.version,
            wanted_units=live.units,
            modified=self._clock(),
        )

    def _last(self, look: Look, step: Step) -> Look:
        now, expected, held = self._clock(), step.expected, self._held.get(step.stack)
        failed = Event(now, "Sentiment", f"{step.verb.value.upper()}_FAILED", expected.reason)
        calls = [Call(now, "DescribeEndpoint", "one", "ok")]
        for operation, count in expected.changes.items():
            calls += [Call(now, operation, "one", "ok")] * count
        return replace(
            look,
            at=now,
            status=expected.status,
            arn=held.arn if held else None,
            working=False,
            endpoints=self.endpoints(),
            events=(
                *look.events,
                *([failed] if expected.reason else []),
                Event(now, step.stack, expected.status),
            ),
            calls=tuple(calls),
        )


def unchanged(look: Look) -> Look:
    return look


def played(screen: Screen, wrong: str = "", change: Change = unchanged) -> tuple[Outcome, World]:
    """The whole demo in such a world."""
    clock = Clock()
    world = World(clock, wrong, change)
    return run(STEPS, world, screen, pause=clock.wait, clock=clock), world
