"""Numbers 20 to 25 of docs/crhelper.md: many at once, with few permissions, and no secret told."""

import logging
import re
from collections import Counter

from tests.crhelper.subject import HALF_AN_HOUR, HOUR, STACK, Subject, holds
from tests.functional.provider.cloudformation import CLASSIFIER, Json

NAMED: Json = {**CLASSIFIER, "EndpointName": "mine"}
AT_ONCE = 60
FIVE_MINUTES = 300


def code(answer: Json) -> str:
    """The code of the API error that an answer's reason tells of."""
    found = re.search(r"\((\w+)\)", answer.get("Reason", ""))
    return found[1] if found else "no code"


def test_20_sixty_operations_run_at_once_and_a_logical_id_may_be_long(subject: Subject) -> None:
    """20. The function's own policy limits how many operations can run."""
    subject.admin.change_settings(endpoints_per_region=100, units_per_region=100, create_seconds=1)
    events = [
        subject.event(
            "Create",
            {**NAMED, "EndpointName": f"endpoint-{number}"},
            LogicalResourceId=f"ReviewsSentimentEndpoint{number:02}",
        )
        for number in range(AT_ONCE)
    ]
    for event in events:
        subject.send(event)
    subject.pass_time(HALF_AN_HOUR)
    answers = [answer for event in events for answer in subject.answers(event)]
    assert len(answers) == AT_ONCE
    failed = Counter(code(answer) for answer in answers if answer["Status"] != "SUCCESS")
    long = subject.run(subject.event("Create", NAMED, LogicalResourceId="L" * 57))
    holds(
        not failed and long["Status"] == "SUCCESS",
        f"Of {AT_ONCE} Creates at once {failed.total()} fail with {', '.join(failed)}; one whose "
        f"logical id has 57 characters is answered {long['Status']} with {code(long)}.",
    )


def test_21_an_event_may_be_long(subject: Subject) -> None:
    """21. The event must fit into a rule."""
    tags = [{"Key": f"{number:03}" + "k" * 100, "Value": "v" * 200} for number in range(40)]
    answer = subject.create({**NAMED, "Tags": tags})
    holds(
        answer["Status"] == "SUCCESS",
        f"A Create with 40 tags fails: {answer.get('Reason')}",
    )


def test_22_an_operation_needs_no_permission_to_change_permissions(subject: Subject) -> None:
    """22. The function may rewrite its own policy."""
    for call in (
        "events.put_rule",
        "events.put_targets",
        "events.remove_targets",
        "events.delete_rule",
        "lambda.add_permission",
        "lambda.remove_permission",
    ):
        subject.aws.refused[call] = "AccessDeniedException"
    answer = subject.create(NAMED)
    needed = answer.get("Reason", "").rpartition("calling the ")[2].partition(" ")[0]
    holds(answer["Status"] == "SUCCESS", f"The Create fails where {needed} is not allowed.")
    holds(subject.delete()["Status"] == "SUCCESS", "The Delete fails.")


def test_23_no_log_and_no_rule_holds_the_response_url(subject: Subject) -> None:
    """23. The ResponseURL is logged."""
    root = logging.getLogger()
    root.setLevel(logging.DEBUG)
    event = subject.send(subject.event("Create", NAMED))
    subject.pass_time(1)
    signature = event["ResponseURL"].rpartition("=")[2]
    inputs = "".join(
        each for rule in subject.aws.events.rules.values() for each in rule.inputs.values()
    )
    subject.pass_time(HALF_AN_HOUR)
    (answer,) = subject.answers(event)
    log = subject.log.getvalue()
    assert STACK in log
    places = (("the log", log), ("the input of a rule", inputs))
    told = [place for place, text in places if signature in text]

    root.setLevel(logging.ERROR)
    subject.run(subject.event("Delete", NAMED, PhysicalResourceId=answer["PhysicalResourceId"]))
    level = root.level
    holds(
        not told and level == logging.ERROR,
        f"The URL stands in {' and in '.join(told)}; the root logger's level changes from ERROR to "
        f"{logging.getLevelName(level)}.",
    )


def test_24_what_a_look_finds_out_the_next_one_knows(subject: Subject) -> None:
    """24. What a poll finds out is lost."""
    # The author of the stock one counts the polls of a Create, to give up in time.
    subject.admin.change_settings(create_seconds=2 * HOUR, delete_while_creating="accepted")
    event = subject.event("Create", {**NAMED, "ServiceTimeout": str(FIVE_MINUTES)})
    subject.send_and_wait(event, HOUR)
    looks = subject.aws.called.count("comprehend.describe_endpoint")
    holds(
        subject.answers(event),
        f"Each of {looks} polls takes itself for the first, so that none gives up.",
    )


def test_25_no_client_is_made_that_is_not_used(subject: Subject) -> None:
    """25. Three clients are built that nobody needs."""
    fault = subject.admin.add_fault("CreateEndpoint", code="InvalidRequestException")
    unused = []
    for what, status in (("fails at once", "FAILED"), ("has to wait", "SUCCESS")):
        assert subject.create(NAMED)["Status"] == status
        used = {call.partition(".")[0] for call in subject.aws.called}
        idle = sorted(set(subject.aws.built) - used)
        unused += [f"{', '.join(idle)} by a Create that {what}"] * bool(idle)
        if subject.admin.faults():
            subject.admin.remove_fault(fault)
    holds(not unused, f"Clients that are made and never used: {'; '.join(unused)}.")
