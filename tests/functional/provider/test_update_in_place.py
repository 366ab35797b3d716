"""Updates that keep the endpoint: what is sent, and what is left alone."""

import pytest

from local.comprehend import Admin, ComprehendEmulator
from provider.contract.fields import SETTINGS
from tests.functional.emulated import classifier, flywheel, role
from tests.functional.provider.cloudformation import (
    CLASSIFIER,
    FLYWHEEL,
    CloudFormation,
    Json,
)

BOTH: Json = {**CLASSIFIER, **FLYWHEEL}
FLYWHEEL_MODEL = classifier("reviews/version/flywheel-1")
PROMOTED = classifier("reviews/version/promoted")
SHOWN_AS = {each.update: each.describe for each in SETTINGS}
"""The parameters of UpdateEndpoint, and what DescribeEndpoint calls each."""


def tags(**pairs: str) -> Json:
    return {"Tags": [{"Key": key, "Value": value} for key, value in pairs.items()]}


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
    cfn: CloudFormation, old: Json, new: Json, sent: Json
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


def test_an_update_is_answered_when_it_has_come_about(cfn: CloudFormation) -> None:
    cfn.create(CLASSIFIER).succeeded()
    cfn.receiver.reset()
    new = {**CLASSIFIER, "DesiredInferenceUnits": "3"}
    operation = cfn.send(cfn.event("Update", new, CLASSIFIER))
    while not cfn.receiver.puts:
        operation.step()
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
def test_an_update_without_effect_is_answered_at_once(cfn: CloudFormation, new: Json) -> None:
    created = cfn.create(CLASSIFIER).succeeded()
    updated = cfn.update(new).succeeded()
    assert updated.changes == []
    assert updated.waits == 0
    assert updated.seconds == 0
    assert updated.physical_id == created.physical_id
    assert updated.answer["Data"] == created.answer["Data"]


def test_naming_the_generated_name_is_no_replacement(cfn: CloudFormation) -> None:
    created = cfn.create(CLASSIFIER).succeeded()
    name = created.answer["Data"]["EndpointName"]
    updated = cfn.update({**CLASSIFIER, "EndpointName": name}).succeeded()
    assert updated.changes == []
    assert updated.physical_id == created.physical_id


def test_units_already_there_need_no_call(cfn: CloudFormation, admin: Admin) -> None:
    created = cfn.create(CLASSIFIER).succeeded()
    admin.change_units(created.physical_id, 5)
    assert cfn.update({**CLASSIFIER, "DesiredInferenceUnits": "5"}).succeeded().changes == []


UNRELATED = [
    pytest.param(tags(a="1"), ["TagResource"], id="tags"),
    pytest.param({"DataAccessRoleArn": role()}, ["UpdateEndpoint"], id="role"),
    pytest.param({"ServiceTimeout": "60"}, [], id="ServiceTimeout"),
]


@pytest.mark.parametrize(("change", "calls"), UNRELATED)
def test_auto_scaled_units_survive_an_unrelated_update(
    cfn: CloudFormation, admin: Admin, change: Json, calls: list[str]
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
    cfn: CloudFormation, admin: Admin, properties: Json, change: Json, calls: list[str]
) -> None:
    cfn.create(properties).succeeded()
    assert admin.promote_model(flywheel(), PROMOTED) == 1
    updated = cfn.update({**properties, **change}).succeeded()
    assert updated.changes == calls
    assert cfn.endpoint()["ModelArn"] == PROMOTED
    assert updated.answer["Data"]["ModelArn"] == PROMOTED


def test_a_new_model_in_the_template_wins_over_a_promoted_one(
    cfn: CloudFormation, admin: Admin
) -> None:
    cfn.create(BOTH).succeeded()
    admin.promote_model(flywheel(), PROMOTED)
    chosen = classifier("reviews/version/v9")
    cfn.update({**BOTH, "ModelArn": chosen}).succeeded()
    assert cfn.endpoint()["ModelArn"] == chosen
    assert cfn.endpoint()["FlywheelArn"] == flywheel()


