"""The emulator in this process: starts on a port of its own, stops without a trace."""

import contextlib
import socket
import threading
from types import TracebackType
from typing import Any, Self

import botocore.config
import botocore.session

from local.comprehend.admin import Admin
from local.comprehend.administration import Administration
from local.comprehend.clock import Clock, system_clock
from local.comprehend.protocol import DEFAULT_ACCOUNT, Protocol
from local.comprehend.server import Server
from local.comprehend.settings import Settings
from local.sdk import isolated_session


class ComprehendEmulator:
    """Amazon Comprehend's endpoints on this machine.

    `port` 0 takes a free one; `clock` is the system's unless given; `settings` by name are those
    of `Settings`, such as time_scale=100. Used as a context manager, or with start and stop:

        with ComprehendEmulator(time_scale=100) as emulator:
            client = emulator.client()
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        clock: Clock | None = None,
        verbose: bool = False,
        **settings: Any,
    ) -> None:
        self.clock = clock or system_clock()
        self._address = (host, port)
        self._verbose = verbose
        self._settings = Settings().changed(settings)
        self._server: Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> Self:
        """Listens when it returns. Raises OSError where the port is taken."""
        protocol = Protocol(self._settings, self.clock)
        administration = Administration(protocol)
        self._server = Server(self._address, protocol.handle, administration.handle, self._verbose)
        self._protocol = protocol
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.1},
            name="comprehend-emulator",
            daemon=True,
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stops listening and closes all connections; does nothing where it is not running."""
        server, thread = self._server, self._thread
        if server is None or thread is None:
            return
        self._server = self._thread = None
        self._protocol.end_delays(for_good=True)
        ending = threading.Thread(target=server.shutdown)
        ending.start()
        # The loop looks at the wish to end when its wait is over: a connection ends the wait.
        with contextlib.suppress(OSError):  # It may have been faster.
            socket.create_connection((server.server_name, server.server_port), timeout=1).close()
        ending.join()
        thread.join()
        server.server_close()
        server.close_connections()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Such as http://127.0.0.1:40123. Raises RuntimeError where it is not running."""
        if self._server is None:
            raise RuntimeError("the emulator is not running")
        return self._server.url

    @property
    def admin(self) -> Admin:
        return Admin(self.url)

    def client(
        self,
        region: str = "us-east-1",
        account: str = DEFAULT_ACCOUNT,
        attempts: int = 1,
        session: botocore.session.Session | None = None,
    ) -> Any:
        """A client of the SDK for this emulator, which tries each call so many times.

        Clients that share a session are made faster; sessions are not for several threads.
        """
        return (session or isolated_session()).create_client(
            "comprehend",
            region_name=region,
            endpoint_url=self.url,
            aws_access_key_id=account,
            aws_secret_access_key="test",
            config=botocore.config.Config(
                retries={"total_max_attempts": attempts, "mode": "standard"}, proxies={}
            ),
        )
