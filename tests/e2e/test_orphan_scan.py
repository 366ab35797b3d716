"""The deployed orphan scan, over stacks of a real CloudFormation engine."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator

import pytest

from local.orphan_scan.scans import OrphanScan
from local.orphan_scan.scenes import RETAINED_EXAMPLE, Classification, Stage, changes
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


def test_a_schedule_starts_the_orphan_scan_s_state_machine(provider: Provider) -> None:
    events = provider.aws.client("events")
    rule = provider.physical_id("comprehend-endpoint-provider", "OrphanScanRule").rpartition("|")[2]
    found = events.describe_rule(Name=rule)
    (target,) = events.list_targets_by_rule(Rule=rule)["Targets"]

    assert (found["ScheduleExpression"], found["State"]) == ("rate(1 day)", "ENABLED")
    assert target["Arn"] == provider.outputs["OrphanScanStateMachineArn"]
    assert target["RoleArn"]


def test_every_endpoint_is_classified_and_none_is_changed(
    provider: Provider, stage: Stage, orphan_scan: OrphanScan
) -> None:
    provider.mailbox.take()
    scenes = list(stage.scenes())
    before = stage.admin.calls()[-1]["sequence"]
    report = orphan_scan.run()
    said = report.classifications()

    assert {scene.about: said.get(scene.arn) for scene in scenes} == {
        scene.about: scene.expected for scene in scenes
    }
    assert {scene.expected for scene in scenes} == {*Classification, None}
    assert not changes(stage.admin, before)
    lost = [scene.arn for scene in scenes if scene.expected is Classification.ORPHANED]
    assert report.metrics[Classification.ORPHANED, "Endpoints"] >= len(lost)
    (message,) = provider.mailbox.take()
    assert "orphaned" in message.subject
    for arn in lost:
        assert f"delete-endpoint --region us-east-1 --endpoint-arn {arn}" in message.text


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


def test_an_endpoint_removed_from_an_existing_stack_is_retained_or_orphaned(
    provider: Provider, stage: Stage, orphan_scan: OrphanScan
) -> None:
    stack = name()
    kept = stage.create(stack, RETAINED_EXAMPLE)
    provider.cloudformation.update_stack(StackName=stack, TemplateBody=EMPTIED)
    assert provider.finish(stack)["StackStatus"] == "UPDATE_COMPLETE"
    lost = stage.put(f"{stack}-lost", provider.stack_id(stack))
    said = orphan_scan.run().classifications()

    assert (said[kept], said[lost]) == (Classification.RETAINED, Classification.ORPHANED)


def test_a_second_endpoint_with_a_resource_s_tags_is_orphaned(
    provider: Provider, stage: Stage, orphan_scan: OrphanScan
) -> None:
    stack = name()
    used = stage.create(stack)
    twin = stage.put(f"{stack}-twin", provider.stack_id(stack))
    report = orphan_scan.run()
    (line,) = [each for each in report.endpoints if each["arn"] == twin]

    assert report.classifications()[used] == Classification.IN_USE
    assert line["classification"] == Classification.ORPHANED
    assert used in line["why"]


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
    provider.wait_for_no_endpoint(event["StackId"])


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
