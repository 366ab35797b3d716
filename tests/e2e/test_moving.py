"""Moving an endpoint in and out, step by step as docs/moving.md and docs/native-types.md say.

The embedded AWS plays every step but the last one of moving out: it knows no type of Comprehend's.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.e2e.consumer import Provider, model

PREFIX = "comprehend-endpoint-provider:"
OWNERSHIP = [f"{PREFIX}stack-id", f"{PREFIX}logical-id", f"{PREFIX}request"]
CHANGES = ("CreateEndpoint", "UpdateEndpoint", "DeleteEndpoint")
NATIVE = "AWS::Comprehend::DocumentClassifierEndpoint"
KEPT = {"Type": "AWS::CloudFormation::WaitConditionHandle"}
"""What else the stack has."""


@pytest.fixture
def name(provider: Provider) -> Iterator[str]:
    """The name of a stack and of an endpoint, both of which are gone after the test."""
    name = f"moving-{uuid.uuid4().hex[:8]}"
    yield name
    provider.cloudformation.delete_stack(StackName=name)
    for each in provider.admin.endpoints():
        if each["EndpointName"] == name:
            provider.admin.remove_endpoint(each["EndpointArn"])


@pytest.fixture
def comprehend(provider: Provider) -> Any:
    return provider.aws.client("comprehend")


def endpoint(name: str, timeout: int = 120, **changes: Any) -> dict[str, Any]:
    properties = {
        "ServiceToken": "{{resolve:ssm:/comprehend-endpoint-provider/service-token}}",
        "ServiceTimeout": timeout,
        "EndpointName": name,
        "ModelArn": model("v1"),
        "DesiredInferenceUnits": 1,
    }
    return {"Type": "Custom::ComprehendEndpoint", "Properties": properties, **changes}


def run(provider: Provider, verb: str, stack: str, resources: Mapping[str, Any]) -> str:
    """Creates or updates a stack; the status in which it comes to rest."""
    call = getattr(provider.cloudformation, f"{verb}_stack")
    call(StackName=stack, TemplateBody=json.dumps({"Resources": resources}))
    return str(provider.finish(stack)["StackStatus"])


def offered(provider: Provider, comprehend: Any, name: str) -> str:
    """An endpoint that somebody made by hand, tagged as docs/moving.md says; its ARN."""
    arn = provider.admin.put_endpoint(name, model("v1"), tags={"team": "search"})
    offer = {"Key": f"{PREFIX}adopt", "Value": f"{name}/Sentiment"}
    comprehend.tag_resource(ResourceArn=arn, Tags=[offer])
    provider.admin.reset_calls()
    return arn


def changes(provider: Provider, arn: str) -> list[str]:
    """The changes of an endpoint that were asked for, tags aside."""
    name = arn.rpartition("/")[2]
    return [
        call["operation"]
        for call in provider.admin.calls()
        if call["operation"] in CHANGES
        and name in (call["parameters"].get("EndpointName"), _named(call["parameters"]))
    ]


def _named(parameters: Mapping[str, Any]) -> str:
    return str(parameters.get("EndpointArn", "")).rpartition("/")[2]


def tags(provider: Provider, arn: str) -> set[str]:
    found = provider.admin.endpoint(arn)
    assert found is not None, f"{arn} is not there"
    return set(found["Tags"])


def test_an_endpoint_moves_in_and_is_the_stack_s_from_then_on(
    provider: Provider, comprehend: Any, name: str
) -> None:
    arn = offered(provider, comprehend, name)
    assert run(provider, "create", name, {"Sentiment": endpoint(name)}) == "CREATE_COMPLETE"
    assert provider.physical_id(name, "Sentiment") == arn
    assert changes(provider, arn) == []
    assert tags(provider, arn) == {"team", f"{PREFIX}adopt", *OWNERSHIP}
    assert provider.delete(name)["StackStatus"] == "DELETE_COMPLETE"
    assert changes(provider, arn) == ["DeleteEndpoint"]


def test_a_rolled_back_move_gives_the_endpoint_back(
    provider: Provider, comprehend: Any, name: str
) -> None:
    arn = offered(provider, comprehend, name)
    failing = endpoint(f"{name}-2", DependsOn="Sentiment")
    failing["Properties"]["DesiredInferenceUnits"] = 0
    resources = {"Sentiment": endpoint(name), "Failing": failing}
    assert run(provider, "create", name, resources) == "ROLLBACK_COMPLETE"
    assert changes(provider, arn) == []
    assert tags(provider, arn) == {"team", f"{PREFIX}adopt"}


def test_an_endpoint_moves_out_without_a_call_that_changes_it(
    provider: Provider, comprehend: Any, name: str
) -> None:
    resources = {"Kept": KEPT, "Sentiment": endpoint(name)}
    assert run(provider, "create", name, resources) == "CREATE_COMPLETE"
    arn = provider.physical_id(name, "Sentiment")
    provider.admin.reset_calls()

    # 1. Retain; another ServiceTimeout makes it an update.
    retained = endpoint(name, timeout=119, DeletionPolicy="Retain")
    assert run(provider, "update", name, {"Kept": KEPT, "Sentiment": retained}) == "UPDATE_COMPLETE"
    # 2. Out of the template.
    assert run(provider, "update", name, {"Kept": KEPT}) == "UPDATE_COMPLETE"
    events = provider.cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    assert ("DELETE_SKIPPED", arn) in {
        (each["ResourceStatus"], each.get("PhysicalResourceId")) for each in events
    }
    # 3. The provider lets go.
    comprehend.untag_resource(ResourceArn=arn, TagKeys=OWNERSHIP)
    assert tags(provider, arn) == set()
    # 4. The import. The embedded AWS does not know the type, and says so: AWS would go on here.
    properties = {"EndpointName": name, "ModelArn": model("v1"), "DesiredInferenceUnits": 1}
    native = {"Type": NATIVE, "DeletionPolicy": "Retain", "Properties": properties}
    with pytest.raises(ClientError, match=re.escape(f"Unrecognized resource types: [{NATIVE}]")):
        provider.cloudformation.create_change_set(
            StackName=name,
            ChangeSetName="move",
            ChangeSetType="IMPORT",
            ResourcesToImport=[
                {
                    "ResourceType": NATIVE,
                    "LogicalResourceId": "SentimentEndpoint",
                    "ResourceIdentifier": {"Arn": arn},
                }
            ],
            TemplateBody=json.dumps({"Resources": {"Kept": KEPT, "SentimentEndpoint": native}}),
        )

    # From the first step to the last it served, as it was.
    assert changes(provider, arn) == []
    live = provider.admin.endpoint(arn)
    assert live is not None
    assert live["Status"] == "IN_SERVICE"

    # And back: offered to the stack that let it go, and adopted by an update.
    offer = {"Key": f"{PREFIX}adopt", "Value": f"{name}/Sentiment"}
    comprehend.tag_resource(ResourceArn=arn, Tags=[offer])
    assert run(provider, "update", name, resources) == "UPDATE_COMPLETE"
    assert provider.physical_id(name, "Sentiment") == arn
    assert changes(provider, arn) == []
    assert provider.delete(name)["StackStatus"] == "DELETE_COMPLETE"
    assert changes(provider, arn) == ["DeleteEndpoint"]
