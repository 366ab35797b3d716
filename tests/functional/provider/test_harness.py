"""What the harness shows of stacks and executions is what AWS would.

The rows E20, E30 and E31 are those of docs/cloudformation-events.md.
"""

from collections.abc import Callable
from typing import Any

import pytest

from provider.contract.event import parse_event
from provider.model.api_errors import ApiError
from testing.account import Account, Operation
from testing.arns import stack_arn
from testing.interception import HISTORY, READ, RUNNING, Site
from testing.one_resource import BROKEN, NAMED, RENAMED, OneResource

STACK = stack_arn("demo")


def told(account: Account, stack_id: str = STACK) -> list[tuple[str, str]]:
    """The status and the physical id of each event, the oldest first."""
    events = [*account.stacks.events(stack_id)][::-1]
    ids = {stack_id: "stack", "": "none"}
    return [(each.status, ids.get(each.physical_id, each.physical_id)) for each in events]


def since_the_last_status(account: Account) -> list[tuple[str, str]]:
    events = told(account)
    own = [number for number, (_, whose) in enumerate(events) if whose == "stack"]
    return events[own[-1] :]


# ------------------------------------------------------------------ reads


def test_nothing_is_known_of_a_stack_that_has_no_events(account: Account) -> None:
    OneResource(account)
    assert account.stacks.stack(STACK) is None
    assert told(account) == []


def test_a_read_shows_the_newest_status_and_the_events_newest_first(account: Account) -> None:
    account.stacks.says(STACK, "CREATE_IN_PROGRESS")
    account.clock.advance(60)
    account.stacks.says(STACK, "DELETE_COMPLETE")
    record = account.stacks.stack(STACK)
    assert record is not None
    newest, oldest = account.stacks.events(STACK)
    assert (newest.status, newest.physical_id) == ("DELETE_COMPLETE", STACK)
    assert (newest.at - oldest.at).total_seconds() == 60
    assert (record.status, record.deleted) == ("DELETE_COMPLETE", newest.at)


def test_each_read_may_be_stale_by_itself(account: Account) -> None:
    account.stacks.says(STACK, "CREATE_IN_PROGRESS")
    account.clock.advance(20)
    account.stacks.says(STACK, "CREATE_COMPLETE")
    ages = iter([0.0, 0.5, 20.0, 20.5])
    account.stacks.stale = lambda: next(ages)
    seen = [account.stacks.stack(STACK) for _ in range(4)]
    assert [each and each.status for each in seen] == [
        "CREATE_COMPLETE",
        "CREATE_IN_PROGRESS",
        "CREATE_IN_PROGRESS",
        None,
    ]
    for age, events in [(0.0, 2), (0.5, 1), (20.5, 0)]:
        account.stacks.stale = lambda age=age: age  # type: ignore[misc]
        assert len(told(account)) == events


class Refusing:
    """Refuses a call, and counts the tries."""

    def __init__(self, name: str) -> None:
        self.tries = 0
        self._name = name

    def __call__(self, site: Site, carry_out: Callable[[], Any]) -> Any:
        if site.name != self._name:
            return carry_out()
        assert not site.is_comprehend
        self.tries += 1
        raise ApiError(site.name, "AccessDenied", "No.", 403)


@pytest.mark.parametrize(
    ("name", "read"),
    [
        (READ, lambda account: account.stacks.stack(STACK)),
        (HISTORY, lambda account: next(account.stacks.events(STACK))),
        (RUNNING, Account.running),
    ],
)
def test_each_read_can_be_refused(name: str, read: Callable[[Account], object]) -> None:
    refusing = Refusing(name)
    account = Account(around=refusing)
    with pytest.raises(ApiError, match="AccessDenied"):
        read(account)
    assert refusing.tries == 1


def test_events_are_read_when_the_first_one_is_asked_for() -> None:
    refusing = Refusing(HISTORY)
    Account(around=refusing).stacks.events(STACK)
    assert refusing.tries == 0


# ------------------------------------------------------------------ executions


def begun(account: Account) -> tuple[Operation, str]:
    operation = account.resume({})
    return operation, operation.executions[0].name


def test_executions_that_run_are_listed_with_their_starts(account: Account) -> None:
    begin = account.clock()
    first, one = begun(account)
    _, second = begun(account)
    account.clock.advance(60)
    _, third = begun(account)
    starts = account.running()
    assert [*starts] == [one, second, third]
    assert begin <= starts[one] < starts[second] < begin + 60 <= starts[third]
    first.executions[0].abort()
    assert account.running().keys() == {second, third}


def test_the_list_of_executions_may_be_stale(account: Account) -> None:
    account.clock.advance(5)
    operation, name = begun(account)
    account.stacks.stale = lambda: 1.0
    assert account.running() == {}
    account.clock.advance(5)
    operation.executions[0].abort()
    assert account.running().keys() == {name}
    account.clock.advance(1)
    assert account.running() == {}


