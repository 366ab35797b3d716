"""What others do to endpoints while stacks live: auto scaling, flywheels, people."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from provider.model.naming import Kind
from testing.arns import classifier, recognizer
from testing.cloudformation import Stack
from testing.events import Resource
from tests.campaign.drawn import FLYWHEELS, NAMES
from tests.campaign.fleet import Fleet, arn_of
from tests.campaign.oversight import Oversight

SCALED = 5
"""Units that no template asks for."""
_MODELS = {Kind.CLASSIFIER: classifier(), Kind.RECOGNIZER: recognizer()}


@dataclass(frozen=True)
class Scaling:
    """Auto scaling sets an endpoint's units."""

    arn: str


@dataclass(frozen=True)
class Promotion:
    """A flywheel promotes a model."""

    flywheel: str
    gradually: bool


@dataclass(frozen=True)
class Harm:
    """Somebody deletes a stack's endpoint, or it fails by itself."""

    stack: str
    logical_id: str
    deleted: bool


@dataclass(frozen=True)
class Intrusion:
    """Somebody else makes an endpoint under a name that the stacks use."""

    kind: Kind
    name: str


@dataclass(frozen=True)
class Retreat:
    """Somebody else deletes it again."""

    arn: str


Meddlesome = Scaling | Promotion | Harm | Intrusion | Retreat


class Meddling:
    """Does it, and has the oversight know."""

    def __init__(self, fleet: Fleet, oversight: Oversight) -> None:
        self._fleet = fleet
        self._oversight = oversight

    def possible(self, quiet: Iterable[Stack]) -> list[Meddlesome]:
        """What can be done now. Only what is left alone otherwise, in stacks that are quiet, comes
        to harm.
        """
        return [*self._of_stacks(quiet), *self._of_all()]

    def _of_all(self) -> Iterator[Meddlesome]:
        for flywheel in FLYWHEELS:
            yield from (Promotion(flywheel, gradually) for gradually in (False, True))
        present = self._fleet.endpoints()
        for kind in Kind:
            yield from (
                Intrusion(kind, name) for name in NAMES if arn_of(kind, name) not in present
            )
        yield from map(Retreat, self._oversight.outsiders)

    def _of_stacks(self, quiet: Iterable[Stack]) -> Iterator[Meddlesome]:
        present = self._fleet.endpoints()
        for arn, endpoint in present.items():
            theirs = arn not in self._oversight.foreign and arn not in self._oversight.outsiders
            if theirs and endpoint["Status"] in ("IN_SERVICE", "UPDATING"):
                yield Scaling(arn)
        for stack in quiet:
            for resource in stack.resources.values():
                if self._is_well(stack, resource):
                    for deleted in (False, True):
                        yield Harm(stack.id, resource.logical_id, deleted)

    def _is_well(self, stack: Stack, resource: Resource) -> bool:
        live = self._fleet.endpoints().get(resource.physical_id)
        mine = (stack.id, resource.logical_id)
        return live is not None and self._fleet.holder(resource.physical_id) == mine

    def act(self, what: Meddlesome) -> None:
        admin = self._fleet.admin
        if isinstance(what, Scaling):
            admin.change_units(what.arn, SCALED)
            self._oversight.scaled(what.arn, SCALED)
        elif isinstance(what, Promotion):
            self._promote(what)
        elif isinstance(what, Harm):
            stack = self._fleet.stacks[what.stack]
            resource = stack.resources[what.logical_id]
            if what.deleted:
                admin.remove_endpoint(resource.physical_id)
            else:
                admin.fail_endpoint(resource.physical_id, "The model's artifacts are gone.")
            self._oversight.harmed(stack, resource)
        elif isinstance(what, Intrusion):
            arn = admin.put_endpoint(what.name, _MODELS[what.kind])
            self._oversight.intruded(arn)
        else:
            self._send_away(what.arn)

    def send_all_away(self) -> None:
        """Nobody else's endpoint is under the stacks' names any more."""
        for arn in list(self._oversight.outsiders):
            self._send_away(arn)

    def _promote(self, what: Promotion) -> None:
        make = recognizer if "recognizer" in what.flywheel else classifier
        # A model that nobody had before.
        number = int(self._fleet.clock())
        model = make(f"promoted/version/flywheel-{number}")
        self._fleet.admin.promote_model(what.flywheel, model, what.gradually)
        self._oversight.promoted(what.flywheel)

    def _send_away(self, arn: str) -> None:
        del self._oversight.outsiders[arn]
        self._fleet.admin.remove_endpoint(arn)
        self._fleet.look_around()
