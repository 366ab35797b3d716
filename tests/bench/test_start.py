"""The start of the functions, counted: modules, calls, bytes, which no machine changes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import build_artifact
from bench.artifact import measured
from bench.start import processes
from bench.start.figures import goals
from bench.start.measure import (
    MINIMAL,
    REQUEST,
    STEP,
    Start,
    Starts,
    calling,
    compiled,
    floor,
    prepare,
)
from bench.start.processes import (
    ProcessError,
    Started,
    Subject,
    deciding,
    directly,
    in_lambda,
)
from bench.start.services import Services, serving_all


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("artifact")
    build_artifact.build(folder)
    return compiled(folder, tmp_path_factory.mktemp("compiled") / "artifact")


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    with serving_all() as running:
        yield running


@pytest.fixture(scope="module")
def subjects(
    artifact: Path, services: Services, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Subject]:
    prepared = prepare(artifact, tmp_path_factory.mktemp("start"), services)
    return {subject.name: subject for subject in prepared}


@pytest.fixture(scope="module")
def started(
    subjects: dict[str, Subject], services: Services
) -> dict[str, tuple[Started, list[str]]]:
    found = {}
    for name, subject in subjects.items():
        services.calls.clear()
        found[name] = directly(subject), list(services.calls)
    return found


CALLS = {
    REQUEST: ["DescribeStacks", "DescribeStackResource", "StartExecution"],
    STEP: ["DescribeEndpoint", "DescribeStacks", "DescribeStackResource", "CreateEndpoint"],
}


@pytest.mark.parametrize("name", CALLS)
def test_a_first_request_makes_these_calls_and_no_other(
    name: str, started: dict[str, tuple[Started, list[str]]]
) -> None:
    assert started[name][1] == CALLS[name]
    # So does the floor that it is compared with; the other one makes none.
    assert started[calling(name)][1] == CALLS[name]
    assert started[floor(name)][1] == []


OWN = {
    REQUEST: {"aws_lambda_powertools", "crhelper", "fastjsonschema", "provider"},
    STEP: {"aws_lambda_powertools", "provider"},
}
MOST_MODULES = {REQUEST: 91, STEP: 81}
"""Beside those that the SDK imports for the same calls."""


@pytest.mark.parametrize("name", OWN)
def test_a_first_request_imports_what_it_needs(
    name: str, started: dict[str, tuple[Started, list[str]]]
) -> None:
    own = set(started[name][0].modules) - set(started[calling(name)][0].modules)
    foreign = {module.partition(".")[0] for module in own} - set(sys.stdlib_module_names)

    assert OWN[name] <= foreign <= OWN[name] | {"typing_extensions"}
    assert len(own) <= MOST_MODULES[name]


NOT_NEEDED = {
    REQUEST: {"aws.comprehend", "aws.sns", "reconcile.operation", "model.plan", "orphans.scan"},
    STEP: {"aws.step_functions", "aws.sns", "contract.validation", "reconcile.receipt", "crhelper"},
}


@pytest.mark.parametrize("name", NOT_NEEDED)
def test_a_first_request_imports_nothing_of_what_others_do(
    name: str, started: dict[str, tuple[Started, list[str]]]
) -> None:
    imported = {module.removeprefix("provider.") for module in started[name][0].modules}

    assert not imported & NOT_NEEDED[name]


def test_the_minimal_function_polls_as_crhelper_does(
    started: dict[str, tuple[Started, list[str]]],
) -> None:
    calls = started[MINIMAL][1]

    assert calls == ["CreateEndpoint", "PutRule", "AddPermission", "PutTargets"]


def test_the_time_for_deciding_is_taken(subjects: dict[str, Subject]) -> None:
    assert all(deciding(subjects[name]) > 0 for name in CALLS)


def test_a_process_that_fails_is_told(subjects: dict[str, Subject]) -> None:
    broken = replace(subjects[REQUEST], handler="provider.nothing.handler")

    with pytest.raises(ProcessError, match=r"(?s)request function: .*provider\.nothing"):
        directly(broken)


CLIENT = """
import importlib, json, os, sys, urllib.request
api = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation"
module, _, function = sys.argv[1].rpartition(".")
with urllib.request.urlopen(f"{api}/next") as event:
    called, number = json.load(event), event.headers["Lambda-Runtime-Aws-Request-Id"]
