"""The progress of an accepted update: it took effect, it did not, or something else acted since."""

from typing import Any

import pytest

from provider.contract.properties import Settings
from provider.model.diff import Progress, progress
from provider.model.endpoint import Endpoint
from tests.unit import given

Changes = dict[str, Any]

FOLLOWS = given.FLYWHEEL
PROMOTED = given.comprehend_arn("document-classifier/reviews/version/promoted")


def endpoint(*, shows: Changes | None = None, **has: Any) -> Endpoint:
    """An endpoint that has some settings, and of which DescribeEndpoint ``shows`` others beside."""
    return given.showing(given.endpoint(**has), **(shows or {}))


NOW_NEWER: Changes = {"model_arn": given.NEWER}


def scaled(units: int) -> Changes:
    return {"inference_units": units}


@pytest.mark.parametrize(
    ("sent", "live", "expected"),
    [
        pytest.param({"inference_units": 2}, scaled(2), Progress.MATCHES, id="units reached"),
        pytest.param(
            {"inference_units": 2},
            {"inference_units": 2, "shows": {"inference_units": None}},
            Progress.MATCHES,
            id="units reached, as far as the service says",
        ),
        pytest.param(
            {"inference_units": 2},
            {"inference_units": 2, "shows": {"inference_units": 1}},
            Progress.DIFFERS,
            id="units wanted, not reached",
        ),
        pytest.param({"inference_units": 2}, scaled(1), Progress.AS_BEFORE, id="units as before"),
        pytest.param(
            {"inference_units": 2}, scaled(5), Progress.MOVED_ON, id="auto scaling went on"
        ),
        pytest.param({"model_arn": given.NEWER}, NOW_NEWER, Progress.MATCHES, id="new model"),
        pytest.param({"model_arn": given.NEWER}, {}, Progress.DIFFERS, id="old model"),
        pytest.param(
            {"model_arn": given.NEWER},
            {"shows": {"model_arn": given.NEWER}},
            Progress.DIFFERS,
            id="new model wanted, old one there",
        ),
        pytest.param(
            {"model_arn": given.NEWER, "flywheel_arn": FOLLOWS},
            {"model_arn": PROMOTED, "flywheel_arn": FOLLOWS},
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
            {"model_arn": given.NEWER, "flywheel_arn": FOLLOWS, "inference_units": 2},
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
            {"role_arn": given.ROLE},
            Progress.MATCHES,
            id="role",
        ),
        pytest.param({"role_arn": given.ROLE}, {}, Progress.DIFFERS, id="no role"),
        pytest.param(
            {"role_arn": given.ROLE},
            {"shows": {"role_arn": given.ROLE}},
            Progress.DIFFERS,
            id="role wanted, not there",
        ),
        pytest.param(
            {"role_arn": given.ROLE, "inference_units": 2},
            scaled(5),
            Progress.DIFFERS,
            id="auto scaling does not explain a role that lacks",
        ),
        pytest.param(
            {"model_arn": given.NEWER, "inference_units": 2},
            {**NOW_NEWER, **scaled(1)},
            Progress.AS_BEFORE,
            id="model there, units as before",
        ),
    ],
)
def test_an_accepted_update_is_compared_with_the_endpoint(
    sent: Changes, live: Changes, expected: Progress
) -> None:
    before = given.endpoint().settings
    assert progress(Settings(sent), before, endpoint(**live)) is expected


@pytest.mark.parametrize(
    ("sent", "live", "expected"),
    [
        pytest.param(
            {"inference_units": 3},
            {"inference_units": 5, "shows": {"inference_units": 3}},
            Progress.MOVED_ON,
            id="scaling begins as the update ends",
        ),
        pytest.param(
            {"role_arn": given.ROLE},
            {"role_arn": given.ROLE, "inference_units": 5, "shows": {"inference_units": 1}},
            Progress.MATCHES,
            id="units are scaled that were not sent",
        ),
        pytest.param(
            {"inference_units": 3, "flywheel_arn": given.FLYWHEEL},
            {
                "inference_units": 3,
                "flywheel_arn": given.FLYWHEEL,
                "shows": {"model_arn": given.NEWER},
            },
            Progress.DIFFERS,
            id="the model of the flywheel that was sent is still to come",
        ),
    ],
)
def test_what_was_not_sent_may_be_under_way(
    sent: Changes, live: Changes, expected: Progress
) -> None:
    before = given.endpoint().settings
    assert progress(Settings(sent), before, endpoint(**live)) is expected
