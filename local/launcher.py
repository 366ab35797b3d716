"""Starts and stops the embedded AWS: MiniStack and the Comprehend emulator, each on a free port."""

import os
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import botocore.config

from local.comprehend import Clock, ComprehendEmulator
from local.installation import sam_variables
from local.ministack import ACCOUNT, LauncherError, MiniStack, without_foreign, without_proxies
from local.sdk import isolated_session

__all__ = ["EmbeddedAws", "LauncherError"]


class EmbeddedAws:
    """An AWS on this machine, from entering the context to leaving it.

    `ministack_environment` is added to MiniStack's environment and its Lambda workers', such as
    LAMBDA_ASYNC_RETRY_BASE_SECONDS; `comprehend` are settings of the emulator by name; `seconds`
    is how long MiniStack may take to start. Entering raises LauncherError where that fails.

        with EmbeddedAws(time_scale=100) as aws:
            aws.client("cloudformation").list_stacks()
            subprocess.run(["sam", "deploy"], env=aws.process_environment())
    """

    def __init__(
        self,
        *,
        region: str = "us-east-1",
        time_scale: float = 1.0,
        port: int = 0,
        comprehend_port: int = 0,
        clock: Clock | None = None,
        ministack_environment: Mapping[str, str] | None = None,
        seconds: float = 60.0,
        **comprehend: Any,
    ) -> None:
        self.region = region
        self.account = ACCOUNT
        self.comprehend = ComprehendEmulator(
            port=comprehend_port, clock=clock, time_scale=time_scale, **comprehend
        )
        self._port = port
        self._extra = dict(ministack_environment or {})
        self._seconds = seconds
        self._stack = ExitStack()
        self._ministack: MiniStack | None = None
        self._session = isolated_session()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self.comprehend)
            ministack = MiniStack(
                region=self.region,
                port=self._port,
                environment={
                    "AWS_ENDPOINT_URL_COMPREHEND": self.comprehend.url,
                    # The functions inherit it. AWS may show a view that is half a minute old.
                    "STALE_READS_SECONDS": "1",
                    **self._extra,
                },
            )
            stack.callback(ministack.stop)
            self._ministack = ministack.start(self._seconds)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ministack = None
        self._stack.close()

    @property
    def _running(self) -> MiniStack:
        if self._ministack is None:
            raise RuntimeError("the embedded AWS is not running")
        return self._ministack

    @property
    def running(self) -> bool:
        """Whether MiniStack is (still) there."""
        return self._ministack is not None and self._ministack.running

    @property
    def url(self) -> str:
        """MiniStack's endpoint, for every service but Comprehend."""
        return self._running.url

    @property
    def directory(self) -> Path:
        """A temporary folder, which is deleted at the end."""
        return self._running.directory

    @property
    def ministack_log(self) -> Path:
        """MiniStack's log, with the errors of Lambda functions that could not be started."""
        return self._running.log

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which `aws`, `sam` and any SDK talk to it, and to nothing else."""
        bundle = str(self._running.ca_bundle)
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ENDPOINT_URL_COMPREHEND": self.comprehend.url,
            "AWS_CA_BUNDLE": bundle,
            "REQUESTS_CA_BUNDLE": bundle,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            # No profile of the user's may lead to a real account.
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            **without_proxies(os.environ),
            **sam_variables(self.directory / "sam"),
        }

    def process_environment(self) -> dict[str, str]:
        """The whole environment for a subprocess: this process's, without another AWS in it."""
        return {**without_foreign(os.environ), **self.environment}

    def client(self, service: str, **options: Any) -> Any:
        """A client of the SDK for a service; options are those of `create_client`.

        Not to be called in several threads at once; the clients can be.
        """
        if service == "comprehend":
            endpoint, verify = self.comprehend.url, None
        else:
            endpoint, verify = self.url, str(self._running.ca_bundle)
        return self._session.create_client(
            service,
            **{
                "region_name": self.region,
                "endpoint_url": endpoint,
                "verify": verify,
                "aws_access_key_id": "test",
                "aws_secret_access_key": "test",
                "config": botocore.config.Config(proxies={}),
                **options,
            },
        )
