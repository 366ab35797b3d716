"""What an update has to send, what became of it, and which tags change."""

from typing import Any

import pytest

from provider.changes import (
    Progress,
    Scope,
    Settings,
    TagChanges,
    everything,
    needed,
    progress,
    standing,
    tag_changes,
)
from provider.endpoint import Endpoint
from provider.identity import REQUEST_TAG, adoption_tags
from provider.properties import Properties
from tests.unit import given

Changes = dict[str, Any]

FOLLOWS = given.FLYWHEEL
PROMOTED = given.comprehend_arn("document-classifier/reviews/version/promoted")


def settings(**values: Any) -> Settings:
    return Settings(**values)


@pytest.mark.parametrize(
    ("new", "old", "live", "expected"),
    [
        pytest.param({}, {}, {}, {}, id="nothing changed"),
        pytest.param({"inference_units": 3}, {}, {}, {"units": 3}, id="units changed"),
        pytest.param(
            {"inference_units": 3},
            {},
            {"desired_units": 3, "current_units": 3},
            {},
            id="units changed to what auto scaling has set already",
        ),
        pytest.param(
            {"inference_units": 3},
            {},
            {"desired_units": 3, "current_units": 1},
            {"units": 3},
            id="units wanted already, but not reached",
        ),
        pytest.param(
            {"inference_units": 3},
            {},
            {"desired_units": 3, "current_units": None},
            {},
            id="units wanted already, and the service does not say how many there are",
        ),
        pytest.param(
            {},
            {},
            {"desired_units": 8, "current_units": 8},
            {},
            id="auto scaling's units survive an unrelated update",
        ),
        pytest.param(
            {"model_arn": given.NEWER},
            {},
            {},
            {"model_arn": given.NEWER},
            id="model changed",
        ),
        pytest.param(
            {"model_arn": given.NEWER},
            {},
            {"model_arn": given.NEWER, "desired_model_arn": given.NEWER},
            {},
            id="model changed to what is there",
        ),
        pytest.param(
            {},
            {"model_arn": given.NEWER},
            {"desired_model_arn": given.NEWER},
            {"model_arn": given.CLASSIFIER},
            id="back to the model that is there, while a failed update still wants the other",
        ),
        pytest.param(
            {"model_arn": given.NEWER},
            {},
            {"model_arn": given.NEWER, "desired_model_arn": None},
            {},
            id="model changed to what is there, and nothing is desired",
        ),
        pytest.param(
            {"role_arn": given.ROLE},
            {},
            {},
            {"role_arn": given.ROLE},
            id="role added",
        ),
        pytest.param(
            {"role_arn": given.OTHER_ROLE},
            {"role_arn": given.ROLE},
            {"role_arn": given.ROLE},
            {"role_arn": given.OTHER_ROLE},
            id="role changed",
        ),
        pytest.param(
            {},
            {"role_arn": given.ROLE},
            {"role_arn": given.ROLE},
            {},
            id="a role cannot be taken away by an update",
        ),
        pytest.param(
            {"flywheel_arn": FOLLOWS},
            {},
            {},
            {"model_arn": given.CLASSIFIER, "flywheel_arn": FOLLOWS},
            id="flywheel added",
        ),
        pytest.param(
            {"flywheel_arn": given.OTHER_FLYWHEEL, "model_arn": None},
            {"flywheel_arn": FOLLOWS, "model_arn": None},
            {"flywheel_arn": FOLLOWS},
            {"flywheel_arn": given.OTHER_FLYWHEEL},
            id="another flywheel, which names the model",
        ),
        pytest.param(
            {},
            {"flywheel_arn": FOLLOWS},
            {"flywheel_arn": FOLLOWS, "model_arn": PROMOTED, "desired_model_arn": PROMOTED},
            {"model_arn": given.CLASSIFIER},
            id="flywheel removed: the endpoint is pinned to the model",
        ),
        pytest.param(
            {},
            {"flywheel_arn": FOLLOWS},
            {"flywheel_arn": FOLLOWS},
            {"model_arn": given.CLASSIFIER},
            id="flywheel removed while its model is the very one",
        ),
        pytest.param(
            {"flywheel_arn": FOLLOWS, "inference_units": 2},
            {"flywheel_arn": FOLLOWS},
            {"flywheel_arn": FOLLOWS, "model_arn": PROMOTED, "desired_model_arn": PROMOTED},
            {"units": 2},
            id="a promoted model survives an unrelated update",
        ),
        pytest.param(
            {"flywheel_arn": FOLLOWS, "model_arn": given.NEWER},
            {"flywheel_arn": FOLLOWS},
            {"flywheel_arn": FOLLOWS, "model_arn": PROMOTED, "desired_model_arn": PROMOTED},
            {"model_arn": given.NEWER, "flywheel_arn": FOLLOWS},
            id="the template's model changed, beside a flywheel",
        ),
        pytest.param(
            {"flywheel_arn": FOLLOWS, "model_arn": None},
            {"flywheel_arn": FOLLOWS},
            {"flywheel_arn": FOLLOWS, "model_arn": PROMOTED, "desired_model_arn": PROMOTED},
            {},
            id="the model left out beside a flywheel leaves it to the flywheel",
        ),
        pytest.param(
            {"flywheel_arn": FOLLOWS, "model_arn": given.NEWER},
            {"flywheel_arn": FOLLOWS},
            {},
            {"model_arn": given.NEWER, "flywheel_arn": FOLLOWS},
            id="the model changed, and the endpoint has lost its flywheel",
        ),
        pytest.param(
            {"flywheel_arn": FOLLOWS},
            {},
            {"flywheel_arn": FOLLOWS},
            {},
            id="flywheel added that is there already",
        ),
        pytest.param(
            {
                "model_arn": given.NEWER,
                "inference_units": 2,
                "role_arn": given.ROLE,
            },
            {},
            {},
            {"model_arn": given.NEWER, "units": 2, "role_arn": given.ROLE},
            id="all at once",
        ),
        pytest.param(
            {"inference_units": None},
            {},
            {},
            {},
            id="units that a lenient reading took for absent",
        ),
    ],
)
def test_an_update_sends_what_the_template_changed(
    new: Changes, old: Changes, live: Changes, expected: Changes
) -> None:
    sent = needed(
        given.properties(**new), given.properties(**old), given.endpoint(**live), Scope.CHANGED
    )
    assert sent == settings(**expected)
    assert bool(sent) is bool(expected)


