"""The deployed orphan scan, over stacks of a real CloudFormation engine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.installation import PROJECT
from local.ministack import ACCOUNT
from local.orphan_scan.scans import OrphanScan
from local.orphan_scan.scenes import RETAINED_EXAMPLE, Classification, Stage
from tests.e2e.consumer import Provider, wait_for

EMPTIED = """
Resources:
  Nothing:
    Type: AWS::CloudFormation::WaitConditionHandle
"""
"""A template without the endpoint."""


@pytest.fixture
def stage(provider: Provider) -> Iterator[Stage]:
    """Leaves no endpoint, and the emulator's settings as they were."""
    admin = provider.admin
    before, known = admin.settings(), {each["EndpointArn"] for each in admin.endpoints()}
    yield Stage(provider.aws)
    admin.change_settings(create_seconds=before["create_seconds"])
    for each in admin.endpoints():
        arn = each["EndpointArn"]
        if arn not in known and each["Status"] == "CREATING":
            # Its operation is in progress, and cleans up by itself.
            admin.fail_endpoint(arn, "The test is over.")
        elif arn not in known:
            admin.remove_endpoint(arn)


@pytest.fixture
def orphan_scan(provider: Provider) -> OrphanScan:
    return OrphanScan(provider.aws)


def name() -> str:
    return f"scanned-{uuid.uuid4().hex[:8]}"


def test_make_orphan_scan_classifies_every_endpoint_changes_none_and_leaves_nothing(
    tmp_path: Path,
) -> None:
    """The command compares what is reported, counted and called with what it has set up."""
    done = subprocess.run(
        [sys.executable, "-m", "local.orphan_scan"],
        cwd=PROJECT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert (
        "Subject: Comprehend endpoints in us-east-1: 2 orphaned, 1 unknown, 1 idle\n" in done.stdout
    )
    for name in ("trial-lost", "never-lost"):
        arn = f"arn:aws:comprehend:us-east-1:{ACCOUNT}:document-classifier-endpoint/{name}"
        assert f"delete-endpoint --region us-east-1 --endpoint-arn {arn}\n" in done.stdout
    assert "AttributeKey=EventName,AttributeValue=ClassifyDocument\n" in done.stdout
    last = done.stdout.splitlines()[-1]
    assert last.startswith("All 9 endpoints are as expected, and the scan changed none of them.")
    assert list(tmp_path.iterdir()) == []


def test_an_endpoint_that_a_replacement_retains_is_retained(
    provider: Provider, stage: Stage, orphan_scan: OrphanScan
) -> None:
    stack = name()
    old = stage.create(stack, RETAINED_EXAMPLE)
    provider.cloudformation.update_stack(
        StackName=stack,
        TemplateBody=RETAINED_EXAMPLE,
        Parameters=[
            {"ParameterKey": key, "UsePreviousValue": True}
            for key in ("ModelArn", "InferenceUnits", "ServiceTimeout")
        ]
        + [{"ParameterKey": "EndpointName", "ParameterValue": f"{stack}-next"}],
    )
    assert provider.finish(stack)["StackStatus"] == "UPDATE_COMPLETE"
    new = provider.physical_id(stack, "Sentiment")
    said = orphan_scan.run().classifications()

    assert new != old
    assert (said[old], said[new]) == (Classification.RETAINED, Classification.IN_USE)


def test_an_endpoint_that_its_stack_does_not_have_is_retained_or_orphaned(
    provider: Provider, stage: Stage, orphan_scan: OrphanScan
) -> None:
    stack, other = name(), name()
    kept = stage.create(stack, RETAINED_EXAMPLE)
    provider.cloudformation.update_stack(StackName=stack, TemplateBody=EMPTIED)
    assert provider.finish(stack)["StackStatus"] == "UPDATE_COMPLETE"
    lost = stage.put(f"{stack}-lost", provider.stack_id(stack))
    used = stage.create(other)
    twin = stage.put(f"{other}-twin", provider.stack_id(other))
    report = orphan_scan.run()
    said = report.classifications()
    (line,) = [each for each in report.endpoints if each["arn"] == twin]

    assert (said[kept], said[lost]) == (Classification.RETAINED, Classification.ORPHANED)
    assert (said[used], said[twin]) == (Classification.IN_USE, Classification.ORPHANED)
    assert used in line["why"]


def test_an_endpoint_whose_stack_was_deleted_by_force_is_orphaned(
    provider: Provider, stage: Stage, orphan_scan: OrphanScan
) -> None:
    stack = name()
    arn, stack_id = stage.create(stack), provider.stack_id(stack)
    provider.admin.add_fault("DeleteEndpoint", match=arn, code="AccessDeniedException")
    assert provider.delete(stack)["StackStatus"] == "DELETE_FAILED"
    provider.cloudformation.delete_stack(StackName=stack, DeletionMode="FORCE_DELETE_STACK")
    assert provider.finish(stack_id)["StackStatus"] == "DELETE_COMPLETE"
    (line,) = [each for each in orphan_scan.run().endpoints if each["arn"] == arn]

    assert line["classification"] == Classification.ORPHANED
    assert "DELETE_FAILED, then DELETE_SKIPPED" in line["why"]


def test_an_endpoint_that_a_running_execution_will_remove_is_no_orphan(
    provider: Provider, stage: Stage, orphan_scan: OrphanScan
) -> None:
    # CloudFormation has no record of the stack of this Create, but its execution is running.
    stage.admin.change_settings(create_seconds=100_000)
    event, key = provider.request("Create")
    provider.send(event)
    (endpoint,) = wait_for("the endpoint", lambda: provider.endpoints(event["StackId"]))
    arn = endpoint["EndpointArn"]
    (line,) = [each for each in orphan_scan.run().endpoints if each["arn"] == arn]

    assert line["classification"] == Classification.IN_PROGRESS
    assert "execution" in line["why"]
    stage.admin.fail_endpoint(arn, "It cannot be loaded.")
    assert provider.answer(key)["Status"] == "FAILED"
    # Without the stack's events there is no proof, so the execution leaves it after all.
    wait_for(
        "the end of the clean-up",
        lambda: any(arn in line and "an endpoint is left" in line for line in provider.log_lines()),
    )
    stage.admin.remove_endpoint(arn)


def test_a_scan_that_cannot_list_the_endpoints_fails_and_writes_no_metrics(
    provider: Provider,
) -> None:
    provider.admin.add_fault("ListEndpoints", code="AccessDeniedException")
    before = sum('"DailyCost"' in line for line in provider.log_lines())
    answer = provider.lambda_.invoke(
        FunctionName=provider.function("OrphanScanFunction"), Payload=b"{}"
    )

    assert answer["FunctionError"]
    assert "AccessDeniedException" in json.loads(answer["Payload"].read())["errorMessage"]
    assert sum('"DailyCost"' in line for line in provider.log_lines()) == before
