"""Scans the template with checkov: `python -m tests.security.scan`, or `make scan`.

checkov pins an SDK of its own, so it runs in .venv/tools. It asks nothing online.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.template.application import ROOT, expanded

SUPPRESSIONS = Path(__file__).with_name("suppressions.yaml")
CHECKOV = ROOT / ".venv" / "tools" / "bin" / "checkov"

Finding = tuple[str, str]
"""A check and the logical id of the resource that fails it."""


def suppressed() -> dict[Finding, str]:
    """What is left as it is, and why."""
    noted: dict[str, dict[str, str]] = yaml.safe_load(SUPPRESSIONS.read_text())
    return {(check, name): why for check, each in noted.items() for name, why in each.items()}


def scan(checkov: Path, template: Any) -> tuple[dict[Finding, str], int]:
    """What fails, with the check's own words, and how many checks passed.

    Raises RuntimeError where checkov cannot read the template.
    """
    with tempfile.TemporaryDirectory(prefix="scan-") as folder:
        file = Path(folder, "template.json")
        file.write_text(json.dumps(template))
        environment = {name: value for name, value in os.environ.items() if "AWS" not in name}
        done = subprocess.run(
            [
                *(str(checkov), "--framework", "cloudformation", "--file", str(file)),
                *("--output", "json", "--quiet", "--compact", "--skip-download", "--soft-fail"),
            ],
            env=environment | {"HOME": folder, "LOG_LEVEL": "ERROR"},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        raise RuntimeError(done.stdout + done.stderr)
    report = json.loads(done.stdout)
    if "results" not in report or report["summary"]["parsing_errors"]:
        raise RuntimeError(f"checkov could not read the template: {done.stdout}")
    failed = {
        (each["check_id"], each["resource"].rpartition(".")[2]): each["check_name"]
        for each in report["results"]["failed_checks"]
    }
    return failed, report["summary"]["passed"]


def objections(failed: Mapping[Finding, str], kept: Iterable[Finding]) -> list[str]:
    """What to say of a scan: findings that nobody has explained, explanations of nothing."""
    kept = set(kept)
    new = [
        f"{name}: {check} {words}"
        for (check, name), words in sorted(failed.items())
        if (check, name) not in kept
    ]
    idle = [
        f"{name}: {check} is explained in {SUPPRESSIONS.name}, but does not fail"
        for check, name in sorted(kept - set(failed))
    ]
    return new + idle


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints what is wrong; gives the process's exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.security.scan", description=__doc__)
    parser.add_argument("--checkov", type=Path, default=CHECKOV)
    given = parser.parse_args(arguments)
    if not given.checkov.exists():
        print(f"There is no {given.checkov}: run make scan.", file=sys.stderr)
        return 2
    kept = suppressed()
    failed, passed = scan(given.checkov, expanded())
    wrong = objections(failed, kept)
    for each in wrong:
        print(each)
    print(f"{passed} checks passed, {len(failed)} failed, {len(kept)} of them explained.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
