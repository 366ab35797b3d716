"""The endpoint that a request means: in place, a replacement, or what a way back returns to."""

from typing import NamedTuple

import pytest

from provider.contract.event import Request
from provider.model.endpoint import Endpoint
from provider.model.failures import SAME_NAME, Failure
from provider.model.naming import Kind
from provider.model.replacement import Target, candidates, choose, may_replace
from provider.model.stack import Direction
from provider.model.task import Scope
from tests.unit import given
from tests.unit.given import Values

X, Y = given.arn("x"), given.arn("y")
X_RECOGNIZER = given.arn("x", Kind.RECOGNIZER)
PLAIN, WITH_ROLE, PLAIN_RECOGNIZER, ROLE_RECOGNIZER = (
    given.generated_arn(kind, with_role=role) for kind in Kind for role in (False, True)
)
NAMED_X: Values = {"endpoint_name": "x"}
NAMED_Y: Values = {"endpoint_name": "y"}
WRITTEN_OUT: Values = {"endpoint_name": PLAIN.rpartition("/")[2]}
ROLE: Values = {"role_arn": given.ROLE}
OTHER_ROLE: Values = {"role_arn": given.OTHER_ROLE}
RECOGNIZER: Values = {"model_arn": given.RECOGNIZER}
FLYWHEEL: Values = {"model_arn": None, "flywheel_arn": given.FLYWHEEL}
OTHER_FLYWHEEL: Values = {"model_arn": None, "flywheel_arn": given.OTHER_FLYWHEEL}

OURS: Values = {}
FOREIGN: Values = {"tags": {"team": "somebody else's"}}
BOTH_KINDS = {X: OURS, X_RECOGNIZER: OURS}
BOTH_NAMES = {PLAIN: OURS, WITH_ROLE: ROLE}

ALL, CHANGED, NOTHING = Scope
FORWARD, BACK, UNKNOWN = Direction


def chosen(
    request: Request, kind: Kind, live: dict[str, Values], direction: Direction | None = FORWARD
) -> Target | Failure:
    """The choice of somebody who observes the candidates and nothing else."""
    observed: dict[str, Endpoint | None] = {
        arn: given.endpoint(arn=arn, **live[arn]) if arn in live else None
        for arn in candidates(request, kind)
    }
    return choose(request, kind, observed, direction)


class Case(NamedTuple):
    """An Update: the properties, the physical id, the endpoints by ARN, and the right choice."""

    new: Values
    old: Values
    physical_id: str
    live: dict[str, Values]
    expected: Target | Failure
    direction: Direction = FORWARD

    def choice(self) -> Target | Failure:
        update = given.request("Update", self.new, self.old, physical_id=self.physical_id)
        other = {given.RECOGNIZER, given.OTHER_FLYWHEEL} & {*self.new.values()}
        kind = Kind.RECOGNIZER if other else Kind.CLASSIFIER
        return chosen(update, kind, self.live, self.direction)


