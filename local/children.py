"""Runs commands so that nothing of them is left when this process is interrupted."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from local.supervisor import PR_SET_CHILD_SUBREAPER


@contextlib.contextmanager
def interrupts_held_back() -> Iterator[None]:
    """Lets the signals that interrupt this process wait until the context is left.

    An exception that comes while Popen starts a child would lose the child.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # Signals interrupt the main thread alone.
        return
    held: list[int] = []
    interrupts = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {each: signal.signal(each, lambda *got: held.append(got[0])) for each in interrupts}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
        if held:
            signal.raise_signal(held[0])


def run(command: Sequence[str], *, cwd: Path, environment: Mapping[str, str]) -> tuple[int, str]:
    """Runs a command to its end. Gives its exit code, and what it printed.

    If this process is interrupted meanwhile, all that the command has started has ended, too, when
    the exception goes on.
    """
    process: subprocess.Popen[str] | None = None
    try:
        with interrupts_held_back():
            process = subprocess.Popen(
                command,
                cwd=cwd,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                # Ctrl-C in the terminal is for this process alone.
                start_new_session=True,
            )
        printed, _ = process.communicate()
    except BaseException:
        if process:
            with process:
                _end_group(process.pid)
        raise
    return process.returncode, printed


def _end_group(leader: int) -> None:
    """Ends a process with all that it has started, and waits for all of them.

    On Linux, they become children of this process when their parents end, so it can wait for each.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-leader, 0)
