"""What runs on GitHub and before a commit: pinned, bounded, and made of the Makefile's targets."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.template.application import ROOT, written

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
CI = ROOT / ".github" / "workflows" / "ci.yml"
HOOKS = ROOT / ".pre-commit-config.yaml"
SUPPORTED = ["3.11", "3.12", "3.13", "3.14"]
TOOLS = (ROOT / "requirements" / "dev.in").read_text()


def read(file: Path) -> Any:
    # BaseLoader: `on` is a key here, and 3.11 no number.
    return yaml.load(file.read_text(), Loader=yaml.BaseLoader)


def jobs() -> list[Any]:
    return [
        pytest.param(job, id=f"{file.stem} {name}")
        for file in WORKFLOWS
        for name, job in read(file)["jobs"].items()
    ]


def targets() -> set[str]:
    return set(re.findall(r"^([a-z0-9-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))


def commands(job: Any) -> list[str]:
    """What a job runs, once for each value of its matrix."""
    matrix = job.get("strategy", {}).get("matrix", {})
    lines = [line for step in job["steps"] for line in step.get("run", "").splitlines()]
    for name, values in matrix.items():
        placeholder = f"${{{{ matrix.{name} }}}}"
        lines = [line.replace(placeholder, value) for line in lines for value in values]
    return list(dict.fromkeys(lines))


class TestWorkflows:
    def test_there_is_one_for_every_change(self) -> None:
        assert CI in WORKFLOWS
        assert set(read(CI)["on"]) == {"push", "pull_request"}

    @pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
    def test_every_action_is_pinned_by_digest_with_its_version_beside_it(self, file: Path) -> None:
        used = re.findall(r"uses:(.*)", file.read_text())

        assert used
        for each in used:
            assert re.fullmatch(r" [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each), each

    def test_an_action_has_one_digest_and_one_version_everywhere(self) -> None:
        used = {use for file in WORKFLOWS for use in re.findall(r"uses: (.*)", file.read_text())}
        actions = [use.partition("@")[0] for use in used]

        assert len(actions) == len(set(actions))

    @pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
    def test_it_may_read_the_code_and_nothing_else(self, file: Path) -> None:
        workflow = read(file)

        assert workflow["permissions"] == {"contents": "read"}
        assert all("permissions" not in job for job in workflow["jobs"].values())
        assert set(workflow["on"]) <= {"push", "pull_request", "schedule", "workflow_dispatch"}
        assert "secrets." not in file.read_text()

    @pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
    def test_it_runs_once_at_a_time_for_a_branch(self, file: Path) -> None:
        assert "github.ref" in read(file)["concurrency"]["group"]

    @pytest.mark.parametrize("job", jobs())
    def test_a_job_ends_and_keeps_no_credentials(self, job: Any) -> None:
        checkouts = [
            step for step in job["steps"] if step.get("uses", "").startswith("actions/checkout@")
        ]

        assert 0 < int(job["timeout-minutes"]) <= 180
        assert len(checkouts) == 1
        assert all(step["with"]["persist-credentials"] == "false" for step in checkouts)

    @pytest.mark.parametrize("job", jobs())
    def test_a_command_holds_nothing_that_an_event_brings_along(self, job: Any) -> None:
        assert commands(job)
        assert [command for command in commands(job) if "${{" in command] == []

    @pytest.mark.parametrize("job", jobs())
    def test_what_a_job_makes_is_a_target(self, job: Any) -> None:
        made = {each for line in commands(job) for each in re.findall(r"^make (\S+)", line)}

        assert made or all(line.startswith("bash .ci/run") for line in commands(job))
        assert made <= targets()

    def test_everything_runs_on_every_supported_python(self) -> None:
        (everything,) = read(CI)["jobs"].values()
        installed = [
            step["with"] for step in everything["steps"] if "setup-python" in step.get("uses", "")
        ]

        assert commands(everything) == [f"bash .ci/run PYTHON=python{each}" for each in SUPPORTED]
        assert written()["Globals"]["Function"]["Runtime"].removeprefix("python") in SUPPORTED
        assert installed == [{"python-version": "${{ matrix.python }}"}]


class TestHooks:
    def test_all_are_local_and_use_this_projects_own_tools(self) -> None:
        (repository,) = read(HOOKS)["repos"]

        assert repository["repo"] == "local"
        assert {hook["language"] for hook in repository["hooks"]} == {"system"}

    @pytest.mark.parametrize("hook", read(HOOKS)["repos"][0]["hooks"], ids=lambda hook: hook["id"])
    def test_what_a_hook_runs_is_there(self, hook: dict[str, str]) -> None:
        command, *arguments = hook["entry"].split()
        if command == "make":
            planned = subprocess.run(
                ["make", "-n", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
            )
            assert planned.returncode == 0, planned.stderr
            assert hook["pass_filenames"] == "false"
        else:
            assert command.startswith(".venv/bin/")
            assert re.search(rf"^{Path(command).name}\b", TOOLS, re.MULTILINE)

    @pytest.mark.parametrize("hook", read(HOOKS)["repos"][0]["hooks"], ids=lambda hook: hook["id"])
    def test_a_hook_is_about_files_that_there_are(self, hook: dict[str, str]) -> None:
        names = [
            path.relative_to(ROOT).as_posix()
            for folder in ("src", "examples", "schema", "docs", "tools")
            for path in [*ROOT.glob("*"), *(ROOT / folder).rglob("*")]
        ]

        assert [name for name in names if re.search(hook["files"], name)]
