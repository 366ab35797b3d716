"""Numbers 1 to 7 of docs/crhelper.md: no endpoint is lost, and none is destroyed."""

from tests.crhelper.subject import CLEAN_UP, HALF_AN_HOUR, HOUR, SET_UP, Subject, holds
from tests.functional.emulated import classifier, endpoint_arn
from tests.functional.provider.cloudformation import BROKEN, CLASSIFIER, Json

NAMED: Json = {**CLASSIFIER, "EndpointName": "mine"}
LARGER: Json = {**NAMED, "DesiredInferenceUnits": "2"}


def test_01_an_update_that_ends_keeps_its_endpoint(subject: Subject) -> None:
    """1. An update that ends with True replaces the resource."""
    subject.given(NAMED)
    answer = subject.update(LARGER)
    assert answer["Status"] == "SUCCESS"
    holds(
        subject.statuses() == {"mine": "IN_SERVICE"},
        "The answer has an id made up at random, so CloudFormation deletes the endpoint that "
        "serves.",
    )
    holds(answer["PhysicalResourceId"] == endpoint_arn("mine"), "The answer has another id.")


def test_02_the_delete_after_a_create_finds_what_that_has_made(subject: Subject) -> None:
    """2. A create that ends with True, or with an exception, forgets its id."""
    lost = []
    for name, properties, status in (
        ("succeeded", CLASSIFIER, "SUCCESS"),
        ("failed", BROKEN, "FAILED"),
    ):
        answer = subject.create({**properties, "EndpointName": name})
        assert answer["Status"] == status
        subject.delete()
        if subject.statuses().get(name) or answer["PhysicalResourceId"] != endpoint_arn(name):
            lost.append(name)
    holds(
        not lost,
        f"After a Create that {' and one that '.join(lost)}, the Delete has an id made up at "
        "random, and the endpoint stays.",
    )


def test_03_a_create_whose_call_fails_after_its_effect_names_the_endpoint(
    subject: Subject,
) -> None:
    """3. A create that fails has a random id."""
    subject.admin.add_fault("CreateEndpoint", code="InternalServerException", after_effect=True)
    answer = subject.create({**BROKEN, "EndpointName": "mine"})
    assert answer["Status"] == "FAILED"
    subject.delete()
    holds(
        subject.statuses() == {},
        "The Create fails with an id made up at random, its Delete does not find the endpoint.",
    )
    holds(answer["PhysicalResourceId"] == endpoint_arn("mine"), "The answer has another id.")


def test_04_a_function_that_runs_out_of_time_gives_no_empty_id(subject: Subject) -> None:
    """4. A function that runs out of time answers with an empty id."""
    calls = 3
    subject.admin.add_fault("CreateEndpoint", drop="after", times=calls)
    subject.aws.hanging["comprehend.create_endpoint"] = calls
    event = subject.event("Create", NAMED)
    subject.send_and_wait(event)
    assert subject.statuses() == {"mine": "IN_SERVICE"}
    answers = [(each["Status"], each["PhysicalResourceId"]) for each in subject.answers(event)]
    (status, physical_id), *others = answers
    holds(
        answers == [("SUCCESS", endpoint_arn("mine"))],
        f"{status} is sent with the id {physical_id!r}, though the endpoint is made; then "
        f"{', '.join(status for status, _ in others) or 'nothing'}.",
    )


def test_05_a_failure_at_start_spoils_no_later_request(subject: Subject) -> None:
    """5. A failure at start answers every later request."""
    subject.given(NAMED)
    subject.aws.cannot_connect = 1
    subject.send_and_wait(subject.event("Delete", NAMED))
    answer = subject.delete()
    holds(
        subject.statuses() == {} and answer["Status"] == "SUCCESS",
        f"A later Delete is answered {answer['Status']} with the id "
        f"{answer['PhysicalResourceId']!r}, and the endpoint stays.",
    )


def test_06_a_word_is_never_sent_as_an_id(subject: Subject) -> None:
    """6. The words None and True are sent as ids."""
    arn = subject.given(NAMED)
    found = set()
    for refused in (SET_UP, CLEAN_UP):
        subject.aws.refused = dict.fromkeys(refused, "ThrottlingException")
        found.add(subject.update(LARGER)["PhysicalResourceId"])
    words = sorted(found - {arn})
    holds(not words, f"The ids that are sent: {', '.join(words)}.")


def test_07_a_repeated_event_is_carried_out_once(subject: Subject) -> None:
    """7. A repeated event runs twice."""
    event = subject.event("Create", {**NAMED, "ModelArn": classifier()})
    subject.send(event)
    subject.send(event)
    subject.pass_time(1)
    pollers = subject.pollers()
    subject.pass_time(HALF_AN_HOUR)
    calls = subject.aws.called.count("comprehend.create_endpoint")
    answers = len(subject.answers(event))
    subject.send(event)
    subject.pass_time(HOUR)
    holds(
        (calls, pollers, answers) == (1, 1, 1),
        f"CreateEndpoint is called {calls} times, {pollers} rules poll, {answers} answers are "
        "sent.",
    )
    holds(subject.aws.called.count("comprehend.create_endpoint") == 1, "A late one runs again.")
