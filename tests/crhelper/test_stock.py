"""Stock crhelper, unmodified, fails at every number, and for the reason that the page gives."""

import pytest

from tests.crhelper.facts import HOLDS, Fact, facts, outcome, rows
from tests.crhelper.stock import Stock
from tests.crhelper.subject import World
from tests.functional.emulated import endpoint_arn
from tests.functional.provider.cloudformation import CLASSIFIER, Json

NAMED: Json = {**CLASSIFIER, "EndpointName": "mine"}


@pytest.mark.parametrize("fact", facts(), ids=lambda each: f"{each.number:02}")
def test_stock_crhelper_fails_as_the_page_says(fact: Fact, shared_world: World) -> None:
    told = {number: stock for number, _, _, stock, _ in rows()}
    found = outcome(fact, Stock, shared_world)
    assert found != HOLDS
    assert found == told[fact.number], "make crhelper-facts writes it anew"


def test_where_nothing_is_in_the_way_stock_crhelper_works(shared_world: World) -> None:
    """What makes it fail at the numbers is neither the function nor what is played around it."""
    with Stock(shared_world) as stock:
        assert stock.create(NAMED)["Status"] == "SUCCESS"
        assert stock.statuses() == {"mine": "IN_SERVICE"}
        assert stock.pollers() == 0

        arn = endpoint_arn("mine")
        larger = {**NAMED, "DesiredInferenceUnits": "2"}
        event = stock.event("Update", larger, NAMED, PhysicalResourceId=arn)
        assert stock.run(event)["Status"] == "SUCCESS"
        assert [each["CurrentInferenceUnits"] for each in stock.admin.endpoints()] == [2]

        event = stock.event("Delete", larger, PhysicalResourceId=arn)
        assert stock.run(event)["Status"] == "SUCCESS"
        assert stock.statuses() == {}
        assert stock.pollers() == 0
