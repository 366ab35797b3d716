"""The diff: what an update has to send, and which tags change."""

from typing import Any

import pytest

from provider.contract.properties import Properties, Settings
from provider.model.diff import TagDiff, settings_diff, tag_diff
from provider.model.endpoint import Endpoint
from provider.model.ownership import REQUEST_TAG
from provider.model.task import Scope
from tests.unit import given

Changes = dict[str, Any]

FOLLOWS = given.FLYWHEEL
PROMOTED = given.comprehend_arn("document-classifier/reviews/version/promoted")


def endpoint(*, shows: Changes | None = None, **has: Any) -> Endpoint:
    """An endpoint that has some settings, and of which DescribeEndpoint ``shows`` others beside."""
    return given.showing(given.endpoint(**has), **(shows or {}))


@pytest.mark.parametrize(
    ("new", "old", "live", "expected"),
    [
        pytest.param({}, {}, {}, {}, id="nothing changed"),
        pytest.param({"inference_units": 3}, {}, {}, {"inference_units": 3}, id="units changed"),
        pytest.param(
            {"inference_units": 3},
            {},
            {"inference_units": 3},
            {},
            id="units changed to what auto scaling has set already",
        ),
        pytest.param(
            {"inference_units": 3},
            {},
            {"inference_units": 3, "shows": {"inference_units": 1}},
            {"inference_units": 3},
            id="units wanted already, but not reached",
        ),
        pytest.param(
            {"inference_units": 3},
            {},
            {"inference_units": 3, "shows": {"inference_units": None}},
            {},
            id="units wanted already, and the service does not say how many there are",
        ),
        pytest.param(
            {},
            {},
            {"inference_units": 8},
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
            {"model_arn": given.NEWER},
            {},
            id="model changed to what is there",
        ),
        pytest.param(
            {},
            {"model_arn": given.NEWER},
            {"shows": {"model_arn": given.NEWER}},
            {"model_arn": given.CLASSIFIER},
            id="back to the model that is there, while a failed update still wants the other",
        ),
        pytest.param(
            {"model_arn": given.NEWER},
            {},
            {"model_arn": given.NEWER, "shows": {"model_arn": None}},
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
            {"flywheel_arn": FOLLOWS, "model_arn": PROMOTED},
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
            {"flywheel_arn": FOLLOWS, "model_arn": PROMOTED},
            {"inference_units": 2},
            id="a promoted model survives an unrelated update",
        ),
        pytest.param(
            {"flywheel_arn": FOLLOWS, "model_arn": given.NEWER},
            {"flywheel_arn": FOLLOWS},
            {"flywheel_arn": FOLLOWS, "model_arn": PROMOTED},
            {"model_arn": given.NEWER, "flywheel_arn": FOLLOWS},
            id="the template's model changed, beside a flywheel",
        ),
        pytest.param(
            {"flywheel_arn": FOLLOWS, "model_arn": None},
            {"flywheel_arn": FOLLOWS},
            {"flywheel_arn": FOLLOWS, "model_arn": PROMOTED},
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
            {"model_arn": given.NEWER, "inference_units": 2, "role_arn": given.ROLE},
            id="all at once",
        ),
        pytest.param(
            {"inference_units": None},
            {},
            {},
            {},
            id="units that broke a rule, and so count as not set",
        ),
    ],
)
def test_an_update_sends_what_the_template_changed(
    new: Changes, old: Changes, live: Changes, expected: Changes
) -> None:
    sent = settings_diff(
        given.properties(**new), given.properties(**old), endpoint(**live), Scope.CHANGED
    )
    assert sent == Settings(expected)
    assert bool(sent) is bool(expected)


@pytest.mark.parametrize(
    ("new", "live", "expected"),
    [
        pytest.param({}, {}, {}, id="it is as the template says"),
        pytest.param(
            {},
            {"inference_units": 8},
            {"inference_units": 1},
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
            {"flywheel_arn": FOLLOWS, "model_arn": PROMOTED},
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
    sent = settings_diff(given.properties(**new), Properties(), endpoint(**live), Scope.ALL)
    assert sent == Settings(expected)


def test_a_rollback_sends_nothing_to_an_endpoint_that_the_replacement_did_not_touch() -> None:
    new = given.properties(model_arn=given.NEWER, inference_units=5, role_arn=given.ROLE)
    assert not settings_diff(new, Properties(), given.endpoint(), Scope.NOTHING)


Tags = dict[str, str]


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
    new: Tags, old: Tags, live: Tags, put: Tags, removed: tuple[str, ...]
) -> None:
    found = tag_diff(new, old, {**given.endpoint().tags, **live}, Scope.CHANGED)
    assert found == TagDiff(put, removed)
    assert bool(found) is bool(put or removed)


def test_an_endpoint_that_is_new_to_the_resource_gets_every_tag_that_it_lacks() -> None:
    new, old = {"a": "1", "b": "2"}, {"a": "1", "gone": "x"}
    live = {"b": "2", "gone": "x", "other": "y"}
    assert tag_diff(new, old, live, Scope.ALL) == TagDiff({"a": "1"}, ("gone",))


def test_a_rollback_keeps_the_tags_of_an_endpoint_that_the_replacement_did_not_touch() -> None:
    assert not tag_diff({"a": "1"}, {"b": "2"}, {"b": "2"}, Scope.NOTHING)


def test_the_ownership_tags_are_never_removed() -> None:
    # No template may name them; one that did must not cost the ownership.
    assert not tag_diff({}, {REQUEST_TAG: "x"}, given.endpoint().tags, Scope.CHANGED)
