"""The models in src/provider/aws/models: exactly what the provider calls, from the locked SDK."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.model import ServiceModel, Shape

from provider.aws import clients
from tools.models import MODELS, called, files, operations

CALLS = [(service, name) for service, names in operations().items() for name in sorted(names)]


def model(session: Any, service: str) -> ServiceModel:
    found: ServiceModel = session.client(service, region_name="eu-west-1").meta.service_model
    return found


def test_they_are_those_of_the_locked_sdk() -> None:
    there = {
        path.relative_to(MODELS): path.read_text() for path in MODELS.rglob("*") if path.is_file()
    }

    assert there == files(), "`make models` writes them anew"


@pytest.mark.parametrize("service", operations())
def test_a_client_has_what_the_provider_calls_and_nothing_else(service: str) -> None:
    assert set(model(clients.session(), service).operation_names) == operations()[service]


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


@pytest.mark.parametrize(("service", "operation"), CALLS)
def test_an_operation_is_told_as_the_whole_model_tells_it(service: str, operation: str) -> None:
    its = model(clients.session(), service).operation_model(operation)
    theirs = model(boto3.Session(), service).operation_model(operation)

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
    (tmp_path / "gateway.py").write_text(
        f'client = clients.client("sns", region, config)\n{line}\n'
    )

    with pytest.raises(ValueError, match=problem):
        called(tmp_path)
