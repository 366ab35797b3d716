"""Several resources and stacks at once: their operations take turns and do not mix."""

import pytest

from local.comprehend import Admin
from testing.account import Account
from testing.events import Json
from testing.one_resource import BROKEN, CLASSIFIER, NAMED, RECOGNIZER, OneResource, Outcome

OWNERS = [(stack, logical_id) for stack in ("one", "two") for logical_id in ("A", "B", "C")]


@pytest.fixture
def resources(account: Account) -> list[OneResource]:
    return [OneResource(account, *owner) for owner in OWNERS]


def run_all(resources: list[OneResource], kind: str, *properties: Json) -> list[Outcome]:
    """Carries one request of each out at the same time, with its own properties or the same."""
    asked = properties if len(properties) > 1 else properties * len(resources)
    operations = [
        each.send(each.event(kind, new, each.properties))
        for each, new in zip(resources, asked, strict=True)
    ]
    resources[0].account.run(*operations)
    return [each.finish(operation) for each, operation in zip(resources, operations, strict=True)]


def statuses(outcomes: list[Outcome]) -> list[str]:
    return [each.answer["Status"] for each in outcomes]


def test_each_gets_its_own_endpoint_and_answer(resources: list[OneResource], admin: Admin) -> None:
    made = run_all(resources, "Create", *[CLASSIFIER, RECOGNIZER, BROKEN] * 2)
    assert statuses(made) == ["SUCCESS", "SUCCESS", "FAILED"] * 2
    assert len(admin.endpoints()) == 4

    units = ["2", "3", "4", "5"]
    working = [each for each in resources if each.properties["ModelArn"] != BROKEN["ModelArn"]]
    # The recognizers are replaced, the classifiers updated.
    updated = run_all(
        working, "Update", *({**CLASSIFIER, "DesiredInferenceUnits": each} for each in units)
    )
    assert [each.answer["Data"]["CurrentInferenceUnits"] for each in updated] == units
    assert len({each.physical_id for each in updated}) == 4

    run_all(resources, "Delete", CLASSIFIER)
    left = {each["ModelArn"] for each in admin.endpoints()}
    assert left == {RECOGNIZER["ModelArn"]}


def test_all_finish_though_the_service_throttles(
    resources: list[OneResource], admin: Admin
) -> None:
    admin.change_settings(
        requests_per_second={"DescribeEndpoint": 2.0, "CreateEndpoint": 1.0, "DeleteEndpoint": 1.0}
    )
    for kind in ("Create", "Delete"):
        assert set(statuses(run_all(resources, kind, CLASSIFIER))) == {"SUCCESS"}
    assert admin.endpoints() == []


def test_one_name_for_two_resources_goes_to_one_of_them(
    resources: list[OneResource], admin: Admin
) -> None:
    made = run_all(resources, "Create", NAMED)
    assert sorted(statuses(made)) == ["FAILED"] * 5 + ["SUCCESS"]
    assert len(admin.endpoints()) == 1
    # The losers' Deletes do not reach what the winner has.
    losers = [each for each in resources if not str(each.physical_id).startswith("arn:")]
    assert len(losers) == 5
    run_all(losers, "Delete", NAMED)
    assert len(admin.endpoints()) == 1