def test_the_fallback_s_executions_are_not_listed(account: Account) -> None:
    operation, _ = begun(account)
    operation.executions[0].abort()
    while len(operation.executions) == 1:
        operation.step()
    assert operation.executions[1].status == "RUNNING"
    assert account.running() == {}


def test_a_name_is_free_again_when_it_is_forgotten(account: Account) -> None:
    operation, name = begun(account)
    with pytest.raises(ValueError, match="runs"):
        account.forget(name)
    operation.executions[0].abort()
    account.forget(name)
    assert name not in account.executions
    assert begun(account)[1] != name


# ------------------------------------------------------------------ events of one resource


def test_e31_a_url_says_when_it_was_signed(cfn: OneResource) -> None:
    event = cfn.event("Create", NAMED)
    now = cfn.account.clock()
    assert parse_event(event).reply.signed == now
    assert parse_event(cfn.late(event, 1200)).reply.signed == now - 1200


def test_a_stack_is_in_the_operation_that_sends_the_request(
    account: Account, cfn: OneResource
) -> None:
    arn = cfn.create(NAMED).succeeded().physical_id
    assert told(account) == [
        ("CREATE_IN_PROGRESS", "stack"),
        ("CREATE_IN_PROGRESS", "none"),
        ("CREATE_COMPLETE", arn),
    ]
    cfn.completes()
    new = cfn.update(RENAMED).succeeded().physical_id
    assert since_the_last_status(account) == [
        ("UPDATE_IN_PROGRESS", "stack"),
        ("UPDATE_IN_PROGRESS", arn),
        ("UPDATE_COMPLETE", new),
    ]
    cfn.clean_up(arn, NAMED).succeeded()
    assert since_the_last_status(account) == [
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "stack"),
        ("DELETE_IN_PROGRESS", arn),
        ("DELETE_COMPLETE", arn),
    ]
    cfn.completes()
    cfn.delete().succeeded()
    assert since_the_last_status(account) == [
        ("DELETE_IN_PROGRESS", "stack"),
        ("DELETE_IN_PROGRESS", new),
        ("DELETE_COMPLETE", new),
    ]


def test_a_request_that_comes_again_is_another_operation_s(
    account: Account, cfn: OneResource
) -> None:
    cfn.event("Create", NAMED)
    cfn.event("Create", NAMED)
    cfn.event("Update", NAMED, NAMED)
    statuses = [status for status, whose in told(account) if whose == "stack"]
    assert statuses == ["CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "UPDATE_IN_PROGRESS"]


def test_siblings_are_in_one_operation(account: Account) -> None:
    for name in ("A", "B"):
        OneResource(account, logical_id=name).event("Create", NAMED)
    events = [each.logical_id for each in account.stacks.events(STACK)]
    assert events == ["B", "A", "demo"]


def test_a_stack_that_goes_on_has_given_up_what_was_in_flight(
    account: Account, cfn: OneResource
) -> None:
    operation = cfn.send(cfn.event("Create", NAMED))
    cfn.comes_to("ROLLBACK_IN_PROGRESS")
    cfn.finish(operation)
    assert [status for status, _ in told(account)] == [
        "CREATE_IN_PROGRESS",
        "CREATE_IN_PROGRESS",
        "CREATE_FAILED",
        "ROLLBACK_IN_PROGRESS",
    ]
    assert told(account)[2][1].startswith("demo-Sentiment-1")


def test_e17_a_retained_endpoint_stays_and_its_stack_s_events_say_so(
    account: Account, cfn: OneResource
) -> None:
    arn = cfn.given(NAMED)
    assert cfn.retained() == arn
    assert told(account)[-2:] == [("DELETE_SKIPPED", arn), ("UPDATE_COMPLETE", "stack")]
    assert cfn.statuses() == {"mine": "IN_SERVICE"}
    assert cfn.physical_id is None


def test_e27_a_resource_goes_back_while_its_stack_is_updated(
    account: Account, cfn: OneResource
) -> None:
    arn = cfn.given(NAMED)
    cfn.preserves = True
    bad = {**BROKEN, "EndpointName": "mine"}
    cfn.update(bad).failed()
    cfn.roll_back(NAMED, was=bad)
    assert [status for status, _ in since_the_last_status(account)[:4]] == [
        "UPDATE_IN_PROGRESS",
        "UPDATE_IN_PROGRESS",
        "UPDATE_FAILED",
        "UPDATE_IN_PROGRESS",
    ]
    assert {each for _, each in since_the_last_status(account)[1:]} == {arn}


def test_e27_a_replacement_is_refused_after_its_answer(account: Account, cfn: OneResource) -> None:
    cfn.given(NAMED)
    cfn.preserves = True
    new = cfn.update(RENAMED).succeeded().physical_id
    assert since_the_last_status(account)[-1] == ("UPDATE_FAILED", new)


def test_of_events_that_are_made_by_hand_nothing_is_known(
    account: Account, cfn: OneResource
) -> None:
    cfn.given(NAMED)
    cfn.hand_made()
    cfn.event("Delete", NAMED)
    assert account.stacks.stack(STACK) is None
    assert told(account) == []
