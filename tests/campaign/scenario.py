"""What a stack is taken through: its deployment, what holds the new name, an operation."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from provider.model.ownership import ADOPT_TAG, LOGICAL_ID_TAG, REQUEST_TAG, STACK_TAG
from testing.arns import classifier
from testing.cloudformation import Carried, Course, Stack
from testing.events import DeletionPolicy, Json, Template
from testing.interception import Site
from testing.world import World

LOGICAL_ID = "Sentiment"
NAME = "mine"
OFFER = f"demo/{LOGICAL_ID}"
"""The value of the tag by which an owner lets the resource adopt an endpoint."""
LOST = "demo-Sentiment-create-lost"
"""The name of an execution that is gone, and has left an endpoint behind."""
FOREIGN = "mine-1"
"""The name of an endpoint that is not this stack's."""
TIMEOUT = 300
"""Seconds: short, so that a failure that stays is over soon."""

BASE: Json = {
    "EndpointName": NAME,
    "ModelArn": classifier(),
    "DesiredInferenceUnits": 1,
    "ServiceTimeout": TIMEOUT,
}
BROKEN = classifier("broken/version/v1")
"""A model with which a creation, or an update, is accepted and then fails."""


class Meanwhile(StrEnum):
    """What becomes of the endpoint between the stack's deployment and the operation."""

    NOTHING = "nothing"
    VANISHED = "vanished"
    """Somebody has deleted it."""
    FAILED = "failed"
    """It is in FAILED."""


class There(StrEnum):
    """What is at the name that an operation goes to, when it begins."""

    NOTHING = "nothing"
    RETAINED = "retained"
    """The stack made it, and let it go on purpose: it serves somebody."""
    RETAINED_OFFERED = "retained and offered"
    """Then its owner tagged it for adoption."""
    LEFT = "left behind"
    """A request whose execution was lost made it, and the stack never had it."""
    OFFERED = "offered"
    """Somebody else's, as the template asks but for tags, and tagged for adoption."""
    DIFFERENT = "offered, and different"
    """Somebody else's, tagged for adoption, with other units than the template asks for."""


