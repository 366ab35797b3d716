"""Deletes: in every status, with every kind of id, and never of what is somebody else's."""

from typing import Any

import pytest

from local.comprehend import Admin
from testing.arns import classifier, endpoint_arn, flywheel, recognizer, role
from testing.events import Json
from testing.one_resource import CLASSIFIER, FLYWHEEL, NAMED, STACK_TAG, OneResource

STATUSES = ("CREATING", "IN_SERVICE", "UPDATING", "FAILED", "DELETING")
INVENTED = "demo-Sentiment-1ABCDEFGHIJKL"
"""An id as CloudFormation makes it up if it got none."""
NAMED_FLYWHEEL: Json = {**FLYWHEEL, "EndpointName": "mine"}
NONSENSE: Json = {"EndpointName": "!", "ModelArn": "nonsense", "Tags": "x", "Unknown": [1]}
SOMEBODY = {"owner": "somebody"}


@pytest.mark.parametrize("busy", ["accepted", "refused"])
@pytest.mark.parametrize("status", STATUSES)
def test_a_delete_is_answered_once_the_endpoint_is_gone(
    cfn: OneResource, admin: Admin, status: str, busy: str
) -> None:
    admin.change_settings(delete_while_creating=busy, delete_while_updating=busy)
    cfn.given(NAMED, status)
    operation = cfn.send_until_answered(cfn.event("Delete", NAMED))
    assert cfn.statuses() == {}
    cfn.finish(operation).succeeded()


def test_a_delete_of_what_is_gone_succeeds(cfn: OneResource, admin: Admin) -> None:
    admin.remove_endpoint(cfn.given(NAMED))
    deleted = cfn.delete().succeeded()
    assert deleted.changes == []
    assert deleted.waits == 0


@pytest.mark.parametrize(
    ("physical_id", "model", "properties"),
    [
        pytest.param(INVENTED, classifier(), NAMED, id="classifier"),
        pytest.param(INVENTED, recognizer(), {**NAMED, "ModelArn": recognizer()}, id="recognizer"),
        pytest.param(INVENTED, classifier(), NAMED_FLYWHEEL, id="flywheel"),
        pytest.param(INVENTED, recognizer(), NAMED_FLYWHEEL, id="flywheel of recognizers"),
        pytest.param(
            INVENTED,
            recognizer(),
            {"FlywheelArn": flywheel("missing"), "EndpointName": "mine"},
            id="flywheel gone",
        ),
        pytest.param(
            endpoint_arn("mine", region="eu-west-1"), classifier(), NAMED, id="another region"
        ),
        pytest.param("x" * 1024, classifier(), NAMED, id="long"),
    ],
)
def test_an_id_that_is_no_endpoint_of_the_stack_s_place_is_resolved_from_the_properties(
    cfn: OneResource, admin: Admin, physical_id: str, model: str, properties: Json
) -> None:
    cfn.comes_to("CREATE_IN_PROGRESS")
    admin.put_endpoint("mine", model, tags=cfn.own_tags())
    cfn.properties, cfn.physical_id = properties, physical_id
    deleted = cfn.delete().succeeded()
    assert deleted.changes == ["DeleteEndpoint"]
    # Two reads of the stack's events, half a minute apart, must say that it never was its resource.
    assert 30 < deleted.seconds < 45
    assert cfn.statuses() == {}


@pytest.mark.parametrize("more", [{}, {"DataAccessRoleArn": role()}], ids=["no role", "role"])
def test_an_invented_id_finds_an_endpoint_with_a_generated_name(
    cfn: OneResource, more: Json
) -> None:
    """CloudFormation never got the answer of the Create."""
    cfn.properties, cfn.physical_id = {**CLASSIFIER, **more}, INVENTED
    cfn.mailbox.misbehave(403, times=1)
    cfn.account.run(cfn.send(cfn.event("Create", cfn.properties)))
    cfn.comes_to("ROLLBACK_IN_PROGRESS")
    assert cfn.delete().succeeded().changes == ["DeleteEndpoint"]
    assert cfn.statuses() == {}


