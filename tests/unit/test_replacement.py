"""The endpoint that a request means: in place, a replacement, or where a rollback returns to."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from provider.contract.errors import Blame
from provider.contract.event import Request
from provider.model.endpoint import Endpoint
from provider.model.failures import ROLE_STAYS, SAME_NAME, Failure
from provider.model.naming import Kind, endpoint_arn, generated_name
from provider.model.ownership import ADOPT_TAG, ownership_tags
from provider.model.replacement import Target, candidates, choose
from provider.model.task import Scope
from tests.unit import given


def named(name: str, kind: Kind = Kind.CLASSIFIER) -> str:
    return endpoint_arn(given.PLACE, kind, name)


def generated(kind: Kind, *, with_role: bool) -> str:
    return named(generated_name(given.request(), kind, with_role=with_role), kind)


X, Y = named("x"), named("y")
X_RECOGNIZER = named("x", Kind.RECOGNIZER)
PLAIN = generated(Kind.CLASSIFIER, with_role=False)
WITH_ROLE = generated(Kind.CLASSIFIER, with_role=True)
PLAIN_RECOGNIZER = generated(Kind.RECOGNIZER, with_role=False)
ROLE_RECOGNIZER = generated(Kind.RECOGNIZER, with_role=True)

Values = dict[str, Any]
NAMED_X: Values = {"endpoint_name": "x"}
NAMED_Y: Values = {"endpoint_name": "y"}
ROLE: Values = {"role_arn": given.ROLE}
RECOGNIZER: Values = {"model_arn": given.RECOGNIZER}

OURS: Values = {}
OURS_WITH_ROLE: Values = {"role_arn": given.ROLE}
FOREIGN: Values = {"tags": {"team": "somebody else's"}}


def request(operation: str, new: Values, old: Values, physical_id: str | None) -> Request:
    return replace(
        given.request(operation, physical_id=physical_id),
        new=given.properties(**new),
        old=given.properties(**old),
    )


def chosen(
    request: Request,
    kind: Kind,
    live: Mapping[str, Values],
    *,
    rolling_back: bool | None = False,
) -> Target | Failure:
    """The choice of somebody who observes the candidates and nothing else."""
    observed: dict[str, Endpoint | None] = {
        arn: given.endpoint(arn=arn, **live[arn]) if arn in live else None
        for arn in candidates(request, kind)
    }
    return choose(request, kind, observed, rolling_back=rolling_back)


@dataclass(frozen=True, slots=True)
class Case:
    """An Update: the properties, the physical id, the endpoints by ARN, and the right choice."""

    new: Values
    old: Values
    physical_id: str
    live: dict[str, Values]
    expected: Target | Failure
    rolling_back: bool | None = False
    kind: Kind = Kind.CLASSIFIER

    def choice(self) -> Target | Failure:
        update = request("Update", self.new, self.old, self.physical_id)
        return chosen(update, self.kind, self.live, rolling_back=self.rolling_back)


UPDATES = {
    "a named endpoint is changed in place": Case(
        NAMED_X, NAMED_X, X, {X: OURS}, Target(X, Scope.CHANGED)
    ),
    "an endpoint with a generated name is changed in place": Case(
        {}, {}, PLAIN, {PLAIN: OURS}, Target(PLAIN, Scope.CHANGED)
    ),
    "an endpoint that vanished is made again under its ARN": Case(
        NAMED_X, NAMED_X, X, {}, Target(X, Scope.CHANGED)
    ),
    "an endpoint with a generated name that vanished is made again under its ARN": Case(
        {}, {}, PLAIN, {}, Target(PLAIN, Scope.CHANGED)
    ),
    "an id that no longer follows from the properties is kept without a reason to replace": Case(
        {}, {}, X, {X: OURS}, Target(X, Scope.CHANGED)
    ),
    "somebody else's endpoint at the id is left to the plan": Case(
        NAMED_X, NAMED_X, X, {X: FOREIGN}, Target(X, Scope.CHANGED)
    ),
    # Renaming.
    "a rename is a replacement": Case(NAMED_Y, NAMED_X, X, {X: OURS}, Target(Y, Scope.ALL)),
    "a rename goes on with an endpoint of ours under the new name": Case(
        NAMED_Y, NAMED_X, X, {X: OURS, Y: OURS}, Target(Y, Scope.ALL)
    ),
    "a rename to somebody else's name is left to the plan": Case(
        NAMED_Y, NAMED_X, X, {X: OURS, Y: FOREIGN}, Target(Y, Scope.ALL)
    ),
    "a rename of an endpoint that vanished": Case(NAMED_Y, NAMED_X, X, {}, Target(Y, Scope.ALL)),
    "a name given for the first time is a replacement": Case(
        NAMED_X, {}, PLAIN, {PLAIN: OURS}, Target(X, Scope.ALL)
    ),
    "a name left out is a replacement": Case({}, NAMED_X, X, {X: OURS}, Target(PLAIN, Scope.ALL)),
    # Renaming rolled back: CloudFormation's id is the old one or the new one.
    "a rename rolled back with the old id does not touch the old endpoint": Case(
        NAMED_X, NAMED_Y, X, {X: OURS}, Target(X, Scope.NOTHING), rolling_back=True
    ),
    "a rename that failed and was not rolled back, then undone by hand": Case(
        NAMED_X, NAMED_Y, X, {X: OURS}, Target(X, Scope.ALL)
    ),
    "a rename undone, if it is unknown whether by a rollback": Case(
        NAMED_X, NAMED_Y, X, {X: OURS}, Target(X, Scope.NOTHING), rolling_back=None
    ),
    "a rename rolled back with the new id returns to the old endpoint": Case(
        NAMED_X, NAMED_Y, Y, {X: OURS, Y: OURS}, Target(X, Scope.NOTHING), rolling_back=True
    ),
    "a rename rolled back with the new id, the old endpoint gone": Case(
        NAMED_X, NAMED_Y, Y, {Y: OURS}, Target(X, Scope.ALL), rolling_back=True
    ),
    "a rename rolled back with the old id, the old endpoint gone": Case(
        NAMED_X, NAMED_Y, X, {Y: OURS}, Target(X, Scope.CHANGED), rolling_back=True
    ),
    "a name given for the first time, rolled back with the old id": Case(
        {}, NAMED_X, PLAIN, {PLAIN: OURS}, Target(PLAIN, Scope.NOTHING), rolling_back=True
    ),
    "a name given for the first time, rolled back with the new id": Case(
        {}, NAMED_X, X, {PLAIN: OURS, X: OURS}, Target(PLAIN, Scope.NOTHING), rolling_back=True
    ),
    "a name left out, rolled back with the old id": Case(
        NAMED_X, {}, X, {X: OURS, PLAIN: OURS}, Target(X, Scope.NOTHING), rolling_back=True
    ),
    # A role.
    "a role added to a named endpoint is no replacement": Case(
        NAMED_X | ROLE, NAMED_X, X, {X: OURS}, Target(X, Scope.CHANGED)
    ),
    "a role added to an endpoint with a generated name is no replacement": Case(
        ROLE, {}, PLAIN, {PLAIN: OURS}, Target(PLAIN, Scope.CHANGED)
    ),
    "another role is no replacement": Case(
        {"role_arn": given.OTHER_ROLE},
        ROLE,
        WITH_ROLE,
        {WITH_ROLE: OURS_WITH_ROLE},
        Target(WITH_ROLE, Scope.CHANGED),
    ),
    "a role removed is a replacement": Case(
        {}, ROLE, WITH_ROLE, {WITH_ROLE: OURS_WITH_ROLE}, Target(PLAIN, Scope.ALL)
    ),
    "a role added in place and removed again is a replacement, under the free name": Case(
        {}, ROLE, PLAIN, {PLAIN: OURS_WITH_ROLE}, Target(WITH_ROLE, Scope.ALL)
    ),
    "a role removed goes on with the replacement that exists": Case(
        {},
        ROLE,
        WITH_ROLE,
        {WITH_ROLE: OURS_WITH_ROLE, PLAIN: OURS},
        Target(PLAIN, Scope.ALL),
    ),
    "a role removed that the endpoint never got is no replacement": Case(
        {}, ROLE, PLAIN, {PLAIN: OURS}, Target(PLAIN, Scope.CHANGED)
    ),
    "a role removed from an endpoint that vanished": Case(
        {}, ROLE, WITH_ROLE, {}, Target(WITH_ROLE, Scope.CHANGED)
    ),
    "a role removed while the explicit name stays is refused": Case(
        NAMED_X, NAMED_X | ROLE, X, {X: OURS_WITH_ROLE}, SAME_NAME
    ),
    "a role removed together with a rename is a replacement": Case(
        NAMED_Y, NAMED_X | ROLE, X, {X: OURS_WITH_ROLE}, Target(Y, Scope.ALL)
    ),
    "a role removed together with the explicit name is a replacement": Case(
        {}, NAMED_X | ROLE, X, {X: OURS_WITH_ROLE}, Target(PLAIN, Scope.ALL)
    ),
    "a role added under an explicit name, rolled back: it stays": Case(
        NAMED_X,
        NAMED_X | ROLE,
        X,
        {X: OURS_WITH_ROLE},
        Target(X, Scope.CHANGED),
        rolling_back=True,
    ),
    "a role added in place, rolled back: a new endpoint without it": Case(
        {}, ROLE, PLAIN, {PLAIN: OURS_WITH_ROLE}, Target(WITH_ROLE, Scope.ALL), rolling_back=True
    ),
    "a role added in vain, rolled back": Case(
        {}, ROLE, PLAIN, {PLAIN: OURS}, Target(PLAIN, Scope.CHANGED), rolling_back=True
    ),
    "a role removed, rolled back with the new id": Case(
        ROLE,
        {},
        PLAIN,
        {PLAIN: OURS, WITH_ROLE: OURS_WITH_ROLE},
        Target(WITH_ROLE, Scope.NOTHING),
        rolling_back=True,
    ),
    "a role removed, rolled back with the old id": Case(
        ROLE,
        {},
        WITH_ROLE,
        {PLAIN: OURS, WITH_ROLE: OURS_WITH_ROLE},
        Target(WITH_ROLE, Scope.NOTHING),
        rolling_back=True,
    ),
    "a role removed, rolled back with the old id, the old endpoint gone": Case(
        ROLE, {}, WITH_ROLE, {PLAIN: OURS}, Target(PLAIN, Scope.ALL), rolling_back=True
    ),
    "a role removed, rolled back with the new id, the old endpoint gone": Case(
        ROLE, {}, PLAIN, {PLAIN: OURS}, Target(PLAIN, Scope.CHANGED), rolling_back=True
    ),
    # The kind of model.
    "another kind of model is a replacement, though the name stays": Case(
        NAMED_X | RECOGNIZER,
        NAMED_X,
        X,
        {X: OURS},
        Target(X_RECOGNIZER, Scope.ALL),
        kind=Kind.RECOGNIZER,
    ),
    "another kind of model is a replacement under another generated name": Case(
        RECOGNIZER,
        {},
        PLAIN,
        {PLAIN: OURS},
        Target(PLAIN_RECOGNIZER, Scope.ALL),
        kind=Kind.RECOGNIZER,
    ),
    "another kind, and the role removed, under one explicit name": Case(
        NAMED_X | RECOGNIZER,
        NAMED_X | ROLE,
        X,
        {X: OURS_WITH_ROLE},
        Target(X_RECOGNIZER, Scope.ALL),
        kind=Kind.RECOGNIZER,
    ),
    "another kind, rolled back with the old id": Case(
        NAMED_X,
        NAMED_X | RECOGNIZER,
        X,
        {X: OURS, X_RECOGNIZER: OURS},
        Target(X, Scope.NOTHING),
        rolling_back=True,
    ),
    "another kind, rolled back with the new id": Case(
        NAMED_X,
        NAMED_X | RECOGNIZER,
        X_RECOGNIZER,
        {X: OURS, X_RECOGNIZER: OURS},
        Target(X, Scope.NOTHING),
        rolling_back=True,
    ),
    "a flywheel of the other kind is a replacement": Case(
        {"model_arn": None, "flywheel_arn": given.OTHER_FLYWHEEL},
        {"model_arn": None, "flywheel_arn": given.FLYWHEEL},
        PLAIN,
        {PLAIN: OURS},
        Target(PLAIN_RECOGNIZER, Scope.ALL),
        kind=Kind.RECOGNIZER,
    ),
    # An id that is no endpoint of the stack's.
    "an update of an id that is no ARN makes the endpoint of the properties": Case(
        {}, {}, "undetermined/0123", {}, Target(PLAIN, Scope.ALL)
    ),
    "an update of an endpoint in another region makes one here": Case(
        NAMED_X, NAMED_X, X.replace("eu-west-1", "us-east-1"), {}, Target(X, Scope.ALL)
    ),
}


@pytest.mark.parametrize("situation", UPDATES)
def test_an_update_means_the_right_endpoint(situation: str) -> None:
    case = UPDATES[situation]
    assert case.choice() == case.expected


@pytest.mark.parametrize("rolling_back", [False, True])
def test_writing_the_generated_name_out_is_no_replacement(
    rolling_back: bool,
) -> None:
    # The old properties name the same endpoint, so nothing was replaced.
    written_out: Values = {"endpoint_name": PLAIN.rpartition("/")[2]}
    expected = Target(PLAIN, Scope.CHANGED)
    for new, old in ((written_out, {}), ({}, written_out)):
        case = Case(new, old, PLAIN, {PLAIN: OURS}, expected, rolling_back=rolling_back)
        assert case.choice() == expected


@pytest.mark.parametrize(
    ("properties", "kind", "expected"),
    [
        (NAMED_X, Kind.CLASSIFIER, X),
        (NAMED_X | RECOGNIZER, Kind.RECOGNIZER, X_RECOGNIZER),
        ({}, Kind.CLASSIFIER, PLAIN),
        (ROLE, Kind.CLASSIFIER, WITH_ROLE),
        (RECOGNIZER | ROLE, Kind.RECOGNIZER, ROLE_RECOGNIZER),
    ],
)
@pytest.mark.parametrize("live", [OURS, FOREIGN, None])
def test_a_create_means_the_endpoint_of_its_properties_whatever_is_there(
    properties: Values, kind: Kind, expected: str, live: Values | None
) -> None:
    create = replace(given.request(), new=given.properties(**properties))
    assert candidates(create, kind) == (expected,)
    found = chosen(create, kind, {} if live is None else {expected: live})
    assert found == Target(expected, Scope.ALL)


OFFERED: Values = {"tags": {ADOPT_TAG: "shop/Sentiment"}}


@pytest.mark.parametrize(
    ("properties", "live", "expected"),
    [
        pytest.param(NAMED_X, OFFERED, Target(X, Scope.ALL), id="neither has a role"),
        pytest.param(NAMED_X | ROLE, OFFERED | ROLE, Target(X, Scope.ALL), id="both have a role"),
        pytest.param(NAMED_X | ROLE, OFFERED, Target(X, Scope.ALL), id="a role can be added"),
        pytest.param(NAMED_X, OFFERED | ROLE, ROLE_STAYS, id="a role cannot be removed"),
        pytest.param(NAMED_X, FOREIGN | ROLE, Target(X, Scope.ALL), id="it is not offered"),
    ],
)
def test_an_endpoint_with_a_role_is_adopted_only_with_a_role(
    properties: Values, live: Values, expected: Target | Failure
) -> None:
    create = replace(given.request(), new=given.properties(**properties))
    assert chosen(create, Kind.CLASSIFIER, {X: live}) == expected


def test_only_endpoints_that_can_be_meant_are_observed() -> None:
    def observed(new: Values, old: Values, physical_id: str) -> tuple[str, ...]:
        return candidates(request("Update", new, old, physical_id), Kind.CLASSIFIER)

    assert observed(NAMED_X, NAMED_X, X) == (X,)
    assert observed({}, {}, PLAIN) == (PLAIN,)
    assert observed(NAMED_Y, NAMED_X, X) == (Y, X)
    assert observed(ROLE, {}, PLAIN) == (WITH_ROLE, PLAIN)
    assert observed({}, {}, X) == (PLAIN, WITH_ROLE, X)
    assert observed(NAMED_X, NAMED_X, "shop_Sentiment_1A2B") == (X,)


@pytest.mark.parametrize(
    ("failure", "remedy"), [(SAME_NAME, "Change EndpointName"), (ROLE_STAYS, "Give its role here")]
)
def test_a_refused_replacement_names_the_property_and_the_remedy(
    failure: Failure, remedy: str
) -> None:
    assert failure.reason.startswith("DataAccessRoleArn: ")
    assert remedy in failure.reason
    assert failure.blame is Blame.USER


def test_an_endpoint_of_another_resource_under_our_name_is_not_taken_for_ours() -> None:
    other = ownership_tags(given.reply(logical_id="Other"))
    case = Case(NAMED_Y, NAMED_X, X, {X: OURS, Y: {"tags": other}}, Target(Y, Scope.ALL))
    # Its scope does not matter: the plan refuses an endpoint that is not ours.
    assert case.choice() == case.expected
