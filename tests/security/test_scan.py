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


def test_an_unexplained_finding_and_an_explanation_of_nothing_are_told() -> None:
    found = {("CKV_AWS_1", "Known"): "known", ("CKV_AWS_1", "New"): "Ensure it is not"}
    kept = [("CKV_AWS_1", "Known"), ("CKV_AWS_1", "Mended")]

    assert objections(found, kept) == [
        "New: CKV_AWS_1 Ensure it is not",
        "Mended: CKV_AWS_1 is explained in suppressions.yaml, but does not fail",
    ]
