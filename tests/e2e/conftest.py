"""One embedded AWS for all e2e tests, with the provider built and deployed by the real sam."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.installation import build, deploy
from local.launcher import EmbeddedAws
from local.ministack import ACCOUNT
from local.orphan_scan.scans import Mailbox
from tests.e2e.consumer import Provider

# A creation takes two seconds instead of ten minutes.
TIME_SCALE = 300
DATA_ACCESS_ROLES = f"arn:aws:iam::{ACCOUNT}:role/comprehend-data-*"
"""What examples/README.md tells an installation to allow."""


@pytest.fixture(scope="session")
def provider() -> Iterator[Provider]:
    quick_retries = {"LAMBDA_ASYNC_RETRY_BASE_SECONDS": "0.1"}
    with EmbeddedAws(time_scale=TIME_SCALE, ministack_environment=quick_retries) as aws:
        environment = aws.process_environment()
        mailbox = Mailbox(aws)
        deploy(
            build(aws.directory / "sam-build", environment),
            environment,
            parameters={
                "OrphanScanTopicArn": mailbox.topic_arn,
                "DataAccessRoleArns": DATA_ACCESS_ROLES,
            },
        )
        installed = Provider(aws, mailbox)
        yield installed
        installed.check_logs()


@pytest.fixture(autouse=True)
def _no_faults(provider: Provider) -> Iterator[None]:
    yield
    provider.admin.clear_faults()
