"""The plan of a Create or Update as tables: what is there, whose it is, and the next action."""

from typing import Any, NamedTuple

import pytest

from provider.contract.event import Request
from provider.model.actions import Done, Proof, Question, Wait
from provider.model.asked import Known
from provider.model.endpoint import Endpoint, Status
from provider.model.polling import GRACE, TAGS_SHOW_LATE
from provider.model.stack import Direction
from provider.model.task import Call, Scope, Submission
from tests.unit import given
from tests.unit.given import Values
from tests.unit.plan_cases import (
    ADOPTED,
    ANOTHERS,
    CREATE,
    LATE,
    MINE,
    OFFER,
    OLD,
    OLD_ADOPTED,
    OVERTAKEN,
    REPLACE,
    UNKNOWN,
    UPDATE,
    Fails,
    Outcome,
    held,
    is_as_expected,
    known,
    live,
    planned,
    refused,
    running,
    sent,
    update,
)

BACK: Values = {"direction": Direction.BACK}
CREATING, IN_SERVICE, UPDATING, DELETING, FAILED = Status
MORE_UNITS: Values = {"inference_units": 4}
MORE = update(MORE_UNITS)


class Case(NamedTuple):
    """What is asked, what is there and known, what was submitted, and what comes next."""

    expected: Outcome
    request: Request
    live: Endpoint | None
    answers: Known
    facts: Values


def case(
    expected: Outcome, request: Request, *about: Endpoint | Known | None, **facts: Any
) -> Case:
    """A row; what it does not say is the plainest: nothing is there, and nothing forbids it."""
    found = next((each for each in about if isinstance(each, Endpoint)), None)
    answers = next((each for each in about if isinstance(each, Known)), known())
    return Case(expected, request, found, answers, facts)


# ---------------------------------------------------------------- One order of offers

OFFERED_OLD, OLDER_RUNS = OLD | OFFER, running(given.EARLIER)

OFFERS = {
    "nothing is there: it is made": case(Call.CREATE, CREATE),
    # The resource's.
    "the physical id, with our tags": case(Done, UPDATE, live()),
    "the physical id, adopted before": case(Done, UPDATE, live(OLD_ADOPTED)),
    "a way back to what carries our tags": case(Done, REPLACE, live(), **BACK),
    "a way back to what carries our tags, and differs": case(
        Done, REPLACE, live(**MORE_UNITS), **BACK, scope=Scope.NOTHING
    ),
    "a way back to an adopted one": case(Done, REPLACE, live(OLD_ADOPTED | OFFER), **BACK),
    # On its way out.
    "it is being deleted, whoever's it is": case(Wait, CREATE, live(ANOTHERS, status=DELETING)),
    "it is being deleted, and its tags are gone": case(Wait, CREATE, live({}, status=DELETING)),
    "an older execution of the resource runs": case(
        Wait, CREATE, live(), known(running=OLDER_RUNS)
    ),
    "whether one runs does not show yet": case(
        Wait, CREATE, live(OFFERED_OLD), known(running=running(is_fresh=False))
    ),
    # Offered.
    "a stranger's, offered": case(Call.ADOPT, CREATE, live(OFFER)),
    "a retained one, offered": case(Call.ADOPT, CREATE, live(OFFERED_OLD)),
    "one that was given back after an adoption": case(Call.ADOPT, REPLACE, live(OFFER)),
    "one whose giving back was lost": case(Call.ADOPT, CREATE, live(OLD_ADOPTED | OFFER)),
    "offered, but another stack's still": case(
        Fails("of the stack till"), CREATE, live(ANOTHERS | OFFER)
    ),
    "the offer does not ask what the stack held": case(
        Call.ADOPT, CREATE, live(OFFERED_OLD), known(denied=Question.HISTORY)
    ),
    # A leftover: of what is proof and what is not, test_removal.py has the table.
    "never held": case(Proof.NEVER_HELD, CREATE, live()),
    # Refused.
    "retained": case(
        Fails(f"tag-resource --region eu-west-1 --resource-arn {given.ARN}"),
        CREATE,
        live(),
        known(history=held("DELETE_SKIPPED")),
    ),
    "green to a kept blue": case(
        Fails("UPDATE_COMPLETE"), REPLACE, live(), known(history=held("UPDATE_COMPLETE"))
    ),
    "events cannot be read": case(
        Fails("AccessDenied"), CREATE, live(), known(denied=Question.HISTORY)
    ),
    "offered to another resource": case(
        Fails("it is not this resource's"), CREATE, live({next(iter(OFFER)): "shop/Other"})
    ),
    "another stack's": case(Fails("aws comprehend untag-resource"), CREATE, live(ANOTHERS)),
    "another stack's: it is asked": case(Question.OWNER, CREATE, live(ANOTHERS), known(owner=None)),
    "another stack's, which has it": case(
        Fails("keep the endpoint with a DeletionPolicy"),
        CREATE,
        live(ANOTHERS),
        known(owner=held("UPDATE_COMPLETE")),
    ),
    "another stack's, which cannot be asked": case(
        Fails("it is not this resource's"), CREATE, live(ANOTHERS), known(denied=Question.OWNER)
    ),
    "nobody's": case(Fails("EndpointName: an endpoint named reviews"), REPLACE, live({})),
    "a way back does not take another stack's, either": case(
        Fails("till"), REPLACE, live(ANOTHERS), **BACK
    ),
    "a refused deletion of a leftover": case(
        Fails("ResourceLimit"), CREATE, live(), refused=refused(Call.DELETE)
    ),
    "its deletion does not show yet": case(Wait, CREATE, live(), accepted=sent(Call.DELETE)),
    "the leftover is gone": case(Call.CREATE, CREATE, accepted=sent(Call.DELETE, seen=True)),
}

