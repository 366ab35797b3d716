"""A short form of what is measured in real time: it ends as it must, and its use is counted."""

from bench import updates
from bench.consumers import Consumer
from bench.creation import usage
from bench.stage import set_up

PATIENCE = 120.0


def test_endpoints_are_created_and_updated_and_what_that_used_is_counted() -> None:
    with set_up() as stage:
        consumers = [Consumer(stage, peer, f"test-{peer.key}") for peer in (stage.ours, stage.cdk)]
        for consumer in consumers:
            consumer.create(1)
        for consumer in consumers:
            assert consumer.finish(PATIENCE) == "CREATE_COMPLETE"
            assert consumer.answered() > consumer.ready()
        ours, cdk = map(usage, consumers)
        updated = [updates.measure(stage, stage.ours, kind, times=1) for kind in updates.KINDS]

    assert all(each.median > 0 for each in updated)
    assert ours.calls["CreateEndpoint"] == cdk.calls["CreateEndpoint"] == 1
    assert {each.memory_mb for each in ours.invocations} == {256}
    assert all(each.milliseconds > 0 for each in ours.invocations)
    request, steps = ours.invocations
    assert (request.count, request.arm) == (1, True)
    # A Step and a Choice each, and a Wait between most of them; Done.
    assert 2 * steps.count + 1 <= ours.transitions <= 3 * steps.count + 1
    # isComplete of the framework and of the author for each observation; onEvent of both.
    assert cdk.transitions == cdk.calls["DescribeEndpoint"]
    assert cdk.count == 2 * cdk.calls["DescribeEndpoint"] + 2
