"""What each peer's design limits how many operations can be in flight to, and how that is known."""

from dataclasses import dataclass

from botocore.exceptions import ClientError

from bench.flight.cdk import EVENTS_OF_A_TRY, EVENTS_OF_ALL, INTERVAL, MAX_ATTEMPTS, VERSION
from bench.flight.figures import Flight
from local.load.play import RATES, THROTTLED
from local.polling import LARGEST_POLICY, LONGEST_INPUT, LONGEST_RULE_NAME, MOST_RULES, Policy

PLAYED, COMPUTED = "played here", "computed"

LAMBDA = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"
EVENTBRIDGE = "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html"
EVENTBRIDGE_API = "https://docs.aws.amazon.com/eventbridge/latest/APIReference/"
STEP_FUNCTIONS = "https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html"
COMPREHEND = "https://docs.aws.amazon.com/general/latest/gr/comprehend.html"
FRAMEWORK = (
    f"https://github.com/aws/aws-cdk/blob/v{VERSION}/packages/aws-cdk-lib/custom-resources/lib/"
    "provider-framework/"
)
CRHELPER = "docs/crhelper.md"

TEN_TRIES = "ten tries"
"""What the name of a peer ends with whose author has raised the SDK's tries."""

RANDOM_CHARACTERS = 8
"""crhelper adds so many to a logical id: `_rand_string(8)` in `_put_rule` and `_add_permission`."""
CONTROL_PLANE = 15
"""Calls a second of all Lambda's APIs but Invoke, GetFunction and GetPolicy together."""
CONCURRENCY = 1_000
"""Lambda's executions at once, of all functions of an account in a region, at first."""
MOST_EVENTS = 25_000
"""Of an execution's history."""
LARGEST_STATE = 262_144
"""Bytes of a state's input or output."""
STARTS = ((1_300, 300), (800, 150))
"""StartExecution's bucket, and what fills it a second: in the larger regions, and in the others."""
HOUR = 3_600
"""Seconds that CloudFormation waits for an answer at the longest."""


@dataclass(frozen=True)
class Limit:
    """One limit of one peer."""

    peer: str
    limit: str
    comes_to: str
    known: str
    """PLAYED, COMPUTED, or both."""
    source: str


@dataclass(frozen=True)
class Statement:
    """What crhelper adds to the function's policy for each operation."""

    size: int
    """Characters, with the comma before it."""
    fit: int
    """How many a policy takes."""


def statement(logical_id: str = "Endpoint") -> Statement:
    """Adds statements for a logical id until Lambda's limit refuses one."""
    policy, sizes = Policy(), list[int]()
    while True:
        name = f"{logical_id}{len(sizes):0{RANDOM_CHARACTERS}}"
        try:
            policy.add_permission(
                FunctionName="comprehend-endpoint-provider",
                StatementId=name,
                Action="lambda:InvokeFunction",
                Principal="events.amazonaws.com",
                SourceArn=f"arn:aws:events:us-east-1:000000000000:rule/{name}",
            )
        except ClientError:
            return Statement(sizes[1] - sizes[0], len(sizes))
        sizes.append(len(policy.text()))


def limits(ours: Flight, stock: Flight, cdk: Flight) -> list[Limit]:
    """All limits; the flights are those that tell most of them."""
    return [*_stock(stock), *_cdk(cdk), *_ours(ours)]


def _failed(flight: Flight, code: str) -> str:
    found = sum(count for reason, count in flight.failures.items() if reason.startswith(code))
    how = f" ({TEN_TRIES})" if flight.peer.endswith(TEN_TRIES) else ""
    return f"{found:,} of {flight.size:,}{how}"


def _design(flight: Flight) -> str:
    return flight.peer.partition(", ")[0]


def _stock(flight: Flight) -> list[Limit]:
    one = statement()
    long = statement("L" * (LONGEST_RULE_NAME - RANDOM_CHARACTERS))
    bear = f"{flight.size / CONTROL_PLANE:,.0f} s"
    return [
        Limit(
            _design(flight),
            f"the function's policy holds {LARGEST_POLICY:,} bytes, and each operation adds a "
            f"statement: {one.size} bytes for the logical id Endpoint, {long.size} for the longest",
            f"{one.fit} operations at once, or {long.fit}; "
            f"{_failed(flight, 'PolicyLengthExceeded')} failed by it",
            PLAYED,
            LAMBDA,
        ),
        Limit(
            _design(flight),
            f"an event bus holds {MOST_RULES} rules (100 in some regions), and each operation "
            "needs one; a refused statement leaves its rule behind",
            f"{_failed(flight, 'LimitExceeded')} failed by it",
            PLAYED,
            EVENTBRIDGE,
        ),
        Limit(
            _design(flight),
            f"a rule's name has {LONGEST_RULE_NAME} characters, {RANDOM_CHARACTERS} of them random",
            f"a logical id of at most {LONGEST_RULE_NAME - RANDOM_CHARACTERS}, for any number",
            f"{PLAYED} ({CRHELPER}, 20)",
            f"{EVENTBRIDGE_API}API_PutRule.html",
        ),
        Limit(
            _design(flight),
            f"a target's input has {LONGEST_INPUT:,} characters, and holds the whole event",
            "a longer event fails, for any number",
            f"{PLAYED} ({CRHELPER}, 21)",
            f"{EVENTBRIDGE_API}API_Target.html",
        ),
        Limit(
            _design(flight),
            f"Lambda takes {CONTROL_PLANE} calls like AddPermission a second",
            f"{bear} for {flight.size:,} statements; not played here, in its favour",
            COMPUTED,
            LAMBDA,
        ),
    ]