UPDATES = {
    # In place.
    "a named endpoint is changed in place": Case(
        NAMED_X, NAMED_X, X, {X: OURS}, Target(X, CHANGED)
    ),
    "an endpoint with a generated name is changed in place": Case(
        {}, {}, PLAIN, {PLAIN: OURS}, Target(PLAIN, CHANGED)
    ),
    "an endpoint that vanished is made again under its ARN": Case(
        {}, {}, PLAIN, {}, Target(PLAIN, CHANGED)
    ),
    "an id that no longer follows from the properties is kept without a reason to replace": Case(
        {}, {}, X, {X: OURS}, Target(X, CHANGED)
    ),
    # A rename.
    "a rename is a replacement": Case(NAMED_Y, NAMED_X, X, {X: OURS}, Target(Y, ALL)),
    "a rename to somebody else's name is left to the plan": Case(
        NAMED_Y, NAMED_X, X, {X: OURS, Y: FOREIGN}, Target(Y, ALL)
    ),
    "a name given for the first time is a replacement": Case(
        NAMED_X, {}, PLAIN, {PLAIN: OURS}, Target(X, ALL)
    ),
    "a name left out is a replacement": Case({}, NAMED_X, X, {X: OURS}, Target(PLAIN, ALL)),
    # CloudFormation rolls a rename back with the old id or the new one.
    "a rename rolled back with the old id does not touch the old endpoint": Case(
        NAMED_X, NAMED_Y, X, {X: OURS}, Target(X, NOTHING), direction=BACK
    ),
    "a rename that failed and was not rolled back, then undone by hand": Case(
        NAMED_X, NAMED_Y, X, {X: OURS}, Target(X, ALL)
    ),
    "a rename undone, if it is unknown whether by a rollback": Case(
        NAMED_X, NAMED_Y, X, {X: OURS}, Target(X, NOTHING), direction=UNKNOWN
    ),
    "a rename rolled back with the new id returns to the old endpoint": Case(
        NAMED_X, NAMED_Y, Y, {X: OURS, Y: OURS}, Target(X, NOTHING), direction=BACK
    ),
    "a rename rolled back with the new id, the old endpoint gone": Case(
        NAMED_X, NAMED_Y, Y, {Y: OURS}, Target(X, NOTHING), BACK
    ),
    "a rename rolled back with the old id, the old endpoint gone": Case(
        NAMED_X, NAMED_Y, X, {Y: OURS}, Target(X, NOTHING), BACK
    ),
    "a name given for the first time, rolled back with the old id": Case(
        {}, NAMED_X, PLAIN, {PLAIN: OURS}, Target(PLAIN, NOTHING), direction=BACK
    ),
    "a name given for the first time, rolled back with the new id": Case(
        {}, NAMED_X, X, {PLAIN: OURS, X: OURS}, Target(PLAIN, NOTHING), direction=BACK
    ),
    "a name left out, rolled back with the old id": Case(
        NAMED_X, {}, X, {X: OURS, PLAIN: OURS}, Target(X, NOTHING), direction=BACK
    ),
    # The old properties name the same endpoint, so nothing was replaced.
    "the generated name written out": Case(
        WRITTEN_OUT, {}, PLAIN, {PLAIN: OURS}, Target(PLAIN, CHANGED)
    ),
    "the generated name written out, rolled back": Case(
        {}, WRITTEN_OUT, PLAIN, {PLAIN: OURS}, Target(PLAIN, CHANGED), direction=BACK
    ),
    # A role.
    "a role added to a named endpoint is no replacement": Case(
        NAMED_X | ROLE, NAMED_X, X, {X: OURS}, Target(X, CHANGED)
    ),
    "a role added to an endpoint with a generated name is no replacement": Case(
        ROLE, {}, PLAIN, {PLAIN: OURS}, Target(PLAIN, CHANGED)
    ),
    "somebody else's endpoint with a role, under the other name, is not meant": Case(
        ROLE, {}, PLAIN, {PLAIN: OURS, WITH_ROLE: FOREIGN | ROLE}, Target(PLAIN, CHANGED)
    ),
    "another role is no replacement": Case(
        OTHER_ROLE, ROLE, WITH_ROLE, {WITH_ROLE: ROLE}, Target(WITH_ROLE, CHANGED)
    ),
    "a role removed is a replacement": Case(
        {}, ROLE, WITH_ROLE, {WITH_ROLE: ROLE}, Target(PLAIN, ALL)
    ),
    "a role added in place and removed again is a replacement, under the free name": Case(
        {}, ROLE, PLAIN, {PLAIN: ROLE}, Target(WITH_ROLE, ALL)
    ),
    "a role removed that the endpoint never got is no replacement": Case(
        {}, ROLE, PLAIN, {PLAIN: OURS}, Target(PLAIN, CHANGED)
    ),
    "a role removed from an endpoint that vanished": Case(
        {}, ROLE, WITH_ROLE, {}, Target(WITH_ROLE, CHANGED)
    ),
    "a role removed while the explicit name stays is refused": Case(
        NAMED_X, NAMED_X | ROLE, X, {X: ROLE}, SAME_NAME
    ),
    "a role removed together with a rename is a replacement": Case(
        NAMED_Y, NAMED_X | ROLE, X, {X: ROLE}, Target(Y, ALL)
    ),
    "a role removed together with the explicit name is a replacement": Case(
        {}, NAMED_X | ROLE, X, {X: ROLE}, Target(PLAIN, ALL)
    ),
    "a role added under an explicit name, rolled back: it stays": Case(
        NAMED_X, NAMED_X | ROLE, X, {X: ROLE}, Target(X, CHANGED), direction=BACK
    ),
    "a role added under an explicit name, perhaps rolled back: it stays": Case(
        NAMED_X, NAMED_X | ROLE, X, {X: ROLE}, Target(X, CHANGED), direction=UNKNOWN
    ),
    "a role added in place, rolled back: it stays": Case(
        {}, ROLE, PLAIN, {PLAIN: ROLE}, Target(PLAIN, CHANGED), BACK
    ),
    "a role added in vain, rolled back": Case(
        {}, ROLE, PLAIN, {PLAIN: OURS}, Target(PLAIN, CHANGED), direction=BACK
    ),
    "a role removed, rolled back with the new id": Case(
        ROLE, {}, PLAIN, BOTH_NAMES, Target(WITH_ROLE, NOTHING), direction=BACK
    ),
    "a role removed, rolled back with the old id": Case(
        ROLE, {}, WITH_ROLE, BOTH_NAMES, Target(WITH_ROLE, NOTHING), direction=BACK
    ),
    "a role removed, rolled back with the old id, the old endpoint gone": Case(
        ROLE, {}, WITH_ROLE, {PLAIN: OURS}, Target(WITH_ROLE, NOTHING), BACK
    ),
    "a role removed, rolled back with the new id, the old endpoint gone": Case(
        ROLE, {}, PLAIN, {PLAIN: OURS}, Target(WITH_ROLE, NOTHING), BACK
    ),
    # The kind of model.
    "another kind of model is a replacement, though the name stays": Case(
        NAMED_X | RECOGNIZER, NAMED_X, X, {X: OURS}, Target(X_RECOGNIZER, ALL)
    ),
    "another kind of model is a replacement under another generated name": Case(
        RECOGNIZER, {}, PLAIN, {PLAIN: OURS}, Target(PLAIN_RECOGNIZER, ALL)
    ),
    "another kind, and the role removed, under one explicit name": Case(
        NAMED_X | RECOGNIZER, NAMED_X | ROLE, X, {X: ROLE}, Target(X_RECOGNIZER, ALL)
    ),
    "another kind, rolled back with the old id": Case(
        NAMED_X, NAMED_X | RECOGNIZER, X, BOTH_KINDS, Target(X, NOTHING), direction=BACK
    ),
    "another kind, rolled back with the new id": Case(
        NAMED_X,
        NAMED_X | RECOGNIZER,
        X_RECOGNIZER,
        BOTH_KINDS,
        Target(X, NOTHING),
        direction=BACK,
    ),
    "a flywheel of the other kind is a replacement": Case(
        OTHER_FLYWHEEL, FLYWHEEL, PLAIN, {PLAIN: FLYWHEEL}, Target(PLAIN_RECOGNIZER, ALL)
    ),
    # Of two flywheels the kinds are not known: what the endpoint follows tells.
    "another flywheel, rolled back: the endpoint follows the former one still": Case(
        FLYWHEEL, OTHER_FLYWHEEL, PLAIN, {PLAIN: FLYWHEEL}, Target(PLAIN, NOTHING), BACK
    ),
    "another flywheel, rolled back: the endpoint follows it": Case(
        FLYWHEEL, OTHER_FLYWHEEL, PLAIN, {PLAIN: OTHER_FLYWHEEL}, Target(PLAIN, CHANGED), BACK
    ),
    # An id that is no endpoint of the stack's.
    "an update of an id that is no ARN makes the endpoint of the properties": Case(
        {}, {}, "failed/0123", {}, Target(PLAIN, ALL)
    ),
    "an update of an endpoint in another region makes one here": Case(
        NAMED_X, NAMED_X, X.replace("eu-west-1", "us-east-1"), {}, Target(X, ALL)
    ),
}