# ---------------------------------------------------------------- One adoption

ADOPTIONS = {
    "it is still being created": case(Wait, CREATE, live(OFFER, status=CREATING)),
    "it is being updated": case(Wait, CREATE, live(OFFER, status=UPDATING, **MORE_UNITS)),
    "the creation was refused before it was offered": case(
        Call.ADOPT, CREATE, live(OFFER), refused=refused(Call.CREATE)
    ),
    "it has failed": case(
        Fails("in FAILED: The model is broken"),
        CREATE,
        live(OFFER, status=FAILED, message="The model is broken."),
    ),
    "it differs": case(
        Fails("DesiredInferenceUnits is 4, the template says 1; DataAccessRoleArn"),
        CREATE,
        live(OFFER, **MORE_UNITS, role_arn=given.ROLE),
    ),
    "it is refused": case(Fails("ResourceLimit"), CREATE, live(OFFER), refused=refused(Call.ADOPT)),
    "it does not show yet": case(Wait, CREATE, live(OFFER), accepted=sent(Call.ADOPT)),
    "it never showed": case(Call.ADOPT, CREATE, live(OFFER), accepted=sent(Call.ADOPT, GRACE)),
    "its reply was lost": case(Call.ADOPT, CREATE, live(OFFER), unknown=sent(Call.ADOPT)),
    "somebody gave it back meanwhile": case(
        Fails("given back"), CREATE, live(OFFER), accepted=sent(Call.ADOPT, seen=True)
    ),
    "it shows": case(Done, CREATE, live(OFFER | ADOPTED), accepted=sent(Call.ADOPT, seen=True)),
    "it shows, and the endpoint fails": case(
        Fails("in FAILED"), CREATE, live(OFFER | ADOPTED, status=FAILED)
    ),
}

# ---------------------------------------------------------------- Tags that show late

YOUNG: Values = {"age": TAGS_SHOW_LATE - 1}
UNTAGGED, IN_CREATION = live({}, **YOUNG), live({}, **YOUNG, status=CREATING)
TAKEN: Values = {"taken": True}
REFUSED: Values = {"refused": refused(Call.CREATE)}

