"""The fallback works where nothing else does: without a package that is not Python's own."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.unit import given
from tests.unit.fallback_events import FORMS

ALONE = """
import json, sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in sys.stdlib_module_names and top != "provider":
            raise ModuleNotFoundError(f"{name} is not Python's own", name=name)

sys.meta_path.insert(0, Blocker())
sys.path.insert(0, sys.argv[1])
from provider.handlers import fallback

deliver = lambda url, body: print("SENT", json.dumps([url, body]))
fallback.handler(json.loads(sys.stdin.read()), None, deliver=deliver)
ours = sorted(name for name in sys.modules if name.startswith("provider."))
print("LOADED", json.dumps(ours))
"""


def alone(event: Any, script: str = ALONE) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        # Isolated, without site-packages, and writing no bytecode beside the sources.
        [sys.executable, "-I", "-S", "-B", "-c", script, str(given.PACKAGE.parent)],
        input=json.dumps(event),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PATH": os.defpath},
    )


NEEDED = {
    f"provider.{name}"
    for name in (
        *("aws", "aws.delivery"),
        *("contract", "contract.errors", "contract.event", "contract.limits"),
        *("contract.fields", "contract.properties", "contract.response"),
        *("handlers", "handlers.fallback"),
        *("model", "model.naming"),
        *("reconcile", "reconcile.fallback"),
    )
}
"""All that can break the fallback, the packages included."""


@pytest.mark.parametrize("form", FORMS)
def test_it_answers_if_no_other_package_can_be_imported(form: str) -> None:
    ran = alone(FORMS[form])
    assert ran.returncode == 0, ran.stderr
    lines = dict(line.split(" ", 1) for line in ran.stdout.splitlines() if line[0] != "{")
    url, body = json.loads(lines["SENT"])
    assert url == given.URL
    assert (body["Status"], body["PhysicalResourceId"]) == ("FAILED", given.ARN)
    loaded = set(json.loads(lines["LOADED"]))
    # Only for the request function does it try to load more, to hand the request over.
    assert loaded >= NEEDED if form == "the request function failed" else loaded == NEEDED


@pytest.mark.parametrize("broken", ["provider.model.task", "provider.reconcile.state"])
def test_it_answers_if_a_part_that_it_hands_over_with_is_broken(broken: str) -> None:
    script = ALONE.replace('top != "provider"', f'top != "provider" or name == {broken!r}')
    ran = alone(FORMS["the request function failed"], script)
    assert ran.returncode == 0, ran.stderr
    assert "SENT" in ran.stdout
    assert "no execution could be started" in ran.stdout


def test_the_isolation_is_one() -> None:
    # If the blocker had no effect, the tests before could not fail.
    script = ALONE.replace(
        "from provider.handlers import fallback", "import provider.contract.validation"
    )
    ran = alone(FORMS["a step failed"], script)
    assert ran.returncode != 0
    assert "fastjsonschema is not Python's own" in ran.stderr
