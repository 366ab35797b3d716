"""Deletes: in every status, with every kind of id, and never of what is somebody else's."""

import pytest

from local.comprehend import Admin
from tests.functional.emulated import ACCOUNT, classifier, endpoint_arn, flywheel, recognizer
from tests.functional.provider.cloudformation import (
    CLASSIFIER,
    FLYWHEEL,
    CloudFormation,
    Json,
)

NAMED: Json = {**CLASSIFIER, "EndpointName": "mine"}
STATUSES = ("CREATING", "IN_SERVICE", "UPDATING", "FAILED", "DELETING")
INVENTED = "demo-Sentiment-1ABCDEFGHIJKL"
"""An id as CloudFormation makes it up where it got none."""


@pytest.fixture
def owned(cfn: CloudFormation, admin: Admin) -> str:
    """The ARN of an endpoint of this resource."""
    cfn.properties = NAMED
    cfn.physical_id = admin.put_endpoint("mine", classifier(), tags=cfn.own_tags())
    return cfn.physical_id


@pytest.mark.parametrize("busy", ["accepted", "refused"])
@pytest.mark.parametrize("status", STATUSES)
def test_a_delete_ends_when_the_endpoint_is_gone_whatever_its_status(
    cfn: CloudFormation, admin: Admin, status: str, busy: str
) -> None:
    admin.change_settings(delete_while_creating=busy, delete_while_updating=busy)
    cfn.properties = NAMED
    cfn.physical_id = admin.put_endpoint("mine", classifier(), status=status, tags=cfn.own_tags())
    event = cfn.event("Delete", NAMED)
    operation = cfn.send_until_answered(event)
    assert cfn.statuses() == {}
    cfn.runner.run(operation)
    assert cfn.receiver.answers(event["ResponseURL"])[0]["Status"] == "SUCCESS"


def test_a_delete_of_what_is_gone_succeeds(cfn: CloudFormation, admin: Admin, owned: str) -> None:
    admin.remove_endpoint(owned)
    deleted = cfn.delete().succeeded()
    assert deleted.changes == []
    assert deleted.waits == 0


@pytest.mark.parametrize(
    ("name", "model", "properties"),
    [
        ("mine", classifier(), NAMED),
        ("mine", recognizer(), {**NAMED, "ModelArn": recognizer()}),
        ("mine", classifier(), {**FLYWHEEL, "EndpointName": "mine"}),
        ("mine", recognizer(), {**FLYWHEEL, "EndpointName": "mine"}),
        ("mine", recognizer(), {"FlywheelArn": flywheel("missing"), "EndpointName": "mine"}),
    ],
    ids=["classifier", "recognizer", "flywheel", "flywheel of recognizers", "flywheel gone"],
)
def test_an_invented_id_is_resolved_from_the_properties(
    cfn: CloudFormation, admin: Admin, name: str, model: str, properties: Json
) -> None:
    admin.put_endpoint(name, model, tags=cfn.own_tags())
    cfn.properties, cfn.physical_id = properties, INVENTED
    deleted = cfn.delete().succeeded()
    assert deleted.changes == ["DeleteEndpoint"]
    assert cfn.statuses() == {}


@pytest.mark.parametrize("role", [{}, {"DataAccessRoleArn": f"arn:aws:iam::{ACCOUNT}:role/r"}])
def test_an_invented_id_finds_an_endpoint_with_a_generated_name(
    cfn: CloudFormation, role: Json
) -> None:
    cfn.create({**CLASSIFIER, **role}).succeeded()
    cfn.physical_id = INVENTED
    cfn.delete().succeeded()
    assert cfn.statuses() == {}


@pytest.mark.parametrize(
    "properties",
    [
        NAMED,
        {**FLYWHEEL, "EndpointName": "mine"},
        {},
        {"EndpointName": "!", "ModelArn": "nonsense", "Tags": "x", "Unknown": [1]},
    ],
    ids=["named", "flywheel", "none", "nonsense"],
)
def test_an_invented_id_never_reaches_a_foreign_endpoint(
    cfn: CloudFormation, admin: Admin, properties: Json
) -> None:
    admin.put_endpoint("mine", classifier(), tags={"owner": "somebody"})
    cfn.properties, cfn.physical_id = properties, INVENTED
    deleted = cfn.delete().succeeded()
    assert deleted.changes == []
    assert cfn.statuses() == {"mine": "IN_SERVICE"}


def test_the_same_name_in_another_stack_or_resource_is_foreign(
    cfn: CloudFormation, admin: Admin
) -> None:
    admin.put_endpoint("mine", classifier(), tags=cfn.own_tags())
    cfn.properties, cfn.physical_id = NAMED, INVENTED
    for stack, logical_id in (("other", cfn.logical_id), (cfn.stack, "Other")):
        cfn.stack, cfn.logical_id = stack, logical_id
        assert cfn.delete().succeeded().changes == []
    assert cfn.statuses() == {"mine": "IN_SERVICE"}


