"""Several resources and stacks at once: their operations take turns and do not mix."""

import pytest

from local.comprehend import Admin
from local.receiver import Receiver
from local.runner import Runner
from tests.functional.provider.cloudformation import (
    BROKEN,
    CLASSIFIER,
    RECOGNIZER,
    CloudFormation,
    Json,
    answer_to,
)

OWNERS = [(stack, logical_id) for stack in ("one", "two") for logical_id in ("A", "B", "C")]


@pytest.fixture
def resources(runner: Runner, receiver: Receiver, admin: Admin) -> list[CloudFormation]:
    return [CloudFormation(runner, receiver, admin, *owner) for owner in OWNERS]


def run_all(resources: list[CloudFormation], events: list[Json]) -> list[Json]:
    """Carries one event of each out at the same time; the answers."""
    operations = [each.send(event) for each, event in zip(resources, events, strict=True)]
    resources[0].runner.run(*operations)
    answers = [answer_to(event, resources[0].receiver) for event in events]
    for each, answer in zip(resources, answers, strict=True):
        each.physical_id = answer["PhysicalResourceId"]
    return answers


def test_each_gets_its_own_endpoint_and_answer(
    resources: list[CloudFormation], admin: Admin
) -> None:
    made = [CLASSIFIER, RECOGNIZER, BROKEN] * 2
    answers = run_all(
        resources, [each.event("Create", new) for each, new in zip(resources, made, strict=True)]
    )
    assert [each["Status"] for each in answers] == ["SUCCESS", "SUCCESS", "FAILED"] * 2
    assert len(admin.endpoints()) == 4

    units = [str(number) for number in range(2, 8)]
    changed = [{**CLASSIFIER, "DesiredInferenceUnits": each} for each in units]
    working = [each for each, answer in zip(resources, answers, strict=True) if "Data" in answer]
    events = [
        each.event("Update", new, CLASSIFIER) for each, new in zip(working, changed, strict=False)
    ]
    # The recognizers are replaced, the classifiers updated.
    updated = run_all(working, events)
    assert [each["Data"]["CurrentInferenceUnits"] for each in updated] == units[:4]
    assert [each["PhysicalResourceId"] for each in updated] == [
        each.endpoint()["EndpointArn"] for each in working
    ]

    run_all(resources, [each.event("Delete", CLASSIFIER) for each in resources])
    left = {each["ModelArn"] for each in admin.endpoints()}
    assert left == {RECOGNIZER["ModelArn"]}


def test_all_finish_though_the_service_throttles(
    resources: list[CloudFormation], admin: Admin
) -> None:
    admin.change_settings(
        requests_per_second={"DescribeEndpoint": 2.0, "CreateEndpoint": 1.0, "DeleteEndpoint": 1.0}
    )
    answers = run_all(resources, [each.event("Create", CLASSIFIER) for each in resources])
    assert {each["Status"] for each in answers} == {"SUCCESS"}
    answers = run_all(resources, [each.event("Delete", CLASSIFIER) for each in resources])
    assert {each["Status"] for each in answers} == {"SUCCESS"}
    assert admin.endpoints() == []


def test_one_name_for_two_resources_goes_to_one_of_them(
    resources: list[CloudFormation], admin: Admin
) -> None:
    properties = {**CLASSIFIER, "EndpointName": "contested"}
    answers = run_all(resources, [each.event("Create", properties) for each in resources])
    assert sorted(each["Status"] for each in answers) == ["FAILED"] * 5 + ["SUCCESS"]
    assert len(admin.endpoints()) == 1
    # The losers' Deletes do not reach what the winner has.
    losers = [each for each in resources if not str(each.physical_id).startswith("arn:")]
    assert len(losers) == 5
    run_all(losers, [each.event("Delete", properties) for each in losers])
    assert len(admin.endpoints()) == 1
