"""The model of CloudFormation beside a provider whose answers are written down."""

from collections.abc import Iterator

from local.comprehend import ManualClock
from testing.account import Operation
from testing.cloudformation import Course, Stack
from testing.events import Fate, Json, Request

OLD, NEW = {"EndpointName": "x"}, {"EndpointName": "y"}
Said = tuple[str, str] | None
"""Status and id of an answer; None: there is none."""


class Script:
    """A provider that gives the answers it is told to, in the order of the events."""

    def __init__(self, *answers: Said) -> None:
        self.requests: list[Request] = []
        self.clock = ManualClock()
        self._answers: Iterator[Said] = iter(answers)

    def url(self) -> str:
        return "https://example.com/"

    def deliver(self, event: Json, timeout: float) -> Request:
        request = Request(event, self.clock(), timeout, Operation(event, self.clock))
        self.requests.append(request)
        said = next(self._answers)
        if said is not None:
            status, physical_id = said
            request.answer = {"Status": status, "PhysicalResourceId": physical_id}
        return request

    def play(self, course: Course) -> None:
        """Books each answer when the course waits for it; a request without one times out. Each
        takes a minute.
        """
        for is_over in course:
            for request in self.requests:
                if is_over():
                    break
                if request.fate is Fate.OPEN:
                    self.clock.advance(60)
                request.end(Fate.ANSWERED if request.answer else Fate.TIMED_OUT)
            assert is_over()

    def sent(self) -> list[tuple[str, str, str, str]]:
        """RequestType, physical id, new and old name of each event."""
        return [
            (
                request.kind,
                request.event.get("PhysicalResourceId", ""),
                request.event["ResourceProperties"].get("EndpointName", ""),
                request.event.get("OldResourceProperties", {}).get("EndpointName", ""),
            )
            for request in self.requests
        ]


def told(stack: Stack, *, since: int = 0) -> list[tuple[str, str]]:
    """The status and the physical id of each event of a resource, and the status alone of each of
    the stack.
    """
    return [
        (each.status, "" if each.physical_id == stack.id else each.physical_id or "none")
        for each in stack.events[since:]
    ]


def well(physical_id: str) -> Said:
    return ("SUCCESS", physical_id)


def badly(physical_id: str) -> Said:
    return ("FAILED", physical_id)


CREATED = ("Create", "", "x", "")
UPDATED = ("Update", "X", "y", "x")


def created(*answers: Said) -> tuple[Script, Stack]:
    script = Script(well("X"), *answers)
    stack = Stack(script, "demo")
    script.play(stack.create({"A": OLD}))
    assert stack.status == "CREATE_COMPLETE"
    return script, stack
