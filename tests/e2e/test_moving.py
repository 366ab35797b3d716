"""Moving an endpoint in and out, step by step as docs/moving.md and docs/native-types.md say.

The embedded AWS plays every step but the last one of moving out: it knows no type of Comprehend's.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.e2e.consumer import Provider, model

PREFIX = "comprehend-endpoint-provider:"
OWNERSHIP = [f"{PREFIX}stack-id", f"{PREFIX}logical-id", f"{PREFIX}request"]
OFFER = f"{PREFIX}adopt"
NATIVE = "AWS::Comprehend::DocumentClassifierEndpoint"
KEPT = {"Kept": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}
"""What else the stack has."""


def endpoint(name: str, timeout: int = 120, **changes: Any) -> dict[str, Any]:
    properties = {
        "ServiceToken": "{{resolve:ssm:/comprehend-endpoint-provider/service-token}}",
        "ServiceTimeout": timeout,
        "EndpointName": name,
        "ModelArn": model("v1"),
        "DesiredInferenceUnits": 1,
    }
    return {"Type": "Custom::ComprehendEndpoint", "Properties": properties, **changes}


class Move:
    """An endpoint that somebody made by hand, and a stack for it, both of one name."""

    def __init__(self, provider: Provider) -> None:
        self.name = f"moving-{uuid.uuid4().hex[:8]}"
        self._provider = provider
        self._comprehend = provider.aws.client("comprehend")
        self.arn = provider.admin.put_endpoint(self.name, model("v1"), tags={"team": "search"})
        provider.admin.reset_calls()

    def offer(self) -> None:
        tag = {"Key": OFFER, "Value": f"{self.name}/Sentiment"}
        self._comprehend.tag_resource(ResourceArn=self.arn, Tags=[tag])

    def release(self, *tags: str) -> None:
        self._comprehend.untag_resource(ResourceArn=self.arn, TagKeys=tags)

    def run(self, verb: str, resources: dict[str, Any]) -> str:
        """Creates or updates the stack; the status in which it comes to rest."""
        call = getattr(self._provider.cloudformation, f"{verb}_stack")
        call(StackName=self.name, TemplateBody=json.dumps({"Resources": resources}))
        return str(self._provider.finish(self.name)["StackStatus"])

    @property
    def tags(self) -> set[str]:
        found = self._provider.admin.endpoint(self.arn)
        assert found is not None
        return set(found["Tags"])

    @property
    def changes(self) -> list[str]:
        """The changes of the endpoint that were asked for, tags aside."""
        named = (
            ("CreateEndpoint", self.name),
            ("UpdateEndpoint", self.arn),
            ("DeleteEndpoint", self.arn),
        )
        return [
            operation
            for operation, name in named
            for call in self._provider.admin.calls(operation)
            if name in call["parameters"].values()
        ]

    def clear(self) -> None:
        self._provider.cloudformation.delete_stack(StackName=self.name)
        if self._provider.admin.endpoint(self.arn):
            self._provider.admin.remove_endpoint(self.arn)


@pytest.fixture
def move(provider: Provider) -> Iterator[Move]:
    move = Move(provider)
    yield move
    move.clear()


def test_a_rolled_back_move_gives_the_endpoint_back(move: Move) -> None:
    failing = endpoint(f"{move.name}-2", DependsOn="Sentiment")
    failing["Properties"]["DesiredInferenceUnits"] = 0
    move.offer()

    resources = {"Sentiment": endpoint(move.name), "Failing": failing}
    assert move.run("create", resources) == "ROLLBACK_COMPLETE"
    assert move.tags == {"team", OFFER}
    assert move.changes == []


def test_an_endpoint_moves_in_and_out_and_in_again_without_a_change(
    provider: Provider, move: Move
) -> None:
    inside = {**KEPT, "Sentiment": endpoint(move.name)}
    move.offer()
    assert move.run("create", inside) == "CREATE_COMPLETE"
    assert provider.physical_id(move.name, "Sentiment") == move.arn
    assert move.tags == {"team", OFFER, *OWNERSHIP}

    # Out: 1. Retain; another ServiceTimeout makes it an update.
    retained = endpoint(move.name, timeout=119, DeletionPolicy="Retain")
    assert move.run("update", {**KEPT, "Sentiment": retained}) == "UPDATE_COMPLETE"
    # 2. Out of the template.
    assert move.run("update", KEPT) == "UPDATE_COMPLETE"
    events = provider.cloudformation.describe_stack_events(StackName=move.name)["StackEvents"]
    assert ("DELETE_SKIPPED", move.arn) in {
        (each["ResourceStatus"], each.get("PhysicalResourceId")) for each in events
    }
    # 3. The provider lets go.
    move.release(OFFER, *OWNERSHIP)
    assert move.tags == {"team"}
    # 4. The import. The embedded AWS does not know the type, and says so: AWS would go on here.
    properties = {"EndpointName": move.name, "ModelArn": model("v1"), "DesiredInferenceUnits": 1}
    native = {"Type": NATIVE, "DeletionPolicy": "Retain", "Properties": properties}
    with pytest.raises(ClientError, match=re.escape(f"Unrecognized resource types: [{NATIVE}]")):
        provider.cloudformation.create_change_set(
            StackName=move.name,
            ChangeSetName="move",
            ChangeSetType="IMPORT",
            ResourcesToImport=[
                {
                    "ResourceType": NATIVE,
                    "LogicalResourceId": "Native",
                    "ResourceIdentifier": {"Arn": move.arn},
                }
            ],
            TemplateBody=json.dumps({"Resources": {**KEPT, "Native": native}}),
        )

    # And back: offered to the stack that let it go, and adopted by an update.
    move.offer()
    assert move.run("update", inside) == "UPDATE_COMPLETE"
    assert provider.physical_id(move.name, "Sentiment") == move.arn
    # From the first step to here it served, as it was.
    assert move.changes == []
    live = provider.admin.endpoint(move.arn)
    assert live is not None
    assert live["Status"] == "IN_SERVICE"
    # From then on it is the stack's.
    assert provider.delete(move.name)["StackStatus"] == "DELETE_COMPLETE"
    assert move.changes == ["DeleteEndpoint"]
