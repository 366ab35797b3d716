"""Updates that keep the endpoint: what is sent, and what is left alone."""

import pytest

from local.comprehend import Admin
from provider.aws.comprehend import CLIENT_CONFIG
from provider.contract.fields import SETTINGS
from testing.account import Account
from testing.arns import REGION, classifier, flywheel, recognizer, role
from testing.events import Json
from testing.one_resource import CLASSIFIER, FLYWHEEL, NAMED, OneResource, tags

BOTH: Json = {**CLASSIFIER, **FLYWHEEL}
FLYWHEEL_MODEL = classifier("reviews/version/flywheel-1")
PROMOTED = classifier("reviews/version/promoted")
SHOWN_AS = {each.update: each.describe for each in SETTINGS}
"""The parameters of UpdateEndpoint, and what DescribeEndpoint calls each."""


@pytest.mark.parametrize(
    ("old", "new", "sent"),
    [
        pytest.param(
            CLASSIFIER,
            {**CLASSIFIER, "DesiredInferenceUnits": "4"},
            {"DesiredInferenceUnits": 4},
            id="units",
        ),
        pytest.param(
            CLASSIFIER,
            {**CLASSIFIER, "ModelArn": classifier("reviews/version/v2")},
            {"DesiredModelArn": classifier("reviews/version/v2")},
            id="another version",
        ),
        pytest.param(
            CLASSIFIER,
            {**CLASSIFIER, "ModelArn": classifier("complaints")},
            {"DesiredModelArn": classifier("complaints")},
            id="another model",
        ),
        pytest.param(
            CLASSIFIER,
            {**CLASSIFIER, "DataAccessRoleArn": role()},
            {"DesiredDataAccessRoleArn": role()},
            id="role added",
        ),
        pytest.param(
            {**CLASSIFIER, "DataAccessRoleArn": role()},
            {**CLASSIFIER, "DataAccessRoleArn": role("other")},
            {"DesiredDataAccessRoleArn": role("other")},
            id="role changed",
        ),
        pytest.param(
            CLASSIFIER,
            BOTH,
            {"DesiredModelArn": classifier(), "FlywheelArn": flywheel()},
            id="flywheel added to a model",
        ),
        pytest.param(
            BOTH,
            CLASSIFIER,
            {"DesiredModelArn": classifier()},
            id="flywheel removed: pinned to the model",
        ),
        pytest.param(
            FLYWHEEL,
            CLASSIFIER,
            {"DesiredModelArn": classifier()},
            id="flywheel replaced by a model",
        ),
        pytest.param(
            CLASSIFIER,
            FLYWHEEL,
            {"FlywheelArn": flywheel()},
            id="model replaced by a flywheel",
        ),
        pytest.param(
            FLYWHEEL,
            {**FLYWHEEL, "FlywheelArn": flywheel("other")},
            {"FlywheelArn": flywheel("other")},
            id="another flywheel",
        ),
        pytest.param(
            {"FlywheelArn": flywheel("recognizer"), "DesiredInferenceUnits": "1"},
            {"ModelArn": recognizer(), "DesiredInferenceUnits": "1"},
            {"DesiredModelArn": recognizer()},
            id="flywheel replaced by a model of its kind",
        ),
        pytest.param(
            CLASSIFIER,
            {
                "ModelArn": classifier("reviews/version/v2"),
                "DesiredInferenceUnits": "2",
                "DataAccessRoleArn": role(),
            },
            {
                "DesiredModelArn": classifier("reviews/version/v2"),
                "DesiredInferenceUnits": 2,
                "DesiredDataAccessRoleArn": role(),
            },
            id="several at once",
        ),
    ],
)
def test_an_update_sends_what_the_template_changed_and_keeps_the_endpoint(
    cfn: OneResource, old: Json, new: Json, sent: Json
) -> None:
    created = cfn.create(old).succeeded()
    updated = cfn.update(new).succeeded()

    assert updated.changes == ["UpdateEndpoint"]
    assert updated.parameters("UpdateEndpoint") == {"EndpointArn": created.physical_id, **sent}
    assert updated.physical_id == created.physical_id
    live = cfn.endpoint()
    for name, value in sent.items():
        assert live[SHOWN_AS[name]] == value
    assert ("FlywheelArn" in live) == ("FlywheelArn" in new)
    assert updated.answer["Data"]["ModelArn"] == live["ModelArn"]
    assert updated.answer["Data"]["DesiredInferenceUnits"] == new["DesiredInferenceUnits"]


def test_an_update_is_answered_when_it_is_complete(cfn: OneResource) -> None:
    cfn.given(NAMED)
    cfn.send_until_answered(cfn.event("Update", {**NAMED, "DesiredInferenceUnits": "3"}, NAMED))
    assert cfn.endpoint()["Status"] == "IN_SERVICE"
    assert cfn.endpoint()["CurrentInferenceUnits"] == 3


@pytest.mark.parametrize(
    "new",
    [
        {**CLASSIFIER, "ServiceTimeout": "600"},
        {**CLASSIFIER, "Tags": []},
        {**CLASSIFIER, "DesiredInferenceUnits": " 1"},
    ],
    ids=["ServiceTimeout", "no tags", "the same number"],
)
def test_an_update_without_effect_is_answered_at_once(cfn: OneResource, new: Json) -> None:
    created = cfn.create(CLASSIFIER).succeeded()
    updated = cfn.update(new).succeeded()
    assert updated.changes == []
    assert updated.waits == 0
    assert updated.seconds == 0
    assert updated.physical_id == created.physical_id
    assert updated.answer["Data"] == created.answer["Data"]


