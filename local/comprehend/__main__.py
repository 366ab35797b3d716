"""Runs the Comprehend emulator alone: `python -m local.comprehend --port 4567 --time-scale 100`."""

import argparse
import json
import signal
import sys
import threading
from collections.abc import Sequence
from typing import Any

from local.comprehend.emulator import ComprehendEmulator
from local.comprehend.settings import SettingsError


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs until it gets SIGINT or SIGTERM; gives the process's exit code."""
    parser = argparse.ArgumentParser(prog="python -m local.comprehend", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: a free one (default)")
    parser.add_argument(
        "--time-scale", type=float, default=1.0, help="how many times faster than the service"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        type=_setting,
        help="any other setting, such as create_seconds=120 or update_visibility=late",
    )
    parser.add_argument("--verbose", action="store_true", help="a line for each request")
    given = parser.parse_args(arguments)
    ended = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: ended.set())
    try:
        emulator = ComprehendEmulator(
            host=given.host,
            port=given.port,
            verbose=given.verbose,
            **{"time_scale": given.time_scale, **dict(given.set)},
        )
        with emulator:
            print(f"export AWS_ENDPOINT_URL_COMPREHEND={emulator.url}", flush=True)
            ended.wait()
    except (SettingsError, OSError) as error:
        print(f"The Comprehend emulator cannot run: {error}", file=sys.stderr)
        return 1
    return 0


def _setting(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError("must be NAME=VALUE")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


if __name__ == "__main__":
    sys.exit(main())
