"""Where a run was made: the machine, and the versions of what it ran."""

import os
import platform
import re
import subprocess
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from bench.flight.cdk import VERSION
from local.cdk import node
from local.installation import PROJECT
from local.markdown import table

MEASURED = ("src", "statemachine", "testing", "bench")
"""What the figures are of."""

PACKAGES = ("boto3", "crhelper", "aws-lambda-powertools", "ministack", "aws-sam-cli")


def described() -> str:
    """A table of all that a figure may depend on."""
    return table(("What", "Which"), list(_lines()), ("What", "Which"))


def _lines() -> Iterator[tuple[str, str]]:
    yield "Processor", f"{os.cpu_count()} x {_processor()}"
    yield "Memory", f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GB"
    # A kernel's whole release names whoever has built it.
    release = ".".join(re.findall(r"\d+", platform.release())[:2])
    yield "System", f"{platform.system()} {release}, {platform.machine()}"
    yield "Python", platform.python_version()
    yield "Node.js", _printed(str(node()), "--version").removeprefix("v")
    for name in PACKAGES:
        yield name, version(name)
    yield "aws-cdk-lib", VERSION


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor()
    found = re.search(r"^model name\s*: (.*)$", text, re.MULTILINE)
    return found[1] if found else platform.processor()


def subject() -> str:
    """What was measured: git's ids of the folders, which stay the same as long as they do."""
    ids = {name: _printed("git", "rev-parse", "--short=12", f"HEAD:{name}") for name in MEASURED}
    named = ", ".join(f"`{name}` with git's tree id {each}" for name, each in ids.items())
    changed = _printed("git", "status", "--porcelain", "--", *MEASURED)
    return f"{named}{', and with changes that are not committed' if changed else ''}"


def _printed(*command: str) -> str:
    done = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True)
    return done.stdout.strip()