def _cdk(flight: Flight) -> list[Limit]:
    tries = MAX_ATTEMPTS + 1
    quickest = EVENTS_OF_ALL + EVENTS_OF_A_TRY * (HOUR + 1)
    return [
        Limit(
            _design(flight),
            "an error of isComplete that is not its own Retry is answered at once: FAILED",
            f"{_failed(flight, 'ThrottlingException of DescribeEndpoint')} failed because a poll "
            "was refused as often as the SDK tries",
            PLAYED,
            f"{FRAMEWORK}runtime/cfn-response.ts",
        ),
        Limit(
            _design(flight),
            f"every operation polls every {INTERVAL:g} s, however many there are",
            f"{RATES['DescribeEndpoint'] * INTERVAL:,.0f} operations use up "
            f"{RATES['DescribeEndpoint']:g} polls a second",
            COMPUTED,
            f"{FRAMEWORK}util.ts",
        ),
        Limit(
            _design(flight),
            f"the waiter makes {tries} tries: 30 minutes, by default",
            "what takes longer is answered FAILED, Operation timed out, and continues all the same",
            COMPUTED,
            f"{FRAMEWORK}util.ts",
        ),
        Limit(
            _design(flight),
            f"an execution's history holds {MOST_EVENTS:,} events, and a try makes "
            f"{EVENTS_OF_A_TRY}",
            f"{flight.most_events:,} at most here; {quickest:,} for an hour with a poll a second: "
            "no limit",
            f"{PLAYED}, {COMPUTED}",
            STEP_FUNCTIONS,
        ),
        _concurrency(
            flight,
            "two functions run for each poll, its own and the author's; if Lambda has no room, "
            "the framework tries twice, and then answers FAILED",
        ),
        _starts(flight),
    ]


def _ours(flight: Flight) -> list[Limit]:
    rate = RATES["DescribeEndpoint"]
    polls = (
        sum(
            count
            for (operation, outcome), count in flight.calls.items()
            if operation == "DescribeEndpoint" and outcome != THROTTLED
        )
        / flight.size
    )
    return [
        Limit(
            _design(flight),
            f"Comprehend answers {rate:g} polls and makes {RATES['CreateEndpoint']:g} endpoints a "
            f"second; a creation had {polls:,.1f} polls answered",
            f"some {rate * HOUR / polls:,.0f} creations within CloudFormation's hour",
            f"{COMPUTED} from what was measured",
            COMPREHEND,
        ),
        _concurrency(
            flight,
            "one function runs for each poll; if Lambda has no room, the "
            "state machine retries for about an hour",
        ),
        _starts(flight),
        Limit(
            _design(flight),
            f"an execution's history holds {MOST_EVENTS:,} events",
            f"{flight.most_events:,} at most here",
            PLAYED,
            STEP_FUNCTIONS,
        ),
        Limit(
            _design(flight),
            f"a state holds {LARGEST_STATE:,} bytes",
            f"{flight.largest_state:,} at most here; the event is in it",
            PLAYED,
            STEP_FUNCTIONS,
        ),
    ]


def _concurrency(flight: Flight, what: str) -> Limit:
    return Limit(
        _design(flight),
        f"an account runs {CONCURRENCY:,} functions at once, at first: {what}",
        f"{flight.most_at_once:,} waited at once for Comprehend to take their call, of "
        f"{flight.size:,} operations; what Lambda refuses is not played",
        PLAYED,
        LAMBDA,
    )


def _starts(flight: Flight) -> Limit:
    delays = [max(0, flight.size - bucket) / rate for bucket, rate in STARTS]
    (most, _), (few, _) = STARTS
    return Limit(
        _design(flight),
        f"Step Functions starts {most:,} executions at once, {few:,} in smaller regions, then "
        f"{STARTS[0][1]} and {STARTS[1][1]} a second",
        f"{delays[0]:.1f} s and {delays[1]:.1f} s of waiting for {flight.size:,}",
        COMPUTED,
        STEP_FUNCTIONS,
    )