LATE_TAGS = {
    "CreateEndpoint says whose it is": case(Call.CREATE, CREATE, IN_CREATION),
    "the same for a replacement": case(Call.CREATE, REPLACE, UNTAGGED),
    "the reply was lost: the token says so again": case(
        Call.CREATE, CREATE, UNTAGGED, unknown=sent(Call.CREATE)
    ),
    "it is this request's": case(Wait, CREATE, UNTAGGED, accepted=sent(Call.CREATE, seen=True)),
    "it is this request's, and has failed": case(
        Fails("CreateEndpoint was accepted"),
        CREATE,
        live({}, **YOUNG, status=FAILED),
        accepted=sent(Call.CREATE, seen=True),
    ),
    "it is not: its tags are waited for": case(Wait, CREATE, UNTAGGED, **TAKEN),
    "then it is offered": case(Call.ADOPT, CREATE, live(OFFER, **YOUNG), **TAKEN),
    "then it is a leftover": case(Proof.NEVER_HELD, CREATE, live(**YOUNG), **TAKEN),
    "then it is this request's all the same": case(Done, CREATE, live(MINE, **YOUNG), **TAKEN),
    "then it is another stack's": case(Fails("till"), CREATE, live(ANOTHERS, **YOUNG), **TAKEN),
    "then it is old enough to be nobody's": case(
        Fails("EndpointName"), CREATE, live({}, age=TAGS_SHOW_LATE), **TAKEN
    ),
    "the repeated call is refused for good: its tags are waited for": case(
        Wait, CREATE, UNTAGGED, **REFUSED
    ),
    "so they are if the reply before was lost": case(
        Wait, CREATE, IN_CREATION, **REFUSED, unknown=sent(Call.CREATE)
    ),
    "then it is this request's": case(Done, CREATE, live(MINE, **YOUNG), **REFUSED),
    "then it has none, and the refusal counts": case(
        Fails("ResourceLimit"), CREATE, live({}, age=TAGS_SHOW_LATE), **REFUSED
    ),
    "an Update in place only waits": case(Wait, UPDATE, UNTAGGED),
    "an Update in place that makes it again": case(
        Call.CREATE, UPDATE, UNTAGGED, unknown=sent(Call.CREATE)
    ),
    "nobody says how old it is": case(Fails("EndpointName"), CREATE, live({}, created=None)),
}

# ---------------------------------------------------------------- The physical id, not ours

FORWARD: Values = {"direction": Direction.FORWARD}

FOREIGN = {
    "an Update that changes something": case(Fails("Tags:"), update(MORE_UNITS), live({})),
    "so it does on a way back": case(Fails("Tags:"), update(MORE_UNITS), live(ANOTHERS), **BACK),
    "an offer is for a Create or a replacement": case(
        Fails("Tags:"), update(MORE_UNITS), live(OFFER)
    ),
    "a way forward with nothing to change": case(Fails("Tags:"), UPDATE, live(OFFER), **FORWARD),
    "a way back with nothing to change": case(Done, UPDATE, live(ANOTHERS), **BACK),
    "so it is done if the endpoint is only offered, and differs": case(
        Done, UPDATE, live(OFFER, **MORE_UNITS), **BACK
    ),
    "events that tell nothing": case(Done, UPDATE, live({}), direction=Direction.UNKNOWN),
    "events that cannot be read": case(Done, UPDATE, live({}), known(denied=Question.STANDING)),
    "the direction is not known yet": case(
        Question.STANDING, UPDATE, live({}), known(standing=None)
    ),
    "a second read must confirm it": case(Wait, UPDATE, live({}), known(first=Question.STANDING)),
    "the request is out of date": case(
        Fails("Request abandoned"), UPDATE, live({}), known(standing=LATE)
    ),
}

# ---------------------------------------------------------------- This request's, or the resource's

CREATED: Values = {"accepted": sent(Call.CREATE, seen=True), "creations": 1}
WANTED: Values = {"inference_units": 2}
SENT = given.settings(**WANTED)


def updated(ago: float = 1, *, seen: bool = False) -> Values:
    return {
        "accepted": Submission(
            Call.UPDATE, sent(Call.UPDATE, ago).at, seen, SENT, before=given.settings()
        )
    }


CHANGE = update(WANTED)
AS_SENT = live(inference_units=2)

