"""What a stack is taken through: every operation, and every way in which it is rolled back.

The rollbacks follow from the operations (E2, E6, E8, E10): each update is played once to its good
end and once more with a sibling that fails after it; where it replaced the endpoint, once for
each way in which CloudFormation may go back.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache

from provider.model.ownership import ADOPT_TAG, LOGICAL_ID_TAG, REQUEST_TAG, STACK_TAG
from testing.arns import classifier, flywheel, recognizer, role
from testing.cloudformation import Carried, Course, Stack
from testing.events import Json, Template
from testing.world import World

LOGICAL_ID = "Sentiment"
NAME = "mine"
OFFER = f"demo/{LOGICAL_ID}"
"""The value of the tag by which an owner lets the resource adopt an endpoint."""
FOREIGN = "mine-1"
"""The name of an endpoint that is not this stack's."""
TIMEOUT = 120
"""Seconds: short, so that a failure that stays is over soon."""

BASE: Json = {
    "EndpointName": NAME,
    "ModelArn": classifier(),
    "DesiredInferenceUnits": 1,
    "ServiceTimeout": TIMEOUT,
}


class Meanwhile(StrEnum):
    """What becomes of the endpoint between the stack's deployment and the operation."""

    NOTHING = "nothing"
    VANISHED = "vanished"
    """Somebody has deleted it."""
    FAILED = "failed"
    """It is in FAILED."""
    LEFT = "left"
    """One of ours is there already, under the name: an earlier request has left it."""


@dataclass(frozen=True)
class Scenario:
    """A stack is deployed, then taken from `before` to `after`; None: no stack."""

    name: str
    before: Json | None
    after: Json | None
    meanwhile: Meanwhile = Meanwhile.NOTHING
    sibling_fails: bool = False
    carried: Carried = Carried.NEW
    fails: bool = False
    """The service accepts it, and then it fails."""
    first: int = 0
    """The first request of interest: what comes before it is another scenario's."""
    offered: bool = False
    """Somebody else's endpoint is there, under the name, and is tagged for adoption."""
    added: bool = False
    """The stack is there, and an update adds the resource."""
    settings: tuple[tuple[str, str], ...] = field(default=())
    """What the emulator must play for it."""

    @property
    def operation(self) -> str:
        if self.before is None and not self.added:
            return "create"
        return "delete" if self.after is None else "update"

    def prepare(self, world: World) -> Stack:
        """Deploys what is there before, without any fault."""
        stack = world.subject
        if self.offered:
            # Not as the template asks, so that there is something to converge.
            world.admin.put_endpoint(
                NAME, classifier("owners/version/v1"), units=2, tags={ADOPT_TAG: OFFER}
            )
        if self.added:
            world.play(stack.create({}))
            # Nobody deploys twice in the same moment.
            world.rest()
        if self.before is not None:
            with world.at_once("create_seconds"):
                world.play(stack.create(_template(self.before)))
        if self.meanwhile is Meanwhile.VANISHED:
            world.admin.remove_endpoint(stack.resources[LOGICAL_ID].physical_id)
        elif self.meanwhile is Meanwhile.FAILED:
            arn = stack.resources[LOGICAL_ID].physical_id
            world.admin.fail_endpoint(arn, "The model's artifacts are gone.")
        elif self.meanwhile is Meanwhile.LEFT:
            own = {STACK_TAG: stack.id, LOGICAL_ID_TAG: LOGICAL_ID, REQUEST_TAG: "an earlier one"}
            world.admin.put_endpoint(NAME, classifier(), tags=own)
        return stack

    def course(self, stack: Stack) -> Course:
        """The operation itself, with the rollback that it leads to."""
        if self.after is None:
            return stack.delete()
        if self.before is None and not self.added:
            return stack.create(_template(self.after), sibling_fails=self.sibling_fails)
        return stack.update(
            _template(self.after),
            sibling_fails=self.sibling_fails,
            carried=self.carried,
        )

    def within(self, timeout: int) -> "Scenario":
        """The same with another ServiceTimeout instead of TIMEOUT, in seconds."""

        def changed(properties: Json | None) -> Json | None:
            if properties is None:
                return None
            return {
                **properties,
                "ServiceTimeout": properties["ServiceTimeout"] - TIMEOUT + timeout,
            }

        return replace(self, before=changed(self.before), after=changed(self.after))


def _template(properties: Json) -> Template:
    return {LOGICAL_ID: properties}


def _with(**properties: object) -> Json:
    return {name: value for name, value in {**BASE, **properties}.items() if value is not None}


GENERATED = _with(EndpointName=None)
TAGS = [{"Key": "team", "Value": "a"}, {"Key": "cost", "Value": "1"}]
OTHER_TAGS = [{"Key": "team", "Value": "b"}, {"Key": "stage", "Value": "x"}]
FLYWHEEL = _with(ModelArn=None, FlywheelArn=flywheel(), EndpointName=None)
BOTH = _with(FlywheelArn=flywheel())
BROKEN = classifier("broken/version/v1")

