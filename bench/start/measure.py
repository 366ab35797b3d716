"""Measures the start of this provider's functions beside a minimal one and the floor."""

import shutil
import statistics
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import build_artifact
from bench.start.folders import SDK, linked, minimal
from bench.start.processes import Started, Subject, started
from bench.start.services import ENDPOINT_ARN, EVENT, MODEL_ARN, STACK, Services, serving_all
from local.ministack import without_foreign

ROUNDS = 15
"""Processes of each subject: they take turns, so that each meets the machine in the same moods."""

REQUEST, STEP, MINIMAL = "request function", "step function", "minimal function"
BARE = "request function, without bytecode"
"""As Lambda has it where another Python than its own has built it."""
CALLS: dict[str, list[Any]] = {
    REQUEST: [("stepfunctions", "start_execution", {"stateMachineArn": "arn:x", "input": '"{}"'})],
    STEP: [
        ("cloudformation", "describe_stack_events", {"StackName": STACK}),
        ("comprehend", "describe_endpoint", {"EndpointArn": ENDPOINT_ARN}),
        (
            "comprehend",
            "create_endpoint",
            {"EndpointName": "reviews", "ModelArn": MODEL_ARN, "DesiredInferenceUnits": 1},
        ),
    ],
}
"""What each function calls at its first request: its floor calls the same."""


def floor(name: str) -> str:
    """boto3 alone, which makes a function's calls."""
    return f"floor of the {name}"


@dataclass(frozen=True)
class Start:
    """What all processes of a subject took, by the medians; `calls` it made of AWS."""

    name: str
    cpu: float
    init: float
    peak: int
    modules: tuple[str, ...]
    calls: tuple[str, ...]


def measure(artifact: Path, rounds: int = ROUNDS) -> dict[str, Start]:
    """Starts every subject again and again. `artifact` is what `compiled` gives.

    Returns what each took, by its name.
    """
    with tempfile.TemporaryDirectory(prefix="bench-start-") as folder, serving_all() as services:
        subjects = prepare(artifact, Path(folder), services)
        taken: dict[str, list[Started]] = {subject.name: [] for subject in subjects}
        calls: dict[str, tuple[str, ...]] = {}
        for number in range(rounds):
            for subject in subjects:
                services.calls.clear()
                taken[subject.name].append(started(subject))
                calls[subject.name] = tuple(services.calls)
            print(f"start: {number + 1} of {rounds} rounds", file=sys.stderr, flush=True)
    return {
        name: Start(
            name,
            statistics.median(each.cpu for each in found),
            statistics.median(each.init for each in found),
            int(statistics.median(each.peak for each in found)),
            found[-1].modules,
            calls[name],
        )
        for name, found in taken.items()
    }


def compiled(artifact: Path, folder: Path) -> Path:
    """A copy of an artifact that sam built, with bytecode for the Python that runs here.

    Python 3.13 builds it with its own, which is the functions'; any other builds it without.
    """
    shutil.copytree(artifact, folder)
    if not build_artifact.is_runtime():
        build_artifact.compile_all(folder)
    return folder


def prepare(artifact: Path, folder: Path, services: Services) -> list[Subject]:
    """Every subject, with the path and the event that it gets."""
    sdk = linked(folder / "sdk", SDK)
    bare = folder / "bare"
    shutil.copytree(artifact, bare, ignore=shutil.ignore_patterns("__pycache__"))
    environment = {
        **_surroundings(services),
        "STATE_MACHINE_ARN": "arn:aws:states:us-east-1:000000000000:stateMachine:provider",
    }
    request = Subject(
        REQUEST, "provider.handlers.request.handler", EVENT, (artifact, sdk), environment
    )
    # The request function hands over what the step function begins with.
    started(request)
    step = replace(
        request, name=STEP, handler="provider.handlers.step.handler", event=services.started_with
    )
    least = Subject(
        MINIMAL, "minimal.handler", EVENT, (minimal(folder / "minimal"), sdk), environment
    )
    lowest = folder / "floor"
    lowest.mkdir()
    shutil.copy(Path(__file__).with_name("floor.py"), lowest)
    floors = []
    for name, calls in CALLS.items():
        clients = ",".join(dict.fromkeys(service for service, _, _ in calls))
        around = {**environment, "BENCH_CLIENTS": clients}
        floors.append(Subject(floor(name), "floor.handler", calls, (lowest, sdk), around))
    return [request, step, replace(request, name=BARE, folders=(bare, sdk)), least, *floors]


def _surroundings(services: Services) -> dict[str, str]:
    """What Lambda puts into the environment, with the services where they answer here."""
    return {
        **without_foreign({}),
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_LAMBDA_FUNCTION_NAME": "comprehend-endpoint-provider",
        "AWS_ENDPOINT_URL": services.url,
        "AWS_CA_BUNDLE": str(services.ca_bundle),
        "NO_PROXY": "127.0.0.1",
        "POWERTOOLS_SERVICE_NAME": "comprehend-endpoint-provider",
        "POWERTOOLS_METRICS_NAMESPACE": "ComprehendEndpointProvider",
    }
