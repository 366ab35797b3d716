"""The diff: what an update has to send, whether it took effect since, and which tags change."""

from typing import NamedTuple

import pytest

from provider.contract.properties import Properties, Settings
from provider.model.diff import (
    Progress,
    TagDiff,
    differences_from,
    progress,
    settings_diff,
    tag_diff,
)
from provider.model.ownership import REQUEST_TAG
from provider.model.task import Scope
from tests.unit import given
from tests.unit.given import Values

OLDER: Values = {"model_arn": given.CLASSIFIER}
NEWER: Values = {"model_arn": given.NEWER}
PROMOTED: Values = {
    "model_arn": given.comprehend_arn("document-classifier/reviews/version/promoted")
}
NO_MODEL: Values = {"model_arn": None}
FOLLOWS: Values = {"flywheel_arn": given.FLYWHEEL}
FOLLOWS_OTHER: Values = {"flywheel_arn": given.OTHER_FLYWHEEL}
ROLE: Values = {"role_arn": given.ROLE}
OTHER_ROLE: Values = {"role_arn": given.OTHER_ROLE}


def units(number: int | None) -> Values:
    return {"inference_units": number}


def shows(values: Values) -> Values:
    """What DescribeEndpoint shows beside what the endpoint has."""
    return {"shows": values}


# ---------------------------------------------------------------- What an update sends


class Change(NamedTuple):
    """The properties after and before, what the endpoint has, and what an update has to send."""

    new: Values
    old: Values
    live: Values
    expected: Values


CHANGES = {
    "nothing changed": Change({}, {}, {}, {}),
    "units changed": Change(units(3), {}, {}, units(3)),
    "auto scaling has set the units already": Change(units(3), {}, units(3), {}),
    "units wanted, but not reached": Change(units(3), {}, units(3) | shows(units(1)), units(3)),
    "units wanted, and the service does not say how many there are": Change(
        units(3), {}, units(3) | shows(units(None)), {}
    ),
    "auto scaling's units survive an unrelated update": Change({}, {}, units(8), {}),
    "units that broke a rule count as not set": Change(units(None), {}, {}, {}),
    "model changed": Change(NEWER, {}, {}, NEWER),
    "model changed to what is there": Change(NEWER, {}, NEWER, {}),
    "model is there, and nothing is desired": Change(NEWER, {}, NEWER | shows(NO_MODEL), {}),
    "back to the model that is there, while a failed update still wants the other": Change(
        {}, NEWER, shows(NEWER), OLDER
    ),
    "role added": Change(ROLE, {}, {}, ROLE),
    "role changed": Change(OTHER_ROLE, ROLE, ROLE, OTHER_ROLE),
    "a role cannot be taken away by an update": Change({}, ROLE, ROLE, {}),
    "flywheel added": Change(FOLLOWS, {}, {}, OLDER | FOLLOWS),
    "flywheel added that is there already": Change(FOLLOWS, {}, FOLLOWS, {}),
    "another flywheel, which names the model": Change(
        NO_MODEL | FOLLOWS_OTHER, NO_MODEL | FOLLOWS, FOLLOWS, FOLLOWS_OTHER
    ),
    "flywheel removed: pinned to the model": Change({}, FOLLOWS, FOLLOWS | PROMOTED, OLDER),
    "flywheel removed, its model is the very one": Change({}, FOLLOWS, FOLLOWS, OLDER),
    "a promoted model survives an unrelated update": Change(
        FOLLOWS | units(2), FOLLOWS, FOLLOWS | PROMOTED, units(2)
    ),
    "the template's model changed, beside a flywheel": Change(
        FOLLOWS | NEWER, FOLLOWS, FOLLOWS | PROMOTED, FOLLOWS | NEWER
    ),
    "the model left out beside a flywheel leaves it to the flywheel": Change(
        FOLLOWS | NO_MODEL, FOLLOWS, FOLLOWS | PROMOTED, {}
    ),
    "the model changed to what is there, and the endpoint has lost its flywheel": Change(
        FOLLOWS | NEWER, FOLLOWS, NEWER, FOLLOWS | NEWER
    ),
    "all at once": Change(NEWER | units(2) | ROLE, {}, {}, NEWER | units(2) | ROLE),
}


