"""The unit tests leave nothing behind, see no AWS settings of the machine, and repeat exactly."""

import logging
import os
from collections.abc import Iterator

import hypothesis
import pytest

from provider.telemetry import SERVICE

# No deadline, because a busy machine is no failure; the same examples in every run.
hypothesis.settings.register_profile("unit", database=None, deadline=None, derandomize=True)
hypothesis.settings.load_profile("unit")


@pytest.fixture(autouse=True, scope="module")
def aws() -> Iterator[None]:
    """Credentials that open nothing, and nothing that points anywhere."""
    with pytest.MonkeyPatch.context() as environment:
        for name in list(os.environ):
            if name.startswith(("AWS_", "POWERTOOLS_")):
                environment.delenv(name)
        environment.setenv("AWS_ACCESS_KEY_ID", "testing")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        environment.setenv("AWS_CONFIG_FILE", os.devnull)
        environment.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
        environment.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield


@pytest.fixture(autouse=True)
def log_level() -> None:
    """Powertools' logger is one for the process, and keeps the level of its first use."""
    logging.getLogger(SERVICE).setLevel(logging.INFO)
