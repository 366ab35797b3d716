"""The ARNs that a request's endpoint may have: what an update left, what a Delete has to find."""

from dataclasses import replace
from typing import Any

import pytest

from provider.contract.event import Place, Request
from provider.model.clean_up import abandoned_arns
from provider.model.naming import (
    Kind,
    endpoint_arn,
    generated_name,
    physical_endpoint,
    possible_arns,
    possible_arns_of_any_kind,
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


def request(operation: str, new: Values, old: Values, physical_id: str | None) -> Request:
    return replace(
        given.request(operation, physical_id=physical_id),
        new=given.properties(**new),
        old=given.properties(**old),
    )


def test_an_explicit_name_gives_one_arn_and_a_generated_one_an_alternative() -> None:
    def arns(properties: Values) -> tuple[str, ...]:
        return possible_arns(given.request(), given.properties(**properties), Kind.CLASSIFIER)

    assert arns(NAMED_X) == (X,)
    assert arns({}) == (PLAIN, WITH_ROLE)
    assert arns(ROLE) == (WITH_ROLE, PLAIN)
    assert PLAIN != WITH_ROLE


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
    found = physical_endpoint(given.request("Delete", physical_id=physical_id))
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
            id="another flywheel, of an unknown kind: both kinds but the target",
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
    found = abandoned_arns(request("Update", new, old, physical_id), target)
    assert found == expected
    assert target not in found
    assert physical_id not in found


@pytest.mark.parametrize("operation", ["Create", "Delete"])
def test_only_an_update_can_leave_a_cancelled_replacement(operation: str) -> None:
    assert abandoned_arns(request(operation, NAMED_X, NAMED_Y, X), X) == ()


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
def test_a_delete_with_an_invented_id_observes_every_arn_that_its_endpoint_may_have(
    properties: Values, expected: tuple[str, ...]
) -> None:
    delete = request("Delete", properties, {}, "shop_Sentiment_1A2B3C4D")
    assert possible_arns_of_any_kind(delete, delete.new) == expected