@pytest.mark.parametrize("situation", CHANGES)
def test_an_update_sends_what_the_template_changed(situation: str) -> None:
    case = CHANGES[situation]
    new, old = given.properties(**case.new), given.properties(**case.old)
    sent = settings_diff(new, old, given.endpoint(**case.live), Scope.CHANGED)
    assert sent == Settings(case.expected)
    assert bool(sent) is bool(case.expected)


@pytest.mark.parametrize(
    ("new", "live", "expected"),
    [
        pytest.param({}, {}, {}, id="it is as the template says"),
        pytest.param({}, units(8), units(1), id="other units"),
        pytest.param(NEWER, {}, NEWER, id="another model"),
        pytest.param({}, FOLLOWS, OLDER, id="a flywheel too many"),
        pytest.param(FOLLOWS, {}, OLDER | FOLLOWS, id="a flywheel is missing"),
        pytest.param(FOLLOWS, FOLLOWS | PROMOTED, {}, id="the flywheel has promoted a model"),
        pytest.param(ROLE, {}, ROLE, id="a role is missing"),
        pytest.param({}, ROLE, {}, id="a role too many stays"),
    ],
)
def test_an_endpoint_that_is_new_to_the_resource_gets_all_that_the_template_says(
    new: Values, live: Values, expected: Values
) -> None:
    sent = settings_diff(given.properties(**new), Properties(), given.endpoint(**live), Scope.ALL)
    assert sent == Settings(expected)


def test_a_rollback_leaves_an_endpoint_that_the_replacement_did_not_touch() -> None:
    new = given.properties(model_arn=given.NEWER, inference_units=5, role_arn=given.ROLE)
    assert not settings_diff(new, Properties(), given.endpoint(), Scope.NOTHING)
    assert not tag_diff({"a": "1"}, {"b": "2"}, {"b": "2"}, Scope.NOTHING)


# ---------------------------------------------------------------- Whether it took effect

MATCHES, MOVED_ON, AS_BEFORE, DIFFERS = Progress


class Sent(NamedTuple):
    """What an update has sent to the plainest endpoint, what that has now, and the progress."""

    sent: Values
    live: Values
    expected: Progress


PROGRESS = {
    "units reached": Sent(units(2), units(2), MATCHES),
    "units reached, as far as the service says": Sent(
        units(2), units(2) | shows(units(None)), MATCHES
    ),
    "units not reached": Sent(units(2), units(2) | shows(units(1)), DIFFERS),
    "units as before": Sent(units(2), units(1), AS_BEFORE),
    "auto scaling went on": Sent(units(2), units(5), MOVED_ON),
    "scaling begins as the update ends": Sent(units(3), units(5) | shows(units(3)), MOVED_ON),
    "scaling back begins as the update ends": Sent(units(3), units(1) | shows(units(3)), MOVED_ON),
    "new model": Sent(NEWER, NEWER, MATCHES),
    "old model": Sent(NEWER, {}, DIFFERS),
    "new model wanted, old one there": Sent(NEWER, shows(NEWER), DIFFERS),
    "the flywheel has promoted another model": Sent(NEWER | FOLLOWS, PROMOTED | FOLLOWS, MOVED_ON),
    "the flywheel may have gone back to the former model": Sent(
        NEWER | FOLLOWS, FOLLOWS, AS_BEFORE
    ),
    "units moved on, model as before": Sent(
        NEWER | FOLLOWS | units(2), FOLLOWS | units(5), MOVED_ON
    ),
    "model there, units as before": Sent(NEWER | units(2), NEWER | units(1), AS_BEFORE),
    "the flywheel to be removed is still there": Sent(OLDER, FOLLOWS, DIFFERS),
    "flywheel": Sent(FOLLOWS, FOLLOWS, MATCHES),
    "no flywheel": Sent(FOLLOWS, {}, DIFFERS),
    "another flywheel": Sent(FOLLOWS, FOLLOWS_OTHER, DIFFERS),
    "the model of the flywheel that was sent is still to come": Sent(
        units(3) | FOLLOWS, units(3) | FOLLOWS | shows(NEWER), DIFFERS
    ),
    "role": Sent(ROLE, ROLE, MATCHES),
    "no role": Sent(ROLE, {}, DIFFERS),
    "role wanted, not there": Sent(ROLE, shows(ROLE), DIFFERS),
    "auto scaling explains no role that is missing": Sent(ROLE | units(2), units(5), DIFFERS),
    "units are scaled that were not sent": Sent(ROLE, ROLE | units(5) | shows(units(1)), MATCHES),
}


