"""The watchman over the emulator: pages, throttling, what vanishes, and that nothing is changed."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from local.comprehend import Admin, ManualClock
from local.runner import Runner
from provider.calls import PATIENT_CONFIG
from provider.comprehend import PAGE, ComprehendGateway
from provider.errors import ApiError
from provider.observability import Telemetry
from provider.records import ResourceRecord, StackEvent, StackRecord
from provider.standing import Round, Standing
from provider.watch import World, watch
from tests.functional.emulated import REGION, classifier, endpoint_arn, recognizer
from tests.functional.provider.cloudformation import (
    CHANGES,
    CLASSIFIER,
    LOGICAL_ID_TAG,
    REQUEST_TAG,
    STACK_TAG,
    CloudFormation,
    stack_id,
)

LATER = datetime.fromtimestamp(1_900_000_000, UTC)
"""Than whatever the emulator's clock says."""
IN_USE, RETAINED, ORPHANED = Standing.IN_USE, Standing.RETAINED, Standing.ORPHANED
IN_PROGRESS, UNKNOWN = Standing.IN_PROGRESS, Standing.UNKNOWN


def tags(stack: str) -> dict[str, str]:
    return {STACK_TAG: stack_id(stack), LOGICAL_ID_TAG: "Sentiment", REQUEST_TAG: "d1ce"}


@dataclass
class Records:
    """CloudFormation's records: stacks by name, their one resource, their events."""

    stacks: dict[str, str] = field(default_factory=dict)
    has: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    at: datetime = LATER

    def stack(self, stack_id: str) -> StackRecord | None:
        status = self.stacks.get(_name(stack_id))
        return StackRecord(status) if status else None

    def resource(self, stack_id: str, logical_id: str) -> ResourceRecord | None:
        arn = self.has.get(_name(stack_id))
        return ResourceRecord(arn, "CREATE_COMPLETE") if arn else None

    def events(self, stack_id: str) -> Iterator[StackEvent]:
        arn = self.skipped.get(_name(stack_id))
        if arn:
            yield StackEvent(arn, "DELETE_SKIPPED", self.at)


def _name(stack_id: str) -> str:
    return stack_id.split("/")[1]


@dataclass
class Executions:
    """The executions that run, by name."""

    names: frozenset[str] = frozenset()

    def running(self) -> frozenset[str]:
        return self.names


@dataclass
class Watchman:
    """The watchman's round over the emulator."""

    clock: ManualClock
    records: Records = field(default_factory=Records)
    executions: Executions = field(default_factory=Executions)
    errors: list[tuple[str, str]] = field(default_factory=list)

    @property
    def gateway(self) -> ComprehendGateway:
        return ComprehendGateway(REGION, lambda *error: self.errors.append(error), PATIENT_CONFIG)

    def world(self) -> World:
        return World(
            comprehend=self.gateway,
            stacks=self.records,
            executions=self.executions,
            log=Telemetry(None, "Watch"),
            now=lambda: datetime.fromtimestamp(self.clock(), UTC),
            enough_time=lambda: True,
            pause=self.clock.advance,
        )

    def round(self, pause: Callable[[float], Any] | None = None) -> Round:
        world = self.world()
        return watch(replace(world, pause=pause) if pause else world)

    def standings(self) -> Mapping[str, Standing]:
        return standings(self.round())


def standings(found: Round) -> Mapping[str, Standing]:
    return {each.endpoint.arn.rpartition("/")[2]: each.verdict.standing for each in found.findings}


