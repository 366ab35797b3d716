"""Operations in flight at once, in a short form: fewer of them, and a quicker service."""

import contextlib
import dataclasses
import functools
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from bench import fleet
from bench.flight import cdk as cdk_peer
from bench.flight.cdk import cdk
from bench.flight.course import Account, Json, Kind, play, reason
from bench.flight.figures import Flight
from bench.flight.limits import COMPUTED, PLAYED, statement
from bench.flight.ours import ours
from bench.flight.stock import stock
from bench.titles import CDK, CRHELPER, OURS
from local.comprehend import ManualClock
from local.load.play import RATES
from local.polling import MOST_RULES, Events

QUICK = {"create_seconds": 30, "delete_seconds": 5}
"""The service's durations. Its rates are what they are."""
PATIENT = fleet.PEERS[fleet.PATIENT_STOCK].variables


@functools.cache
def ten(name: str) -> Flight:
    """Ten at once."""
    return played(name, fleet.PEERS[name].kind, 10)


def played(
    name: str,
    kind: Kind,
    size: int,
    variables: Mapping[str, str] = MappingProxyType({}),
    **settings: Any,
) -> Flight:
    return play(name, kind, size, variables=variables, **(QUICK | settings))


@functools.cache
def many_by_stock(**settings: Any) -> Flight:
    """More than the policy has room for, and patience enough for Comprehend's rates."""
    return played(fleet.PATIENT_STOCK, stock(2), statement().fit + 16, PATIENT, **settings)


@functools.cache
def many_by_cdk(**settings: Any) -> Flight:
    """More than look within Comprehend's rates: a fifth of a look a second each."""
    rates = {**RATES, "DescribeEndpoint": 2.0}
    return played(fleet.PATIENT_CDK, cdk, 20, requests_per_second=rates, **settings)


class TestFew:
    """Ten hardly meet: whatever a peer's design, all of them succeed."""

    @pytest.mark.parametrize("name", [OURS, fleet.STOCK, CDK])
    def test_all_succeed_and_none_is_lost_or_left(self, name: str) -> None:
        flight = ten(name)

        assert (flight.size, flight.succeeded, flight.failed) == (10, 10, 0)
        assert (flight.lost, flight.leaked, flight.undeleted) == (0, 0, 0)
        assert len(flight.seconds) == 10
        assert flight.calls["CreateEndpoint", "ok"] == 10

    def test_a_poll_comes_when_the_rule_fires(self) -> None:
        flights = [
            played("stock", stock(minutes), 1, jitter=0, create_seconds=130) for minutes in (1, 2)
        ]

        assert [each.seconds for each in flights] == [(180,), (240,)]
        assert [each.calls["DescribeEndpoint", "ok"] for each in flights] == [3, 2]

    def test_two_functions_run_for_each_look_of_the_framework(self) -> None:
        flight = ten(CDK)
        looks = sum(count for (name, _), count in flight.calls.items() if name[:8] == "Describe")

        assert flight.invocations == 2 * (looks + 10)


class TestStock:
    def test_as_many_succeed_as_the_policy_has_room_for(self) -> None:
        flight = many_by_stock()

        assert flight.succeeded == statement().fit
        assert flight.failures == {"PolicyLengthExceededException of AddPermission": 16}

    def test_what_fails_leaks_where_it_cannot_be_deleted_while_it_is_created(self) -> None:
        accepted, refused = many_by_stock(), many_by_stock(delete_while_creating="refused")

        assert (accepted.lost, accepted.leaked) == (0, 0)
        assert (refused.lost, refused.undeleted, refused.leaked) == (0, 16, 16)

    def test_a_longer_logical_id_makes_larger_statements_of_which_fewer_fit(self) -> None:
        short, long = statement("Endpoint"), statement("L" * 56)

        # The id stands in the statement twice.
        assert long.size - short.size == 2 * (56 - len("Endpoint"))
        assert long.fit < short.fit
        assert short.fit * short.size < 20 * 1024 < (short.fit + 1) * short.size

    def test_a_bus_takes_no_more_rules_than_its_quota(self) -> None:
        events = Events(ManualClock())
        for number in range(MOST_RULES):
            events.put_rule(str(number), "rate(1 minute)", "ENABLED")

        events.put_rule("0", "rate(2 minutes)", "ENABLED")
        with pytest.raises(ClientError, match="LimitExceededException"):
            events.put_rule("another", "rate(1 minute)", "ENABLED")


