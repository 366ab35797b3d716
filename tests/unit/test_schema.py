"""The resource's schema: one source, valid, and the contract's properties and attributes."""

import jsonschema  # type: ignore[import-untyped]  # It ships no types.

from provider.contract.fields import FIELDS
from provider.contract.limits import MAX_TAGS, MAX_TIMEOUT
from provider.contract.validation import schema, settable
from provider.model.endpoint import Endpoint, Status
from provider.model.ownership import OWNERSHIP_TAGS
from tests.unit import given

TYPED = given.TEMPLATE | {
    "ServiceTimeout": 1800,
    "EndpointName": "reviews",
    "FlywheelArn": given.FLYWHEEL,
    "DesiredInferenceUnits": 12,
    "DataAccessRoleArn": given.ROLE,
    "Tags": [{"Key": "team", "Value": "search"}, {"Key": "empty", "Value": ""}],
}


def test_the_schema_is_valid_json_schema() -> None:
    # CloudFormation's registry schemas are draft 7.
    jsonschema.Draft7Validator.check_schema(schema())


def test_the_schema_and_a_general_validator_agree_on_what_is_right() -> None:
    validator = jsonschema.Draft7Validator(schema())
    assert list(validator.iter_errors(TYPED)) == []
    assert list(validator.iter_errors(TYPED | {"EndpointName": "-"})) != []


def test_the_schema_s_examples_are_examples() -> None:
    for rules in schema()["properties"].values():
        validator = jsonschema.Draft7Validator({"definitions": schema()["definitions"], **rules})
        for example in rules.get("examples", []):
            validator.validate(example)


def test_the_schema_names_the_properties_of_the_contract() -> None:
    assert settable() == (
        "ServiceToken",
        "ServiceTimeout",
        "EndpointName",
        "ModelArn",
        "FlywheelArn",
        "DesiredInferenceUnits",
        "DataAccessRoleArn",
        "Tags",
    )
    assert schema()["typeName"] == "Custom::ComprehendEndpoint"
    assert schema()["required"] == ["ServiceToken", "DesiredInferenceUnits"]
    assert schema()["additionalProperties"] is False
    assert all(rule["description"] for rule in schema()["properties"].values())


def test_the_schema_s_pointers_lead_to_its_properties() -> None:
    keys = ("createOnly", "conditionalCreateOnly", "readOnly", "writeOnly")
    pointers = [pointer for key in keys for pointer in schema()[f"{key}Properties"]]
    pointers += [*schema()["primaryIdentifier"], schema()["tagging"]["tagProperty"]]
    names = {pointer.removeprefix("/properties/") for pointer in pointers}
    assert names <= set(schema()["properties"])


def test_the_attributes_are_the_contract_s_and_the_schema_s() -> None:
    attributes = set(Endpoint(given.ARN, Status.IN_SERVICE).attributes())
    assert attributes == {
        "EndpointArn",
        "Arn",
        "EndpointName",
        "ModelArn",
        "FlywheelArn",
        "DataAccessRoleArn",
        "DesiredInferenceUnits",
        "CurrentInferenceUnits",
        "Status",
        "CreationTime",
        "LastModifiedTime",
        "ScalableDimension",
    }
    read_only = set(schema()["properties"]) - set(settable())
    assert read_only <= attributes <= set(schema()["properties"])


def test_the_field_table_has_every_settable_property() -> None:
    assert {each.prop for each in FIELDS} == set(settable())
    assert len({each.name for each in FIELDS}) == len(FIELDS)


def test_the_limits_in_the_code_are_the_schema_s() -> None:
    rules = schema()["properties"]
    assert rules["EndpointName"]["maxLength"] == 40
    assert rules["ServiceTimeout"]["maximum"] == MAX_TIMEOUT == 3600
    assert rules["Tags"]["maxItems"] == MAX_TAGS - len(OWNERSHIP_TAGS) == 47