@pytest.mark.parametrize(
    ("new", "live", "expected"),
    [
        pytest.param({}, {}, {}, id="it is as the template says"),
        pytest.param(
            {},
            {"desired_units": 8, "current_units": 8},
            {"units": 1},
            id="other units",
        ),
        pytest.param(
            {"model_arn": given.NEWER}, {}, {"model_arn": given.NEWER}, id="another model"
        ),
        pytest.param(
            {}, {"flywheel_arn": FOLLOWS}, {"model_arn": given.CLASSIFIER}, id="a flywheel too many"
        ),
        pytest.param(
            {"flywheel_arn": FOLLOWS},
            {},
            {"model_arn": given.CLASSIFIER, "flywheel_arn": FOLLOWS},
            id="a flywheel lacks",
        ),
        pytest.param(
            {"flywheel_arn": FOLLOWS},
            {"flywheel_arn": FOLLOWS, "model_arn": PROMOTED, "desired_model_arn": PROMOTED},
            {},
            id="the right flywheel has promoted a model",
        ),
        pytest.param({"role_arn": given.ROLE}, {}, {"role_arn": given.ROLE}, id="a role lacks"),
        pytest.param({}, {"role_arn": given.ROLE}, {}, id="a role too many stays"),
    ],
)
def test_an_adopted_endpoint_gets_all_that_the_template_says(
    new: Changes, live: Changes, expected: Changes
) -> None:
    sent = needed(given.properties(**new), Properties(), given.endpoint(**live), Scope.ALL)
    assert sent == settings(**expected)


def test_a_rollback_sends_nothing_to_what_the_replacement_left_alone() -> None:
    new = given.properties(model_arn=given.NEWER, inference_units=5, role_arn=given.ROLE)
    assert not needed(new, Properties(), given.endpoint(), Scope.NOTHING)


def test_a_creation_sends_everything() -> None:
    full = Properties("name", given.CLASSIFIER, FOLLOWS, 2, given.ROLE, {"a": "b"}, 60)
    assert everything(full) == Settings(given.CLASSIFIER, FOLLOWS, 2, given.ROLE)


