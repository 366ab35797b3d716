"""The plan's actions: what each sends, what comes before it, and how what has failed is remade."""

from typing import Any

import pytest

from provider.contract.event import Request
from provider.contract.properties import Settings
from provider.model import failures
from provider.model.actions import (
    Action,
    Create,
    Done,
    Fail,
    Proof,
    Question,
    Retag,
    Update,
    Wait,
)
from provider.model.api_errors import ApiError
from provider.model.asked import Known
from provider.model.endpoint import Endpoint, Status
from provider.model.installation import Installation
from provider.model.naming import client_request_token
from provider.model.stack import Direction
from provider.model.task import Call
from tests.unit import given
from tests.unit.given import Values
from tests.unit.plan_cases import (
    ADOPTED,
    DEADLINE,
    MINE,
    NAMED,
    OFFER,
    OLD,
    OLD_ADOPTED,
    REQUESTED,
    UPDATE,
    Fails,
    Outcome,
    is_as_expected,
    known,
    live,
    planned,
    refused,
    sent,
    update,
)

OWNERS = Installation(tags={"owner": "nlp", "cost-center": "42"})
MANY = {f"key-{number}": "" for number in range(46)}
"""Tags that leave room for one beside the provider's three."""
FAILED = Status.FAILED

# ---------------------------------------------------------------- What is sent


def create(**new: Any) -> Request:
    return given.request("Create", NAMED | new)


EVERYTHING: Values = {"flywheel_arn": given.FLYWHEEL, "inference_units": 2, "role_arn": given.ROLE}
FOLLOWS: Values = {"role_arn": given.ROLE, "flywheel_arn": given.FLYWHEEL}

SENT: dict[str, tuple[Request, Endpoint | None, Values, Action]] = {
    "a creation sends everything that the template names": (
        create(**EVERYTHING, tags={"team": "search"}),
        None,
        {},
        Create(
            name="reviews",
            settings=given.settings(**EVERYTHING),
            tags={"team": "search", "owner": "nlp", "cost-center": "42"} | MINE,
            token=client_request_token(given.reply(), 1),
        ),
    ),
    # The first was deleted since: the service must not answer with it.
    "a second creation has another token, and the installation's tags leave room for ours": (
        create(tags=MANY),
        None,
        {"creations": 1},
        Create(
            name="reviews",
            settings=given.settings(),
            tags=MANY | {"owner": "nlp"} | MINE,
            token=client_request_token(given.reply(), 2),
        ),
    ),
    "an update sends what changed, and keeps what the endpoint had": (
        update(FOLLOWS | {"inference_units": 2}, FOLLOWS),
        live(**FOLLOWS, inference_units=4),
        {},
        Update(Settings.of(inference_units=2), before=live(**FOLLOWS, inference_units=4)),
    ),
    "a revival sends all that the template changes, and its units": (
        update({"role_arn": given.ROLE}),
        live(status=FAILED, inference_units=7, model_arn=given.NEWER),
        {},
        Update(
            Settings.of(inference_units=1, role_arn=given.ROLE),
            before=live(status=FAILED, inference_units=7, model_arn=given.NEWER),
            call=Call.REVIVE,
        ),
    ),
    "a second revival sends the template's units alone": (
        update({"role_arn": given.ROLE}),
        live(status=FAILED),
        {"refused": refused(Call.REVIVE, "InvalidRequestException")},
        Update(Settings.of(inference_units=1), live(status=FAILED), Call.REVIVE_UNITS),
    ),
    # Units that break a rule count as not set.
    "a revival for which the template has no units sends the endpoint's": (
        update({"inference_units": None}),
        live(status=FAILED, inference_units=7),
        {},
        Update(
            Settings.of(inference_units=7),
            live(status=FAILED, inference_units=7),
            call=Call.REVIVE,
        ),
    ),
    "an adoption sets the ownership tags, and says when its request arrived": (
        create(tags={"team": "search"}),
        live(OFFER),
        {},
        Retag(Call.ADOPT, put=ADOPTED),
    ),
    "after an adoption the endpoint gets the template's tags and the installation's": (
        create(tags={"team": "search"}),
        live(OFFER | ADOPTED | {"owner": "web"}),
        {"accepted": sent(Call.ADOPT, seen=True)},
        Retag(Call.TAG, {"team": "search", "owner": "nlp", "cost-center": "42"}),
    ),
    "an update of tags sends the difference, and the installation's value returns": (
        update({"tags": {"b": "2"}}, {"tags": {"owner": "web", "a": "1"}}),
        live(OLD | {"owner": "web", "a": "1", "x": "y"}),
        {},
        Retag(Call.TAG, {"owner": "nlp", "b": "2"}, ("a",)),
    ),
}


@pytest.mark.parametrize("situation", SENT)
def test_an_action_sends_what_is_asked_and_nothing_else(situation: str) -> None:
    request, observed, facts, expected = SENT[situation]
    assert planned(request, observed, about={"installation": OWNERS}, **facts) == expected


# ---------------------------------------------------------------- An endpoint in FAILED