UNRELATED = [
    pytest.param(tags(a="1"), ["TagResource"], id="tags"),
    pytest.param({"DataAccessRoleArn": role()}, ["UpdateEndpoint"], id="role"),
    pytest.param({"ServiceTimeout": "60"}, [], id="ServiceTimeout"),
]


@pytest.mark.parametrize(("change", "calls"), UNRELATED)
def test_auto_scaled_units_survive_an_unrelated_update(
    cfn: OneResource, admin: Admin, change: Json, calls: list[str]
) -> None:
    created = cfn.create(CLASSIFIER).succeeded()
    admin.change_units(created.physical_id, 7)
    updated = cfn.update({**CLASSIFIER, **change}).succeeded()
    assert updated.changes == calls
    assert cfn.endpoint()["DesiredInferenceUnits"] == 7
    assert updated.answer["Data"]["DesiredInferenceUnits"] == "7"


@pytest.mark.parametrize("properties", [FLYWHEEL, BOTH], ids=["flywheel", "flywheel and model"])
@pytest.mark.parametrize(("change", "calls"), UNRELATED)
def test_a_promoted_model_survives_an_unrelated_update(
    cfn: OneResource, admin: Admin, properties: Json, change: Json, calls: list[str]
) -> None:
    cfn.create(properties).succeeded()
    assert admin.promote_model(flywheel(), PROMOTED) == 1
    updated = cfn.update({**properties, **change}).succeeded()
    assert updated.changes == calls
    assert cfn.endpoint()["ModelArn"] == PROMOTED
    assert updated.answer["Data"]["ModelArn"] == PROMOTED


def test_auto_scaling_during_an_update_is_no_failure_and_no_second_update(
    cfn: OneResource, admin: Admin
) -> None:
    arn = cfn.given(NAMED)
    event = cfn.event("Update", {**NAMED, "DesiredInferenceUnits": "2"}, NAMED)
    updating = cfn.send_until(
        event,
        lambda: admin.calls("UpdateEndpoint") and cfn.endpoint()["Status"] == "IN_SERVICE",
    )
    assert cfn.mailbox.puts == []
    admin.change_units(arn, 6)
    assert cfn.finish(updating).succeeded().changes == ["UpdateEndpoint"]
    assert cfn.endpoint()["DesiredInferenceUnits"] == 6


@pytest.mark.parametrize("named", [CLASSIFIER, NAMED], ids=["generated", "explicit"])
def test_an_endpoint_that_vanished_is_made_again_under_the_same_arn(
    cfn: OneResource, admin: Admin, named: Json
) -> None:
    properties = {**named, **tags(a="1")}
    created = cfn.create(properties).succeeded()
    admin.remove_endpoint(created.physical_id)
    new = {**properties, "DesiredInferenceUnits": "2"}
    updated = cfn.update(new).succeeded()
    assert updated.changes == ["CreateEndpoint"]
    assert updated.physical_id == created.physical_id
    assert cfn.endpoint()["DesiredInferenceUnits"] == 2
    assert cfn.endpoint()["Tags"]["a"] == "1"


def test_an_endpoint_that_is_going_is_made_again_when_it_is_gone(
    cfn: OneResource, account: Account
) -> None:
    created = cfn.create(CLASSIFIER).succeeded()
    somebody = account.comprehend.make_client("comprehend", REGION, CLIENT_CONFIG)
    somebody.delete_endpoint(EndpointArn=created.physical_id)
    updated = cfn.update({**CLASSIFIER, "DesiredInferenceUnits": "2"}).succeeded()
    assert updated.changes == ["CreateEndpoint"]
    assert updated.physical_id == created.physical_id
    assert cfn.endpoint()["Status"] == "IN_SERVICE"


def test_an_update_waits_for_a_busy_endpoint(cfn: OneResource, admin: Admin) -> None:
    created = cfn.create({**FLYWHEEL, **tags(a="1")}).succeeded()
    admin.promote_model(flywheel(), PROMOTED, gradually=True)
    assert cfn.endpoint()["Status"] == "UPDATING"
    updated = cfn.update({**FLYWHEEL, "DesiredInferenceUnits": "2"}).succeeded()
    assert updated.physical_id == created.physical_id
    assert cfn.endpoint()["DesiredInferenceUnits"] == 2
    assert cfn.endpoint()["ModelArn"] == PROMOTED


@pytest.mark.parametrize(
    "old", ["not an object", {}, {"ModelArn": [1], "EndpointName": {"a": "b"}, "Tags": "none"}]
)
def test_an_update_never_fails_on_its_old_properties(cfn: OneResource, old: object) -> None:
    created = cfn.create(CLASSIFIER).succeeded()
    event = cfn.event("Update", {**CLASSIFIER, "DesiredInferenceUnits": "2"})
    outcome = cfn.run(event | {"OldResourceProperties": old}).succeeded()
    assert outcome.physical_id == created.physical_id
    assert cfn.endpoint()["DesiredInferenceUnits"] == 2
