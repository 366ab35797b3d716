"""Endpoints that are no stack's, and must go on serving: retained on purpose, or offered."""

from collections.abc import Iterator

from provider.model.ownership import ADOPT_TAG, OWNERSHIP_TAGS
from testing.events import Json, in_strings
from testing.world import World
from tests.campaign.expected import Expected, settings_of
from tests.campaign.proofs import Proofs

_SETTINGS = ("ModelArn", "FlywheelArn", "DataAccessRoleArn", "DesiredInferenceUnits")


class LetGo:
    """Knows who must go on serving, and with what."""

    def __init__(self, world: World, expected: Expected, proofs: Proofs) -> None:
        self._world = world
        self._expected = expected
        self._proofs = proofs
        self._before: dict[str, Json] = {}
        """Those that were there when the operation began."""
        self._happened = 0
        """How many events of the subject's there were then."""

    def begin(self) -> None:
        """The operation begins now."""
        self._happened = len(self._world.subject.events)
        present, retained = self._world.endpoints(), self._retained()
        self._before = {
            arn: live
            for arn, live in present.items()
            if ADOPT_TAG in live["Tags"] or arn in retained
        }

    def arns(self) -> set[str]:
        """All of them that are there, whoever has them now."""
        return self._before.keys() | self._retained()

    def problems(self, owned: set[str]) -> Iterator[str]:
        """What is wrong with those that no stack has; `owned`: the physical ids of all stacks."""
        present = self._world.endpoints()
        for arn, before in self._before.items():
            live = present.get(arn)
            if live is None or live["CreationTime"] != before["CreationTime"]:
                # With proof, if it was adopted for good before.
                if (arn, before["CreationTime"]) not in self._proofs.deleted:
                    yield f"{_what(before)}: {arn} was deleted"
            elif arn not in owned:
                yield from _of_one(before, live, self._was_retained_again(arn), self._expected)
        for arn in self._retained() - owned - self._before.keys():
            yield from self._of_retained(arn, present.get(arn))
        if not self._expected.unproven:
            for arn, _ in self._proofs.given_back:
                yield f"leak: {arn} was adopted for good, and was given back"

    def _was_retained_again(self, arn: str) -> bool:
        """Whether the stack adopted it and retained it: nobody has asked to give it back."""
        since = self._world.subject.events[self._happened :]
        return any(each.status == "DELETE_SKIPPED" and each.physical_id == arn for each in since)

    def _of_retained(self, arn: str, live: Json | None) -> Iterator[str]:
        """A stack has retained it since: it serves as the template asked last."""
        asked = self._asked(arn)
        if asked is None:
            # It was never there: the id is that of a failed Create, or was invented.
            return
        if live is None or live["Status"] != "IN_SERVICE":
            yield f"retained: {arn} is {'gone' if live is None else 'in ' + live['Status']}"
            return
        for name, wanted, has in settings_of(asked, in_strings(live), self._expected):
            if wanted != has:
                yield f"retained: {name} of {arn} is {has!r} instead of {wanted!r}"

    def _asked(self, arn: str) -> Json | None:
        """The properties with which a stack was last told that it has an endpoint."""
        told = (
            each.event["ResourceProperties"]
            for each in reversed(self._world.requests)
            if each.kind != "Delete"
            and each.answer.get("PhysicalResourceId") == arn
            and each.succeeded
        )
        return next(told, None)

    def _retained(self) -> set[str]:
        return {arn for stack in self._world.stacks.values() for arn in stack.retained}


def _what(before: Json) -> str:
    return "adoption" if ADOPT_TAG in before["Tags"] else "retained"


def _of_one(before: Json, live: Json, may_be_marked: bool, expected: Expected) -> Iterator[str]:
    """It serves, as it did; of its tags, what an adoption sets may have come and gone."""
    is_free = {"ModelArn": not expected.model, "DesiredInferenceUnits": not expected.units}
    arn, what = before["EndpointArn"], _what(before)
    if live["Status"] != before["Status"]:
        yield f"{what}: {arn} is in {live['Status']}"
    for name in _SETTINGS:
        if live.get(name) != before.get(name) and not is_free.get(name):
            yield f"{what}: {name} of {arn} is {live.get(name)} instead of {before.get(name)}"
    tags, was = live["Tags"], before["Tags"]
    if ADOPT_TAG not in was and tags != was:
        yield f"{what}: {arn} has the tags {tags} instead of {was}"
    ownership, had = ({key for key in OWNERSHIP_TAGS if key in each} for each in (tags, was))
    kept = {key: value for key, value in was.items() if key not in OWNERSHIP_TAGS}
    given_back = not ownership or may_be_marked or (ownership == had and tags == was)
    if not (given_back and kept.items() <= tags.items()):
        yield f"{what}: {arn} was not given back, it has the tags {tags}"
