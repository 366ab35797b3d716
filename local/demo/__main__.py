"""Runs the demo: `python -m local.demo`, or `make demo`."""

import argparse
import io
import os
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from local.comprehend import AdminError, Settings, SettingsError
from local.demo.cloud import EXAMPLE, RESOURCE, Cloud
from local.demo.course import run
from local.demo.rich_screen import RichScreen, picture
from local.demo.screen import Plain, Screen
from local.demo.steps import BROKEN_MESSAGE, BROKEN_VERSION, STEPS
from local.demo.verdict import Outcome
from local.installation import PROJECT, SamError, build, deploy
from local.launcher import EmbeddedAws, LauncherError

TIME_SCALE = 120.0
WIDTH = 116
"""Columns of the picture."""


class Stopped(KeyboardInterrupt):
    """The user has ended the demo, by the signal of this number."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class DemoError(Exception):
    """The demo cannot go on; the text says why."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Gives the exit code: 0, 1 where anything was not as expected, 128 + n after signal n."""
    parser = argparse.ArgumentParser(prog="python -m local.demo", description=__doc__)
    parser.add_argument(
        "--time-scale",
        type=float,
        default=TIME_SCALE,
        help=f"how many times faster endpoints are than Comprehend's (default: {TIME_SCALE:g})",
    )
    parser.add_argument("--svg", type=Path, help="write a picture of the terminal to this file")
    given = parser.parse_args(arguments)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    # Reasons and messages may hold anything, and the terminal may be of any encoding.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        return _demo(given.time_scale, given.svg)
    except Stopped as stopped:
        print("Stopped. Nothing is left running.", file=sys.stderr)
        return 128 + stopped.number
    except BrokenPipeError:
        # Whoever read the lines has gone. Python would complain when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (DemoError, LauncherError, SamError, SettingsError, OSError) as error:
        print(f"The demo failed: {error}", file=sys.stderr)
        return 1


def _stop(number: int, frame: FrameType | None) -> None:
    # Once is enough: cleaning up must not be interrupted.
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    raise Stopped(number)


def _demo(time_scale: float, svg: Path | None) -> int:
    begun = time.monotonic()
    check_tools()
    console = Console()
    recorder = Console(file=io.StringIO(), record=True, width=WIDTH, force_terminal=True)
    is_live = console.is_terminal and not console.is_dumb_terminal
    screen: Screen = RichScreen(console, recorder) if is_live or svg else Plain(sys.stdout)
    screen.open(
        "Custom::ComprehendEndpoint: an endpoint's life, without an AWS account", about(time_scale)
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
        try:
            cloud = Cloud(aws)
            cloud.break_model(BROKEN_VERSION, BROKEN_MESSAGE)
            outcome = run(STEPS, cloud, screen)
            code = finish(outcome, screen, time.monotonic() - begun)
            if code:
                _show("The provider's log ends with:", cloud.log_tail())
            if not outcome.results[-1].look.done:
                _show("MiniStack's log ends with:", _tail(aws.ministack_log))
        except (AdminError, BotoCoreError, ClientError) as error:
            _show("MiniStack's log ends with:", _tail(aws.ministack_log))
            raise DemoError(f"the embedded AWS does not work: {error}") from error
    if svg and not code:
        svg.write_text(picture(recorder), encoding="utf-8")
    return code


def about(time_scale: float) -> list[str]:
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


def check_tools() -> None:
    """Raises DemoError where a tool is missing that the demo starts."""
    if shutil.which("make") is None:
        raise DemoError("`sam build` needs `make`, which is not on the PATH: install it first.")
    if not Path(sys.executable).with_name("sam").exists():
        raise DemoError("`sam` is not installed beside this Python: start it by `make demo`.")


def finish(outcome: Outcome, screen: Screen, seconds: float) -> int:
    """Shows how everything went; gives the exit code. `seconds` are those since the beginning."""
    screen.close(outcome, seconds)
    return 0 if outcome.good else 1


def _tail(log: Path, count: int = 20) -> list[str]:
    return log.read_text(errors="replace").splitlines()[-count:]


def _show(title: str, lines: Sequence[str]) -> None:
    print("", title, *(f"  {line}" for line in lines), sep="\n", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