@pytest.mark.parametrize("situation", PROGRESS)
def test_an_accepted_update_is_compared_with_the_endpoint(situation: str) -> None:
    case = PROGRESS[situation]
    found = progress(Settings(case.sent), given.settings(), given.endpoint(**case.live))
    assert found is case.expected


# ---------------------------------------------------------------- What forbids an adoption


@pytest.mark.parametrize(
    ("new", "live", "expected"),
    [
        pytest.param({}, {}, {}, id="it is as the template says"),
        pytest.param({}, units(8), {"DesiredInferenceUnits": (1, 8)}, id="units"),
        pytest.param({}, shows(units(8)), {}, id="units that are still to come"),
        pytest.param(NEWER, {}, {"ModelArn": (given.NEWER, given.CLASSIFIER)}, id="the model"),
        pytest.param(ROLE, {}, {"DataAccessRoleArn": (given.ROLE, None)}, id="no role"),
        pytest.param({}, ROLE, {"DataAccessRoleArn": (None, given.ROLE)}, id="a role too many"),
        pytest.param(FOLLOWS, {}, {"FlywheelArn": (given.FLYWHEEL, None)}, id="no flywheel"),
        pytest.param({}, FOLLOWS, {"FlywheelArn": (None, given.FLYWHEEL)}, id="one too many"),
        pytest.param(FOLLOWS | NO_MODEL, FOLLOWS | PROMOTED, {}, id="the flywheel's own model"),
        pytest.param(
            FOLLOWS,
            FOLLOWS | PROMOTED,
            {"ModelArn": (given.CLASSIFIER, PROMOTED["model_arn"])},
            id="another model than the template's",
        ),
        pytest.param({"tags": {"a": "1"}}, {}, {}, id="tags do not count"),
    ],
)
def test_an_adoption_is_refused_for_what_it_would_change(
    new: Values, live: Values, expected: Values
) -> None:
    assert differences_from(given.properties(**new), given.endpoint(**live)) == expected


# ---------------------------------------------------------------- Tags

Tags = dict[str, str]


@pytest.mark.parametrize(
    ("new", "old", "live", "put", "removed"),
    [
        pytest.param({}, {}, {}, {}, (), id="no tags"),
        pytest.param({"a": "1"}, {}, {}, {"a": "1"}, (), id="a tag more"),
        pytest.param({"a": ""}, {}, {}, {"a": ""}, (), id="an empty value"),
        pytest.param({"a": "2"}, {"a": "1"}, {"a": "1"}, {"a": "2"}, (), id="another value"),
        pytest.param({}, {"a": "1"}, {"a": "1"}, {}, ("a",), id="a tag less"),
        pytest.param({}, {"a": "1"}, {}, {}, (), id="a tag less that is gone already"),
        pytest.param({"a": "1"}, {}, {"a": "1"}, {}, (), id="a tag more that is there already"),
        pytest.param({"a": "1"}, {"a": "1"}, {"a": "9"}, {}, (), id="somebody changed our tag"),
        pytest.param({"a": "1"}, {"a": "1"}, {}, {}, (), id="somebody removed our tag"),
        pytest.param({}, {}, {"other": "x"}, {}, (), id="somebody else's tag"),
        # No template may name them; one that did must not cost the ownership.
        pytest.param({}, {REQUEST_TAG: "x"}, {}, {}, (), id="an ownership tag"),
    ],
)
def test_only_the_difference_in_tags_is_sent(
    new: Tags, old: Tags, live: Tags, put: Tags, removed: tuple[str, ...]
) -> None:
    found = tag_diff(new, old, {**given.endpoint().tags, **live}, Scope.CHANGED)
    assert found == TagDiff(put, removed)
    assert bool(found) is bool(put or removed)


def test_an_endpoint_that_is_new_to_the_resource_gets_every_tag_that_it_lacks() -> None:
    new, old = {"a": "1", "b": "2"}, {"a": "1", "gone": "x"}
    live = {"b": "2", "gone": "x", "other": "y"}
    assert tag_diff(new, old, live, Scope.ALL) == TagDiff({"a": "1"}, ("gone",))
