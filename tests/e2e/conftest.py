"""One embedded AWS for all e2e tests, with the provider built and deployed by the real sam."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.installation import build, deploy
from local.launcher import EmbeddedAws
from local.watch.rounds import Mailbox
from tests.e2e.consumer import Provider

# A creation takes two seconds instead of ten minutes.
TIME_SCALE = 300


@pytest.fixture(scope="session")
def provider() -> Iterator[Provider]:
    quick_retries = {"LAMBDA_ASYNC_RETRY_BASE_SECONDS": "0.1"}
    with EmbeddedAws(time_scale=TIME_SCALE, ministack_environment=quick_retries) as aws:
        environment = aws.process_environment()
        mailbox = Mailbox(aws)
        deploy(
            build(aws.directory / "sam-build", environment),
            environment,
            parameters={"WatchTopicArn": mailbox.topic_arn},
        )
        installed = Provider(aws, mailbox)
        yield installed
        installed.check_logs()


@pytest.fixture(autouse=True)
def _no_faults(provider: Provider) -> Iterator[None]:
    yield
    provider.admin.clear_faults()
