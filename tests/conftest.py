"""No test leaves anything behind: Hypothesis gets a temporary folder for what it knows."""

import tempfile

from hypothesis.configuration import set_hypothesis_home_dir

_hypothesis_home = tempfile.TemporaryDirectory(prefix="hypothesis-")
set_hypothesis_home_dir(_hypothesis_home.name)


def pytest_unconfigure() -> None:
    _hypothesis_home.cleanup()
