"""The endpoint that a request means: in place, a replacement, or where a rollback returns to."""

from typing import NamedTuple

import pytest

from provider.contract.event import Request
from provider.model.endpoint import Endpoint
from provider.model.failures import ROLE_STAYS, SAME_NAME, Failure
from provider.model.naming import Kind
from provider.model.ownership import ADOPT_TAG
from provider.model.replacement import Target, candidates, choose
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
OFFERED: Values = {"tags": {ADOPT_TAG: "shop/Sentiment"}}
BOTH_KINDS = {X: OURS, X_RECOGNIZER: OURS}
BOTH_NAMES = {PLAIN: OURS, WITH_ROLE: ROLE}

ALL, CHANGED, NOTHING = Scope.ALL, Scope.CHANGED, Scope.NOTHING


def chosen(
    request: Request, kind: Kind, live: dict[str, Values], rolling_back: bool | None = False
) -> Target | Failure:
    """The choice of somebody who observes the candidates and nothing else."""
    observed: dict[str, Endpoint | None] = {
        arn: given.endpoint(arn=arn, **live[arn]) if arn in live else None
        for arn in candidates(request, kind)
    }
    return choose(request, kind, observed, rolling_back=rolling_back)


class Case(NamedTuple):
    """An Update: the properties, the physical id, the endpoints by ARN, and the right choice."""

    new: Values
    old: Values
    physical_id: str
    live: dict[str, Values]
    expected: Target | Failure
    rolling_back: bool | None = False

    def choice(self) -> Target | Failure:
        update = given.request("Update", self.new, self.old, physical_id=self.physical_id)
        # A flywheel alone is one of the other kind here.
        kind = Kind.RECOGNIZER if "model_arn" in self.new else Kind.CLASSIFIER
        return chosen(update, kind, self.live, self.rolling_back)


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
    "somebody else's endpoint at the id is left to the plan": Case(
        NAMED_X, NAMED_X, X, {X: FOREIGN}, Target(X, CHANGED)
    ),
    # A rename.
    "a rename is a replacement": Case(NAMED_Y, NAMED_X, X, {X: OURS}, Target(Y, ALL)),
    "a rename goes on with an endpoint of ours under the new name": Case(
        NAMED_Y, NAMED_X, X, {X: OURS, Y: OURS}, Target(Y, ALL)
    ),
    "a rename to somebody else's name is left to the plan": Case(
        NAMED_Y, NAMED_X, X, {X: OURS, Y: FOREIGN}, Target(Y, ALL)
    ),
    "a rename of an endpoint that vanished": Case(NAMED_Y, NAMED_X, X, {}, Target(Y, ALL)),
    "a name given for the first time is a replacement": Case(
        NAMED_X, {}, PLAIN, {PLAIN: OURS}, Target(X, ALL)
    ),
    "a name left out is a replacement": Case({}, NAMED_X, X, {X: OURS}, Target(PLAIN, ALL)),
    # CloudFormation rolls a rename back with the old id or the new one.
    "a rename rolled back with the old id does not touch the old endpoint": Case(
        NAMED_X, NAMED_Y, X, {X: OURS}, Target(X, NOTHING), rolling_back=True
    ),
    "a rename that failed and was not rolled back, then undone by hand": Case(
        NAMED_X, NAMED_Y, X, {X: OURS}, Target(X, ALL)
    ),
    "a rename undone, if it is unknown whether by a rollback": Case(
        NAMED_X, NAMED_Y, X, {X: OURS}, Target(X, NOTHING), rolling_back=None
    ),
    "a rename rolled back with the new id returns to the old endpoint": Case(
        NAMED_X, NAMED_Y, Y, {X: OURS, Y: OURS}, Target(X, NOTHING), rolling_back=True
    ),
    "a rename rolled back with the new id, the old endpoint gone": Case(
        NAMED_X, NAMED_Y, Y, {Y: OURS}, Target(X, ALL), rolling_back=True
    ),
    "a rename rolled back with the old id, the old endpoint gone": Case(
        NAMED_X, NAMED_Y, X, {Y: OURS}, Target(X, CHANGED), rolling_back=True
    ),
    "a name given for the first time, rolled back with the old id": Case(
        {}, NAMED_X, PLAIN, {PLAIN: OURS}, Target(PLAIN, NOTHING), rolling_back=True
    ),
    "a name given for the first time, rolled back with the new id": Case(
        {}, NAMED_X, X, {PLAIN: OURS, X: OURS}, Target(PLAIN, NOTHING), rolling_back=True
    ),
    "a name left out, rolled back with the old id": Case(
        NAMED_X, {}, X, {X: OURS, PLAIN: OURS}, Target(X, NOTHING), rolling_back=True
    ),
    # The old properties name the same endpoint, so nothing was replaced.
    "the generated name written out": Case(
        WRITTEN_OUT, {}, PLAIN, {PLAIN: OURS}, Target(PLAIN, CHANGED)
    ),
    "the generated name written out, rolled back": Case(
        {}, WRITTEN_OUT, PLAIN, {PLAIN: OURS}, Target(PLAIN, CHANGED), rolling_back=True
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
    "a role removed goes on with the replacement that exists": Case(
        {}, ROLE, WITH_ROLE, {WITH_ROLE: ROLE, PLAIN: OURS}, Target(PLAIN, ALL)
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
        NAMED_X, NAMED_X | ROLE, X, {X: ROLE}, Target(X, CHANGED), rolling_back=True
    ),
    "a role added under an explicit name, perhaps rolled back: it stays": Case(
        NAMED_X, NAMED_X | ROLE, X, {X: ROLE}, Target(X, CHANGED), rolling_back=None
    ),
    "a role added in place, rolled back: a new endpoint without it": Case(
        {}, ROLE, PLAIN, {PLAIN: ROLE}, Target(WITH_ROLE, ALL), rolling_back=True
    ),
    "a role added in vain, rolled back": Case(
        {}, ROLE, PLAIN, {PLAIN: OURS}, Target(PLAIN, CHANGED), rolling_back=True
    ),
    "a role removed, rolled back with the new id": Case(
        ROLE, {}, PLAIN, BOTH_NAMES, Target(WITH_ROLE, NOTHING), rolling_back=True
    ),
    "a role removed, rolled back with the old id": Case(
        ROLE, {}, WITH_ROLE, BOTH_NAMES, Target(WITH_ROLE, NOTHING), rolling_back=True
    ),
    "a role removed, rolled back with the old id, the old endpoint gone": Case(
        ROLE, {}, WITH_ROLE, {PLAIN: OURS}, Target(PLAIN, ALL), rolling_back=True
    ),
    "a role removed, rolled back with the new id, the old endpoint gone": Case(
        ROLE, {}, PLAIN, {PLAIN: OURS}, Target(PLAIN, CHANGED), rolling_back=True
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
        NAMED_X, NAMED_X | RECOGNIZER, X, BOTH_KINDS, Target(X, NOTHING), rolling_back=True
    ),
    "another kind, rolled back with the new id": Case(
        NAMED_X,
        NAMED_X | RECOGNIZER,
        X_RECOGNIZER,
        BOTH_KINDS,
        Target(X, NOTHING),
        rolling_back=True,
    ),
    "a flywheel of the other kind is a replacement": Case(
        OTHER_FLYWHEEL, FLYWHEEL, PLAIN, {PLAIN: OURS}, Target(PLAIN_RECOGNIZER, ALL)
    ),
    # An id that is no endpoint of the stack's.
    "an update of an id that is no ARN makes the endpoint of the properties": Case(
        {}, {}, "undetermined/0123", {}, Target(PLAIN, ALL)
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


@pytest.mark.parametrize(
    ("properties", "live", "expected"),
    [
        pytest.param(NAMED_X, OFFERED, Target(X, ALL), id="neither has a role"),
        pytest.param(NAMED_X | ROLE, OFFERED | ROLE, Target(X, ALL), id="both have a role"),
        pytest.param(NAMED_X | ROLE, OFFERED, Target(X, ALL), id="a role can be added"),
        pytest.param(NAMED_X, OFFERED | ROLE, ROLE_STAYS, id="a role cannot be removed"),
        pytest.param(NAMED_X, FOREIGN | ROLE, Target(X, ALL), id="it is not offered"),
    ],
)
def test_an_endpoint_with_a_role_is_adopted_only_with_a_role(
    properties: Values, live: Values, expected: Target | Failure
) -> None:
    create = given.request("Create", properties)
    assert chosen(create, Kind.CLASSIFIER, {X: live}) == expected


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