@pytest.fixture
def watchman(runner: Runner, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> Watchman:
    # The SDK waits between its tries: that takes no time here.
    monkeypatch.setattr(time, "sleep", clock.advance)
    return Watchman(clock)


def put(admin: Admin, name: str, stack: str = "shop", **more: Any) -> str:
    return admin.put_endpoint(name, classifier(), tags=tags(stack), **more)


def test_each_endpoint_is_what_its_stack_says_and_none_is_changed(
    watchman: Watchman, admin: Admin
) -> None:
    arns = {name: put(admin, name, stack=name, units=2) for name in ("used", "kept", "lost")}
    arns["names"] = admin.put_endpoint("names", recognizer(), tags=tags("names"))
    put(admin, "going", status="DELETING")
    admin.put_endpoint("foreign", classifier(), tags={"team": "shop"})
    watchman.records = Records(
        stacks={
            "used": "UPDATE_COMPLETE",
            "kept": "DELETE_COMPLETE",
            "lost": "DELETE_COMPLETE",
            "names": "CREATE_COMPLETE",
        },
        has={"used": arns["used"], "names": arns["names"]},
        skipped={"kept": arns["kept"]},
    )
    before = admin.endpoints()
    admin.reset_calls()
    found = watchman.round()

    assert standings(found) == {
        "used": IN_USE,
        "kept": RETAINED,
        "lost": ORPHANED,
        "names": IN_USE,
        "going": IN_PROGRESS,
    }
    assert found.foreign == 1
    assert {each.endpoint.units for each in found.findings} == {1, 2}
    assert not {call["operation"] for call in admin.calls()} & set(CHANGES)
    assert [each["Tags"] for each in admin.endpoints()] == [each["Tags"] for each in before]


def test_an_endpoint_that_the_provider_made_names_the_execution_that_made_it(
    cfn: CloudFormation, runner: Runner, watchman: Watchman
) -> None:
    arn = cfn.create(CLASSIFIER).succeeded().physical_id
    (execution,) = runner.executions

    watchman.records.stacks[cfn.stack] = "DELETE_COMPLETE"
    assert set(watchman.standings().values()) == {ORPHANED}
    watchman.executions.names = frozenset({execution})
    assert set(watchman.standings().values()) == {IN_PROGRESS}
    watchman.records.stacks[cfn.stack] = "CREATE_COMPLETE"
    watchman.records.has[cfn.stack] = arn
    assert set(watchman.standings().values()) == {IN_USE}


class TestPages:
    def test_small_pages_hold_all_in_the_end(self, watchman: Watchman, admin: Admin) -> None:
        names = [f"n{number}" for number in range(7)]
        for name in names:
            put(admin, name)
        listed = [each.arn for each in watchman.gateway.endpoints(page=2)]

        assert listed == [endpoint_arn(name) for name in names]
        assert len(admin.calls("ListEndpoints")) == 4

    def test_more_endpoints_than_a_page_holds_are_all_judged(
        self, watchman: Watchman, admin: Admin
    ) -> None:
        for number in range(PAGE + 5):
            put(admin, f"n{number}")
        admin.reset_calls()

        assert len(watchman.standings()) == PAGE + 5
        assert len(admin.calls("ListEndpoints")) == 2

    def test_a_second_page_that_cannot_be_read_is_no_report(
        self, watchman: Watchman, admin: Admin
    ) -> None:
        for number in range(PAGE + 5):
            put(admin, f"n{number}")
        admin.add_fault("ListEndpoints", from_nth=2, code="InternalServerException")

        with pytest.raises(ApiError, match="ListEndpoints"):
            watchman.round()
        assert not admin.calls("ListTagsForResource")


class TestTrouble:
    @pytest.mark.parametrize(
        "fault",
        [
            {"code": "ThrottlingException"},
            {"code": "TooManyRequestsException"},
            {"code": "InternalServerException", "status": 500},
            {"drop": "before"},
            {"drop": "after"},
        ],
        ids=str,
    )
    @pytest.mark.parametrize("operation", ["ListEndpoints", "ListTagsForResource"])
    def test_what_passes_is_waited_out(
        self, watchman: Watchman, admin: Admin, operation: str, fault: dict[str, Any]
    ) -> None:
        put(admin, "lost")
        admin.add_fault(operation, times=3, **fault)

        assert watchman.standings() == {"lost": ORPHANED}
        assert watchman.errors == []

    @pytest.mark.parametrize(
        "fault",
        [
            {"code": "ThrottlingException"},
            {"code": "AccessDeniedException"},
            {"code": "InternalServerException", "status": 500},
            {"drop": "before"},
            {"body": "malformed"},
        ],
        ids=str,
    )
    def test_what_stays_leaves_one_endpoint_unknown_and_no_other(
        self, watchman: Watchman, admin: Admin, fault: dict[str, Any]
    ) -> None:
        for name in ("a", "b", "c"):
            put(admin, name)
        admin.add_fault("ListTagsForResource", match=endpoint_arn("b"), **fault)

        assert watchman.standings() == {"a": ORPHANED, "b": UNKNOWN, "c": ORPHANED}

    def test_at_the_quota_of_the_service_no_call_is_throttled(
        self, watchman: Watchman, admin: Admin
    ) -> None:
        for number in range(30):
            put(admin, f"n{number}", stack="shop")
        watchman.records.stacks["shop"] = "UPDATE_IN_PROGRESS"
        admin.change_settings(requests_per_second={"ListTagsForResource": 10})

        assert set(watchman.standings().values()) == {IN_PROGRESS}
        assert {call["outcome"] for call in admin.calls()} == {"ok"}

    def test_an_endpoint_that_vanishes_during_the_round_is_left_out(
        self, watchman: Watchman, admin: Admin
    ) -> None:
        for name in ("a", "b", "c"):
            put(admin, name)
        gone: list[str] = []

        def meanwhile(_: float) -> None:
            if not gone:
                gone.append(endpoint_arn("b"))
                admin.remove_endpoint(gone[0])

        assert standings(watchman.round(meanwhile)) == {"a": ORPHANED, "c": ORPHANED}

    def test_one_that_is_made_during_the_round_is_left_to_the_next(
        self, watchman: Watchman, admin: Admin
    ) -> None:
        for name in ("a", "b"):
            put(admin, name)

        found = watchman.round(lambda _: put(admin, "c"))
        assert set(standings(found)) == {"a", "b"}