def test_what_an_endpoint_has_can_be_compared_later() -> None:
    live = given.endpoint(role_arn=given.ROLE, flywheel_arn=FOLLOWS, desired_units=4)
    assert standing(live) == Settings(given.CLASSIFIER, FOLLOWS, 4, given.ROLE)


NOW_NEWER: Changes = {"model_arn": given.NEWER, "desired_model_arn": given.NEWER}


def scaled(units: int) -> Changes:
    return {"desired_units": units, "current_units": units}


@pytest.mark.parametrize(
    ("sent", "live", "expected"),
    [
        pytest.param({"units": 2}, scaled(2), Progress.MATCHES, id="units reached"),
        pytest.param(
            {"units": 2},
            {"desired_units": 2, "current_units": None},
            Progress.MATCHES,
            id="units reached, as far as the service says",
        ),
        pytest.param(
            {"units": 2},
            {"desired_units": 2, "current_units": 1},
            Progress.DIFFERS,
            id="units wanted, not reached",
        ),
        pytest.param({"units": 2}, scaled(1), Progress.AS_BEFORE, id="units as before"),
        pytest.param({"units": 2}, scaled(5), Progress.MOVED_ON, id="auto scaling went on"),
        pytest.param({"model_arn": given.NEWER}, NOW_NEWER, Progress.MATCHES, id="new model"),
        pytest.param({"model_arn": given.NEWER}, {}, Progress.DIFFERS, id="old model"),
        pytest.param(
            {"model_arn": given.NEWER},
            {"desired_model_arn": given.NEWER},
            Progress.DIFFERS,
            id="new model wanted, old one there",
        ),
        pytest.param(
            {"model_arn": given.NEWER, "flywheel_arn": FOLLOWS},
            {"model_arn": PROMOTED, "desired_model_arn": PROMOTED, "flywheel_arn": FOLLOWS},
            Progress.MOVED_ON,
            id="the flywheel has promoted another model",
        ),
        pytest.param(
            {"model_arn": given.NEWER, "flywheel_arn": FOLLOWS},
            {"flywheel_arn": FOLLOWS},
            Progress.AS_BEFORE,
            id="the flywheel may have gone back to the former model",
        ),
        pytest.param(
            {"model_arn": given.NEWER, "flywheel_arn": FOLLOWS, "units": 2},
            {"flywheel_arn": FOLLOWS, **scaled(5)},
            Progress.MOVED_ON,
            id="units moved on, model as before",
        ),
        pytest.param(
            {"model_arn": given.CLASSIFIER},
            {"model_arn": given.CLASSIFIER, "flywheel_arn": FOLLOWS},
            Progress.DIFFERS,
            id="the flywheel to be removed is still there",
        ),
        pytest.param(
            {"flywheel_arn": FOLLOWS}, {"flywheel_arn": FOLLOWS}, Progress.MATCHES, id="flywheel"
        ),
        pytest.param({"flywheel_arn": FOLLOWS}, {}, Progress.DIFFERS, id="no flywheel"),
        pytest.param(
            {"flywheel_arn": FOLLOWS},
            {"flywheel_arn": given.OTHER_FLYWHEEL},
            Progress.DIFFERS,
            id="another flywheel",
        ),
        pytest.param(
            {"role_arn": given.ROLE},
            {"role_arn": given.ROLE, "desired_role_arn": given.ROLE},
            Progress.MATCHES,
            id="role",
        ),
        pytest.param({"role_arn": given.ROLE}, {}, Progress.DIFFERS, id="no role"),
        pytest.param(
            {"role_arn": given.ROLE},
            {"desired_role_arn": given.ROLE},
            Progress.DIFFERS,
            id="role wanted, not there",
        ),
        pytest.param(
            {"role_arn": given.ROLE, "units": 2},
            scaled(5),
            Progress.DIFFERS,
            id="auto scaling does not explain a role that lacks",
        ),
        pytest.param(
            {"model_arn": given.NEWER, "units": 2},
            {**NOW_NEWER, **scaled(1)},
            Progress.AS_BEFORE,
            id="model there, units as before",
        ),
    ],
)
def test_an_accepted_update_is_compared_with_what_is_there(
    sent: Changes, live: Changes, expected: Progress
) -> None:
    before = standing(given.endpoint())
    assert progress(settings(**sent), before, given.endpoint(**live)) is expected


