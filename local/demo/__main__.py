"""Runs the demo: `python -m local.demo`, or `make demo`."""

import argparse
import io
import shutil
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from local.commands import CommandError, carry_out
from local.comprehend import Settings
from local.demo.cloud import EXAMPLE, RESOURCE, Cloud
from local.demo.screen import Screen, picture
from local.demo.seen import Look, lines_between
from local.demo.steps import BROKEN_MESSAGE, BROKEN_VERSION, STEPS, Step
from local.demo.verdict import Outcome, Result
from local.installation import PROJECT, build, deploy
from local.launcher import EmbeddedAws

TIME_SCALE = 120.0
WIDTH = 116
"""Columns of the picture, and of the table where there is no terminal."""
PATIENCE = 75.0
"""Seconds after which the demo gives up on a step."""
PAUSE = 0.2
"""Seconds between two observations."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Gives the exit code; see `carry_out`."""
    parser = argparse.ArgumentParser(prog="python -m local.demo", description=__doc__)
    parser.add_argument(
        "--time-scale",
        type=float,
        default=TIME_SCALE,
        help=f"how many times faster endpoints are than Comprehend's (default: {TIME_SCALE:g})",
    )
    parser.add_argument("--svg", type=Path, help="write a picture of the terminal to this file")
    given = parser.parse_args(arguments)
    return carry_out("The demo", lambda: _demo(given.time_scale, given.svg))


def _demo(time_scale: float, svg: Path | None) -> bool:
    begun = time.monotonic()
    if shutil.which("make") is None:
        raise CommandError("`sam build` needs `make`, which is not on the PATH: install it first.")
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    recorder = Console(file=io.StringIO(), record=True, width=WIDTH, force_terminal=True)
    screen = Screen(console, recorder)
    screen.open(
        "Custom::ComprehendEndpoint: an endpoint's life, without an AWS account", _about(time_scale)
    )
    with ExitStack() as stack:
        with screen.phase("Start AWS on this machine: MiniStack, and an emulator of Comprehend"):
            aws = stack.enter_context(EmbeddedAws(time_scale=time_scale))
        scratch = aws.directory / "scratch"
        scratch.mkdir()
        environment = {**aws.process_environment(), "TMPDIR": str(scratch)}
        with screen.phase("sam build: package the provider's functions"):
            template = build(aws.directory / "sam", environment)
        with screen.phase("sam deploy: install the provider from template.yaml"):
            deploy(template, environment)
        cloud = Cloud(aws)
        cloud.break_model(BROKEN_VERSION, BROKEN_MESSAGE)
        try:
            outcome = _run(cloud, screen)
        except (BotoCoreError, ClientError):
            _show("MiniStack's log ends with:", _tail(aws.ministack_log))
            raise
        screen.close(outcome, time.monotonic() - begun)
        if not outcome.good:
            _show("The provider's log ends with:", cloud.log_tail())
            _show("MiniStack's log ends with:", _tail(aws.ministack_log))
    if svg and outcome.good:
        svg.write_text(picture(recorder), encoding="utf-8")
    return outcome.good


def _about(time_scale: float) -> list[str]:
    """What a reader must know to understand what follows."""
    settings = Settings(time_scale=time_scale)
    minutes, seconds = settings.create_seconds / 60, settings.duration(settings.create_seconds)
    return [
        "CloudFormation, Lambda and the rest of AWS are played by MiniStack, Comprehend by an "
        "emulator:",
        f"it is {time_scale:g} times faster than Comprehend, so that an endpoint is created in "
        f"{seconds:.0f} seconds, not {minutes:.0f} minutes.",
        f"The stacks are made from {EXAMPLE.relative_to(PROJECT)}, in which the endpoint is called "
        f"{RESOURCE}.",
    ]


def _run(cloud: Cloud, screen: Screen) -> Outcome:
    """Runs the steps, and stops at the first one that is not as expected."""
    results: list[Result] = []
    for number, step in enumerate(STEPS, 1):
        with screen.step(number, step):
            result = _follow(step, cloud, screen)
        results.append(result)
        screen.end(result)
        if result.problems:
            break
    return Outcome(tuple(results), cloud.endpoints())


def _follow(step: Step, cloud: Cloud, screen: Screen) -> Result:
    """Starts a step and shows what happens, until CloudFormation and the provider are done."""
    endpoints, begun, pause = cloud.endpoints(), time.time(), threading.Event()
    before = cloud.start(step)
    look = Look(begun, step.stack, "", before, working=False, endpoints=endpoints)
    while True:
        former, look = look, cloud.look()
        for line in lines_between(former, look):
            screen.tell(line)
        screen.watch(look)
        if look.done or time.time() - begun > PATIENCE:
            ended = time.time() if look.ended_at is None else look.ended_at
            return Result(step, before, look, max(0.0, ended - begun))
        pause.wait(PAUSE)


def _tail(log: Path, count: int = 20) -> list[str]:
    return log.read_text(errors="replace").splitlines()[-count:]


def _show(title: str, lines: Sequence[str]) -> None:
    print("", title, *(f"  {line}" for line in lines), sep="\n", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
