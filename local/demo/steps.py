"""What the demo does and what it expects, as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum

STACK = "reviews"
"""The stack that is taken through everything."""
OTHER_STACK = "reviews-2"
"""The stack whose creation fails."""
BROKEN_VERSION = "v3"
"""The version of the model that the emulator cannot load."""
BROKEN_MESSAGE = "The model could not be loaded: its artifacts are damaged."


class Verb(StrEnum):
    """What is asked of CloudFormation."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


class Fate(Enum):
    """What happened to the endpoint of the stack's resource, by its ARN."""

    NEVER = "no endpoint, before or after"
    NEW = "a new endpoint"
    KEPT = "the same endpoint, by its ARN"
    REPLACED = "another endpoint instead"
    GONE = "no endpoint any more"


@dataclass(frozen=True)
class Asked:
    """What the template asks for: the parameters of examples/01-classifier.yaml."""

    version: str
    units: int = 1
    name: str = ""
    """EndpointName; empty for a generated one."""


@dataclass(frozen=True)
class Expected:
    """What must be seen when CloudFormation and the provider are done."""

    status: str
    """The stack's."""
    fate: Fate
    endpoints: int
    """How many exist then, of all stacks."""
    live: Asked | None = None
    """What the stack's endpoint serves then; None where it has none."""
    changes: Mapping[str, int] = field(default_factory=dict)
    """Every call of Comprehend that changes something, and how often it was made."""
    reason: str = ""
    """What one of the reasons in the stack's events says."""


@dataclass(frozen=True)
class Step:
    """One operation on a stack."""

    title: str
    about: str
    verb: Verb
    expected: Expected
    stack: str = STACK
    asked: Asked | None = None
    """None for a deletion."""


FIRST = Asked("v1")
MORE_UNITS = Asked("v1", units=2)
NEXT_MODEL = Asked("v2", units=2)
RENAMED = Asked("v2", units=2, name="reviews-blue")
BROKEN = Asked(BROKEN_VERSION, units=2, name="reviews-blue")

STEPS = (
    Step(
        title="create",
        about="A stack with one endpoint: model version v1, 1 inference unit.",
        verb=Verb.CREATE,
        asked=FIRST,
        expected=Expected(
            status="CREATE_COMPLETE",
            fate=Fate.NEW,
            endpoints=1,
            live=FIRST,
            changes={"CreateEndpoint": 1},
        ),
    ),
    Step(
        title="more units",
        about="From 1 inference unit to 2: the endpoint is changed in place.",
        verb=Verb.UPDATE,
        asked=MORE_UNITS,
        expected=Expected(
            status="UPDATE_COMPLETE",
            fate=Fate.KEPT,
            endpoints=1,
            live=MORE_UNITS,
            changes={"UpdateEndpoint": 1},
        ),
    ),
    Step(
        title="new model version",
        about="From model version v1 to v2: also changed in place.",
        verb=Verb.UPDATE,
        asked=NEXT_MODEL,
        expected=Expected(
            status="UPDATE_COMPLETE",
            fate=Fate.KEPT,
            endpoints=1,
            live=NEXT_MODEL,
            changes={"UpdateEndpoint": 1},
        ),
    ),
    Step(
        title="another name",
        about="A name cannot be changed: a new endpoint is made, then the old one deleted.",
        verb=Verb.UPDATE,
        asked=RENAMED,
        expected=Expected(
            status="UPDATE_COMPLETE",
            fate=Fate.REPLACED,
            endpoints=1,
            live=RENAMED,
            changes={"CreateEndpoint": 1, "DeleteEndpoint": 1},
        ),
    ),
    Step(
        title="failed update",
        about="Model version v3 cannot be loaded: the update fails and is rolled back to v2.",
        verb=Verb.UPDATE,
        asked=BROKEN,
        expected=Expected(
            status="UPDATE_ROLLBACK_COMPLETE",
            fate=Fate.KEPT,
            endpoints=1,
            live=RENAMED,
            changes={"UpdateEndpoint": 2},
            reason=BROKEN_MESSAGE.rstrip("."),
        ),
    ),
    # AWS would send a Delete after the failed Create. MiniStack does not, so the demo waits for the
    # provider's own clean-up only.
    Step(
        title="failed create",
        about="A second stack, with v3: it fails, and the provider removes what it created.",
        verb=Verb.CREATE,
        stack=OTHER_STACK,
        asked=Asked(BROKEN_VERSION),
        expected=Expected(
            status="ROLLBACK_COMPLETE",
            fate=Fate.NEVER,
            endpoints=1,
            changes={"CreateEndpoint": 1, "DeleteEndpoint": 1},
            reason=BROKEN_MESSAGE.rstrip("."),
        ),
    ),
    Step(
        title="delete 2nd stack",
        about="The second stack is deleted. It has no endpoint, so there is nothing to do.",
        verb=Verb.DELETE,
        stack=OTHER_STACK,
        expected=Expected(status="DELETE_COMPLETE", fate=Fate.NEVER, endpoints=1),
    ),
    Step(
        title="delete",
        about="The first stack is deleted, and its endpoint with it.",
        verb=Verb.DELETE,
        expected=Expected(
            status="DELETE_COMPLETE",
            fate=Fate.GONE,
            endpoints=0,
            changes={"DeleteEndpoint": 1},
        ),
    ),
)