class Option(StrEnum):
    """What somebody has chosen for the case that the operation fails."""

    NONE = "none"
    PRESERVED = "preserved"
    """E27, E28: what fails goes back alone, and the stack does not roll back."""
    SKIPPED = "skipped"
    """E32: a resource that cannot be rolled back is skipped."""
    FORCED = "forced"
    """E29: what cannot be deleted is left."""


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
    there: There = There.NOTHING
    policy: DeletionPolicy = DeletionPolicy.DELETE
    """Of the stack's resources while the operation is under way."""
    adopted: bool = False
    """The endpoint that the stack has before is one that it adopted."""
    option: Option = Option.NONE
    then: Json | None = None
    """What the next update asks for, when all is over."""
    added: bool = False
    """The stack is there, and an update adds the resource."""
    settings: tuple[tuple[str, str], ...] = field(default=())
    """What the emulator must play for it."""
    plain: str = ""
    """The scenario that this one is, but for what is at that name."""
    made: Json = field(default_factory=dict)
    """The endpoint that it makes under the name that it goes to, where nothing is there."""

    @property
    def operation(self) -> str:
        if self.before is None and not self.added:
            return "create"
        return "delete" if self.after is None else "update"

    def prepare(self, world: World) -> Stack:
        """Deploys what is there before, without any fault."""
        stack = world.subject
        deploy = stack.create
        if self.adopted:
            # It is busy for a while: what is adopted at once may have been there before.
            offer = {ADOPT_TAG: OFFER}
            world.admin.put_endpoint(NAME, classifier(), status="UPDATING", tags=offer)
        if self.there in (There.RETAINED, There.RETAINED_OFFERED):
            self._retain(world, stack)
            deploy = stack.update
        elif self.there is not There.NOTHING:
            self._put(world, stack)
        if self.added and not stack.status:
            world.play(stack.create({}))
        if self.before is not None:
            with world.at_once("create_seconds"):
                world.play(deploy(_template(self.before)))
        if self.added or deploy == stack.update:
            # Nobody deploys twice in the same moment.
            world.rest()
        stack.deletion_policy = self.policy
        if self.meanwhile is Meanwhile.VANISHED:
            world.admin.remove_endpoint(stack.resources[LOGICAL_ID].physical_id)
        elif self.meanwhile is Meanwhile.FAILED:
            arn = stack.resources[LOGICAL_ID].physical_id
            world.admin.fail_endpoint(arn, "The model's artifacts are gone.")
        return stack

    def _retain(self, world: World, stack: Stack) -> None:
        """The stack makes an endpoint as the template asks, and keeps it when it lets it go."""
        assert self.after is not None
        sound = classifier() if self.after.get("ModelArn") == BROKEN else self.after.get("ModelArn")
        kept = {name: value for name, value in (self.after | {"ModelArn": sound}).items() if value}
        present = world.endpoints().keys()
        with world.at_once("create_seconds"):
            world.play(stack.create(_template(kept)))
        stack.deletion_policy = DeletionPolicy.RETAIN
        world.rest()
        world.play(stack.update({}))
        world.rest()
        if self.there is There.RETAINED_OFFERED:
            (arn,) = world.endpoints().keys() - present
            world.admin.put_tags(arn, {ADOPT_TAG: OFFER})

    def _put(self, world: World, stack: Stack) -> None:
        """There is an endpoint that the stack has never had."""
        made = self.made
        own = {STACK_TAG: stack.id, LOGICAL_ID_TAG: LOGICAL_ID, REQUEST_TAG: LOST}
        model = classifier() if made["DesiredModelArn"] == BROKEN else made["DesiredModelArn"]
        world.admin.put_endpoint(
            made["EndpointName"],
            model,
            units=made["DesiredInferenceUnits"] + (self.there is There.DIFFERENT),
            role_arn=made.get("DesiredDataAccessRoleArn"),
            flywheel_arn=made.get("FlywheelArn"),
            tags=own if self.there is There.LEFT else {ADOPT_TAG: OFFER},
        )

    def over(
        self, made: Json, there: There, policy: DeletionPolicy = DeletionPolicy.DELETE
    ) -> "Scenario":
        """The same with an endpoint under the name that it goes to; `made` is what it makes."""
        kept = there in (There.RETAINED, There.RETAINED_OFFERED)
        named = f", {policy}" if policy is not DeletionPolicy.DELETE else ""
        return replace(
            self,
            name=f"{self.name}, over one {there}{named}",
            plain=self.name,
            made=made,
            there=there,
            policy=policy,
            # The stack that retained it is there already.
            added=self.added or (self.before is None and kept),
        )

    @property
    def is_refused(self) -> bool:
        """Whether the operation must fail, and leave what is there as it is."""
        differs = self.after is not None and self.after.get("ModelArn") == BROKEN
        offered = self.there in (There.RETAINED_OFFERED, There.OFFERED)
        return self.there in (There.RETAINED, There.DIFFERENT) or (offered and differs)

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
            preserve=self.option is Option.PRESERVED,
        )

    def mend(self, world: World, stack: Stack) -> None:
        """E12, E18, E29, E32, E33: what failed once is tried again when the fault is gone, or given
        up; then comes the next update.
        """
        if stack.status == "UPDATE_ROLLBACK_FAILED":
            world.play(stack.continue_rollback(skip=self.option is Option.SKIPPED))
        elif stack.status == "UPDATE_FAILED" and self.then is None:
            world.play(stack.continue_rollback())
        elif stack.status in ("DELETE_FAILED", "ROLLBACK_FAILED"):
            world.play(stack.delete(force=self.option is Option.FORCED))
        if self.then is not None:
            world.rest()
            world.play(stack.update(_template(self.then)))
            if stack.status == "UPDATE_ROLLBACK_FAILED":
                world.play(stack.continue_rollback())

    def within(self, timeout: int) -> "Scenario":
        """The same with another ServiceTimeout instead of TIMEOUT, in seconds."""

        def changed(properties: Json | None) -> Json | None:
            if properties is None:
                return None
            return {
                **properties,
                "ServiceTimeout": properties["ServiceTimeout"] - TIMEOUT + timeout,
            }

        templates = {name: changed(getattr(self, name)) for name in ("before", "after", "then")}
        return replace(self, **templates)  # type: ignore[arg-type]


def _template(properties: Json) -> Template:
    return {LOGICAL_ID: properties}


def made_by(scenario: Scenario) -> Json | None:
    """The endpoint that a scenario's first request makes under a new name, in a world that is well,
    as CreateEndpoint leaves it; None where it makes none.
    """
    world = World({})
    scenario.prepare(world)
    first, present = len(world.requests), world.endpoints()
    made: list[Json] = []

    def reached(site: Site, carry_out: Callable[[], Any]) -> Any:
        reply = carry_out()
        if site.name == "CreateEndpoint" and world.running == first:
            made.extend(each for arn, each in world.endpoints().items() if arn not in present)
        return reply

    world.reached = reached
    world.play(scenario.course(world.subject))
    is_new = made and scenario.meanwhile is Meanwhile.NOTHING
    return made[0] if is_new and made[0]["EndpointName"] != FOREIGN else None
