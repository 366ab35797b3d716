"""Operations in flight at once, in a short form: fewer of them, and a quicker service."""

import contextlib
import re
from collections.abc import Iterator
from typing import Any

import pytest

from bench import fleet
from bench.flight import cdk as framework
from bench.flight.cdk import cdk
from bench.flight.course import Flight, Json, Kind, play
from bench.flight.stock import stock
from bench.titles import CRHELPER_EACH_TWO_MINUTES, OURS
from local.comprehend import Admin
from testing.account import Account
from testing.mailbox import Mailbox
from testing.rates import RATES
from testing.turns import Turns

QUICK = {"create_seconds": 30, "delete_seconds": 5}
"""The service's durations. Its rates are what they are."""


def played(kind: Kind, size: int, **settings: Any) -> Flight:
    return play("peer", kind, size, **(QUICK | settings))


def test_of_a_few_all_succeed_whoever_serves() -> None:
    flights = fleet.measure(jobs=2, sizes=(3,), **QUICK)

    assert [(each.peer, each.succeeded, each.leaked) for each in flights] == [
        (name, 3, 0) for name in fleet.PEERS
    ]


def test_of_stock_crhelper_s_as_many_succeed_as_the_policy_has_room_for() -> None:
    # More than Comprehend takes, so that nothing else refuses one.
    rates = dict.fromkeys(RATES, 1000.0)
    flight, again = (played(stock(2), 80, requests_per_second=rates) for _ in range(2))

    assert (flight.succeeded, flight.failures) == (64, {fleet.STOCK_S_LIMIT: 16})
    # Their answers have ids that are none of Comprehend's.
    assert (flight.lost, flight.leaked, flight.undeleted) == (0, 0, 16)
    assert flight == again


def test_an_operation_of_the_framework_whose_poll_is_refused_fails_at_once() -> None:
    rates = RATES | {"DescribeEndpoint": 1.0}
    flight = played(cdk, 20, requests_per_second=rates)

    assert flight.failures["ThrottlingException of DescribeEndpoint"] > 0
    assert flight.succeeded + flight.failed == flight.size
    assert (flight.lost, flight.leaked) == (0, 0)


def test_interval_and_timeout_are_those_of_the_framework() -> None:
    (file,) = framework.runtime().parent.glob("util.js")
    text = file.read_text(encoding="utf-8")
    minutes = framework.INTERVAL * framework.MAX_ATTEMPTS / 60

    assert re.search(rf"DEFAULT_TIMEOUT=\S+?minutes\({minutes:g}\)", text)
    assert re.search(rf"DEFAULT_INTERVAL=\S+?seconds\({framework.INTERVAL:g}\)", text)
    assert f"backoffRate:{framework.BACKOFF_RATE:g}" in text


class Silent:
    """Makes an endpoint, and tells nobody."""

    def __init__(self, account: Account) -> None:
        self.mailbox: Mailbox = account.mailbox
        self.admin: Admin = account.comprehend.admin

    def carry_out(self, event: Json) -> None:
        properties = event["ResourceProperties"]
        self.admin.put_endpoint(properties["EndpointName"], properties["ModelArn"])


def test_what_is_not_answered_is_lost_and_what_it_made_leaks() -> None:
    @contextlib.contextmanager
    def silent(clock: Turns, settings: Json) -> Iterator[Silent]:
        yield Silent(Account(settings, clock=clock))

    flight = played(silent, 3)

    assert (flight.succeeded, flight.failed, flight.lost, flight.leaked) == (0, 0, 3, 3)


def flight(size: int = 1_000, peer: str = OURS, **changes: Any) -> Flight:
    kept: dict[str, Any] = {"failures": {}, "undeleted": 0, "lost": 0, "leaked": 0, **changes}
    return Flight(peer, size, (1.0,) * (size - sum(kept["failures"].values())), **kept)


LIMITED = flight(100, CRHELPER_EACH_TWO_MINUTES, failures={fleet.STOCK_S_LIMIT: 36})


@pytest.mark.parametrize(
    ("flights", "reasons"),
    [
        ([flight(10), flight(), LIMITED], ["", ""]),
        ([flight(lost=1), LIMITED], ["some were lost or leaked", ""]),
        ([flight(leaked=1), LIMITED], ["some were lost or leaked", ""]),
        ([flight(undeleted=1), LIMITED], ["some were lost or leaked", ""]),
        ([flight(failures={"one of them": 1})], ["one of them", "no size met it"]),
        ([flight(10)], ["only 10 were played", "no size met it"]),
    ],
)
def test_a_thousand_of_ours_must_succeed_and_stock_crhelper_s_limit_must_show(
    flights: list[Flight], reasons: list[str]
) -> None:
    goals = fleet.goals(flights)

    assert [goal.reason for goal in goals] == reasons
    assert [goal.met for goal in goals] == [not reason for reason in reasons]
