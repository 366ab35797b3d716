"""What the stateful test draws: templates of endpoints, their edits, and what goes wrong."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from local.comprehend.settings import (
    DeleteWhileBusy,
    FailedUpdate,
    TokenAfterDelete,
    UpdateModified,
    UpdateOnFailed,
    UpdateVisibility,
)
from testing.arns import classifier, flywheel, recognizer, role
from testing.events import DeletionPolicy, Json, Template
from testing.functions import REQUEST, STEP
from testing.interception import START
from tests.campaign.deliveries import PutHow, PutTrouble
from tests.campaign.denials import NotStarted, Unreadable
from tests.campaign.encounters import Point, Repeated, Rivalry
from tests.campaign.faults import (
    FOR_EVER,
    ApiError,
    Burst,
    Fault,
    How,
    LostAnswer,
    Slowed,
    Times,
)
from tests.campaign.fleet import Due
from tests.campaign.mishaps import End, Killed, NoResort, NotImported, Stalled, When
from tests.campaign.runs import errors_of
from tests.campaign.scenario import BROKEN, FOREIGN, TIMEOUT
from tests.campaign.scenarios import TAGS
from tests.campaign.steps import Aborted, OtherRelease, SteppedTwice, Written

NAMES = ("north", "south")
"""Explicit names, of which all stacks make use."""
FLYWHEELS = (flywheel(), flywheel("recognizer-flywheel"))
LOGICAL_IDS = ("Alpha", "Beta")
_SOURCES: tuple[Json, ...] = (
    {"ModelArn": classifier()},
    {"ModelArn": classifier("reviews/version/v2")},
    {"ModelArn": recognizer()},
    {"FlywheelArn": FLYWHEELS[0]},
    {"FlywheelArn": FLYWHEELS[1]},
    {"FlywheelArn": FLYWHEELS[0], "ModelArn": classifier()},
    {"ModelArn": BROKEN},
)
_PARTS: Mapping[str, st.SearchStrategy[Json]] = {
    # The last of each is the rarest: what fails at once leads nowhere.
    "name": st.sampled_from(
        [*({"EndpointName": name} for name in NAMES * 3), *[{}] * 4, {"EndpointName": FOREIGN}]
    ),
    "source": st.sampled_from([*_SOURCES[:-1] * 2, _SOURCES[-1]]),
    "units": st.integers(1, 3).map(lambda units: {"DesiredInferenceUnits": units}),
    "role": st.sampled_from(
        [{}, {"DataAccessRoleArn": role()}, {"DataAccessRoleArn": role("other")}]
    ),
    "tags": st.sampled_from([{}, {"Tags": TAGS}, {"Tags": TAGS[:1]}]),
    "timeout": st.sampled_from([*[{"ServiceTimeout": TIMEOUT}] * 3, {"ServiceTimeout": 3500}]),
}
_OF_PART = {
    "name": ("EndpointName",),
    "source": ("ModelArn", "FlywheelArn"),
    "units": ("DesiredInferenceUnits",),
    "role": ("DataAccessRoleArn",),
    "tags": ("Tags",),
    "timeout": ("ServiceTimeout",),
}
"""The properties that are drawn together."""


_SOME_PARTS = st.sampled_from(list(_PARTS))


@st.composite
def resources(draw: st.DrawFn) -> Json:
    """The properties of one endpoint."""
    return {name: value for part in _PARTS.values() for name, value in draw(part).items()}


def templates() -> st.SearchStrategy[Template]:
    """One or two endpoints."""
    ids = st.sampled_from([LOGICAL_IDS[:1], LOGICAL_IDS[:1], LOGICAL_IDS[1:], LOGICAL_IDS])
    return ids.flatmap(lambda chosen: st.fixed_dictionaries({each: resources() for each in chosen}))


@st.composite
def edits(draw: st.DrawFn, present: Template) -> Template:
    """The template with some of its properties otherwise, with a resource more or less."""
    edited: Template = {}
    for logical_id in LOGICAL_IDS:
        if logical_id not in present:
            if draw(st.integers(0, 7)) == 7:
                edited[logical_id] = draw(resources())
            continue
        kept = dict(present[logical_id])
        parts = draw(st.lists(_SOME_PARTS, max_size=3, unique=True))
        for part in parts:
            for name in _OF_PART[part]:
                kept.pop(name, None)
            kept |= draw(_PARTS[part])
        if not (edited or logical_id == LOGICAL_IDS[0]) or draw(st.integers(0, 5)) != 5:
            edited[logical_id] = kept
    return edited or present


UNKNOWN: Mapping[str, st.SearchStrategy[str]] = {
    "update_visibility": st.sampled_from(UpdateVisibility).map(str),
    "update_modified": st.sampled_from(UpdateModified).map(str),
    "failed_update": st.sampled_from(FailedUpdate).map(str),
    # With the two other errors it stays in FAILED: the group "unknown behaviour" plays that.
    "update_on_failed": st.sampled_from(
        [UpdateOnFailed.ACCEPTED, UpdateOnFailed.INVALID_REQUEST]
    ).map(str),
    "delete_while_creating": st.sampled_from(DeleteWhileBusy).map(str),
    "delete_while_updating": st.sampled_from(DeleteWhileBusy).map(str),
    "token_after_delete": st.sampled_from(TokenAfterDelete).map(str),
}
"""What is not known of the service, played either way."""


def policies() -> st.SearchStrategy[DeletionPolicy]:
    """Whether a stack retains its endpoints; most do not."""
    return st.sampled_from([*[DeletionPolicy.DELETE] * 3, *DeletionPolicy])


def behaviours() -> st.SearchStrategy[dict[str, Any]]:
    """A service: all that is not documented about it, one way or the other."""
    late = st.sampled_from([0.0, 0.0, 1.0, 30.0])
    return st.fixed_dictionaries({**UNKNOWN, "tag_visibility_seconds": late})


_CHANGES = ("CreateEndpoint", "UpdateEndpoint", "DeleteEndpoint", "TagResource", "UntagResource")
_READS = ("DescribeEndpoint", "ListTagsForResource")
_OPERATIONS = st.sampled_from([*_CHANGES, *_READS, "DescribeFlywheel"])


def _believed(operation: str, code: str) -> bool:
    """A service that lies is believed: see reliability.md, "A lie"."""
    return operation in _READS and code == "ResourceNotFoundException"


@st.composite
def _api_errors(draw: st.DrawFn) -> Fault:
    operation = draw(_OPERATIONS)
    codes = [code for code in errors_of(operation) if not _believed(operation, code)]
    return ApiError(operation, draw(st.sampled_from(codes)), draw(st.sampled_from(Times)))


_INVOCATIONS = st.integers(0, 7)
_CALLS = st.integers(0, 6)
_WHEN = st.sampled_from(When)
_FUNCTIONS = st.sampled_from([STEP, STEP, STEP, REQUEST])
_STEPS = st.integers(1, 7)


@st.composite
def _killed(draw: st.DrawFn) -> Fault:
    function = draw(_FUNCTIONS)
    invocation = 0 if function == REQUEST else draw(_STEPS)
    times = draw(st.sampled_from([1, 3, 4]))
    end = draw(st.sampled_from(End))
    return Killed(function, invocation, draw(_CALLS), "call", draw(_WHEN), end, times)


@st.composite
def _not_imported(draw: st.DrawFn) -> Fault:
    function = draw(_FUNCTIONS)
    invocation = 0 if function == REQUEST else draw(_STEPS)
    if draw(st.booleans()):
        return NoResort(function, invocation, draw(st.sampled_from([0, 2, 6])))
    return NotImported(function, invocation, draw(st.sampled_from([1, 3, 4])))


def faults() -> st.SearchStrategy[Fault]:
    """What fails one request: one of each of the campaign's kinds that are not rules by
    themselves.
    """
    points = st.builds(Point, _INVOCATIONS, st.integers(-1, 6), st.just("call"), _WHEN)
    later = st.builds(Point, _STEPS, st.integers(-1, 6), st.just("call"), _WHEN)
    return st.one_of(
        _api_errors(),
        st.builds(LostAnswer, _OPERATIONS, st.sampled_from(How), st.sampled_from(Times)),
        st.builds(Burst, st.integers(1, 12), st.sampled_from([3, 20])),
        st.builds(Slowed, st.sampled_from([30, TIMEOUT + 5])),
        _killed(),
        _not_imported(),
        st.builds(Stalled, _STEPS, st.just(TIMEOUT + 60)),
        st.builds(PutTrouble, st.sampled_from(PutHow), st.sampled_from([1, 3, FOR_EVER])),
        st.builds(NotStarted, st.sampled_from(errors_of(START)), st.integers(1, 3)),
        # Where every try fails that has started it, there are two answers: design-notes.md.
        st.builds(NotStarted, st.just("InternalFailure"), st.integers(1, 2), after=st.just(True)),
        st.builds(Unreadable, st.integers(1, 5), st.booleans()),
        st.builds(SteppedTwice, later),
        st.builds(OtherRelease, _STEPS, st.sampled_from(Written)),
        st.builds(Repeated, points, st.sampled_from(Rivalry)),
        st.builds(Aborted, st.integers(1, 12)),
    )


CANCELLED_AFTER = (2.5, 3.0, 3.5, 4.0)
"""Seconds: an event that is less than two newer than a request counts as older."""


@dataclass(frozen=True)
class Cancelled:
    """E4, E9, E19: after so many steps, and seconds, a sibling fails, or somebody deletes the
    stack.
    """

    steps: int
    seconds: float
    """Less than passes between two looks at an endpoint."""
    deleted: bool


Trouble = Due | Cancelled | None


def troubles() -> st.SearchStrategy[Trouble]:
    """The one thing that goes wrong in an operation of a stack, or none."""
    return st.one_of(
        st.none(),
        *[st.builds(Due, faults(), st.sampled_from([0, 0, 1, 1, 2]))] * 2,
        st.builds(Cancelled, st.integers(0, 14), st.sampled_from(CANCELLED_AFTER), st.booleans()),
    )


def meddlings(possible: list[Any]) -> st.SearchStrategy[Any]:
    """One of what is possible, each kind as likely as the others."""
    kinds = dict.fromkeys(type(each) for each in possible)
    return st.sampled_from(list(kinds)).flatmap(
        lambda kind: st.sampled_from([each for each in possible if isinstance(each, kind)])
    )
