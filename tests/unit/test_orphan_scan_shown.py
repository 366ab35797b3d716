"""What `make orphan-scan` takes for a failure: whatever is reported, sent or changed wrongly."""

from dataclasses import replace

import pytest

from local.orphan_scan.__main__ import find_problems
from local.orphan_scan.scans import Message, Report
from local.orphan_scan.scenes import Classification, Scene
from tests.unit import given

USED, LOST, FOREIGN = (given.ARN.replace("reviews", name) for name in ("used", "lost", "foreign"))
SCENES = [
    Scene("in use", USED, Classification.IN_USE),
    Scene("lost", LOST, Classification.ORPHANED),
    Scene("not ours", FOREIGN, None),
]
GOOD = Report(
    result={},
    endpoints=(
        {"arn": USED, "classification": "InUse"},
        {"arn": LOST, "classification": "Orphaned"},
    ),
    metrics={
        **{(each.value, "Endpoints"): 0.0 for each in Classification},
        ("InUse", "Endpoints"): 1.0,
        ("Orphaned", "Endpoints"): 1.0,
    },
)
MESSAGE = Message("subject", "text")


def test_what_is_as_it_should_be_is_no_failure() -> None:
    assert find_problems(SCENES, GOOD, [MESSAGE], []) == []


@pytest.mark.parametrize(
    ("report", "messages", "touched", "problem"),
    [
        pytest.param(
            replace(GOOD, endpoints=GOOD.endpoints[:1]), 1, [], "is None; expected: Orphaned"
        ),
        pytest.param(
            replace(
                GOOD, endpoints=(GOOD.endpoints[0], {"arn": LOST, "classification": "Retained"})
            ),
            1,
            [],
            "is Retained; expected: Orphaned",
        ),
        pytest.param(
            replace(
                GOOD, endpoints=(*GOOD.endpoints, {"arn": FOREIGN, "classification": "Unknown"})
            ),
            1,
            [],
            "is Unknown; expected: None",
        ),
        pytest.param(
            replace(
                GOOD, endpoints=(*GOOD.endpoints, {"arn": given.ARN, "classification": "InUse"})
            ),
            1,
            [],
            "nobody made it",
        ),
        pytest.param(
            replace(GOOD, metrics={**GOOD.metrics, ("Orphaned", "Endpoints"): 0.0}),
            1,
            [],
            "The metric Endpoints of Orphaned is not 1.",
        ),
        pytest.param(GOOD, 0, [], "0 messages"),
        pytest.param(GOOD, 2, [], "2 messages"),
        pytest.param(GOOD, 1, ["DeleteEndpoint"], "the changing call DeleteEndpoint"),
    ],
)
def test_anything_else_is_told(
    report: Report, messages: int, touched: list[str], problem: str
) -> None:
    (found,) = find_problems(SCENES, report, [MESSAGE] * messages, touched)

    assert problem in found
