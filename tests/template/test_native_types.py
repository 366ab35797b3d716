"""The page that compares the provider with CloudFormation's own types says what the schemas say."""

import pytest
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER, ResourceNotFoundError

from tests.template.native_types import NATIVE, OTHER_NAMES, OURS, PAGE, REGIONS, table, written


def test_the_table_is_made_from_the_schemas() -> None:
    assert written() == table(), "run PYTHONPATH=src python -m tests.template.native_types"


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("name", NATIVE)
def test_an_installed_schema_is_the_one_that_is_compared_with(name: str, region: str) -> None:
    """The locked cfn-lint may be older than the types: then there is none."""
    try:
        installed = PROVIDER_SCHEMA_MANAGER.get_resource_schema(region, name).schema
    except ResourceNotFoundError:
        return
    for point in (
        "properties",
        "required",
        "createOnlyProperties",
        "readOnlyProperties",
        "primaryIdentifier",
        "handlers",
    ):
        assert installed.get(point) == NATIVE[name][point], point


def test_what_the_page_says_of_the_types_is_so() -> None:
    """The sentences beside the table, each by what it rests on."""
    classifier, recognizer = (NATIVE[name]["properties"] for name in sorted(NATIVE))
    assert {"FlywheelArn", "DataAccessRoleArn", "EndpointStatus"} & classifier.keys() == set()
    assert {"FlywheelArn", "DataAccessRoleArn", "EndpointStatus"} <= recognizer.keys()
    for each in NATIVE.values():
        assert "EndpointName" in each["required"]
        assert each["primaryIdentifier"] == ["/properties/Arn"]
        # No attribute of theirs is missing in the table, which lists ours.
        known = {*OURS["properties"], *OTHER_NAMES.values()}
        assert {path.rpartition("/")[2] for path in each["readOnlyProperties"]} <= known
        assert "ScalableDimension" not in each["properties"]
        assert each["handlers"].keys() == {"create", "read", "update", "delete", "list"}
    assert "EndpointName" not in OURS["required"]
    for region in REGIONS:
        assert f"`{region}`" in PAGE.read_text()
