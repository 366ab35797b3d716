"""What the demo tells: the same as plain lines and in a terminal, and nothing that is not so."""

import re
from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from local.demo import summary
from local.demo.cloud import log_line
from local.demo.rich_screen import RichScreen, picture, table_of
from local.demo.screen import Plain, Screen
from local.demo.seen import Call, Endpoint, Event, Look, Source, doing, lines_between
from local.demo.steps import STEPS
from tests.unit.demo_world import GENERATED, START, played

CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")


def told(screen: Screen) -> None:
    """Everything that a screen is ever told, and a step that went wrong besides."""
    screen.open("Title", ["About."])
    with screen.phase("A phase"):
        pass
    outcome, _ = played(screen)
    screen.end(outcome.results[0], ["It was not so."])
    screen.close(outcome, 44)


def plain() -> str:
    stream = StringIO()
    told(Plain(stream, clock=lambda: START))
    return stream.getvalue()


def rich(width: int, *, terminal: bool, recorder: Console | None = None) -> str:
    stream = StringIO()
    console = Console(
        file=stream, width=width, height=40, force_terminal=terminal, _environ={"TERM": "xterm"}
    )
    told(RichScreen(console, recorder, clock=lambda: START))
    return stream.getvalue()


@pytest.mark.parametrize("text", [plain(), rich(120, terminal=False)], ids=["plain", "rich"])
def test_what_is_no_terminal_gets_no_control_codes(text: str) -> None:
    assert not CONTROL.search(text)


@pytest.mark.parametrize("text", [plain(), rich(120, terminal=False)], ids=["plain", "rich"])
def test_both_screens_tell_the_same(text: str) -> None:
    for step in STEPS:
        assert re.search(rf"\d {step.title}\b.*{re.escape(step.about)}", text)
    assert "As expected: the same endpoint, by its ARN, serving v1, 2 units." in text
    assert "UPDATE_FAILED" in text
    assert "NOT AS EXPECTED:" in text
    assert "- It was not so." in text
    assert f"\n  {GENERATED}\n" in text.replace(" \n", "\n")
    assert "0 endpoints left." in text
    assert "All 8 operations went as expected, in 44 seconds" in text


def cells(text: str) -> list[list[str]]:
    """The table's rows."""
    columns = [re.split(r" {2,}", line.strip()) for line in text.splitlines()]
    return [row for row in columns if len(row) == len(summary.HEADINGS)]


def test_the_table_has_a_row_for_each_operation_in_both_screens() -> None:
    outcome, _ = played(Plain(StringIO()))
    rows = summary.rows(outcome.results)
    assert [row[0] for row in rows] == [step.title for step in STEPS]
    assert rows[0][2:] == ("none", "reviews-Sentiment-0123456789ab", "2.0", "1", "1")
    assert rows[1][2:4] == ("reviews-Sentiment-0123456789ab", "the same")
    assert rows[-1][1:4] == ("DELETE_COMPLETE", "reviews-blue", "none")
    heading, _rule, *found = cells(plain())
    assert heading == list(summary.HEADINGS)
    assert found == [list(row) for row in rows]
    heading, *found = cells(rich(120, terminal=False))
    assert heading == list(summary.HEADINGS)
    assert found == [[*row[:2], *map(summary.short, row[2:])] for row in rows]


@pytest.mark.parametrize("width", [80, 100, 112, 113, 140])
def test_the_table_fits_into_a_terminal_and_loses_no_number(width: int) -> None:
    outcome, _ = played(Plain(StringIO()))
    console = Console(file=StringIO(), width=width)
    with console.capture() as capture:
        console.print(table_of(outcome.results, narrow=width < 113))
    lines = capture.get().splitlines()
    assert all(len(line) <= width for line in lines)
    assert sum(line.rstrip().endswith(("  0", "  1", "  2")) for line in lines) == len(STEPS)
    assert not any("…" in line and line.rstrip().endswith("…") for line in lines)


def test_a_terminal_sees_events_and_state_while_a_step_runs() -> None:
    text = rich(120, terminal=True)
    assert "\x1b[?25l" in text
    assert text.count("\x1b[?25h") == text.count("\x1b[?25l")
    assert "stack      reviews: CREATE_COMPLETE" in text
    assert f"endpoint   {GENERATED.rpartition('/')[2]}: IN_SERVICE, v1, 1 unit" in text


def test_an_exception_leaves_what_was_told_and_the_cursor() -> None:
    stream = StringIO()
    console = Console(
        file=stream, width=120, height=40, force_terminal=True, _environ={"TERM": "xterm"}
    )

    def lost(look: Look) -> Look:
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError):
        played(RichScreen(console), "more units", lost)
    _, _, last = stream.getvalue().rpartition("\x1b[?25h")
    assert "more units" in last


def test_of_many_events_the_newest_are_in_view() -> None:
    stream = StringIO()
    console = Console(
        file=stream, width=80, height=12, force_terminal=True, _environ={"TERM": "xterm"}
    )
    screen = RichScreen(console, clock=lambda: START)
    look = Look(START, "reviews", "UPDATE_IN_PROGRESS", None, working=True)
    reason = "a long reason " * 20
    events = tuple(Event(START + n, f"event-{n}", "UPDATE_FAILED", reason) for n in range(9))
    with screen.step(1, STEPS[0]):
        for line in lines_between(look, replace(look, at=START + 9, events=events)):
            screen.tell(line, 1.0)
        screen.watch(look)
        stream.truncate(0)
    last = stream.getvalue()
    assert "event-8" in last
    assert "event-0" not in last
    assert "stack      reviews" in last


