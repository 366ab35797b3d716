"""Which endpoint a request means: in place, a replacement, its rollback, and what is left over."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from provider.changes import Scope
from provider.endpoint import Endpoint
from provider.identity import Kind, endpoint_arn, generated_name, ownership_tags
from provider.properties import Properties
from provider.request import Place, Request
from provider.target import (
    SAME_NAME,
    Refusal,
    Target,
    abandoned,
    arns,
    candidates,
    choose,
    guesses,
    held,
    names,
)
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


def update(physical_id: str) -> Request:
    return given.request("Update", physical_id=physical_id)


def there(live: Mapping[str, Values]) -> dict[str, Endpoint]:
    return {arn: given.endpoint(arn=arn, **values) for arn, values in live.items()}


def chosen(
    request: Request,
    new: Properties,
    old: Properties,
    kind: Kind,
    live: Mapping[str, Endpoint],
    *,
    rolling_back: bool | None = False,
) -> Target | Refusal:
    """What is chosen by whoever looks at the candidates and at nothing else."""
    seen = {arn: live.get(arn) for arn in candidates(request, new, old, kind)}
    return choose(request, new, old, kind, seen, rolling_back=rolling_back)


@dataclass(frozen=True, slots=True)
class Case:
    """An Update: the properties, the physical id, what is there by ARN, and what must be chosen."""

    new: Values
    old: Values
    physical_id: str
    live: dict[str, Values]
    expected: Target | Refusal
    rolling_back: bool | None = False
    kind: Kind = Kind.CLASSIFIER

    def choice(self) -> Target | Refusal:
        return chosen(
            update(self.physical_id),
            given.properties(**self.new),
            given.properties(**self.old),
            self.kind,
            there(self.live),
            rolling_back=self.rolling_back,
        )


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
    "an id that no longer follows from the properties is kept where nothing forces otherwise": Case(
        {}, {}, X, {X: OURS}, Target(X, Scope.CHANGED)
    ),
    "somebody else's endpoint at the id is decided on later": Case(
        NAMED_X, NAMED_X, X, {X: FOREIGN}, Target(X, Scope.CHANGED)
    ),
    # Renaming.
    "a rename is a replacement": Case(NAMED_Y, NAMED_X, X, {X: OURS}, Target(Y, Scope.ALL)),
    "a rename goes on with an endpoint of ours under the new name": Case(
        NAMED_Y, NAMED_X, X, {X: OURS, Y: OURS}, Target(Y, Scope.ALL)
    ),
    "a rename to somebody else's name is decided on later": Case(
        NAMED_Y, NAMED_X, X, {X: OURS, Y: FOREIGN}, Target(Y, Scope.ALL)
    ),
    "a rename of an endpoint that vanished": Case(NAMED_Y, NAMED_X, X, {}, Target(Y, Scope.ALL)),
    "a name given for the first time is a replacement": Case(
        NAMED_X, {}, PLAIN, {PLAIN: OURS}, Target(X, Scope.ALL)
    ),
    "a name left out is a replacement": Case({}, NAMED_X, X, {X: OURS}, Target(PLAIN, Scope.ALL)),
    # Renaming rolled back: CloudFormation's id is the old one or the new one.
    "a rename rolled back with the old id leaves the old endpoint alone": Case(
        NAMED_X, NAMED_Y, X, {X: OURS}, Target(X, Scope.NOTHING), rolling_back=True
    ),
    "a rename that failed and was not rolled back, then undone by hand": Case(
        NAMED_X, NAMED_Y, X, {X: OURS}, Target(X, Scope.ALL)
    ),
    "a rename undone, where it is not known whether by a rollback": Case(
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
    "a role removed goes on with the replacement that is there": Case(
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
def test_writing_the_generated_name_out_is_no_replacement_and_loses_no_other_change(
    rolling_back: bool,
) -> None:
    # The old properties name the same endpoint: nothing was replaced, nothing was left alone.
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
    request, new = given.request(), given.properties(**properties)
    assert candidates(request, new, Properties(), kind) == (expected,)
    found = chosen(
        request, new, Properties(), kind, there({} if live is None else {expected: live})
    )
    assert found == Target(expected, Scope.ALL)


def test_only_as_many_endpoints_are_looked_at_as_can_be_meant() -> None:
    def looked_at(new: Values, old: Values, physical_id: str) -> tuple[str, ...]:
        return candidates(
            update(physical_id), given.properties(**new), given.properties(**old), Kind.CLASSIFIER
        )

    assert looked_at(NAMED_X, NAMED_X, X) == (X,)
    assert looked_at({}, {}, PLAIN) == (PLAIN,)
    assert looked_at(NAMED_Y, NAMED_X, X) == (Y, X)
    assert looked_at(ROLE, {}, PLAIN) == (WITH_ROLE, PLAIN)
    assert looked_at({}, {}, X) == (PLAIN, WITH_ROLE, X)
    assert looked_at(NAMED_X, NAMED_X, "shop_Sentiment_1A2B") == (X,)


def test_an_explicit_name_is_the_only_one_and_a_generated_one_has_an_alternative() -> None:
    request = given.request()
    assert names(request, given.properties(**NAMED_X), Kind.CLASSIFIER) == ("x",)
    assert arns(request, given.properties(), Kind.CLASSIFIER) == (PLAIN, WITH_ROLE)
    assert arns(request, given.properties(**ROLE), Kind.CLASSIFIER) == (WITH_ROLE, PLAIN)
    assert PLAIN != WITH_ROLE


def test_the_refusal_names_the_property_and_the_remedy() -> None:
    assert SAME_NAME.reason.startswith("DataAccessRoleArn: ")
    assert "Change EndpointName" in SAME_NAME.reason


@pytest.mark.parametrize(
    ("physical_id", "place"),
    [
        (X, replace(given.PLACE, stack_name="")),
        (X.replace("eu-west-1", "us-east-1"), None),
        (X.replace("123456789012", "210987654321"), None),
        (X.replace("arn:aws:", "arn:aws-cn:"), None),
        ("not-created/0123", None),
        (None, None),
    ],
)
def test_an_id_is_only_trusted_in_the_stack_s_own_place(
    physical_id: str | None, place: Place | None
) -> None:
    found = held(given.request("Delete", physical_id=physical_id))
    assert (found.place if found else None) == place


FLYWHEEL: Values = {"model_arn": None, "flywheel_arn": given.FLYWHEEL}
OTHER_FLYWHEEL: Values = {"model_arn": None, "flywheel_arn": given.OTHER_FLYWHEEL}


@pytest.mark.parametrize(
    ("new", "old", "physical_id", "target", "expected"),
    [
        pytest.param({}, {}, PLAIN, PLAIN, (), id="nothing forces a replacement"),
        pytest.param(
            {"inference_units": 2}, {}, PLAIN, PLAIN, (), id="a change that is no replacement"
        ),
        pytest.param(
            NAMED_X, NAMED_Y, X, X, (Y,), id="the rollback of a rename, with the old id: cancelled"
        ),
        pytest.param(
            NAMED_X, NAMED_Y, Y, X, (), id="the rollback of a rename, with the new id: deleted next"
        ),
        pytest.param(NAMED_Y, NAMED_X, X, Y, (), id="a rename: the old one is deleted next"),
        pytest.param(
            {}, NAMED_Y, PLAIN, PLAIN, (Y,), id="a name given for the first time, cancelled"
        ),
        pytest.param(
            NAMED_X, {}, X, X, (PLAIN, WITH_ROLE), id="a name left out, cancelled: either of two"
        ),
        pytest.param(
            NAMED_X,
            NAMED_X | RECOGNIZER,
            X,
            X,
            (X_RECOGNIZER,),
            id="another kind of model, cancelled",
        ),
        pytest.param(
            ROLE, {}, WITH_ROLE, WITH_ROLE, (PLAIN,), id="a role removed, cancelled: the free name"
        ),
        pytest.param(
            {}, ROLE, PLAIN, PLAIN, (WITH_ROLE,), id="a role added in place: the other name"
        ),
        pytest.param(
            FLYWHEEL | NAMED_X,
            OTHER_FLYWHEEL | NAMED_X,
            X,
            X,
            (X_RECOGNIZER,),
            id="another flywheel, whose kind nobody knows: both kinds but the target",
        ),
        pytest.param(
            NAMED_X,
            FLYWHEEL | NAMED_Y,
            X,
            X,
            (Y, named("y", Kind.RECOGNIZER)),
            id="a rename from a flywheel's: both kinds",
        ),
        pytest.param(FLYWHEEL, FLYWHEEL, PLAIN, PLAIN, (), id="a flywheel, nothing changed"),
        pytest.param(
            FLYWHEEL,
            {},
            PLAIN,
            PLAIN,
            (),
            id="a flywheel of the same kind instead of the model",
        ),
    ],
)
def test_a_cancelled_replacement_s_endpoint_is_found(
    new: Values, old: Values, physical_id: str, target: str, expected: tuple[str, ...]
) -> None:
    found = abandoned(
        update(physical_id),
        given.properties(**new),
        given.properties(**old),
        target,
        Kind.CLASSIFIER,
    )
    assert found == expected
    assert target not in found
    assert physical_id not in found


@pytest.mark.parametrize("operation", ["Create", "Delete"])
def test_only_an_update_abandons(operation: str) -> None:
    request = given.request(operation, physical_id=X)
    new, old = given.properties(**NAMED_X), given.properties(**NAMED_Y)
    assert abandoned(request, new, old, X, Kind.CLASSIFIER) == ()


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        pytest.param(NAMED_X, (X,), id="name and model"),
        pytest.param(NAMED_X | RECOGNIZER, (X_RECOGNIZER,), id="name and another kind of model"),
        pytest.param({}, (PLAIN, WITH_ROLE), id="a generated name"),
        pytest.param(ROLE, (WITH_ROLE, PLAIN), id="a generated name, with a role"),
        pytest.param(FLYWHEEL | NAMED_X, (X, X_RECOGNIZER), id="a flywheel: both kinds"),
        pytest.param(
            FLYWHEEL,
            (PLAIN, WITH_ROLE, PLAIN_RECOGNIZER, ROLE_RECOGNIZER),
            id="a flywheel and a generated name",
        ),
    ],
)
def test_a_delete_with_an_invented_id_looks_wherever_its_endpoint_may_be(
    properties: Values, expected: tuple[str, ...]
) -> None:
    request = given.request("Delete", physical_id="shop_Sentiment_1A2B3C4D")
    assert guesses(request, given.properties(**properties)) == expected


def test_an_endpoint_of_another_resource_under_our_name_is_not_taken_for_ours() -> None:
    other = ownership_tags(given.reply(logical_id="Other"))
    case = Case(NAMED_Y, NAMED_X, X, {X: OURS, Y: {"tags": other}}, Target(Y, Scope.ALL))
    # Its scope does not matter: the decision refuses what is not ours.
    assert case.choice() == case.expected
