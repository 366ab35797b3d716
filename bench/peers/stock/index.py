"""The resource as an author would write it with crhelper alone: as its README shows, and boto3."""

import logging
import os
from typing import Any

import boto3
from crhelper import CfnResource

# Lambda's own run-time has a handler for the root logger, to which crhelper logs; there this does
# nothing.
logging.basicConfig()
logger = logging.getLogger(__name__)
helper = CfnResource(
    json_logging=False,
    log_level="DEBUG",
    boto_level="CRITICAL",
    polling_interval=int(os.environ["POLL_MINUTES"]),
    sleep_on_delete=120,
)

try:
    comprehend: Any = boto3.client("comprehend")
except Exception as error:
    helper.init_failure(error)


@helper.create
def create(event: Any, context: Any) -> str:
    properties = event["ResourceProperties"]
    created = comprehend.create_endpoint(
        EndpointName=properties["EndpointName"],
        ModelArn=properties["ModelArn"],
        DesiredInferenceUnits=int(properties["DesiredInferenceUnits"]),
        ClientRequestToken=event["RequestId"],
    )
    arn: str = created["EndpointArn"]
    return arn


@helper.update
def update(event: Any, context: Any) -> str:
    properties = event["ResourceProperties"]
    arn: str = event["PhysicalResourceId"]
    comprehend.update_endpoint(
        EndpointArn=arn,
        DesiredModelArn=properties["ModelArn"],
        DesiredInferenceUnits=int(properties["DesiredInferenceUnits"]),
    )
    return arn


@helper.delete
def delete(event: Any, context: Any) -> None:
    try:
        comprehend.delete_endpoint(EndpointArn=event["PhysicalResourceId"])
    except comprehend.exceptions.ResourceNotFoundException:
        logger.info("there is nothing to delete")


# "Return a resource id or True to indicate that creation is complete. If True is returned an id
# will be generated": so the id it is.
@helper.poll_create
def poll_create(event: Any, context: Any) -> str | None:
    return in_service(event["CrHelperData"]["PhysicalResourceId"])


@helper.poll_update
def poll_update(event: Any, context: Any) -> str | None:
    return in_service(event["PhysicalResourceId"])


@helper.poll_delete
def poll_delete(event: Any, context: Any) -> str | None:
    arn: str = event["PhysicalResourceId"]
    try:
        comprehend.describe_endpoint(EndpointArn=arn)
    except comprehend.exceptions.ResourceNotFoundException:
        return arn
    return None


def in_service(arn: str) -> str | None:
    """The id, which ends the polling, once the endpoint is in service."""
    found = comprehend.describe_endpoint(EndpointArn=arn)["EndpointProperties"]
    if found["Status"] == "FAILED":
        raise RuntimeError(found.get("Message", "the endpoint has failed"))
    if found["Status"] != "IN_SERVICE":
        return None
    helper.Data.update({name: str(value) for name, value in found.items()})
    return arn


def handler(event: Any, context: Any) -> None:
    helper(event, context)
