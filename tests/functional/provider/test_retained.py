"""Endpoints that a stack let go on purpose: they carry its tags, and only an offer takes them.

E17: DeletionPolicy or UpdateReplacePolicy Retain. CloudFormation sends no Delete, and the stack's
events show DELETE_SKIPPED.
"""

import pytest

from local.comprehend import Admin
from provider.model.ownership import ADOPT_TAG
from testing.arns import classifier, endpoint_arn
from testing.events import Json
from testing.one_resource import BROKEN, CLASSIFIER, NAMED, RENAMED, OneResource, tags

OFFER = {ADOPT_TAG: "demo/Sentiment"}
ROLLED_BACK = "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"
INVENTED = "demo-Sentiment-1ABCDEFGHIJKL"


@pytest.fixture(params=[CLASSIFIER, NAMED], ids=["generated", "explicit"])
def retained(request: pytest.FixtureRequest, cfn: OneResource) -> Json:
    """The properties of a retained endpoint, which has been there for a while."""
    properties: Json = request.param
    cfn.create(properties).succeeded()
    cfn.account.clock.advance(60)
    cfn.retained()
    cfn.account.clock.advance(600)
    return properties


def serves(cfn: OneResource) -> bool:
    return list(cfn.statuses().values()) == ["IN_SERVICE"] and not cfn.admin.calls("DeleteEndpoint")


def test_bringing_it_back_without_an_offer_is_refused_and_leaves_it(
    cfn: OneResource, retained: Json
) -> None:
    before = cfn.admin.endpoints()
    failed = cfn.create(retained).failed("Sentiment of the stack demo", "DELETE_SKIPPED", ADOPT_TAG)
    assert failed.changes == []
    assert failed.physical_id.startswith("failed/")
    assert cfn.clean_up(failed.physical_id, retained, ROLLED_BACK).succeeded().changes == []
    assert cfn.admin.endpoints() == before


def test_whoever_does_what_the_reason_says_gets_it(
    cfn: OneResource, admin: Admin, retained: Json
) -> None:
    reason = cfn.create(retained).failed().reason
    _, _, command = reason.partition(f"--tags Key={ADOPT_TAG},Value=")
    arn = admin.endpoints()[0]["EndpointArn"]
    admin.put_tags(arn, {ADOPT_TAG: command.split()[0]})
    assert cfn.create(retained).succeeded().physical_id == arn


@pytest.mark.parametrize("sibling", ["fails", "succeeds"])
def test_once_offered_it_is_on_trial_until_the_stack_is_complete(
    cfn: OneResource, admin: Admin, retained: Json, sibling: str
) -> None:
    admin.put_tags(admin.endpoints()[0]["EndpointArn"], OFFER)
    adopted = cfn.create(retained).succeeded()
    assert adopted.changes == ["TagResource"]
    cfn.account.clock.advance(5)
    if sibling == "fails":
        back = cfn.clean_up(adopted.physical_id, retained, ROLLED_BACK).succeeded()
        assert back.changes == ["UntagResource"]
        assert serves(cfn)
    else:
        cfn.completes()
        assert cfn.delete().succeeded().changes == ["DeleteEndpoint"]


def test_an_offered_one_with_other_settings_is_refused_and_left_as_it_is(
    cfn: OneResource, admin: Admin, retained: Json
) -> None:
    admin.put_tags(admin.endpoints()[0]["EndpointArn"], OFFER)
    before = admin.endpoints()
    failed = cfn.create({**retained, "DesiredInferenceUnits": "3"}).failed("DesiredInferenceUnits")
    cfn.clean_up(failed.physical_id, retained, ROLLED_BACK).succeeded()
    assert admin.endpoints() == before


@pytest.mark.parametrize("physical_id", [INVENTED, "failed/0123456789abcdef0123456789abcdef"])
def test_a_delete_with_an_id_that_names_no_endpoint_leaves_it(
    cfn: OneResource, retained: Json, physical_id: str
) -> None:
    before = cfn.admin.endpoints()
    assert cfn.clean_up(physical_id, retained, ROLLED_BACK).succeeded().changes == []
    assert cfn.admin.endpoints() == before
    assert "an endpoint is left" in cfn.account.functions.log.getvalue()
    assert "EndpointsKept" in cfn.account.functions.log.getvalue()


def test_a_cancelled_create_over_it_leaves_it(cfn: OneResource, retained: Json) -> None:
    """E4, with an id that CloudFormation invents."""
    before = cfn.admin.endpoints()
    creating = cfn.send(cfn.event("Create", retained))
    for _ in range(3):
        creating.step()
    cfn.account.clock.advance(20)
    event = cfn.event("Delete", retained, during=ROLLED_BACK, PhysicalResourceId=INVENTED)
    deleting = cfn.send(event)
    cfn.account.run(creating, deleting)
    cfn.finish(deleting).succeeded()
    assert cfn.admin.endpoints() == before


# ------------------------------------------------------------------ A name that was kept


@pytest.fixture
def blue(cfn: OneResource) -> str:
    """The stack has replaced it by `second`, and kept it (UpdateReplacePolicy)."""
    arn = cfn.create(NAMED).succeeded().physical_id
    cfn.account.clock.advance(60)
    cfn.update(RENAMED).succeeded()
    cfn.retained(arn)
    cfn.account.clock.advance(600)
    return arn


BACK_TO_BLUE = {
    "succeeding": NAMED,
    "mistyped": {**NAMED, "ModelArn": BROKEN["ModelArn"]},
    "with tags": {**NAMED, **tags(a="1")},
}


