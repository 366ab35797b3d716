"""The orphan scan over the emulator: pages, throttling, what vanishes; and nothing is changed.

Each classification is a table in tests/unit/test_orphan_classification.py.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from local.comprehend import Admin
from provider.aws.clients import PATIENT_CONFIG
from provider.aws.comprehend import PAGE, ComprehendGateway
from provider.model.api_errors import ApiError
from provider.model.stack import ResourceRecord, StackEvent, StackRecord
from provider.orphans.classification import Classification, ScanResult
from provider.orphans.scan import Services, scan
from provider.telemetry import Telemetry
from testing.account import Account
from testing.arns import REGION, classifier, endpoint_arn, recognizer, stack_arn
from testing.one_resource import (
    CHANGES,
    CLASSIFIER,
    LOGICAL_ID_TAG,
    REQUEST_TAG,
    STACK_TAG,
    OneResource,
)

LATER = datetime.fromtimestamp(1_900_000_000, UTC)
"""Later than anything that the emulator's clock says."""
IN_USE, RETAINED, ORPHANED = Classification.IN_USE, Classification.RETAINED, Classification.ORPHANED
IN_PROGRESS, UNKNOWN = Classification.IN_PROGRESS, Classification.UNKNOWN
IDLE = Classification.IDLE


def tags(stack: str) -> dict[str, str]:
    return {STACK_TAG: stack_arn(stack), LOGICAL_ID_TAG: "Sentiment", REQUEST_TAG: "d1ce"}


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
            yield StackEvent("Sentiment", arn, "DELETE_SKIPPED", self.at)


def _name(stack_id: str) -> str:
    return stack_id.split("/")[1]


@dataclass
class Executions:
    """The executions that run: names, and when they started."""

    starts: dict[str, float] = field(default_factory=dict)

    def running(self) -> dict[str, float]:
        return self.starts


@dataclass
class Use:
    """CloudWatch's record of what endpoints have consumed, by ARN."""

    units: dict[str, float] = field(default_factory=dict)

    def consumed(self, arns: Collection[str], since: datetime, until: datetime) -> dict[str, float]:
        return {arn: self.units.get(arn, 0) for arn in arns}


@dataclass
class OrphanScan:
    """The orphan scan over the emulator."""

    account: Account
    use: Use = field(default_factory=Use)
    records: Records = field(default_factory=Records)
    executions: Executions = field(default_factory=Executions)
    errors: list[tuple[str, str]] = field(default_factory=list)

    def run(self, pause: Callable[[float], Any] | None = None) -> ScanResult:
        comprehend = ComprehendGateway(
            REGION,
            lambda *error: self.errors.append(error),
            PATIENT_CONFIG,
            self.account.comprehend.make_client,
        )
        return scan(
            Services(
                comprehend=comprehend,
                cloudformation=self.records,
                executions=self.executions,
                cloudwatch=self.use,
                log=Telemetry(None, "OrphanScan"),
                now=lambda: datetime.fromtimestamp(self.account.clock(), UTC),
                enough_time=lambda: True,
                pause=pause or self.account.clock.advance,
                stale=30,
                idle_days=14,
            )
        )

    def classifications(self) -> Mapping[str, Classification]:
        return classifications(self.run())


def classifications(found: ScanResult) -> Mapping[str, Classification]:
    return {
        each.endpoint.arn.rpartition("/")[2]: each.verdict.classification for each in found.findings
    }


@pytest.fixture
def orphan_scan(account: Account) -> OrphanScan:
    return OrphanScan(account)


def put(admin: Admin, name: str, stack: str = "shop", **more: Any) -> str:
    return admin.put_endpoint(name, classifier(), tags=tags(stack), **more)