@pytest.mark.parametrize(
    ("sent", "live", "expected"),
    [
        pytest.param(
            {"units": 3},
            {"desired_units": 5, "current_units": 3},
            Progress.MOVED_ON,
            id="scaling begins as the update ends",
        ),
        pytest.param(
            {"role_arn": given.ROLE},
            {
                "role_arn": given.ROLE,
                "desired_role_arn": given.ROLE,
                "desired_units": 5,
                "current_units": 1,
            },
            Progress.MATCHES,
            id="units are scaled that were not sent",
        ),
        pytest.param(
            {"units": 3, "flywheel_arn": given.FLYWHEEL},
            {
                "desired_units": 3,
                "current_units": 3,
                "flywheel_arn": given.FLYWHEEL,
                "desired_model_arn": given.NEWER,
            },
            Progress.DIFFERS,
            id="the model of the flywheel that was sent is still to come",
        ),
    ],
)
def test_what_was_not_sent_may_be_under_way(
    sent: Changes, live: Changes, expected: Progress
) -> None:
    before = standing(given.endpoint())
    assert progress(settings(**sent), before, given.endpoint(**live)) is expected


def tagged(**tags: str) -> Endpoint:
    plain = given.endpoint()
    return given.endpoint(tags=plain.tags | tags)


@pytest.mark.parametrize(
    ("new", "old", "live", "put", "removed"),
    [
        pytest.param({}, {}, {}, {}, (), id="no tags"),
        pytest.param({"a": "1"}, {}, {}, {"a": "1"}, (), id="a tag more"),
        pytest.param({"a": "2"}, {"a": "1"}, {"a": "1"}, {"a": "2"}, (), id="another value"),
        pytest.param({}, {"a": "1"}, {"a": "1"}, {}, ("a",), id="a tag less"),
        pytest.param({}, {"a": "1"}, {}, {}, (), id="a tag less that is gone already"),
        pytest.param({"a": "1"}, {}, {"a": "1"}, {}, (), id="a tag more that is there already"),
        pytest.param({"a": "1"}, {"a": "1"}, {"a": "9"}, {}, (), id="somebody changed our tag"),
        pytest.param({"a": "1"}, {"a": "1"}, {}, {}, (), id="somebody removed our tag"),
        pytest.param({}, {}, {"other": "x"}, {}, (), id="somebody else's tag"),
        pytest.param(
            {"b": "2", "c": "3"},
            {"a": "1", "c": "3"},
            {"a": "1", "c": "3", "other": "x"},
            {"b": "2"},
            ("a",),
            id="only the difference",
        ),
        pytest.param({"a": ""}, {}, {}, {"a": ""}, (), id="an empty value"),
    ],
)
def test_only_the_difference_in_tags_is_sent(
    new: dict[str, str],
    old: dict[str, str],
    live: dict[str, str],
    put: dict[str, str],
    removed: tuple[str, ...],
) -> None:
    changes = tag_changes(
        given.properties(tags=new), given.properties(tags=old), tagged(**live), Scope.CHANGED
    )
    assert changes == TagChanges(put, removed)
    assert bool(changes) is bool(put or removed)


def test_an_adopted_endpoint_gets_every_tag_that_it_lacks_and_the_mark() -> None:
    marks = adoption_tags(given.reply(), 0.0)
    changes = tag_changes(
        given.properties(tags={"a": "1", "b": "2"}),
        given.properties(tags={"a": "1", "gone": "x"}),
        tagged(b="2", gone="x", other="y"),
        Scope.ALL,
        marks,
    )
    assert changes == TagChanges({"a": "1", **marks}, ("gone",))


def test_a_mark_that_is_there_is_not_set_again() -> None:
    marks = adoption_tags(given.reply(), 0.0)
    live = given.endpoint(tags=given.endpoint().tags | marks)
    assert not tag_changes(given.properties(), Properties(), live, Scope.ALL, marks)


def test_a_rollback_leaves_the_tags_of_what_the_replacement_left_alone() -> None:
    new, old = given.properties(tags={"a": "1"}), given.properties(tags={"b": "2"})
    assert not tag_changes(new, old, tagged(b="2"), Scope.NOTHING)


def test_the_ownership_tags_are_never_removed() -> None:
    # No template may name them; a lenient reading of one that does must not cost the ownership.
    old = given.properties(tags={REQUEST_TAG: "x"})
    assert not tag_changes(given.properties(), old, given.endpoint(), Scope.CHANGED)
