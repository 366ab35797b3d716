"""The resource as an author would write it: crhelper 2.0.12 as its README shows, and boto3."""

import logging
import os
from typing import Any

import boto3
from crhelper import CfnResource

LOOKS_EVERY = 120
"""Seconds between two polls: crhelper's default."""

logger = logging.getLogger(__name__)
# The README's own settings; the first, the second and the last are also the defaults.
helper = CfnResource(
    json_logging=False, log_level="DEBUG", boto_level="CRITICAL", sleep_on_delete=120
)

try:
    comprehend: Any = boto3.client("comprehend", region_name=os.environ["AWS_REGION"])
except Exception as error:
    helper.init_failure(error)


def optional(properties: Any) -> dict[str, Any]:
    names = ("DataAccessRoleArn", "FlywheelArn")
    return {name: properties[name] for name in names if name in properties}


@helper.create
def create(event: Any, context: Any) -> str:
    properties = event["ResourceProperties"]
    if "DataAccessRoleArn" in properties:
        # Who may read the data, nobody else needs to see.
        helper.NoEcho = True
    created = comprehend.create_endpoint(
        EndpointName=properties["EndpointName"],
        ModelArn=properties["ModelArn"],
        DesiredInferenceUnits=int(properties["DesiredInferenceUnits"]),
        ClientRequestToken=event["RequestId"],
        Tags=properties.get("Tags", []),
        **optional(properties),
    )
    arn: str = created["EndpointArn"]
    return arn


@helper.update
def update(event: Any, context: Any) -> None:
    properties = event["ResourceProperties"]
    comprehend.update_endpoint(
        EndpointArn=event["PhysicalResourceId"],
        DesiredModelArn=properties["ModelArn"],
        DesiredInferenceUnits=int(properties["DesiredInferenceUnits"]),
    )
    # "If the update resulted in a new resource being created, return an id for the new resource":
    # it did not.


@helper.delete
def delete(event: Any, context: Any) -> None:
    try:
        comprehend.delete_endpoint(EndpointArn=event["PhysicalResourceId"])
    except comprehend.exceptions.ResourceNotFoundException:
        logger.info("there is nothing to delete")


@helper.poll_create
def poll_create(event: Any, context: Any) -> bool | None:
    properties = event["ResourceProperties"]
    helper.Data["Looks"] = int(helper.Data.get("Looks", 0)) + 1
    if helper.Data["Looks"] > int(properties.get("ServiceTimeout", 3600)) / LOOKS_EVERY:
        raise TimeoutError("the endpoint is not in service in time")
    if "FlywheelArn" in properties:
        flywheel = comprehend.describe_flywheel(FlywheelArn=properties["FlywheelArn"])
        helper.Data["FlywheelSince"] = flywheel["FlywheelProperties"]["CreationTime"]
    return in_service(event["CrHelperData"]["PhysicalResourceId"])


@helper.poll_update
def poll_update(event: Any, context: Any) -> bool | None:
    return in_service(event["PhysicalResourceId"])


@helper.poll_delete
def poll_delete(event: Any, context: Any) -> bool | None:
    try:
        comprehend.describe_endpoint(EndpointArn=event["PhysicalResourceId"])
    except comprehend.exceptions.ResourceNotFoundException:
        return True
    return None


def in_service(arn: str) -> bool | None:
    """True, which ends the polling, once the endpoint is in service."""
    found = comprehend.describe_endpoint(EndpointArn=arn)["EndpointProperties"]
    if found["Status"] == "FAILED":
        raise RuntimeError(found["Message"])
    if found["Status"] != "IN_SERVICE":
        return None
    helper.Data.update({name: str(value) for name, value in found.items()})
    return True


def handler(event: Any, context: Any) -> None:
    helper(event, context)