@pytest.mark.parametrize("known", [True, False], ids=["it was the resource", "a hand-made event"])
def test_an_invented_id_deletes_nothing_without_proof(cfn: OneResource, known: bool) -> None:
    cfn.create(NAMED).succeeded()
    cfn.physical_id = INVENTED
    if not known:
        cfn.hand_made()
    event = cfn.event("Delete", NAMED, during="DELETE_IN_PROGRESS")
    assert cfn.run(event).succeeded().changes == []
    assert cfn.statuses() == {"mine": "IN_SERVICE"}
    log = cfn.account.functions.log.getvalue()
    assert "an endpoint is left" in log
    assert "EndpointsKept" in log


@pytest.mark.parametrize(
    ("owner", "properties"),
    [
        pytest.param(None, NAMED, id="foreign"),
        pytest.param(None, NAMED_FLYWHEEL, id="foreign, flywheel"),
        pytest.param(None, {}, id="foreign, no properties"),
        pytest.param(None, NONSENSE, id="foreign, nonsense"),
        pytest.param(("other", "Sentiment"), NAMED, id="another stack's"),
        pytest.param(("demo", "Other"), NAMED, id="another resource's"),
    ],
)
def test_an_invented_id_never_reaches_what_is_not_this_resource_s(
    cfn: OneResource, admin: Admin, owner: tuple[str, str] | None, properties: Json
) -> None:
    tags = OneResource(cfn.account, *owner).own_tags() if owner else SOMEBODY
    admin.put_endpoint("mine", classifier(), tags=tags)
    cfn.properties, cfn.physical_id = properties, INVENTED
    assert cfn.delete().succeeded().changes == []
    assert cfn.statuses() == {"mine": "IN_SERVICE"}


@pytest.mark.parametrize("changes", [{}, {STACK_TAG: "x"}], ids=["no tags", "another stack's"])
def test_an_endpoint_that_lost_our_tags_is_not_deleted_and_the_delete_says_so(
    cfn: OneResource, admin: Admin, changes: dict[str, str]
) -> None:
    tags = cfn.own_tags() | changes if changes else {}
    cfn.physical_id = admin.put_endpoint("mine", classifier(), tags=tags)
    failed = cfn.delete().failed(endpoint_arn("mine"), "ownership tags")
    assert failed.reason.startswith("Tags")
    assert failed.changes == []
    assert list(cfn.statuses()) == ["mine"]


@pytest.mark.parametrize("properties", [{}, NONSENSE, {"ServiceTimeout": "a while"}, "text", None])
def test_a_delete_never_fails_on_its_properties(cfn: OneResource, properties: Any) -> None:
    cfn.given(NAMED)
    cfn.run(cfn.event("Delete", {}) | {"ResourceProperties": properties}).succeeded()
    assert cfn.statuses() == {}


def test_an_endpoint_that_is_made_anew_during_its_deletion_is_not_deleted_twice(
    cfn: OneResource, admin: Admin
) -> None:
    arn = cfn.given(NAMED)
    deleting = cfn.send_until(
        cfn.event("Delete", NAMED), lambda: cfn.statuses() == {"mine": "DELETING"}
    )
    admin.remove_endpoint(arn)
    admin.put_endpoint("mine", classifier(), tags=SOMEBODY)
    cfn.finish(deleting)
    assert cfn.statuses() == {"mine": "IN_SERVICE"}
    assert len(admin.calls("DeleteEndpoint")) == 1


@pytest.mark.parametrize("status", ["CREATING", "UPDATING", "IN_SERVICE"])
def test_the_ownership_is_read_before_every_try_to_delete(
    cfn: OneResource, admin: Admin, status: str
) -> None:
    """The endpoint was busy, and when its deletion is tried again it is somebody else's."""
    admin.add_fault("DeleteEndpoint", code="ResourceInUseException", nth=1)
    admin.change_settings(delete_while_creating="accepted", delete_while_updating="accepted")
    cfn.given(NAMED, status)
    deleting = cfn.send_until_called(cfn.event("Delete", NAMED), "DeleteEndpoint")
    admin.put_endpoint("mine", classifier(), status=status, tags=SOMEBODY)
    cfn.finish(deleting)
    assert list(cfn.statuses()) == ["mine"]
    assert len(admin.calls("DeleteEndpoint")) == 1