@pytest.mark.parametrize("situation", UPDATES)
def test_an_update_means_the_right_endpoint(situation: str) -> None:
    case = UPDATES[situation]
    assert case.choice() == case.expected


@pytest.mark.parametrize(
    ("properties", "kind", "expected"),
    [
        (NAMED_X, Kind.CLASSIFIER, X),
        (NAMED_X | RECOGNIZER, Kind.RECOGNIZER, X_RECOGNIZER),
        ({}, Kind.CLASSIFIER, PLAIN),
        (RECOGNIZER | ROLE, Kind.RECOGNIZER, ROLE_RECOGNIZER),
    ],
)
@pytest.mark.parametrize("live", [OURS, FOREIGN, None])
def test_a_create_means_the_endpoint_of_its_properties_whatever_is_there(
    properties: Values, kind: Kind, expected: str, live: Values | None
) -> None:
    create = given.request("Create", properties)
    assert candidates(create, kind) == (expected,)
    found = chosen(create, kind, {} if live is None else {expected: live})
    assert found == Target(expected, ALL)


WAYS_FORWARD = {
    situation: case
    for situation, case in UPDATES.items()
    if case.direction is FORWARD
    and isinstance(case.expected, Target)
    and case.physical_id in case.live
    and FOREIGN not in case.live.values()
    # What failed before and was not undone cannot be told from a replacement; nor can the loss of a
    # role that the endpoint never got.
    and case.expected != Target(case.physical_id, ALL)
    and ("role_arn" in case.live[case.physical_id] or "role_arn" not in case.old)
}