@pytest.mark.parametrize("how", BACK_TO_BLUE)
def test_going_back_to_a_kept_name_without_an_offer_is_refused(
    cfn: OneResource, blue: str, how: str
) -> None:
    """Update, rolled back; then the stack is deleted."""
    before = cfn.admin.endpoint(blue)
    new = BACK_TO_BLUE[how]
    failed = cfn.update(new).failed("EndpointName", "DELETE_SKIPPED")
    assert failed.changes == []
    assert cfn.roll_back(RENAMED, was=new).succeeded().changes == []
    assert cfn.admin.endpoint(blue) == before
    cfn.delete().succeeded()
    assert cfn.admin.endpoint(blue) == before
    assert list(cfn.statuses()) == ["mine"]


@pytest.mark.parametrize("sibling", ["fails", "succeeds"])
def test_going_back_to_a_kept_name_that_is_offered_adopts_it(
    cfn: OneResource, admin: Admin, blue: str, sibling: str
) -> None:
    admin.put_tags(blue, OFFER)
    assert cfn.update(NAMED).succeeded().physical_id == blue
    if sibling == "fails":
        assert cfn.roll_back(RENAMED).succeeded().physical_id == endpoint_arn("second")
        assert cfn.clean_up(blue, NAMED, ROLLED_BACK).succeeded().changes == ["UntagResource"]
        assert cfn.statuses() == {"mine": "IN_SERVICE", "second": "IN_SERVICE"}
        return
    cfn.clean_up(endpoint_arn("second"), RENAMED).succeeded()
    cfn.completes()
    assert cfn.statuses() == {"mine": "IN_SERVICE"}
    cfn.account.clock.advance(5)
    assert cfn.delete().succeeded().changes == ["DeleteEndpoint"]


def test_a_rollback_to_the_endpoint_that_its_replacement_had_kept_uses_it(
    cfn: OneResource,
) -> None:
    """It is not kept yet: CloudFormation lets it go only in the clean-up."""
    arn = cfn.create(NAMED).succeeded().physical_id
    cfn.update(RENAMED).succeeded()
    assert cfn.roll_back(NAMED).succeeded().physical_id == arn
    cfn.clean_up(endpoint_arn("second"), RENAMED, ROLLED_BACK).succeeded()
    assert cfn.statuses() == {"mine": "IN_SERVICE"}


# ------------------------------------------------------------------ Never held


def test_a_replacement_that_cloudformation_refuses_after_the_answer_leaks_nothing(
    cfn: OneResource,
) -> None:
    """E27: replacements are not supported while what succeeds is preserved."""
    cfn.create(NAMED).succeeded()
    cfn.completes()
    cfn.account.clock.advance(60)
    cfn.preserves = True
    cfn.update(RENAMED).succeeded()
    cfn.physical_id = endpoint_arn("mine")
    cfn.roll_back(NAMED, was=RENAMED).succeeded()
    assert cfn.statuses() == {"mine": "IN_SERVICE"}


@pytest.mark.parametrize("order", ["before", "after"])
def test_a_create_that_is_tried_again_keeps_its_endpoint(cfn: OneResource, order: str) -> None:
    """E28: the Delete of the failed one comes before the new Create, or in the clean-up."""
    bad = {**NAMED, "ModelArn": BROKEN["ModelArn"]}
    first = cfn.create(bad).failed().physical_id
    cfn.comes_to("UPDATE_FAILED")
    cfn.account.clock.advance(60)
    if order == "before":
        cfn.clean_up(first, bad, "UPDATE_IN_PROGRESS").succeeded()
    created = cfn.run(cfn.event("Create", NAMED, during="UPDATE_IN_PROGRESS")).succeeded()
    if order == "after":
        cfn.clean_up(first, bad).succeeded()
    assert cfn.statuses() == {"mine": "IN_SERVICE"}
    assert created.physical_id == endpoint_arn("mine")


@pytest.mark.parametrize("sent", ["a duplicate", "an invented id"])
def test_a_stack_that_repeats_its_first_status_has_held_its_endpoint_all_the_same(
    cfn: OneResource, sent: str
) -> None:
    """CREATE_IN_PROGRESS comes again when all resources are configured."""
    event = cfn.event("Create", NAMED)
    cfn.run(event).succeeded()
    cfn.account.clock.advance(20)
    cfn.comes_to("CREATE_IN_PROGRESS")
    cfn.account.clock.advance(20)
    cfn.completes()
    cfn.account.clock.advance(600)
    if sent == "a duplicate":
        (name,) = cfn.account.executions
        cfn.account.forget(name)
        cfn.account.run(cfn.account.send(event))
    else:
        cfn.clean_up("demo-Sentiment-1ABCDEFGHIJKL", NAMED).succeeded()
    assert cfn.statuses() == {"mine": "IN_SERVICE"}
    assert cfn.admin.calls("DeleteEndpoint") == []


def test_a_leftover_whose_events_are_no_longer_kept_stays(cfn: OneResource, admin: Admin) -> None:
    """CloudFormation keeps events for 90 days: nothing shows whether the stack had it."""
    admin.put_endpoint("mine", classifier(), tags=cfn.own_tags())
    cfn.account.clock.advance(600)
    cfn.comes_to("CREATE_IN_PROGRESS")
    cfn.comes_to("UPDATE_IN_PROGRESS")
    del cfn.stack.events[0]
    before = admin.endpoints()
    cfn.create(NAMED).failed("do not reach back")
    assert admin.endpoints() == before