_CREATES = {
    "explicit name": BASE,
    "generated name": GENERATED,
    "flywheel": FLYWHEEL,
    "recognizer with role and tags": _with(
        ModelArn=recognizer(), DataAccessRoleArn=role(), Tags=TAGS
    ),
}
_IN_PLACE = {
    "units": (BASE, _with(DesiredInferenceUnits=3)),
    "model": (BASE, _with(ModelArn=classifier("reviews/version/v2"))),
    "flywheel added": (BASE, BOTH),
    "flywheel removed": (BOTH, _with(ModelArn=classifier("reviews/version/v2"))),
    "role added": (BASE, _with(DataAccessRoleArn=role())),
    "role changed": (_with(DataAccessRoleArn=role()), _with(DataAccessRoleArn=role("other"))),
    "tags": (_with(Tags=TAGS), _with(Tags=OTHER_TAGS)),
    "all at once": (
        _with(Tags=TAGS),
        _with(
            DesiredInferenceUnits=2,
            ModelArn=classifier("reviews/version/v2"),
            DataAccessRoleArn=role(),
            Tags=OTHER_TAGS,
        ),
    ),
    "nothing of the endpoint": (BASE, _with(ServiceTimeout=TIMEOUT + 1)),
}
_REPLACEMENTS = {
    "rename": (BASE, _with(EndpointName="other")),
    "rename with tags and units": (
        _with(Tags=TAGS),
        _with(EndpointName="other", Tags=OTHER_TAGS, DesiredInferenceUnits=2),
    ),
    "kind under the same name": (BASE, _with(ModelArn=recognizer())),
    "kind with a generated name": (GENERATED, {**GENERATED, "ModelArn": recognizer()}),
    "flywheel of another kind": (
        FLYWHEEL,
        {**FLYWHEEL, "FlywheelArn": flywheel("recognizer-flywheel")},
    ),
    "role removed": ({**GENERATED, "DataAccessRoleArn": role()}, GENERATED),
    "name removed": (BASE, GENERATED),
    "name given": (GENERATED, BASE),
}


@cache
def scenarios() -> dict[str, Scenario]:
    """All of them, by name."""
    found = (*_creates(), *_updates(), *_deletes(), *_adoptions())
    return {each.name: each for each in found}


def _creates() -> Iterator[Scenario]:
    for what, properties in _CREATES.items():
        create = Scenario(f"create, {what}", None, properties)
        yield create
        yield replace(create, name=f"{create.name}, sibling fails", sibling_fails=True, first=1)
    yield Scenario("create that fails", None, _with(ModelArn=BROKEN), fails=True)
    yield Scenario("create over one's own", None, BASE, Meanwhile.LEFT)
    yield Scenario("create over somebody else's", None, _with(EndpointName=FOREIGN), fails=True)


def _updates() -> Iterator[Scenario]:
    for what, (before, after) in _IN_PLACE.items():
        update = Scenario(f"update of {what}", before, after)
        yield update
        yield replace(update, name=f"{update.name}, rolled back", sibling_fails=True, first=1)
    for what, (before, after) in _REPLACEMENTS.items():
        update = Scenario(f"replacement by {what}", before, after)
        yield update
        for carried in Carried:
            name = f"{update.name}, rolled back with {carried}"
            yield replace(update, name=name, sibling_fails=True, carried=carried, first=1)
    broken = _with(ModelArn=BROKEN, DesiredInferenceUnits=2)
    yield Scenario("update that fails", BASE, broken, fails=True)
    yield Scenario("replacement that fails", BASE, {**broken, "EndpointName": "other"}, fails=True)
    taken = _with(EndpointName=FOREIGN)
    yield Scenario("replacement by somebody else's name", BASE, taken, fails=True)
    units = _with(DesiredInferenceUnits=3)
    yield Scenario("update of a vanished endpoint", BASE, units, Meanwhile.VANISHED)
    yield Scenario("update of a failed endpoint", BASE, units, Meanwhile.FAILED)
    yield Scenario(
        "update of a failed endpoint that takes no update",
        BASE,
        units,
        Meanwhile.FAILED,
        settings=(("update_on_failed", "InvalidRequestException"),),
    )


def _deletes() -> Iterator[Scenario]:
    yield Scenario("delete", BASE, None)
    yield Scenario("delete with a flywheel and a generated name", FLYWHEEL, None)
    yield Scenario("delete of a vanished endpoint", BASE, None, Meanwhile.VANISHED)
    yield Scenario("delete of a failed endpoint", BASE, None, Meanwhile.FAILED)


def _adoptions() -> Iterator[Scenario]:
    wanted = _with(DesiredInferenceUnits=1, Tags=TAGS)
    create = Scenario("create that adopts", None, wanted, offered=True)
    yield create
    yield replace(create, name=f"{create.name}, sibling fails", sibling_fails=True, first=1)
    broken = _with(ModelArn=BROKEN)
    yield Scenario("create that adopts and fails", None, broken, fails=True, offered=True)
    added = Scenario("addition that adopts", None, wanted, offered=True, added=True)
    yield added
    yield replace(added, name=f"{added.name}, rolled back", sibling_fails=True, first=1)
    renamed = {**wanted, "EndpointName": "other"}
    yield Scenario("replacement of an adopted one", wanted, renamed, offered=True)
    yield Scenario("delete of an adopted one", wanted, None, offered=True)
