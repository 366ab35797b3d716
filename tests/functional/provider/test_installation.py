"""What an installation's parameters do to requests: the ceiling on units, tags of endpoints."""

import pytest

from provider.model.ownership import ADOPT_TAG
from testing.arns import classifier, recognizer
from testing.events import Json
from testing.one_resource import NAMED, OneResource, tags

COST = {"cost-center": "42", "owner": "nlp"}
CEILING = ("DesiredInferenceUnits: it must be at most 2", "MaxInferenceUnits", "not 3")


def units(count: int) -> Json:
    return NAMED | {"DesiredInferenceUnits": str(count)}


@pytest.fixture
def ceiling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAX_INFERENCE_UNITS", "2")


@pytest.fixture
def tagging(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENDPOINT_TAGS", "cost-center=42,owner=nlp")


def seen(cfn: OneResource) -> Json:
    """The endpoint's tags but the provider's own."""
    return {
        key: value
        for key, value in cfn.endpoint()["Tags"].items()
        if not key.startswith("comprehend-endpoint-provider:")
    }


@pytest.mark.usefixtures("ceiling")
class TestCeiling:
    def test_a_create_above_it_fails_and_its_delete_does_nothing(self, cfn: OneResource) -> None:
        assert (
            cfn.create(units(3) | {"EndpointName": "_"}).failed("EndpointName", *CEILING).calls
            == []
        )
        assert cfn.delete().succeeded().changes == []

    def test_an_update_above_it_fails_and_is_rolled_back(self, cfn: OneResource) -> None:
        cfn.given(units(1))
        assert cfn.update(units(3)).failed(*CEILING).calls == []
        back = cfn.roll_back(units(1), was=units(3)).succeeded()
        # Nothing was sent that could still become visible.
        assert (back.changes, back.waits) == ([], 0)

    def test_a_replacement_with_the_units_of_before_succeeds(self, cfn: OneResource) -> None:
        cfn.given(units(5))
        cfn.update(units(5) | {"ModelArn": recognizer()}).succeeded()

    @pytest.mark.parametrize("known", [True, False], ids=["a rollback", "a hand-made event"])
    def test_a_rollback_or_what_may_be_one_goes_back_above_it(
        self, cfn: OneResource, known: bool
    ) -> None:
        cfn.given(units(1))
        event = cfn.event("Update", units(3), units(1), during="UPDATE_ROLLBACK_IN_PROGRESS")
        if not known:
            cfn.hand_made()
        cfn.run(event).succeeded()
        assert cfn.endpoint()["DesiredInferenceUnits"] == 3

    def test_a_delete_of_what_is_above_it_succeeds(self, cfn: OneResource) -> None:
        cfn.given(units(5))
        cfn.delete().succeeded()
        assert cfn.statuses() == {}


@pytest.mark.usefixtures("tagging")
class TestTags:
    def test_a_new_endpoint_has_them_under_the_templates_own(self, cfn: OneResource) -> None:
        cfn.create(NAMED | tags(owner="web", a="1")).succeeded()
        assert seen(cfn) == {"cost-center": "42", "owner": "web", "a": "1"}

    def test_an_endpoint_that_is_there_does_not_get_them_by_an_update(
        self, cfn: OneResource
    ) -> None:
        cfn.given(NAMED)
        assert cfn.update(NAMED | tags(a="1")).succeeded().changes == ["TagResource"]
        assert seen(cfn) == {"a": "1"}

    def test_a_replacement_has_them(self, cfn: OneResource) -> None:
        cfn.given(NAMED)
        cfn.update(NAMED | {"EndpointName": "other"}).succeeded()
        assert seen(cfn) == COST

    def test_one_that_the_template_overrode_returns_with_an_update(self, cfn: OneResource) -> None:
        cfn.create(NAMED | tags(owner="web")).succeeded()
        assert cfn.update(NAMED).succeeded().changes == ["TagResource"]
        assert seen(cfn) == COST
        assert cfn.roll_back(NAMED | tags(owner="web")).succeeded().changes == ["TagResource"]
        assert seen(cfn) == COST | {"owner": "web"}

    def test_a_create_with_more_than_fits_beside_them_fails(self, cfn: OneResource) -> None:
        many = {f"k{number}": "" for number in range(46)}
        failed = cfn.create(NAMED | tags(**many)).failed("Tags: together with the 2", "not 48")
        assert failed.calls == []
        assert "EndpointTags" in failed.reason

    def test_a_replacement_of_what_had_more_before_leaves_out_what_does_not_fit(
        self, cfn: OneResource
    ) -> None:
        many = tags(**{f"k{number}": "" for number in range(46)})
        cfn.given(NAMED | many)
        cfn.update(NAMED | many | {"EndpointName": "other"}).succeeded()
        assert seen(cfn).keys() & COST.keys() == {"cost-center"}


@pytest.mark.usefixtures("tagging")
def test_an_endpoint_that_is_adopted_gets_them(cfn: OneResource) -> None:
    offer = f"{cfn.stack.name}/{cfn.logical_id}"
    own = {"owner": "somebody", ADOPT_TAG: offer}
    cfn.admin.put_endpoint("mine", classifier(), tags=own)
    cfn.create(NAMED).succeeded()
    assert seen(cfn) == COST