OWN = {
    "an accepted creation shows late": case(Wait, CREATE, accepted=sent(Call.CREATE)),
    "an accepted creation never shows": case(
        Fails("deleted while"), CREATE, accepted=sent(Call.CREATE, GRACE)
    ),
    "what was made is gone": case(Fails("deleted while"), CREATE, **CREATED),
    "what was made is being deleted": case(
        Fails("deleted while"), CREATE, live(MINE, status=DELETING), **CREATED
    ),
    "so is what a lost step made": case(
        Fails("deleted while"), CREATE, live(MINE, status=DELETING)
    ),
    "the physical id is gone: it is made again": case(Call.CREATE, UPDATE),
    "so it is on a way back": case(Call.CREATE, UPDATE, **BACK),
    "a creation is refused": case(Fails("ResourceLimit"), CREATE, refused=refused(Call.CREATE)),
    "what was made is busy": case(Wait, CREATE, live(MINE, status=CREATING), **CREATED),
    "what was made serves": case(Done, CREATE, live(MINE), **CREATED),
    "what was made has failed": case(
        Fails("CreateEndpoint was accepted"), CREATE, live(MINE, status=FAILED), **CREATED
    ),
    "so has what a lost step made": case(
        Fails("CreateEndpoint was accepted"), CREATE, live(MINE, status=FAILED)
    ),
    "a change": case(Call.UPDATE, CHANGE, live()),
    "a change on the way back": case(Call.UPDATE, CHANGE, live(), **BACK),
    "a change that auto scaling has made already": case(Done, CHANGE, AS_SENT),
    "it is busy": case(Wait, CHANGE, live(status=UPDATING)),
    "an update is refused": case(
        Fails("ResourceLimit"), CHANGE, live(), refused=refused(Call.UPDATE)
    ),
    "it was refused, but the endpoint is as asked": case(
        Done, CHANGE, AS_SENT, refused=refused(Call.UPDATE)
    ),
    "an update shows late": case(Wait, CHANGE, live(), **updated()),
    "an update took effect": case(Done, CHANGE, AS_SENT, **updated(seen=True)),
    "auto scaling went on": case(Done, CHANGE, live(inference_units=5), **updated(seen=True)),
    "an update never showed": case(Fails("former settings"), CHANGE, live(), **updated(GRACE)),
    "an update ended with something else": case(
        Fails("the change failed"),
        CHANGE,
        live(inference_units=2, shows={"inference_units": 1}),
        **updated(seen=True),
    ),
    "tags come last": case(Call.TAG, update({"tags": {"a": "1"}}), live()),
    "tags show late": case(Wait, update({"tags": {"a": "1"}}), live(), tagged=sent(Call.TAG).at),
    "tags that somebody has changed since stay": case(
        Done, update({"tags": {"a": "1"}}), live(), tagged=sent(Call.TAG, TAGS_SHOW_LATE).at
    ),
    "tags are refused": case(
        Fails("ResourceLimit"), update({"tags": {"a": "1"}}), live(), refused=refused(Call.TAG)
    ),
    "a way back changes no endpoint that was replaced": case(
        Done, REPLACE, live(**MORE_UNITS), **BACK, scope=Scope.NOTHING
    ),
    "so it leaves one that has failed": case(
        Done, REPLACE, live(status=FAILED), **BACK, scope=Scope.NOTHING
    ),
}

# ---------------------------------------------------------------- Still wanted

WANTED_STILL = {
    "a change asks first": case(Question.STANDING, CREATE, None, known(standing=None)),
    "so does a success": case(Question.STANDING, UPDATE, live(), known(standing=None)),
    "a wait asks nothing": case(Wait, UPDATE, live(status=UPDATING), known(standing=None)),
    "overtaken: one read is enough": case(
        Fails("Request abandoned"), CREATE, None, known(standing=OVERTAKEN, first=Question.STANDING)
    ),
    "no success, either": case(Fails("abandoned"), UPDATE, live(), known(standing=OVERTAKEN)),
    "a status that does not fit: two reads": case(
        Wait, CREATE, None, known(standing=LATE, first=Question.STANDING)
    ),
    "they agree": case(Fails("UPDATE_COMPLETE"), CREATE, None, known(standing=LATE)),
    "an unknown stack stops nothing": case(Call.CREATE, CREATE, None, known(standing=UNKNOWN)),
    "nor do events that cannot be read": case(
        Call.CREATE, CREATE, None, known(denied=Question.STANDING)
    ),
    "a lost update may still show": case(
        Wait, MORE, live(), known(standing=OVERTAKEN), unknown=sent(Call.UPDATE)
    ),
    "also if its second try was refused": case(
        Wait,
        MORE,
        live(),
        unknown=sent(Call.UPDATE),
        refused=refused(Call.UPDATE),
    ),
    "what it may have made is named": case(
        Fails(f"may have made: {given.ARN}"),
        CREATE,
        live(MINE),
        known(standing=OVERTAKEN),
        **CREATED,
    ),
}

TABLES = {
    "offers": OFFERS,
    "adoptions": ADOPTIONS,
    "late tags": LATE_TAGS,
    "not ours": FOREIGN,
    "ours": OWN,
    "still wanted": WANTED_STILL,
}


@pytest.mark.parametrize(
    ("table", "situation"), [(name, each) for name, table in TABLES.items() for each in table]
)
def test_a_create_or_update_does_what_the_situation_asks(table: str, situation: str) -> None:
    row = TABLES[table][situation]
    action = planned(row.request, row.live, row.answers, **row.facts)
    assert is_as_expected(action, row.expected), action
