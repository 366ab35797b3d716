"""The start of the functions, counted: modules, calls, bytes, which no machine changes."""

import sys
from pathlib import Path

import pytest

import build_artifact
from bench.artifact import measure
from bench.start.measure import MINIMAL, REQUEST, STEP, compiled, floor, prepare
from bench.start.processes import Started, started
from bench.start.services import serving_all

STARTS = dict[str, tuple[Started, list[str]]]


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("artifact")
    build_artifact.build(folder)
    return compiled(folder, tmp_path_factory.mktemp("compiled") / "artifact")


@pytest.fixture(scope="module")
def starts(artifact: Path, tmp_path_factory: pytest.TempPathFactory) -> STARTS:
    """What each subject took, and the calls that it made."""
    found = {}
    with serving_all() as services:
        for subject in prepare(artifact, tmp_path_factory.mktemp("start"), services):
            services.calls.clear()
            found[subject.name] = started(subject), list(services.calls)
    return found


CALLS = {
    REQUEST: ["StartExecution"],
    STEP: ["DescribeStackEvents", "DescribeEndpoint", "CreateEndpoint"],
    # It polls as crhelper does.
    MINIMAL: ["CreateEndpoint", "PutRule", "AddPermission", "PutTargets"],
}


@pytest.mark.parametrize("name", CALLS)
def test_a_first_request_makes_these_calls_and_no_other(name: str, starts: STARTS) -> None:
    assert starts[name][1] == CALLS[name]
    # So does the floor that it is compared with.
    assert starts.get(floor(name), starts[name])[1] == CALLS[name]


@pytest.mark.parametrize(
    ("name", "needed", "most"),
    [
        (REQUEST, {"aws_lambda_powertools", "crhelper", "fastjsonschema", "provider"}, 91),
        (STEP, {"aws_lambda_powertools", "provider"}, 87),
    ],
)
def test_a_first_request_imports_what_it_needs(
    name: str, needed: set[str], most: int, starts: STARTS
) -> None:
    # Beside what the SDK imports for the same calls.
    own = set(starts[name][0].modules) - set(starts[floor(name)][0].modules)
    foreign = {module.partition(".")[0] for module in own} - set(sys.stdlib_module_names)

    assert needed <= foreign <= needed | {"typing_extensions"}
    assert len(own) <= most


NOT_NEEDED = {
    REQUEST: {"aws.comprehend", "aws.sns", "reconcile.operation", "model.plan", "orphans.scan"},
    STEP: {"aws.sns", "contract.validation", "reconcile.receipt", "crhelper"},
}


@pytest.mark.parametrize("name", NOT_NEEDED)
def test_a_first_request_imports_nothing_of_what_others_do(name: str, starts: STARTS) -> None:
    imported = {module.removeprefix("provider.") for module in starts[name][0].modules}

    assert not imported & NOT_NEEDED[name]


def test_the_artifact_is_small(artifact: Path) -> None:
    size = measure(artifact)

    assert size.zipped <= 1_000_000
    # Without what is compiled from them, the sources and what else is there: some five per cent
    # more than now.
    assert size.unzipped - size.bytecode <= 1_050_000
    assert size.bytecode <= 1.25 * (size.unzipped - size.bytecode)
    models = sum(path.stat().st_size for path in (artifact / "provider" / "models").rglob("*.json"))
    assert models <= 50_000
