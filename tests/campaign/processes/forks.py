"""Real processes for invocations: begun, killed, and seen to have ended."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from testing.asl import TaskError

ROOT = Path(__file__).parents[3]

Json = dict[str, Any]


class Forks:
    """Starts the program that forks; see lambda_service.py. To be closed."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        # Without a name: nothing of it is left, however this ends.
        # Open as long as the processes are.
        self._log = tempfile.TemporaryFile()  # noqa: SIM115
        self._read = 0
        self._number = 0
        own = {
            "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
            # The functions' artifact has no awscrt, which has threads.
            "BOTO_DISABLE_CRT": "true",
        }
        self._program = subprocess.Popen(
            # To fork a process that has threads would be a mistake: Python warns of it.
            [sys.executable, "-W", "error", "-m", "tests.campaign.processes.lambda_service"],
            cwd=ROOT,
            env={**environment, **own},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )

    def begin(self, function: str, event: Any, now: float) -> "Process":
        """A process for an invocation, which waits to be told to go."""
        self._number += 1
        order = {"function": function, "event": event, "now": now, "number": self._number}
        self.say(json.dumps(order))
        return Process(self, self.hear()["pid"])

    def say(self, line: str) -> None:
        if self._program.stdin is None:
            raise RuntimeError("the program has no input")
        self._program.stdin.write(line.encode() + b"\n")
        self._program.stdin.flush()

    def hear(self) -> Json:
        line = self._program.stdout.readline() if self._program.stdout else b""
        if not line:
            raise RuntimeError(f"the program that forks is gone: {self.printed()}")
        heard: Json = json.loads(line)
        return heard

    def printed(self) -> str:
        """What was printed and logged since this was called last."""
        size = os.fstat(self._log.fileno()).st_size
        text = os.pread(self._log.fileno(), size - self._read, self._read)
        self._read = size
        return text.decode(errors="replace")

    def close(self) -> None:
        """Ends the program; there must be no process left."""
        self._program.communicate()
        self._log.close()


class Process:
    """The process of one invocation."""

    def __init__(self, forks: Forks, pid: int) -> None:
        self.pid = pid
        self.killed = False
        self.exit_code: int | None = None
        """As subprocess has it: of a process that was ended by a signal, its negative number."""
        self._forks = forks

    def result(self) -> Any:
        """Has the function run; gives its result.

        Raises TaskError for the function's error, and RuntimeError where the process ends.
        """
        self._forks.say("go")
        heard = self._forks.hear()
        if "error" in heard:
            raise TaskError(heard["error"]["errorType"], json.dumps(heard["error"]))
        if "ended" in heard:
            self.exit_code = heard["ended"]
            raise RuntimeError(f"the process has ended ({self.exit_code}): {self._forks.printed()}")
        return heard["result"]

    def kill(self) -> None:
        """Sends SIGKILL, once."""
        if not self.killed and self.exit_code is None:
            self.killed = True
            os.kill(self.pid, signal.SIGKILL)

    def end(self) -> None:
        """Waits for its end; lets it go where nobody has killed it."""
        if self.exit_code is None:
            if not self.killed:
                self._forks.say("go")
            self.exit_code = self._forks.hear()["ended"]
        expected = -signal.SIGKILL if self.killed else 0
        if self.exit_code != expected:
            raise RuntimeError(f"the process ended with {self.exit_code}, not {expected}")
