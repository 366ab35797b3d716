"""Numbers 8 to 19 of docs/crhelper.md: no stack hangs, and none is told the wrong thing."""

from tests.crhelper.subject import CLEAN_UP, HALF_AN_HOUR, HANG, HOUR, RESET, STACK, Subject, holds
from tests.functional.emulated import classifier, flywheel, role
from tests.functional.provider.cloudformation import CLASSIFIER, Json

NAMED: Json = {**CLASSIFIER, "EndpointName": "mine"}
LARGER: Json = {**NAMED, "DesiredInferenceUnits": "2"}
FOR_EVER = 1_000_000
FIVE_MINUTES = 300


def test_08_an_operation_that_does_not_end_is_answered_in_time(subject: Subject) -> None:
    """8. Polling has no end."""
    subject.given(NAMED)
    subject.admin.change_settings(update_seconds=FOR_EVER)
    event = subject.event("Update", {**LARGER, "ServiceTimeout": str(FIVE_MINUTES)})
    subject.send_and_wait(event, FIVE_MINUTES)
    in_time = len(subject.answers(event))
    subject.pass_time(2 * HOUR)
    holds(
        in_time == 1 and not subject.pollers(),
        "There is no answer in time, and two hours later the rule still fires.",
    )


def test_09_a_success_stays_one_where_the_clean_up_is_refused(subject: Subject) -> None:
    """9. A success becomes a failure while it is cleaned up."""
    # The rollback of a renaming, which has left a second endpoint: the project removes that after
    # its answer; crhelper removes its rule before.
    subject.given({**LARGER, "EndpointName": "second"})
    subject.given(NAMED)
    subject.admin.add_fault("DeleteEndpoint", code="AccessDeniedException")
    subject.aws.refused = dict.fromkeys(CLEAN_UP, "AccessDeniedException")
    event = subject.send(subject.event("Update", NAMED, {**LARGER, "EndpointName": "second"}))
    subject.aws.stacks.statuses[STACK] = "UPDATE_ROLLBACK_IN_PROGRESS"
    subject.pass_time(HALF_AN_HOUR)
    answer = subject.answers(event)[0]
    assert subject.statuses() == {"mine": "IN_SERVICE", "second": "IN_SERVICE"}
    assert {*subject.aws.refused, "comprehend.delete_endpoint"} & {*subject.aws.called}
    holds(
        answer["Status"] == "SUCCESS",
        f"The endpoint is as it should be, and FAILED is sent: {answer.get('Reason')}",
    )


def test_10_a_set_up_that_fails_half_way_leaves_nothing_that_runs(subject: Subject) -> None:
    """10. A set-up that fails half-way leaves its rule behind."""
    left = 0
    for number, refused in enumerate(("lambda.add_permission", "events.put_targets")):
        subject.aws.refused = {
            refused: "TooManyRequestsException",
            "stepfunctions.start_execution": "ThrottlingException",
        }
        answer = subject.create({**NAMED, "EndpointName": f"mine-{number}"})
        assert answer["Status"] == "FAILED"
        left = subject.pollers()
    holds(not left, f"Two Creates whose set-up fails half-way leave {left} rules.")


def test_11_an_answer_that_is_not_taken_is_sent_again_or_kept(subject: Subject) -> None:
    """11. Any HTTP status counts as delivered."""
    lost = []
    for status in (503, 403):
        subject.receiver.misbehave(status, times=1)
        event = subject.event("Create", {**NAMED, "EndpointName": f"mine-{status}"})
        subject.send_and_wait(event)
        assert subject.receiver.at(event["ResponseURL"])[0].status == status
        if not subject.answers(event) and not subject.kept():
            lost.append(str(status))
    holds(not lost, f"The answer that is met with {' or '.join(lost)} is never sent again.")


def test_12_an_answer_that_cannot_be_delivered_is_kept(subject: Subject) -> None:
    """12. An answer that cannot be delivered is tried for ever."""
    for_ever = []
    for number, (line, told) in enumerate(
        [(RESET, "where the connection is reset"), (HANG, "where nothing comes back")]
    ):
        subject.line = line
        subject.ran_out_of_time = 0
        subject.send_and_wait(
            subject.event("Create", {**NAMED, "EndpointName": f"mine-{number}"}), HOUR
        )
        if subject.ran_out_of_time:
            for_ever.append(told)
    holds(
        not for_ever,
        f"The function tries until its time is over, {' and '.join(for_ever)}; the answer is lost.",
    )
    holds([each["Status"] for each in subject.kept()] == ["SUCCESS"] * 2, "The answers are lost.")


