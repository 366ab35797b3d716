"""The explanations that the scan of the template goes by, and what it makes of its findings."""

import pytest

from tests.security.scan import objections, suppressed
from tests.template.application import expanded

KEPT = suppressed()


@pytest.mark.parametrize(("check", "resource"), KEPT)
def test_what_is_suppressed_is_one_resource_and_has_a_reason(check: str, resource: str) -> None:
    assert check.startswith("CKV")
    assert resource in expanded()["Resources"]
    assert len(KEPT[check, resource].split()) >= 8


def test_a_finding_that_nobody_has_explained_is_told() -> None:
    found = {("CKV_AWS_1", "Known"): "known", ("CKV_AWS_1", "New"): "Ensure it is not"}

    assert objections(found, [("CKV_AWS_1", "Known")]) == ["New: CKV_AWS_1 Ensure it is not"]


def test_an_explanation_of_nothing_is_told() -> None:
    (told,) = objections({}, [("CKV_AWS_1", "Mended")])

    assert told.startswith("Mended: CKV_AWS_1")