class TestCdk:
    @pytest.mark.parametrize("deletion", ["accepted", "refused"])
    def test_an_operation_whose_look_is_refused_fails_at_once(self, deletion: str) -> None:
        flight = many_by_cdk(delete_while_creating=deletion)
        failed = flight.failures["ThrottlingException of DescribeEndpoint"]

        assert failed > 0
        assert flight.lost == 0
        # Nobody sends a second Delete.
        assert flight.leaked == (failed if deletion == "refused" else 0)
        assert flight.succeeded + flight.failed == flight.size

    def test_the_waiter_gives_up_after_its_total_timeout(self) -> None:
        flight = played("cdk", cdk, 1, create_seconds=10_000, jitter=0)

        assert flight.failures == {"Operation timed out": 1}
        assert flight.seconds == (cdk_peer.INTERVAL * cdk_peer.MAX_ATTEMPTS,)
        assert (flight.lost, flight.leaked) == (0, 0)

    def test_interval_and_timeout_are_those_of_the_framework(self) -> None:
        (file,) = cdk_peer.runtime().parent.glob("util.js")
        text = file.read_text(encoding="utf-8")
        minutes = re.search(r"DEFAULT_TIMEOUT=\S+?minutes\((\d+)\)", text)
        seconds = re.search(r"DEFAULT_INTERVAL=\S+?seconds\((\d+)\)", text)

        assert minutes is not None
        assert seconds is not None
        assert float(seconds[1]) == cdk_peer.INTERVAL
        assert int(minutes[1]) * 60 / cdk_peer.INTERVAL == cdk_peer.MAX_ATTEMPTS
        assert f"backoffRate:{cdk_peer.BACKOFF_RATE:g}" in text


class TestCourse:
    """What is counted, of a peer that does badly."""

    class Silent:
        """Creates, and tells nobody."""

        def carry_out(self, event: Json) -> None:
            boto3.client("comprehend").create_endpoint(
                EndpointName=event["ResourceProperties"]["EndpointName"],
                ModelArn=event["ResourceProperties"]["ModelArn"],
                DesiredInferenceUnits=1,
            )

    @pytest.mark.parametrize(
        ("kind", "undeleted"),
        [
            (stock(2), 2),  # It answers with an id that is none of Comprehend's.
            (cdk, 0),  # It knows by a marker that there is nothing to delete.
        ],
        ids=["crhelper", "cdk"],
    )
    def test_the_delete_after_a_failure_brings_the_id_of_its_answer(
        self, kind: Kind, undeleted: int
    ) -> None:
        flight = played("peer", kind, 3, requests_per_second={"CreateEndpoint": 0.001})

        assert flight.succeeded == 1
        assert flight.failures == {"ThrottlingException of CreateEndpoint": 2}
        assert (flight.lost, flight.leaked, flight.undeleted) == (0, 0, undeleted)
        # The SDK has paused between its tries.
        assert flight.seconds[0] > 0

    def test_what_is_not_answered_is_lost_and_what_it_made_leaks(self) -> None:
        @contextlib.contextmanager
        def silent(_: Account) -> Iterator[TestCourse.Silent]:
            yield self.Silent()

        flight = played("silent", silent, 3)

        assert (flight.succeeded, flight.failed, flight.lost, flight.leaked) == (0, 0, 3, 3)
        assert flight.seconds == ()

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (
                "An error occurred (ThrottlingException) when calling the CreateEndpoint operation "
                "(reached max retries: 4): Rate exceeded",
                "ThrottlingException of CreateEndpoint",
            ),
            ("Error: Operation timed out\n    at x.js:1", "Error: Operation timed out"),
            ("", "no reason"),
            ("x" * 100, "x" * 60),
        ],
    )
    def test_a_reason_comes_to_its_code_and_operation(self, text: str, expected: str) -> None:
        assert reason(text) == expected