PROOFS = (
    "InvalidRequestException",
    "KmsKeyValidationException",
    "ResourceNotFoundException",
    "UnsupportedLanguageException",
    "ValidationException",
)
NO_PROOFS = (
    "AccessDeniedException",
    "ConcurrentModificationException",
    "InternalServerException",
    "ResourceInUseException",
    "ResourceLimitExceededException",
    "ResourceUnavailableException",
    "ThrottlingException",
    "TooManyTagsException",
    "SomethingNew",
)


@pytest.mark.parametrize("code", [*PROOFS, *NO_PROOFS])
@pytest.mark.parametrize("facts", [{}, {"direction": Direction.BACK}], ids=["forward", "back"])
def test_only_two_refusals_that_a_creation_would_not_share_have_it_remade(
    code: str, facts: Values
) -> None:
    broken = live(status=FAILED)
    first, second = (refused(call, code) for call in (Call.REVIVE, Call.REVIVE_UNITS))
    outcomes: tuple[Outcome, ...] = (Call.REVIVE_UNITS, Proof.REPLACED)
    if code in NO_PROOFS:
        outcomes = (Fails(code), Fails(code))
    for refusal, expected in zip((first, second), outcomes, strict=True):
        assert is_as_expected(planned(UPDATE, broken, refused=refusal, **facts), expected)


@pytest.mark.parametrize("call", [Call.REVIVE, Call.REVIVE_UNITS])
@pytest.mark.parametrize(
    ("new", "has"),
    [
        pytest.param({"role_arn": given.ROLE}, {}, id="the template's"),
        pytest.param({}, {"role_arn": given.ROLE}, id="the endpoint's"),
    ],
)
def test_a_role_that_is_not_assumable_proves_nothing_because_a_creation_names_it_too(
    new: Values, has: Values, call: Call
) -> None:
    refusal = refused(call, "InvalidRequestException", "Could not assume the data access role.")
    broken = live(status=FAILED, **has)
    assert is_as_expected(planned(update(new, has), broken, refused=refusal), Fails("assume"))


TWICE: Values = {"refused": refused(Call.REVIVE_UNITS, "InvalidRequestException")}
DELETED: Values = {"accepted": sent(Call.DELETE, seen=True), "replaced": True}

REMADE: dict[str, tuple[Endpoint | None, Known, Values, Outcome]] = {
    "the deletion does not show yet": (
        live(status=FAILED),
        known(),
        {"accepted": sent(Call.DELETE)},
        Wait,
    ),
    "it is being deleted": (live(status=Status.DELETING), known(), DELETED, Wait),
    "it is gone": (None, known(), DELETED, Call.CREATE),
    "the creation is refused, and the reason says what was deleted": (
        None,
        known(),
        DELETED | {"refused": refused(Call.CREATE)},
        Fails(f"The endpoint {given.ARN} was in FAILED and could not be updated"),
    ),
    "nobody has asked about the trial of an adopted one": (
        live(OLD_ADOPTED, status=FAILED),
        known(trial_over=None),
        TWICE,
        Question.TRIAL,
    ),
    "an adopted one on trial stays": (
        live(OLD_ADOPTED, status=FAILED),
        known(),
        TWICE,
        Fails("InvalidRequestException"),
    ),
    "an adopted one of unknown trial stays": (
        live(OLD_ADOPTED, status=FAILED),
        known(denied=Question.TRIAL),
        TWICE,
        Fails("InvalidRequestException"),
    ),
    "an adopted one after its trial": (
        live(OLD_ADOPTED, status=FAILED),
        known(trial_over=True),
        TWICE,
        Proof.REPLACED,
    ),
    "its revival does not show yet": (
        live(status=FAILED),
        known(),
        {"accepted": sent(Call.REVIVE)},
        Wait,
    ),
    "its revival has failed": (
        live(status=FAILED, message="No capacity."),
        known(),
        {"accepted": sent(Call.REVIVE_UNITS, seen=True)},
        Fails("the change failed: No capacity"),
    ),
    "it is revived": (live(), known(), {"accepted": sent(Call.REVIVE, seen=True)}, Done),
}


@pytest.mark.parametrize("situation", REMADE)
def test_an_endpoint_in_failed_is_remade_under_its_name(situation: str) -> None:
    observed, answers, facts, expected = REMADE[situation]
    assert is_as_expected(planned(UPDATE, observed, answers, **facts), expected)


# ---------------------------------------------------------------- When time runs out

THROTTLED = ApiError("DescribeEndpoint", "ThrottlingException", "Rate exceeded", 400)


@pytest.mark.parametrize("late", [0, 1])
def test_no_change_is_begun_after_the_deadline_but_a_success_counts(late: int) -> None:
    change, now = update({"inference_units": 2}), DEADLINE + late
    reason = failures.timed_out(now - REQUESTED, 3600, given.ARN, "IN_SERVICE", THROTTLED)
    assert planned(change, live(), now=now, trouble=THROTTLED) == Fail(reason)
    assert isinstance(planned(change, live(), now=DEADLINE - 1), Update)
    assert isinstance(planned(UPDATE, live(), now=now), Done)
