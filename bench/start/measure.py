"""Measures the start of this provider's functions beside a minimal one and the floor."""

import json
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import build_artifact
from bench.start.folders import SDK, linked, minimal
from bench.start.processes import Started, Subject, deciding, directly, in_lambda
from bench.start.services import ENDPOINT_ARN, MODEL_ARN, Services, serving_all
from local.installation import PROJECT
from local.ministack import without_foreign

ROUNDS = 15
"""Processes of each subject: they take turns, so that each meets the machine in the same moods."""

REQUEST, STEP, MINIMAL = "request function", "step function", "minimal function"
BARE = "request function, without bytecode"
"""As Lambda has it where another Python than its own has built it."""
STACK = "arn:aws:cloudformation:us-east-1:000000000000:stack/reviews/1"
READS: list[Any] = [
    ("cloudformation", "describe_stacks", {"StackName": STACK}),
    (
        "cloudformation",
        "describe_stack_resource",
        {"StackName": STACK, "LogicalResourceId": "Sentiment"},
    ),
]
CALLS: dict[str, list[Any]] = {
    REQUEST: [
        *READS,
        ("stepfunctions", "start_execution", {"stateMachineArn": "arn:x", "input": '"{}"'}),
    ],
    STEP: [
        ("comprehend", "describe_endpoint", {"EndpointArn": ENDPOINT_ARN}),
        *READS,
        (
            "comprehend",
            "create_endpoint",
            {"EndpointName": "reviews", "ModelArn": MODEL_ARN, "DesiredInferenceUnits": 1},
        ),
    ],
}
"""What each function calls at its first request: its floor calls the same."""


def floor(name: str) -> str:
    return f"floor of the {name}"


def calling(name: str) -> str:
    return f"{floor(name)}, with its calls"


@dataclass(frozen=True)
class Start:
    """What all processes of a subject took, by the medians; `calls` it made of AWS."""

    name: str
    cpu: float
    init: float | None
    peak: int
    modules: tuple[str, ...]
    calls: tuple[str, ...]


@dataclass(frozen=True)
class Starts:
    """Every subject, called directly and through Lambda's client, and what deciding takes of it."""

    direct: dict[str, Start]
    in_lambda: dict[str, Start]
    rounds: int
    deciding: dict[str, float]
    """CPU seconds of validation, schema and decision in a function's first request, by function."""


def measure(artifact: Path, rounds: int = ROUNDS) -> Starts:
    """Starts every subject again and again. `artifact` is what `compiled` gives."""
    with tempfile.TemporaryDirectory(prefix="bench-start-") as name, serving_all() as services:
        folder = Path(name)
        subjects = prepare(artifact, folder, services)
        direct = _take_turns(subjects, rounds, services, directly)
        through = _take_turns(
            subjects, rounds, services, lambda subject: in_lambda(subject, folder)
        )
        shares = {
            subject.name: statistics.median(deciding(subject) for _ in range(rounds))
            for subject in subjects
            if subject.name in (REQUEST, STEP)
        }
        return Starts(direct, through, rounds, shares)


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
    event = json.loads((PROJECT / "events" / "create.json").read_text(encoding="utf-8"))
    request = Subject(
        REQUEST, "provider.handlers.request.handler", event, (artifact, sdk), environment
    )
    # The request function hands over what the step function begins with.
    directly(request)
    step = replace(
        request, name=STEP, handler="provider.handlers.step.handler", event=services.started_with
    )
    least = Subject(
        MINIMAL, "minimal.handler", event, (minimal(folder / "minimal"), sdk), environment
    )
    lowest = folder / "floor"
    lowest.mkdir()
    shutil.copy(Path(__file__).with_name("floor.py"), lowest)
    floors = []
    for name, calls in CALLS.items():
        clients = ",".join(dict.fromkeys(service for service, _, _ in calls))
        around = {**environment, "BENCH_CLIENTS": clients}
        for title, event in ((floor(name), []), (calling(name), calls)):
            floors.append(Subject(title, "floor.handler", event, (lowest, sdk), around))
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


def _take_turns(
    subjects: Sequence[Subject],
    rounds: int,
    services: Services,
    start: Callable[[Subject], Started],
) -> dict[str, Start]:
    taken: dict[str, list[Started]] = {subject.name: [] for subject in subjects}
    calls: dict[str, tuple[str, ...]] = {}
    for number in range(rounds):
        for subject in subjects:
            services.calls.clear()
            taken[subject.name].append(start(subject))
            calls[subject.name] = tuple(services.calls)
        print(f"start: {number + 1} of {rounds} rounds", file=sys.stderr, flush=True)
    return {name: _summary(name, found, calls[name]) for name, found in taken.items()}


def _summary(name: str, found: Sequence[Started], calls: tuple[str, ...]) -> Start:
    inits = [each.init for each in found if each.init is not None]
    return Start(
        name,
        statistics.median(each.cpu for each in found),
        statistics.median(inits) if inits else None,
        int(statistics.median(each.peak for each in found)),
        found[-1].modules,
        calls,
    )