def test_the_picture_needs_no_fonts_from_elsewhere_and_shows_the_table() -> None:
    recorder = Console(file=StringIO(), record=True, width=116, force_terminal=True)
    rich(80, terminal=False, recorder=recorder)
    svg = picture(recorder)
    assert "@font-face" not in svg
    assert set(re.findall(r"https?://[^\"'\s)]+", svg)) <= {
        "http://www.w3.org/2000/svg",
        "https://www.textualize.io",
    }
    text = svg.replace("&#160;", " ")
    assert "UPDATE_ROLLBACK_COMPLETE" in text
    assert "0 endpoints left." in text


ENDPOINT = Endpoint(GENERATED, "CREATING", "v1", 0, "v1", 1, modified=START + 1)


def test_what_happened_is_told_in_the_order_of_time() -> None:
    before = Look(START, "reviews", "", None, working=False)
    after = Look(
        at=START + 5,
        stack="reviews",
        status="CREATE_COMPLETE",
        arn=GENERATED,
        working=False,
        endpoints=(replace(ENDPOINT, status="IN_SERVICE", units=1, modified=START + 3),),
        events=(
            Event(START, "reviews", "CREATE_IN_PROGRESS", "User Initiated"),
            Event(START + 4, "reviews", "CREATE_COMPLETE"),
        ),
        calls=(
            Call(START + 1, "DescribeEndpoint", "", "ResourceNotFoundException"),
            Call(START + 2, "CreateEndpoint", "x", "ok"),
            Call(START + 2.5, "DeleteEndpoint", "x", "ResourceInUseException"),
        ),
    )
    assert [(line.source, line.said, line.detail) for line in lines_between(before, after)] == [
        (Source.STACK, "CREATE_IN_PROGRESS", ""),
        (Source.PROVIDER, "CreateEndpoint", ""),
        (Source.PROVIDER, "DeleteEndpoint", "refused: ResourceInUseException"),
        (Source.SERVICE, "IN_SERVICE", "v1, 1 unit"),
        (Source.STACK, "CREATE_COMPLETE", ""),
    ]
    assert lines_between(after, after) == []


def test_an_endpoint_that_is_not_there_any_more_is_told_as_gone() -> None:
    before = Look(START + 2, "reviews", "", None, working=False, endpoints=(ENDPOINT,))
    (line,) = lines_between(before, replace(before, at=START + 3, endpoints=()))
    assert (line.said, line.subject) == ("gone", "reviews-Sentiment-0123456789ab")


def test_the_status_of_the_step_before_is_no_end() -> None:
    look = Look(START, "reviews", "UPDATE_COMPLETE", None, working=False)
    assert not look.done
    begun = Event(START, "reviews", "UPDATE_IN_PROGRESS")
    assert not replace(look, events=(begun,)).done
    other = Event(START, "Sentiment", "UPDATE_COMPLETE")
    assert not replace(look, events=(begun, other)).done
    ended = Event(START + 1, "reviews", "UPDATE_COMPLETE")
    assert replace(look, events=(begun, other, ended)).done


def test_what_the_provider_is_at_is_told_in_words() -> None:
    look = Look(START, "reviews", "", None, working=True)
    assert doing(look, START) == "has not called Comprehend yet"
    busy = replace(look, endpoints=(ENDPOINT,), calls=(Call(START, "DescribeEndpoint", "x", "ok"),))
    assert doing(busy, START + 1.5) == (
        "waits while the endpoint is CREATING; 1 call of Comprehend, "
        "last call: DescribeEndpoint, 1.5 s ago"
    )


@pytest.mark.parametrize(
    ("endpoint", "words"),
    [
        (ENDPOINT, "CREATING, to serve v1, 1 unit"),
        (replace(ENDPOINT, status="IN_SERVICE", units=1), "IN_SERVICE, v1, 1 unit"),
        (
            replace(ENDPOINT, status="UPDATING", units=1, wanted_version="v2", wanted_units=3),
            "UPDATING, v1, 1 unit, to become v2, 3 units",
        ),
    ],
)
def test_an_endpoint_is_described_in_words(endpoint: Endpoint, words: str) -> None:
    assert endpoint.state == words


@pytest.mark.parametrize(
    ("message", "line"),
    [
        (
            '{"level": "INFO", "message": "looked", "stack": "s", "move": "wait"}',
            "- INFO - looked move=wait",
        ),
        ('{"_aws": {}, "Operations": [1.0]}', ""),
        ("[1]", ""),
        ("START RequestId: 1 Version: $LATEST", ""),
        ("Traceback (most recent call last):\n", "Traceback (most recent call last):"),
    ],
)
def test_a_line_of_the_log_is_made_readable(message: str, line: str) -> None:
    assert log_line(message) == line


def test_a_name_is_shortened_in_its_middle() -> None:
    assert summary.short("reviews-blue") == "reviews-blue"
    assert summary.short("reviews-Sentiment-0123456789ab") == "reviews…0123456789ab"