@pytest.mark.parametrize(
    "physical_id",
    [
        endpoint_arn("mine", region="eu-west-1"),
        endpoint_arn("mine", account="111111111111"),
        classifier(),
        "arn:aws:s3:::bucket",
        "x" * 1024,
    ],
    ids=["another region", "another account", "a model", "another service", "long"],
)
def test_an_id_that_is_no_endpoint_of_the_stacks_place_is_like_an_invented_one(
    cfn: CloudFormation, admin: Admin, owned: str, physical_id: str
) -> None:
    cfn.physical_id = physical_id
    deleted = cfn.delete().succeeded()
    assert deleted.physical_id == physical_id
    assert cfn.statuses() == {}


@pytest.mark.parametrize("tags", ["none", "another stack's"])
@pytest.mark.parametrize("status", ["CREATING", "IN_SERVICE", "UPDATING", "FAILED"])
def test_an_endpoint_that_lost_our_tags_is_not_deleted_and_the_delete_says_so(
    cfn: CloudFormation, admin: Admin, tags: str, status: str
) -> None:
    theirs = (
        {} if tags == "none" else cfn.own_tags() | {"comprehend-endpoint-provider:stack-id": "x"}
    )
    cfn.physical_id = admin.put_endpoint("mine", classifier(), status=status, tags=theirs)
    cfn.properties = NAMED
    failed = cfn.delete().failed(endpoint_arn("mine"), "ownership tags")
    assert failed.reason.startswith("Tags")
    assert failed.changes == []
    assert list(cfn.statuses()) == ["mine"]


@pytest.mark.parametrize(
    "properties",
    [
        {},
        {"DesiredInferenceUnits": "none", "Tags": 5, "ModelArn": None, "New": {"a": "b"}},
        {"ServiceTimeout": "a while"},
    ],
    ids=["none", "nonsense", "ServiceTimeout"],
)
def test_a_delete_never_validates(cfn: CloudFormation, owned: str, properties: Json) -> None:
    cfn.properties = properties
    cfn.delete().succeeded()
    assert cfn.statuses() == {}


@pytest.mark.parametrize("properties", ["text", None, []])
def test_a_delete_needs_no_properties_at_all(
    cfn: CloudFormation, owned: str, properties: object
) -> None:
    event = cfn.event("Delete", {}) | {"ResourceProperties": properties}
    cfn.run(event).succeeded()
    assert cfn.statuses() == {}


@pytest.mark.parametrize("steps", range(1, 9))
def test_a_delete_with_an_invented_id_may_come_while_the_create_runs(
    cfn: CloudFormation, steps: int
) -> None:
    """A sibling failed: the create is cancelled, and its Delete does not know its id."""
    cfn.says("CREATE_IN_PROGRESS", resource="CREATE_IN_PROGRESS")
    creating = cfn.send(cfn.event("Create", CLASSIFIER))
    for _ in range(steps):
        creating.step()
    cfn.says("ROLLBACK_IN_PROGRESS", resource="DELETE_IN_PROGRESS")
    cfn.physical_id = INVENTED
    event = cfn.event("Delete", CLASSIFIER)
    cfn.runner.run(cfn.send(event), creating)
    assert cfn.receiver.answers(event["ResponseURL"])[0]["Status"] == "SUCCESS"
    assert cfn.statuses() == {}


def test_an_endpoint_that_is_made_anew_during_its_deletion_is_not_deleted_twice(
    cfn: CloudFormation, admin: Admin, owned: str
) -> None:
    event = cfn.event("Delete", NAMED)
    operation = cfn.send(event)
    while cfn.statuses() != {"mine": "DELETING"}:
        operation.step()
    admin.remove_endpoint(owned)
    admin.put_endpoint("mine", classifier(), tags={"owner": "somebody"})
    cfn.runner.run(operation)
    assert cfn.statuses() == {"mine": "IN_SERVICE"}
    assert len(admin.calls("DeleteEndpoint")) == 1


@pytest.mark.parametrize("status", ["CREATING", "UPDATING", "IN_SERVICE"])
def test_whose_an_endpoint_is_is_looked_at_before_every_try_to_delete_it(
    cfn: CloudFormation, admin: Admin, owned: str, status: str
) -> None:
    """It was busy, and when it is tried again it is somebody else's."""
    admin.add_fault("DeleteEndpoint", code="ResourceInUseException", nth=1)
    admin.change_settings(delete_while_creating="accepted", delete_while_updating="accepted")
    admin.put_endpoint("mine", classifier(), status=status, tags=cfn.own_tags())
    operation = cfn.send(cfn.event("Delete", NAMED))
    while not admin.calls("DeleteEndpoint"):
        operation.step()
    admin.put_endpoint("mine", classifier(), status=status, tags={"owner": "somebody"})
    cfn.runner.run(operation)
    assert list(cfn.statuses()) == ["mine"]
    assert len(admin.calls("DeleteEndpoint")) == 1
