"""Generated files are current: each is what its generator writes now; models lose nothing."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.model import ServiceModel, Shape

from provider.aws import clients
from tests.security import policies
from tests.security.test_policies import CALLS
from tests.template import native_types
from tests.template.application import ROOT
from tools import models, reference

SCHEMA = "schema/custom-comprehendendpoint.json"
LINKS = {
    "src/provider/contract/schema.json": SCHEMA,
    "src/requirements.txt": "requirements/runtime.txt",
    "lint/src/cfn_lint_comprehend_endpoint_contract": "src/provider/contract",
}
"""What is the same file in two places."""

GENERATED: dict[str, tuple[str, Callable[[], str], Callable[[], str]]] = {
    "docs/reference.md": (
        "make docs",
        reference.PAGE.read_text,
        lambda: reference.page(reference.read_schema()),
    ),
    "docs/native-types.md": (
        "PYTHONPATH=src .venv/bin/python -m tests.template.native_types",
        native_types.written,
        native_types.table,
    ),
    "docs/permissions.md": (
        "PYTHONPATH=src .venv/bin/python -m tests.security.policies",
        policies.written,
        lambda: policies.table(CALLS),
    ),
}
"""The command that writes a file, or a table in it, what is there, and what it would write."""


@pytest.mark.parametrize("file", GENERATED)
def test_a_generated_file_is_current(file: str) -> None:
    command, there, generated = GENERATED[file]

    assert there() == generated(), f"run {command}"


def test_the_models_are_those_of_the_locked_sdk() -> None:
    paths = [path for path in models.MODELS.rglob("*") if path.is_file()]
    there = {path.relative_to(models.MODELS): path.read_text() for path in paths}

    assert there == models.files(), "run make models"


@pytest.mark.parametrize("link", LINKS)
def test_a_file_that_is_needed_in_two_places_is_a_link(link: str) -> None:
    # Relative, so that it is one in every clone.
    assert not (ROOT / link).readlink().is_absolute()
    assert (ROOT / link).resolve() == ROOT / LINKS[link]


OURS, WHOLE = clients.session(), boto3.Session()
OPERATIONS = models.operations()


@cache
def model(session: Any, service: str) -> ServiceModel:
    found: ServiceModel = session.client(service, region_name="eu-west-1").meta.service_model
    return found


@pytest.mark.parametrize("service", OPERATIONS)
def test_a_client_has_what_the_provider_calls_and_nothing_else(service: str) -> None:
    assert set(model(OURS, service).operation_names) == OPERATIONS[service]


def told(shape: Shape | None, above: tuple[str, ...] = ()) -> object:
    """All that a shape says, down to the last member; a shape within itself is named only."""
    if shape is None or shape.name in above:
        return shape and shape.name
    above = (*above, shape.name)
    members = {
        key: told(each, above) if isinstance(each, Shape) else each
        for key, each in (
            *getattr(shape, "members", {}).items(),
            *((key, getattr(shape, key, None)) for key in ("member", "key", "value")),
        )
    }
    return (shape.name, shape.type_name, shape.metadata, shape.serialization, members)


@pytest.mark.parametrize(
    ("service", "operation"),
    [(service, name) for service, names in OPERATIONS.items() for name in sorted(names)],
)
def test_an_operation_is_told_as_the_whole_model_tells_it(service: str, operation: str) -> None:
    its = model(OURS, service).operation_model(operation)
    theirs = model(WHOLE, service).operation_model(operation)

    assert told(its.input_shape) == told(theirs.input_shape)
    assert told(its.output_shape) == told(theirs.output_shape)
    assert [told(each) for each in its.error_shapes] == [told(each) for each in theirs.error_shapes]
    assert (its.http, its.idempotent_members) == (theirs.http, theirs.idempotent_members)
    assert its.service_model.metadata == theirs.service_model.metadata


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("self._client.describe_nothing()", "gateway.py calls describe_nothing, not in sns"),
        ('self._call("DescribeNothing")', "gateway.py calls DescribeNothing, not in sns"),
        ("self._call(name)", r"line 2: self._call\(name\) names what it calls too late"),
    ],
)
def test_a_call_that_cannot_be_made_is_told(line: str, problem: str, tmp_path: Path) -> None:
    (tmp_path / "gateway.py").write_text(f'client = make_client("sns", region, config)\n{line}\n')

    with pytest.raises(ValueError, match=problem):
        models.called(tmp_path)
