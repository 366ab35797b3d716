"""Fresh processes: a handler called once, directly or through Lambda's runtime interface client."""

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, Any

from bench.errors import BenchError
from bench.start.probe import peak
from local.installation import PROJECT
from local.serving import serving

PROBE = Path(__file__).with_name("probe.py")
DECIDING = Path(__file__).with_name("deciding.py")
BENCH = PROJECT / ".venv" / "bench"
CLIENT = ("awslambdaric", "runtime_client", "simplejson", "snapshot_restore_py")
"""Lambda's runtime interface client and what it imports, in .venv/bench."""


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
    KiB, and the modules that it had imported. Lambda's client tells neither of the second and last.
    """

    cpu: float
    init: float | None
    peak: int
    modules: tuple[str, ...] = ()


def directly(subject: Subject) -> Started:
    """Imports the handler and calls it, in a process that has nothing else on its path."""
    told, used = _probed(PROBE, subject)
    return Started(_cpu(used), told["init"], told["peak"], tuple(told["modules"]))


def deciding(subject: Subject) -> float:
    """The CPU seconds that validation, schema and decision take of a first request."""
    told, _ = _probed(DECIDING, subject)
    return float(told)


def _probed(script: Path, subject: Subject) -> tuple[Any, resource.struct_rusage]:
    """Runs a script with a subject; gives what it tells in its last line, and what it used."""
    # -B: a function's folder cannot be written to in Lambda, either.
    command = [sys.executable, "-I", "-S", "-B", str(script), subject.handler]
    with _output() as event, _output() as out, _output() as problems:
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
        return json.loads(_read(out).splitlines()[-1]), used


def _output() -> "IO[str]":
    return tempfile.TemporaryFile("w+")


def _read(file: "IO[str]") -> str:
    file.seek(0)
    return file.read()


def _wait(process: "subprocess.Popen[Any]") -> resource.struct_rusage:
    """Waits for a process to end; gives what it used."""
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return used


def _cpu(used: resource.struct_rusage) -> float:
    return used.ru_utime + used.ru_stime


class RuntimeApi:
    """Lambda's runtime API for one process: hands one event out, and kills who has answered."""

    def __init__(self, event: Any) -> None:
        self._event = json.dumps(event).encode()
        self._process: subprocess.Popen[str] | None = None
        self._ready = threading.Event()
        self.problem = ""
        self.peak = 0
        """KiB of memory, when it had answered."""

    def started(self, process: "subprocess.Popen[str]") -> None:
        """Says whose the requests are."""
        self._process = process
        self._ready.set()

    def event(self) -> bytes:
        return self._event

    def answered(self, path: str, body: bytes) -> None:
        if not path.endswith("/response"):
            self.problem = f"{path}: {body.decode(errors='replace')}"
        self._ready.wait()
        if self._process is not None:
            self.peak = peak(str(self._process.pid))
            # What it would do from here on is no part of its first request.
            self._process.kill()


@contextmanager
def _listening(api: RuntimeApi) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def do_GET(self) -> None:
            body = api.event()
            self.send_response(200)
            for name, value in _HEADERS.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            # Lambda's client sends an answer in chunks of unknown length, or whole.
            length = int(self.headers.get("Content-Length") or 0)
            api.answered(self.path, self.rfile.read(length) if length else b"")

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    with serving(server, "runtime API"):
        yield f"127.0.0.1:{server.server_port}"


_HEADERS = {
    "Lambda-Runtime-Aws-Request-Id": "00000000-0000-0000-0000-000000000001",
    # The end of time, in milliseconds since the epoch.
    "Lambda-Runtime-Deadline-Ms": "4102444800000",
    "Lambda-Runtime-Invoked-Function-Arn": (
        "arn:aws:lambda:us-east-1:000000000000:function:comprehend-endpoint-provider"
    ),
    "Content-Type": "application/json",
}


def in_lambda(subject: Subject, folder: Path) -> Started:
    """Has Lambda's own runtime interface client import the handler and call it."""
    client = folder / "client"
    if not client.exists():
        (packages,) = BENCH.glob("lib/python*/site-packages")
        client.mkdir()
        for path in packages.iterdir():
            if path.name.partition(".")[0] in CLIENT:
                (client / path.name).symlink_to(path)
    environment = {
        **subject.environment,
        "PYTHONPATH": os.pathsep.join(map(str, (*subject.folders, client))),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LAMBDA_TASK_ROOT": str(subject.folders[0]),
        "AWS_LAMBDA_FUNCTION_NAME": "comprehend-endpoint-provider",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_LOG_STREAM_NAME": "2026/01/01/[$LATEST]0",
    }
    api = RuntimeApi(subject.event)
    with _listening(api) as address, _output() as out:
        process = subprocess.Popen(
            [sys.executable, "-S", "-m", "awslambdaric", subject.handler],
            env={**environment, "AWS_LAMBDA_RUNTIME_API": address},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            text=True,
        )
        api.started(process)
        used = _wait(process)
        printed = _read(out)
    if api.problem or process.returncode != -signal.SIGKILL:
        raise ProcessError(f"{subject.name}: {api.problem or printed[-2000:]}")
    return Started(_cpu(used), None, api.peak)