def test_each_endpoint_is_what_its_stack_says_and_none_is_changed(
    orphan_scan: OrphanScan, admin: Admin
) -> None:
    arns = {name: put(admin, name, stack=name, units=2) for name in ("used", "kept", "lost")}
    arns["names"] = admin.put_endpoint("names", recognizer(), tags=tags("names"))
    # The scan waits half a minute before it reads the orphan again.
    admin.change_settings(delete_seconds=3600)
    put(admin, "going", status="DELETING")
    admin.put_endpoint("foreign", classifier(), tags={"team": "shop"})
    orphan_scan.records = Records(
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
    found = orphan_scan.run()

    assert classifications(found) == {
        "used": IN_USE,
        "kept": RETAINED,
        "lost": ORPHANED,
        "names": IN_USE,
        "going": IN_PROGRESS,
    }
    assert found.foreign == 1
    assert {each.endpoint.inference_units for each in found.findings} == {1, 2}
    assert not {call["operation"] for call in admin.calls()} & set(CHANGES)
    assert [each["Tags"] for each in admin.endpoints()] == [each["Tags"] for each in before]


def test_an_endpoint_that_the_provider_made_names_the_execution_that_made_it(
    cfn: OneResource, account: Account, orphan_scan: OrphanScan
) -> None:
    arn = cfn.create(CLASSIFIER).succeeded().physical_id
    (execution,) = account.executions

    orphan_scan.records.stacks[cfn.stack.name] = "DELETE_COMPLETE"
    assert set(orphan_scan.classifications().values()) == {ORPHANED}
    orphan_scan.executions.starts = {execution: account.clock()}
    assert set(orphan_scan.classifications().values()) == {IN_PROGRESS}
    orphan_scan.records.stacks[cfn.stack.name] = "CREATE_COMPLETE"
    orphan_scan.records.has[cfn.stack.name] = arn
    assert set(orphan_scan.classifications().values()) == {IN_USE}


def test_what_a_stack_has_had_for_two_weeks_without_use_is_idle(
    orphan_scan: OrphanScan, admin: Admin, account: Account
) -> None:
    old = {name: put(admin, name, stack=name) for name in ("forgotten", "used")}
    account.clock.advance(15 * 86_400)
    arns = old | {"young": put(admin, "young", stack="young")}
    orphan_scan.use.units[arns["used"]] = 0.4
    orphan_scan.records = Records(stacks=dict.fromkeys(arns, "CREATE_COMPLETE"), has=arns)

    assert orphan_scan.classifications() == {"forgotten": IDLE, "used": IN_USE, "young": IN_USE}


@pytest.fixture
def more_than_a_page(admin: Admin) -> None:
    for number in range(PAGE + 5):
        put(admin, f"n{number}")
    admin.reset_calls()


@pytest.mark.usefixtures("more_than_a_page")
class TestPages:
    def test_more_endpoints_than_a_page_holds_are_all_classified(
        self, orphan_scan: OrphanScan, admin: Admin
    ) -> None:
        assert len(orphan_scan.classifications()) == PAGE + 5
        assert len(admin.calls("ListEndpoints")) == 2

    def test_a_second_page_that_cannot_be_read_is_no_report(
        self, orphan_scan: OrphanScan, admin: Admin
    ) -> None:
        admin.add_fault("ListEndpoints", from_nth=2, code="InternalServerException")
        with pytest.raises(ApiError, match="ListEndpoints"):
            orphan_scan.run()
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
    def test_trouble_that_passes_is_waited_out(
        self, orphan_scan: OrphanScan, admin: Admin, operation: str, fault: dict[str, Any]
    ) -> None:
        put(admin, "lost")
        admin.add_fault(operation, times=3, **fault)

        assert orphan_scan.classifications() == {"lost": ORPHANED}
        assert orphan_scan.errors == []

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
    def test_trouble_that_stays_leaves_one_endpoint_unknown_and_no_other(
        self, orphan_scan: OrphanScan, admin: Admin, fault: dict[str, Any]
    ) -> None:
        for name in ("a", "b", "c"):
            put(admin, name)
        admin.add_fault("ListTagsForResource", match=endpoint_arn("b"), **fault)

        assert orphan_scan.classifications() == {"a": ORPHANED, "b": UNKNOWN, "c": ORPHANED}

    def test_at_the_quota_of_the_service_no_call_is_throttled(
        self, orphan_scan: OrphanScan, admin: Admin
    ) -> None:
        for number in range(30):
            put(admin, f"n{number}", stack="shop")
        orphan_scan.records.stacks["shop"] = "UPDATE_IN_PROGRESS"
        admin.change_settings(requests_per_second={"ListTagsForResource": 10})

        assert set(orphan_scan.classifications().values()) == {IN_PROGRESS}
        assert {call["outcome"] for call in admin.calls()} == {"ok"}

    def test_what_vanishes_during_the_scan_is_left_out_and_what_is_made_too(
        self, orphan_scan: OrphanScan, admin: Admin
    ) -> None:
        for name in ("a", "b", "c"):
            put(admin, name)

        def meanwhile(_: float) -> None:
            if admin.endpoint(endpoint_arn("b")):
                admin.remove_endpoint(endpoint_arn("b"))
                put(admin, "d")

        assert classifications(orphan_scan.run(meanwhile)) == {"a": ORPHANED, "c": ORPHANED}
