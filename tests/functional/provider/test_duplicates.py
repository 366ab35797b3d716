"""The same event more than once: on its way, late, and after everything has changed."""

import pytest

from local.comprehend import Admin
from testing.arns import endpoint_arn
from testing.asl import TaskError
from testing.events import Json
from testing.functions import REQUEST
from testing.one_resource import NAMED, RENAMED, OneResource


def assert_nothing_happens(cfn: OneResource, *events: Json) -> None:
    """Delivers events again, and asserts that nobody notices."""
    endpoints, puts = cfn.admin.endpoints(), len(cfn.mailbox.puts)
    executions = set(cfn.account.executions)
    for event in events:
        cfn.account.run(cfn.send(event))
    assert set(cfn.account.executions) == executions
    assert cfn.admin.endpoints() == endpoints
    assert len(cfn.mailbox.puts) == puts


@pytest.mark.parametrize("steps", [0, 1, 2, 7])
def test_a_duplicate_on_the_way_makes_no_second_endpoint_and_no_second_answer(
    cfn: OneResource, admin: Admin, steps: int
) -> None:
    event = cfn.event("Create", NAMED)
    first = cfn.send(event)
    for _ in range(steps):
        first.step()
    duplicate = cfn.send(event)
    cfn.account.run(duplicate, first)
    cfn.finish(first).succeeded()
    assert len(cfn.account.executions) == 1
    assert len(admin.calls("CreateEndpoint")) == 1
    assert len(cfn.mailbox.puts) == 1


def test_late_duplicates_do_nothing_after_everything_has_changed(cfn: OneResource) -> None:
    creation = cfn.event("Create", NAMED)
    created = cfn.run(creation).succeeded()
    scaling = cfn.event("Update", {**NAMED, "DesiredInferenceUnits": "2"}, NAMED)
    cfn.run(scaling).succeeded()
    assert_nothing_happens(cfn, creation, scaling)

    renaming = cfn.event("Update", RENAMED, cfn.properties)
    cfn.run(renaming).succeeded()
    cfn.clean_up(created.physical_id, NAMED).succeeded()
    assert_nothing_happens(cfn, creation, scaling, renaming)

    deletion = cfn.event("Delete", RENAMED)
    cfn.run(deletion).succeeded()
    assert_nothing_happens(cfn, creation, scaling, renaming, deletion)

    # A Delete's duplicate leaves the successor alone, a failed Create's makes nothing.
    cfn.create(RENAMED).succeeded()
    failing = cfn.event("Create", {**NAMED, "DesiredInferenceUnits": "51"})
    cfn.run(failing).failed("ResourceLimitExceededException")
    assert_nothing_happens(cfn, deletion, failing)
    assert cfn.statuses() == {"second": "IN_SERVICE"}


def test_a_request_id_that_comes_again_is_another_request(cfn: OneResource) -> None:
    """A deployment that is retried may reuse it; the ResponseURL is new."""
    first = cfn.event("Create", NAMED)
    cfn.run(first).succeeded()
    cfn.run(cfn.event("Delete", NAMED)).succeeded()
    again = cfn.event("Create", NAMED) | {"RequestId": first["RequestId"]}
    cfn.run(again).succeeded()
    assert cfn.statuses() == {"mine": "IN_SERVICE"}


@pytest.mark.parametrize(
    ("kind", "properties", "physical_id"),
    [
        ("Create", {**NAMED, "Unknown": "x"}, None),
        ("Update", {**NAMED, "Unknown": "x"}, endpoint_arn("mine")),
        ("Delete", NAMED, "failed/0123456789abcdef"),
        ("Restart", NAMED, None),
    ],
    ids=["bad Create", "bad Update", "Delete of nothing", "unknown"],
)
def test_what_is_decided_at_once_is_answered_alike_each_time(
    cfn: OneResource, admin: Admin, kind: str, properties: Json, physical_id: str | None
) -> None:
    event = cfn.event(kind, properties, NAMED) | {"PhysicalResourceId": physical_id}
    for _ in range(3):
        cfn.account.run(cfn.send(event))
    assert len({put.body for put in cfn.mailbox.at(event["ResponseURL"])}) == 1
    assert admin.endpoints() == []


def test_a_request_function_that_dies_after_its_work_starts_no_second_execution(
    cfn: OneResource, admin: Admin
) -> None:
    deaths = iter([TaskError("Sandbox.Timedout"), TaskError("Runtime.ExitError")])

    def dies_after_its_work(name: str, result: object) -> None:
        death = next(deaths, None) if name == REQUEST else None
        if death:
            raise death

    cfn.account.functions.after = dies_after_its_work
    outcome = cfn.create(NAMED).succeeded()
    assert len(outcome.operation.executions) == 1
    assert len(admin.calls("CreateEndpoint")) == 1