try:
    getattr(importlib.import_module(module), function)(called, None)
except Exception as error:
    outcome, body = "error", str(error)
else:
    outcome, body = "response", "null"
urllib.request.urlopen(f"{api}/{number}/{outcome}", body.encode()).close()
"""
"""As much of Lambda's client as a test needs: the real one is in an environment of its own."""


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    packages = tmp_path / "environment" / "lib" / "python3.13" / "site-packages"
    (packages / "awslambdaric").mkdir(parents=True)
    (packages / "awslambdaric" / "__main__.py").write_text(CLIENT)
    monkeypatch.setattr(processes, "BENCH", tmp_path / "environment")
    return tmp_path


@pytest.mark.parametrize("name", CALLS)
def test_lambda_s_client_gets_the_event_and_is_ended_once_it_has_answered(
    name: str, client: Path, subjects: dict[str, Subject], services: Services
) -> None:
    services.calls.clear()
    started = in_lambda(subjects[name], client)

    assert services.calls == CALLS[name]
    assert started.cpu > 0
    assert started.peak > 10_000


def test_an_error_that_lambda_s_client_tells_is_told(
    client: Path, subjects: dict[str, Subject]
) -> None:
    whole = subjects[REQUEST]
    environment = {
        name: value for name, value in whole.environment.items() if name != "STATE_MACHINE_ARN"
    }
    broken = replace(whole, environment=environment)

    with pytest.raises(ProcessError, match=r"request function: .*/error: .*STATE_MACHINE_ARN"):
        in_lambda(broken, client)


def test_the_peak_of_memory_is_the_process_s_own(subjects: dict[str, Subject]) -> None:
    ballast = bytearray(200_000_000)

    # A child begins with what its parent had, as far as getrusage goes.
    assert directly(subjects[floor(REQUEST)]).peak * 1024 < len(ballast)


def test_the_artifact_is_small(artifact: Path) -> None:
    size = measured("this provider", artifact)

    assert size.zipped <= 1_000_000
    # Without what is compiled from them, the sources and what else is there: some five per cent
    # more than now.
    assert size.unzipped - size.bytecode <= 1_050_000
    assert size.bytecode <= 1.25 * (size.unzipped - size.bytecode)
    models = sum(path.stat().st_size for path in (artifact / "provider" / "models").rglob("*.json"))
    assert models <= 50_000


def made_up(cpu: dict[str, float]) -> Starts:
    found = {name: Start(name, seconds, 0.1, 1024, (), ()) for name, seconds in cpu.items()}
    return Starts(found, found, 1, {REQUEST: 0.01, STEP: 0.02})


FLOORS = {make(name): 1.0 for make in (floor, calling) for name in (REQUEST, STEP)}


@pytest.mark.parametrize(
    ("cpu", "met"),
    [
        ({REQUEST: 1.0, STEP: 1.1, MINIMAL: 1.5}, [True, True, True, True]),
        ({REQUEST: 1.0, STEP: 1.2, MINIMAL: 1.5}, [True, False, False, True]),
        ({REQUEST: 1.0, STEP: 1.1, MINIMAL: 1.2}, [False, True, True, True]),
        ({REQUEST: 0.05, STEP: 0.1, MINIMAL: 1.2}, [True, True, True, False]),
    ],
)
def test_a_goal_is_met_where_both_functions_meet_it(cpu: dict[str, float], met: list[bool]) -> None:
    found = goals(made_up({**FLOORS, **cpu}))

    assert [goal.met for goal in found] == met


def test_the_reason_says_what_the_calls_alone_cost() -> None:
    starts = made_up({**FLOORS, REQUEST: 1.3, STEP: 1.3, MINIMAL: 2, calling(REQUEST): 1.05})

    assert "50 ms (request function)" in goals(starts)[1].reason
