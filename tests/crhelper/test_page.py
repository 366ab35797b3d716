"""docs/crhelper.md and the tests by number say the same."""

from tests.crhelper.facts import HOLDS, anchor, facts, headings, rows

NUMBERS = list(range(1, 26))


def test_every_number_has_one_test_and_one_row() -> None:
    assert [fact.number for fact in facts()] == NUMBERS
    assert [number for number, *_ in rows()] == NUMBERS


def test_every_test_is_about_the_heading_of_its_number() -> None:
    assert {fact.number: fact.heading for fact in facts()} == headings()


def test_every_row_leads_to_its_heading_and_says_what_its_test_is_called() -> None:
    expected = [(fact.number, anchor(fact.heading), fact.words) for fact in facts()]
    assert [(number, link, words) for number, link, words, _, _ in rows()] == expected


def test_every_row_says_that_stock_crhelper_fails_and_the_project_does_not() -> None:
    assert [number for number, _, _, stock, _ in rows() if stock == HOLDS] == []
    assert {ours for *_, ours in rows()} == {HOLDS}