def test_a_repetition_gives_the_same_though_the_sdk_draws_its_pauses() -> None:
    one, two = (
        played("stock", stock(2), 15, requests_per_second={"CreateEndpoint": 1.0}) for _ in range(2)
    )

    assert one.refused > 0
    assert one == two


def test_processes_play_all_peers_as_one_does() -> None:
    two = fleet.measure(jobs=2, sizes=(2,), **QUICK)

    assert [each.peer for each in two] == [
        name for name in fleet.PEERS if name not in (fleet.PATIENT_STOCK, fleet.PATIENT_CDK)
    ]
    assert [each.succeeded for each in two] == [2] * len(two)
    assert two[0] == played(OURS, ours, 2)


def test_the_table_has_a_row_for_each_flight() -> None:
    lines = fleet.flights_table([ten(OURS), many_by_stock()]).splitlines()

    assert len({len(line) for line in lines}) == 1
    assert [line.split("|")[1].strip() for line in lines[2:]] == [OURS, fleet.PATIENT_STOCK]
    assert "PolicyLengthExceededException of AddPermission (16)" in lines[3]


def test_the_limits_say_what_was_measured_and_where_the_rest_comes_from() -> None:
    found = fleet.limits_of([ten(OURS), many_by_stock(), many_by_cdk()])
    lines = fleet.limits_table(found).splitlines()

    assert len(lines) == 2 + len(found)
    assert {each.peer for each in found} == {OURS, CRHELPER, CDK}
    assert f"{statement().fit} operations at once" in found[0].comes_to
    assert f"16 of {statement().fit + 16} (ten tries) failed" in found[0].comes_to
    for each in found:
        assert PLAYED in each.known or COMPUTED in each.known
        assert each.source.startswith("https://")


class TestGoals:
    @pytest.fixture
    def thousand(self) -> Flight:
        seconds = (1.0,) * 1_000
        return dataclasses.replace(
            ten(OURS), size=1_000, seconds=seconds, seconds_of_successes=seconds
        )

    def test_they_are_met_where_all_succeed_and_stock_meets_its_limit(
        self, thousand: Flight
    ) -> None:
        at_once, shown = fleet.goals([ten(OURS), thousand, many_by_stock()])

        assert (at_once.met, shown.met) == (True, True)
        assert at_once.measured == "1,000 of 1,000 succeeded, 0 lost, 0 leaked"
        assert shown.measured == "64 of 80 succeeded; the policy has room for 64"

    @pytest.mark.parametrize(
        ("lost", "leaked", "undeleted"), [(1, 0, 0), (0, 1, 0), (0, 0, 1)], ids=str
    )
    def test_one_that_is_lost_or_left_misses_it(
        self, thousand: Flight, lost: int, leaked: int, undeleted: int
    ) -> None:
        flight = dataclasses.replace(thousand, lost=lost, leaked=leaked, undeleted=undeleted)
        at_once, shown = fleet.goals([flight, ten(fleet.STOCK)])

        assert (at_once.met, at_once.reason) == (False, "some were lost or leaked")
        assert (shown.met, shown.reason) == (False, "no size met it")

    def test_a_failure_misses_it_and_is_the_reason(self, thousand: Flight) -> None:
        flight = dataclasses.replace(
            thousand, seconds_of_successes=(1.0,) * 999, failures={"one of them": 1}
        )

        assert fleet.goals([flight])[0].reason == "one of them"

    def test_fewer_than_a_thousand_do_not_do(self) -> None:
        at_once, _ = fleet.goals([ten(OURS)])

        assert (at_once.met, at_once.reason) == (False, "only 10 were played")
