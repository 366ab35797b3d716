"""The emulator in this process: starts on a port of its own, stops without a trace."""

from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

import botocore.config
import botocore.session

from local.comprehend.admin import Admin
from local.comprehend.clock import Clock, system_clock
from local.comprehend.protocol import DEFAULT_ACCOUNT, Protocol
from local.comprehend.server import Server
from local.comprehend.settings import Settings
from local.sdk import isolated_session
from local.serving import serving


class ComprehendEmulator:
    """Amazon Comprehend's endpoints on this machine, from entering the context to leaving it.

    `port` 0 takes a free one; `clock` is the system's unless given; `settings` by name are those
    of `Settings`, such as time_scale=100. Entering raises OSError if the port is taken.

        with ComprehendEmulator(time_scale=100) as emulator:
            client = emulator.client()
    """

    def __init__(self, *, port: int = 0, clock: Clock | None = None, **settings: Any) -> None:
        self.clock = clock or system_clock()
        self._port = port
        self._protocol = Protocol(Settings().changed(settings), self.clock)
        self.admin = Admin(self._protocol)
        self._server: Server | None = None
        self._open = ExitStack()

    def __enter__(self) -> Self:
        self._server = Server(("127.0.0.1", self._port), self._protocol.handle)
        self._open.enter_context(serving(self._server, "comprehend-emulator"))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server = None
        self._open.close()

    @property
    def url(self) -> str:
        """Such as http://127.0.0.1:40123. Raises RuntimeError if it is not running."""
        if self._server is None:
            raise RuntimeError("the emulator is not running")
        return self._server.url

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
