"""Keeps the embedded AWS running: `python -m local`, or `make local`."""

import argparse
import os
import shlex
import signal
import sys
import threading
from collections.abc import Sequence

from local.comprehend import AdminError
from local.launcher import EmbeddedAws, LauncherError


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs until it gets SIGINT or SIGTERM; gives the process's exit code."""
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="MiniStack's; 0: a free one (default)")
    parser.add_argument(
        "--comprehend-port", type=int, default=0, help="the emulator's; 0: a free one (default)"
    )
    parser.add_argument(
        "--time-scale",
        type=float,
        default=100.0,
        help="how many times faster endpoints are than Comprehend's (default: 100)",
    )
    parser.add_argument("--region", default="us-east-1")
    given = parser.parse_args(arguments)
    ended = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, lambda *_: ended.set())
    try:
        with EmbeddedAws(
            region=given.region,
            time_scale=given.time_scale,
            port=given.port,
            comprehend_port=given.comprehend_port,
        ) as aws:
            print(instructions(aws), flush=True)
            while aws.running and not ended.wait(1):
                pass
            if not ended.is_set():
                print("MiniStack has ended by itself.", file=sys.stderr)
                return 1
    except (LauncherError, AdminError, OSError) as error:
        print(f"The embedded AWS cannot run: {error}", file=sys.stderr)
        return 1
    return 0


def instructions(aws: EmbeddedAws) -> str:
    """Lines for a shell that point it at the embedded AWS, and what else a reader needs."""
    own = aws.environment
    # A profile or a session of another account in that shell would get in the way.
    others = [name for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN") if name in os.environ]
    lines = [
        f"# The embedded AWS runs: account {aws.account}, region {aws.region}. Ctrl-C ends it.",
        f"# Log: {aws.ministack_log}",
        "# In another shell, before aws, sam or a program with an SDK:",
        *(f"unset {name}" for name in others),
        *(f"export {name}={shlex.quote(value)}" for name, value in own.items()),
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
