"""Fixtures of the template tests."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.installation import build
from local.launcher import EmbeddedAws
from tools import packaging


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which `sam build` has built the application, away from any account."""
    environment = {name: value for name, value in os.environ.items() if "AWS" not in name}
    return build(tmp_path_factory.mktemp("build"), environment).parent


@pytest.fixture(scope="session")
def aws() -> Iterator[EmbeddedAws]:
    """An embedded AWS, for its S3 above all."""
    with EmbeddedAws() as running:
        yield running


@pytest.fixture(scope="session")
def packaged(aws: EmbeddedAws, built: Path) -> packaging.Packaged:
    """The application as `sam package` has put it into a bucket of the embedded AWS."""
    return packaging.make(aws, "packaged", built / "template.yaml")
