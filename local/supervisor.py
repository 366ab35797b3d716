"""Runs one command and ends it, with all its descendants, when whoever started this ends.

The starter holds the other end of standard input. However it ends, by SIGKILL too, the kernel
closes that end, and this process reads the end of file: so there is one way of cleaning up, and
nothing that has to run in a process that is no more. Needs the standard library only.

    python supervisor.py DIRECTORY SOCKET COMMAND…

The command runs in DIRECTORY and inherits the file descriptor SOCKET; its output goes to
DIRECTORY/log. If it ends by itself, DIRECTORY/exited holds its exit code. At the end of file
everything is killed and DIRECTORY is deleted.
"""

import contextlib
import ctypes
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
"""prctl(2) of Linux: orphaned descendants become this process's children."""


def main(directory: Path, socket: int, command: list[str]) -> None:
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):  # Bursts of connections need many.
        resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=[socket],
        )
    os.close(socket)
    noting = threading.Thread(target=note_end, args=(process, directory))
    noting.start()
    sys.stdin.buffer.read()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    noting.join()
    # In rounds: what a process starts in its last moment is found in the next one.
    while orphans := descendants(os.getpid()):
        for pid in orphans:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(-1, 0)
    shutil.rmtree(directory, ignore_errors=True)


def note_end(process: "subprocess.Popen[bytes]", directory: Path) -> None:
    code = process.wait()
    with contextlib.suppress(OSError):  # The starter may have deleted the directory.
        (directory / "exited").write_text(str(code))


def descendants(ancestor: int) -> list[int]:
    """Process ids of all that come from a process, read from /proc; none where there is no /proc.

    There (macOS) killing the process group must do: MiniStack's workers are in it.
    """
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # It ended meanwhile.
            # The name in parentheses may hold anything; state and parent's id follow it.
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(stat.parent.name))
    found: list[int] = []
    waiting = [ancestor]
    while waiting:
        offspring = children.get(waiting.pop(), [])
        found += offspring
        waiting += offspring
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