def test_13_a_malformed_event_is_not_answered_to_another_request(subject: Subject) -> None:
    """13. A malformed event is answered to the request before it."""
    event = subject.send(subject.event("Create", NAMED))
    subject.pass_time(1)
    malformed = subject.event("Create", {**NAMED, "EndpointName": "other"})
    del malformed["RequestId"]
    subject.send(malformed)
    subject.pass_time(HALF_AN_HOUR)
    holds(
        [each["Status"] for each in subject.answers(event)] == ["SUCCESS"],
        "FAILED is sent to the URL of the Create before it, which is under way.",
    )


def test_14_a_mark_of_one_answer_is_on_no_other(subject: Subject) -> None:
    """14. NoEcho stays set."""
    # The author of the stock one sets NoEcho where there is a role.
    secret = {**NAMED, "DataAccessRoleArn": role()}
    marks = []
    for name, properties, in_new_process in (
        ("one", secret, True),
        ("two", secret, False),
        ("three", NAMED, False),
    ):
        event = subject.send(subject.event("Create", {**properties, "EndpointName": name}))
        subject.pass_time(1)
        if in_new_process:
            subject.new_process()
        subject.pass_time(HALF_AN_HOUR)
        (answer,) = subject.answers(event)
        assert answer["Status"] == "SUCCESS"
        marks.append(answer.get("NoEcho", False))
    holds(
        marks[0] == marks[1] and not marks[2],
        f"NoEcho of two answers that ask for it: {marks[0]} where another process polls, "
        f"{marks[1]} where the same one does; of an answer that does not: {marks[2]}.",
    )


def test_15_every_answer_has_its_ids_whatever_the_data(subject: Subject) -> None:
    """15. Data that is no JSON makes an answer without ids."""
    # Whose endpoint follows a flywheel, gives out since when that is there: boto3's datetime.
    subject.admin.put_flywheel(flywheel(), classifier())
    event = subject.event("Create", {**NAMED, "FlywheelArn": flywheel()})
    answer = subject.run(event)
    ids = ("StackId", "RequestId", "LogicalResourceId", "PhysicalResourceId")
    missing = [each for each in ids if each not in answer]
    holds(not missing, f"FAILED is sent without {', '.join(missing)}.")
    holds(answer["Status"] == "SUCCESS", "It fails.")


def test_16_no_answer_is_too_long(subject: Subject) -> None:
    """16. Nothing checks the length."""
    longest = role("/".join(["path" * 25] * 19) + "/reader")
    answer = subject.create({**NAMED, "DataAccessRoleArn": longest})
    assert answer["Status"] == "SUCCESS"
    (put,) = subject.receiver.puts
    holds(len(put.body) <= 4096, "An answer of more than 4096 bytes is sent as it is.")


def test_17_a_long_reason_keeps_its_beginning(subject: Subject) -> None:
    """17. A long reason loses its beginning."""
    message = f"The model is not there. {'Look at the console. ' * 20}"
    code = "ResourceNotFoundException"
    subject.admin.add_fault("CreateEndpoint", code=code, message=message)
    answer = subject.create(NAMED)
    assert answer["Status"] == "FAILED"
    holds(
        code in answer["Reason"] and "The model is not there." in answer["Reason"],
        f"Neither the code nor the cause is left: {' '.join(answer['Reason'].split()[:2])}.",
    )


def test_18_a_delete_is_answered_without_sleeping(subject: Subject) -> None:
    """18. A Delete sleeps before it answers."""
    subject.given(NAMED)
    subject.delete()
    assert subject.statuses() == {}
    holds(subject.busy < 10, f"The functions run for {subject.busy:.0f} seconds.")


def test_19_whatever_exception_there_is_the_request_is_tried_again_and_answered(
    subject: Subject,
) -> None:
    """19. Some exceptions are caught and some are not."""
    wrong = []
    for raised, times, often, expected in (
        (SystemExit(), 100, "at each try", "FAILED"),
        (MemoryError(), 1, "once", "SUCCESS"),
    ):
        name = type(raised).__name__
        subject.aws.raising["comprehend.create_endpoint"] = [raised] * times
        event = subject.event("Create", {**NAMED, "EndpointName": name})
        subject.send_and_wait(event)
        statuses = [each["Status"] for each in subject.answers(event)]
        if statuses != [expected]:
            wrong.append(f"{name} {often}: {', '.join(statuses) or 'no answer'}.")
    holds(not wrong, f"A Create meets with {' '.join(wrong)}")
