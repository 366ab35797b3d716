"""The stage itself: what is deployed on it works, and what it used can be read."""

from collections.abc import Iterator

import pytest

from bench import updates
from bench.consumers import Consumer, wait_for
from bench.creation import usage
from bench.stage import Stage, set_up

PATIENCE = 120.0


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with set_up() as stage:
        yield stage


def test_an_endpoint_is_created_and_what_that_used_is_counted(stage: Stage) -> None:
    consumers = [Consumer(stage, peer, f"test-{peer.key}") for peer in (stage.ours, stage.cdk)]
    for consumer in consumers:
        consumer.create(1)
    for consumer in consumers:
        assert consumer.finish(PATIENCE) == "CREATE_COMPLETE"
        assert consumer.answered() > consumer.ready()
        used = usage(consumer)
        looks = used.calls["DescribeEndpoint"]
        assert used.calls["CreateEndpoint"] == 1
        assert all(each.milliseconds > 0 for each in used.invocations if each.count)
        if consumer.peer == stage.ours:
            assert {each.memory_mb for each in used.invocations} == {256}
            request, steps = used.invocations
            assert (request.count, request.arm) == (1, True)
            # A Step and a Choice each, and a Wait between most of them; Done.
            assert 2 * steps.count + 1 <= used.transitions <= 3 * steps.count + 1
        else:
            # isComplete of the framework and of the author for each look; onEvent of both.
            assert used.transitions == looks
            assert used.count == 2 * looks + 2


def test_stock_crhelper_polls_as_often_as_it_is_told(stage: Stage) -> None:
    consumers = [Consumer(stage, peer, f"test-{peer.key}") for peer in stage.stock]
    for consumer in consumers:
        consumer.create(1)
    events = stage.aws.client("events")

    def polling() -> list[str]:
        rules = [rule.get("ScheduleExpression", "") for rule in events.list_rules()["Rules"]]
        rates = sorted(rate for rate in rules if "minute" in rate)
        return rates if len(rates) == len(consumers) else []

    assert wait_for("the rules", polling, PATIENCE) == ["rate(1 minute)", "rate(2 minutes)"]


@pytest.mark.parametrize("kind", updates.KINDS, ids=lambda kind: kind.title)
def test_an_update_ends_as_it_must(stage: Stage, kind: updates.Kind) -> None:
    found = updates.measure(stage, stage.ours, kind, times=2)
    assert len(found.seconds) == 2
    assert min(found.seconds) > 0