@pytest.mark.parametrize("with_new_id", [False, True], ids=["old id", "new id"])
@pytest.mark.parametrize("situation", WAYS_FORWARD)
def test_what_the_way_forward_replaced_the_way_back_replaces_and_nothing_else(
    situation: str, with_new_id: bool
) -> None:
    """Replacement is decided with old and new exchanged."""
    case = WAYS_FORWARD[situation]
    assert isinstance(case.expected, Target)
    was_replaced = case.expected.arn != case.physical_id
    made = {"role_arn": case.new.get("role_arn")}
    live = {case.expected.arn: made} | case.live
    physical_id = case.expected.arn if with_new_id else case.physical_id
    back = Case(case.old, case.new, physical_id, live, case.expected, BACK)
    scope = NOTHING if was_replaced else CHANGED
    assert back.choice() == Target(case.physical_id, scope)


@pytest.mark.parametrize(
    ("new", "old", "physical_id", "expected"),
    [
        (NAMED_X, NAMED_X, X, (X,)),
        ({}, {}, PLAIN, (PLAIN,)),
        (NAMED_Y, NAMED_X, X, (Y, X)),
        (ROLE, {}, PLAIN, (WITH_ROLE, PLAIN)),
        ({}, {}, X, (PLAIN, WITH_ROLE, X)),
        (NAMED_X, NAMED_X, "shop_Sentiment_1A2B", (X,)),
    ],
)
def test_only_endpoints_that_can_be_meant_are_observed(
    new: Values, old: Values, physical_id: str, expected: tuple[str, ...]
) -> None:
    update = given.request("Update", new, old, physical_id=physical_id)
    assert candidates(update, Kind.CLASSIFIER) == expected


@pytest.mark.parametrize(
    ("new", "old", "expected"),
    [
        pytest.param({"inference_units": 2}, {}, False, id="units"),
        pytest.param({"model_arn": given.NEWER}, {}, False, id="a model of the same kind"),
        pytest.param(OTHER_ROLE, ROLE, False, id="another role"),
        pytest.param(NAMED_Y, NAMED_X, True, id="a name"),
        pytest.param(NAMED_X, {}, True, id="a name for the first time"),
        pytest.param(ROLE, {}, True, id="a role: undoing it may be a replacement"),
        pytest.param({}, ROLE, True, id="no role"),
        pytest.param(RECOGNIZER, {}, True, id="a model of another kind"),
        pytest.param(OTHER_FLYWHEEL, FLYWHEEL, True, id="a flywheel, of whatever kind"),
        pytest.param(FLYWHEEL, FLYWHEEL, False, id="the same flywheel"),
    ],
)
def test_which_way_an_update_goes_matters_only_if_it_may_be_a_replacement(
    new: Values, old: Values, expected: bool
) -> None:
    assert may_replace(given.request("Update", new, old, physical_id=X)) is expected
