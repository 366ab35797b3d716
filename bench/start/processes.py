"""Fresh processes: a handler imported, and called once."""

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from bench.errors import BenchError

PROBE = Path(__file__).with_name("probe.py")


class ProcessError(BenchError):
    """A process did not get through its request."""


@dataclass(frozen=True)
class Subject:
    """Somebody's function: its handler, its event, and the folders on its path."""

    name: str
    handler: str
    event: Any
    folders: tuple[Path, ...]
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Started:
    """What one process took: CPU seconds in all and until the handler was imported, peak memory in
    KiB, and the modules that it had imported.
    """

    cpu: float
    init: float
    peak: int
    modules: tuple[str, ...]


def started(subject: Subject) -> Started:
    """Imports the handler and calls it, in a process that has nothing else on its path."""
    # -B: a function's folder cannot be written to in Lambda, either.
    command = [sys.executable, "-I", "-S", "-B", str(PROBE), subject.handler]
    with _file() as event, _file() as out, _file() as problems:
        json.dump(subject.event, event)
        event.seek(0)
        process = subprocess.Popen(
            [*command, *map(str, subject.folders)],
            env=dict(subject.environment),
            stdin=event,
            stdout=out,
            stderr=problems,
        )
        used = _wait(process)
        if process.returncode:
            raise ProcessError(f"{subject.name}: {_read(problems)[-2000:]}")
        told = json.loads(_read(out).splitlines()[-1])
    cpu = used.ru_utime + used.ru_stime
    return Started(cpu, told["init"], told["peak"], tuple(told["modules"]))


def _file() -> "IO[str]":
    return tempfile.TemporaryFile("w+")


def _read(file: "IO[str]") -> str:
    file.seek(0)
    return file.read()


def _wait(process: "subprocess.Popen[Any]") -> resource.struct_rusage:
    """Waits for a process to end. Returns what it used."""
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return used
