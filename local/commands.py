"""What commands have in common that show something on an embedded AWS of their own."""

import io
import signal
import sys
from collections.abc import Callable
from types import FrameType

from botocore.exceptions import BotoCoreError, ClientError

from local.comprehend import AdminError
from local.installation import SamError
from local.launcher import LauncherError


class CommandError(Exception):
    """The command cannot go on; the text says why."""


class Stopped(KeyboardInterrupt):
    """The user has ended the command, by the signal of this number."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def carry_out(name: str, command: Callable[[], bool]) -> int:
    """Runs a command; gives the exit code: 0, 1 if anything was not as expected, 128 + n after
    signal n.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    # Reasons and messages may hold anything, and the terminal may be of any encoding.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        return 0 if command() else 1
    except Stopped as stopped:
        print("Stopped. Nothing is left running.", file=sys.stderr)
        return 128 + stopped.number
    except (CommandError, LauncherError, SamError, AdminError, OSError) as error:
        print(f"{name} failed: {error}", file=sys.stderr)
    except (BotoCoreError, ClientError) as error:
        print(f"{name} failed: the embedded AWS does not work: {error}", file=sys.stderr)
    return 1


def _stop(number: int, frame: FrameType | None) -> None:
    # Once is enough: cleaning up must not be interrupted.
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    raise Stopped(number)
