"""MiniStack as a process of its own: CloudFormation, Lambda, Step Functions and more over TLS."""

import contextlib
import http.client
import importlib.util
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import botocore
import trustme

from local.children import interrupts_held_back

HOST = "localhost"
ACCOUNT = "000000000000"
APPLICATION = Path(__file__).with_name("scaling.py")
"""MiniStack itself, with Application Auto Scaling added."""

# A certificate authority in the environment would go before MiniStack's own certificate, in it
# and in the Lambda workers that inherit its environment.
CA_VARIABLES = (
    "AWS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
)
# The user's own AWS account, and what else would change how MiniStack behaves. PYTHONPATH would
# let a function import what is not in its artifact.
FOREIGN_PREFIXES = ("AWS_", "LAMBDA_", "LOCALSTACK_", "MINISTACK_", "S3_", "SFN_")
FOREIGN_VARIABLES = ("AUTH", "DOCKER_HOST", "EDGE_PORT", "PERSIST_STATE", "PYTHONPATH", "SERVICES")


class LauncherError(Exception):
    """The embedded AWS could not be started."""


class MiniStack:
    """One instance with its own port, folder and certificate.

    `environment` is added to its own and, through it, to that of the Lambda workers; port 0 takes
    a free one.
    """

    def __init__(
        self, *, region: str, environment: Mapping[str, str] | None = None, port: int = 0
    ) -> None:
        self._region = region
        self._extra = dict(environment or {})
        self._wanted_port = port
        self._supervisor: subprocess.Popen[bytes] | None = None
        self.directory = Path()
        self.port = 0

    @property
    def url(self) -> str:
        return f"https://{HOST}:{self.port}"

    @property
    def log(self) -> Path:
        """What it writes to standard output and error."""
        return self.directory / "log"

    @property
    def ca_bundle(self) -> Path:
        """The authority of its certificate together with those that this machine trusts anyway."""
        return self.directory / "ca-bundle.pem"

    @property
    def _certificate(self) -> Path:
        return self.directory / "certificate.pem"

    @property
    def _key(self) -> Path:
        return self.directory / "key.pem"

    @property
    def running(self) -> bool:
        return (
            self._supervisor is not None
            and self._supervisor.poll() is None
            and not (self.directory / "exited").exists()
        )

    def start(self, seconds: float = 60.0) -> Self:
        """Returns when it answers. Raises LauncherError where it does not within so many seconds,
        with the end of its log.
        """
        _check_requirements()
        self.directory = Path(tempfile.mkdtemp(prefix="embedded-aws-"))
        try:
            self._certify()
            self._start_supervisor()
            self._wait_until_ready(seconds)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Kills it and its Lambda workers and deletes its folder; nothing where it is not running.

        SIGTERM would not do: while a custom resource waits, MiniStack waits with it.
        """
        supervisor, self._supervisor = self._supervisor, None
        if supervisor is not None and supervisor.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                supervisor.stdin.close()
            supervisor.wait()
        if self.directory != Path():
            shutil.rmtree(self.directory, ignore_errors=True)

    def _certify(self) -> None:
        authority = trustme.CA()
        own = authority.issue_cert(HOST, "127.0.0.1")
        own.private_key_pem.write_to_path(self._key)
        # MiniStack makes its Lambda workers trust what is in this file.
        for pem in (*own.cert_chain_pems, authority.cert_pem):
            pem.write_to_path(self._certificate, append=True)
        self.ca_bundle.write_bytes(authority.cert_pem.bytes() + _known_cas())

    def _start_supervisor(self) -> None:
        (self.directory / "tmp").mkdir()
        # The listening socket is made here and handed on: no other process can take the port
        # between finding it free and binding it.
        address = ("127.0.0.1", self._wanted_port)
        with socket.create_server(address, backlog=1024) as listening, interrupts_held_back():
            self.port = listening.getsockname()[1]
            handle = listening.fileno()
            self._supervisor = subprocess.Popen(
                [
                    *(sys.executable, "-I", "-S"),
                    *(str(Path(__file__).with_name("supervisor.py")), str(self.directory)),
                    str(handle),
                    *(sys.executable, "-m", "hypercorn", f"{APPLICATION}:app"),
                    *("--config", "python:ministack.core.hypercorn_conf"),
                    *("--bind", f"fd://{handle}", "--workers", "0", "--keep-alive", "75"),
                ],
                env=self._environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                # Ctrl-C in the terminal is for the launcher alone.
                start_new_session=True,
                pass_fds=[handle],
            )

    def _environment(self) -> dict[str, str]:
        return {
            **without_foreign(os.environ),
            **without_proxies(os.environ),
            "USE_SSL": "1",
            "MINISTACK_SSL_CERT": str(self._certificate),
            "MINISTACK_SSL_KEY": str(self._key),
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_HOST": HOST,
            "MINISTACK_REGION": self._region,
            "AWS_DEFAULT_REGION": self._region,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            # Without a daemon it touches no containers: it would remove other instances' too.
            "DOCKER_HOST": f"unix://{self.directory}/no-docker.sock",
            "TMPDIR": str(self.directory / "tmp"),
            "STATE_DIR": str(self.directory / "state"),
            "S3_DATA_DIR": str(self.directory / "s3"),
            "PYTHONUNBUFFERED": "1",
            **self._extra,
        }

    def _wait_until_ready(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        pause = threading.Event()
        # The socket listens before MiniStack does: a connection waits for it.
        while not self._answers(min(seconds, 5.0)):
            if not self.running:
                raise LauncherError(f"MiniStack ended while it started.\n{self._log_tail()}")
            if time.monotonic() > deadline:
                raise LauncherError(
                    f"MiniStack did not get ready within {seconds:g} s.\n{self._log_tail()}"
                )
            pause.wait(0.05)

    def _answers(self, seconds: float) -> bool:
        try:
            context = ssl.create_default_context(cafile=str(self.ca_bundle))
            connection = http.client.HTTPSConnection(
                HOST, self.port, timeout=seconds, context=context
            )
            with contextlib.closing(connection):
                connection.request("GET", "/_ministack/ready")
                return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False

    def _log_tail(self, lines: int = 20) -> str:
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        except OSError:
            return "It wrote no log."


def without_foreign(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment without the user's AWS account, certificates and settings for MiniStack."""
    return {
        name: value
        for name, value in environment.items()
        if not name.startswith(FOREIGN_PREFIXES)
        and name not in FOREIGN_VARIABLES
        and name not in CA_VARIABLES
    }


def without_proxies(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that keep requests to this machine away from a proxy."""
    present = environment.get("NO_PROXY") or environment.get("no_proxy") or ""
    hosts = ",".join([*filter(None, [present]), "localhost", "127.0.0.1"])
    return {"NO_PROXY": hosts, "no_proxy": hosts}


def _check_requirements() -> None:
    """Raises LauncherError where something is missing, with what to do."""
    for module in ("ministack", "hypercorn"):
        if importlib.util.find_spec(module) is None:
            raise LauncherError(f"{module} is not installed in {sys.prefix}: run `make setup`.")


def _known_cas() -> bytes:
    """The certificates that clients trust already: as the environment says, else the system's."""
    candidates = [
        os.environ.get("AWS_CA_BUNDLE"),
        os.environ.get("REQUESTS_CA_BUNDLE"),
        os.environ.get("SSL_CERT_FILE"),
        ssl.get_default_verify_paths().cafile,
        str(Path(botocore.__file__).with_name("cacert.pem")),
    ]
    for candidate in filter(None, candidates):
        with contextlib.suppress(OSError):
            return Path(candidate).read_bytes()
    return b""
