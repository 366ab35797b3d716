"""The same event more than once: at once, on the way, late, and after all is different."""

import pytest

from local.asl import TaskError
from local.comprehend import Admin
from local.functions import REQUEST
from provider.contract.event import parse_event
from provider.model.naming import execution_name
from tests.functional.emulated import endpoint_arn
from tests.functional.provider.cloudformation import CLASSIFIER, CloudFormation, Json

NAMED: Json = {**CLASSIFIER, "EndpointName": "mine"}
RENAMED: Json = {**CLASSIFIER, "EndpointName": "second"}


def assert_nothing_happens(cfn: CloudFormation, event: Json) -> None:
    """Delivers an event again, and asserts that nobody notices."""
    endpoints, puts = cfn.admin.endpoints(), len(cfn.receiver.puts)
    executions = set(cfn.runner.executions)
    again = cfn.send(event)
    cfn.runner.run(again)
    assert again.executions == []
    assert set(cfn.runner.executions) == executions
    assert cfn.admin.endpoints() == endpoints
    assert len(cfn.receiver.puts) == puts


def test_an_execution_is_named_by_the_requests_digest(cfn: CloudFormation) -> None:
    event = cfn.event("Create", NAMED)
    outcome = cfn.run(event).succeeded()
    (execution,) = outcome.operation.executions
    assert execution.name == execution_name(parse_event(event).reply)


@pytest.mark.parametrize("steps", range(8))
def test_a_duplicate_on_the_way_makes_no_second_endpoint_and_no_second_answer(
    cfn: CloudFormation, admin: Admin, steps: int
) -> None:
    cfn.says("CREATE_IN_PROGRESS", resource="CREATE_IN_PROGRESS")
    event = cfn.event("Create", NAMED)
    operations = [cfn.send(event)]
    for _ in range(steps):
        operations[0].step()
    operations.append(cfn.send(event))
    cfn.runner.run(*reversed(operations))
    assert len(cfn.runner.executions) == 1
    assert len(admin.calls("CreateEndpoint")) == 1
    (put,) = cfn.receiver.puts
    assert put.answer()["Status"] == "SUCCESS"
    assert cfn.statuses() == {"mine": "IN_SERVICE"}


def test_a_late_duplicate_does_nothing_whatever_has_happened_since(cfn: CloudFormation) -> None:
    cfn.says("CREATE_IN_PROGRESS", resource="CREATE_IN_PROGRESS")
    creation = cfn.event("Create", NAMED)
    cfn.physical_id = cfn.run(creation).succeeded().physical_id
    cfn.properties = NAMED
    assert_nothing_happens(cfn, creation)

    scaling = cfn.event("Update", {**NAMED, "DesiredInferenceUnits": "2"}, NAMED)
    cfn.run(scaling).succeeded()
    assert_nothing_happens(cfn, creation)

    renaming = cfn.event("Update", RENAMED, {**NAMED, "DesiredInferenceUnits": "2"})
    replaced, cfn.physical_id = cfn.physical_id, cfn.run(renaming).succeeded().physical_id
    cfn.clean_up(replaced, NAMED).succeeded()
    for event in (creation, scaling, renaming):
        assert_nothing_happens(cfn, event)

    deletion = cfn.event("Delete", RENAMED)
    cfn.run(deletion).succeeded()
    for event in (creation, scaling, renaming, deletion):
        assert_nothing_happens(cfn, event)
    assert cfn.statuses() == {}


def test_a_late_duplicate_of_a_failed_create_makes_nothing(cfn: CloudFormation) -> None:
    event = cfn.event("Create", {**NAMED, "DesiredInferenceUnits": "51"})
    cfn.run(event).failed("ResourceLimitExceededException")
    assert_nothing_happens(cfn, event)


def test_a_late_duplicate_of_a_delete_leaves_the_successor_alone(cfn: CloudFormation) -> None:
    cfn.create(NAMED).succeeded()
    deletion = cfn.event("Delete", NAMED)
    cfn.run(deletion).succeeded()
    cfn.create(NAMED).succeeded()
    assert_nothing_happens(cfn, deletion)
    assert cfn.statuses() == {"mine": "IN_SERVICE"}


def test_a_request_id_that_comes_again_is_another_request(cfn: CloudFormation) -> None:
    """A deployment that is retried may reuse it; the ResponseURL is new."""
    first = cfn.event("Create", NAMED)
    cfn.run(first).succeeded()
    cfn.physical_id = endpoint_arn("mine")
    cfn.run(cfn.event("Delete", NAMED)).succeeded()
    second = first | {"ResponseURL": cfn.receiver.url()}
    cfn.run(second).succeeded()
    assert cfn.statuses() == {"mine": "IN_SERVICE"}


@pytest.mark.parametrize(
    ("kind", "properties", "physical_id"),
    [
        ("Create", {**NAMED, "Unknown": "x"}, None),
        ("Update", {**NAMED, "Unknown": "x"}, endpoint_arn("mine")),
        ("Delete", NAMED, "not-created/0123456789abcdef"),
        ("Restart", NAMED, None),
    ],
    ids=["bad Create", "bad Update", "Delete of nothing", "unknown"],
)
def test_what_is_decided_at_once_is_answered_alike_each_time(
    cfn: CloudFormation, admin: Admin, kind: str, properties: Json, physical_id: str | None
) -> None:
    event = cfn.event(kind, properties, NAMED) | {"PhysicalResourceId": physical_id}
    for _ in range(3):
        cfn.runner.run(cfn.send(event))
    bodies = {put.body for put in cfn.receiver.at(event["ResponseURL"])}
    assert len(bodies) == 1
    assert admin.endpoints() == []


def test_lambda_trying_again_after_the_execution_was_started_starts_no_second_one(
    cfn: CloudFormation, admin: Admin
) -> None:
    deaths = iter([TaskError("Sandbox.Timedout"), TaskError("Runtime.ExitError")])

    def dies_after_its_work(name: str, result: object) -> None:
        death = next(deaths, None) if name == REQUEST else None
        if death:
            raise death

    cfn.runner.functions.after = dies_after_its_work
    outcome = cfn.create(NAMED).succeeded()
    assert len(outcome.operation.executions) == 1
    assert len(admin.calls("CreateEndpoint")) == 1