def test_auto_scaling_during_an_update_is_no_failure_and_no_second_update(
    cfn: CloudFormation, admin: Admin
) -> None:
    created = cfn.create(CLASSIFIER).succeeded()
    event = cfn.event("Update", {**CLASSIFIER, "DesiredInferenceUnits": "2"}, CLASSIFIER)
    operation = cfn.send(event)
    scaled = False
    while not operation.done:
        operation.step()
        settled = cfn.endpoint()["Status"] == "IN_SERVICE"
        if settled and admin.calls("UpdateEndpoint") and not scaled:
            admin.change_units(created.physical_id, 6)
            scaled = True
    assert scaled
    (put,) = cfn.receiver.at(event["ResponseURL"])
    assert put.answer()["Status"] == "SUCCESS"
    assert len(admin.calls("UpdateEndpoint")) == 1
    assert cfn.endpoint()["DesiredInferenceUnits"] == 6


@pytest.mark.parametrize("name", [{}, {"EndpointName": "mine"}], ids=["generated", "explicit"])
def test_an_endpoint_that_vanished_is_made_again_under_the_same_arn(
    cfn: CloudFormation, admin: Admin, name: Json
) -> None:
    properties = {**CLASSIFIER, **name, **tags(a="1")}
    created = cfn.create(properties).succeeded()
    admin.remove_endpoint(created.physical_id)
    new = {**properties, "DesiredInferenceUnits": "2"}
    updated = cfn.update(new).succeeded()
    assert updated.changes == ["CreateEndpoint"]
    assert updated.physical_id == created.physical_id
    assert cfn.endpoint()["DesiredInferenceUnits"] == 2
    assert cfn.endpoint()["Tags"]["a"] == "1"


def test_an_endpoint_that_is_going_is_made_again_when_it_is_gone(
    cfn: CloudFormation, emulator: ComprehendEmulator
) -> None:
    created = cfn.create(CLASSIFIER).succeeded()
    client = emulator.client()
    client.delete_endpoint(EndpointArn=created.physical_id)
    client.close()
    updated = cfn.update({**CLASSIFIER, "DesiredInferenceUnits": "2"}).succeeded()
    assert updated.changes == ["CreateEndpoint"]
    assert updated.physical_id == created.physical_id
    assert cfn.endpoint()["Status"] == "IN_SERVICE"


def test_an_update_waits_for_a_busy_endpoint(cfn: CloudFormation, admin: Admin) -> None:
    created = cfn.create({**FLYWHEEL, **tags(a="1")}).succeeded()
    admin.promote_model(flywheel(), PROMOTED, gradually=True)
    assert cfn.endpoint()["Status"] == "UPDATING"
    updated = cfn.update({**FLYWHEEL, "DesiredInferenceUnits": "2"}).succeeded()
    assert updated.physical_id == created.physical_id
    assert cfn.endpoint()["DesiredInferenceUnits"] == 2
    assert cfn.endpoint()["ModelArn"] == PROMOTED


@pytest.mark.parametrize(
    "old",
    [
        "not an object",
        None,
        {},
        {"DesiredInferenceUnits": "many", "ModelArn": "not an ARN", "Tags": "none", "New": "x"},
        {"ModelArn": [1], "EndpointName": {"a": "b"}, "Tags": [{"Key": 1}, 2]},
    ],
)
def test_old_properties_never_fail_a_request(cfn: CloudFormation, old: object) -> None:
    created = cfn.create(CLASSIFIER).succeeded()
    event = cfn.event("Update", {**CLASSIFIER, "DesiredInferenceUnits": "2"})
    outcome = cfn.run(event | {"OldResourceProperties": old}).succeeded()
    assert outcome.physical_id == created.physical_id
    assert cfn.endpoint()["DesiredInferenceUnits"] == 2
