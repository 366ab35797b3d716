"""The resource as an author would write it with crhelper 2.0.12: its README's shape, and boto3.

It keeps off what docs/crhelper.md says of ids: `poll_create` gives the endpoint's ARN, not True.
"""

import os
from typing import Any

import boto3
from crhelper import CfnResource

helper = CfnResource(polling_interval=int(os.environ["POLLING_INTERVAL"]))
try:
    comprehend: Any = boto3.client("comprehend", region_name=os.environ["AWS_REGION"])
except Exception as error:
    helper.init_failure(error)


@helper.create
def create(event: Any, context: Any) -> str:
    properties = event["ResourceProperties"]
    created = comprehend.create_endpoint(
        EndpointName=properties["EndpointName"],
        ModelArn=properties["ModelArn"],
        DesiredInferenceUnits=int(properties["DesiredInferenceUnits"]),
    )
    arn: str = created["EndpointArn"]
    return arn


@helper.poll_create
def poll_create(event: Any, context: Any) -> str | None:
    arn: str = event["CrHelperData"]["PhysicalResourceId"]
    found = comprehend.describe_endpoint(EndpointArn=arn)["EndpointProperties"]
    if found["Status"] == "FAILED":
        raise RuntimeError(found["Message"])
    return arn if found["Status"] == "IN_SERVICE" else None


@helper.delete
def delete(event: Any, context: Any) -> None:
    try:
        comprehend.delete_endpoint(EndpointArn=event["PhysicalResourceId"])
    except comprehend.exceptions.ResourceNotFoundException:
        return


@helper.poll_delete
def poll_delete(event: Any, context: Any) -> bool | None:
    try:
        comprehend.describe_endpoint(EndpointArn=event["PhysicalResourceId"])
    except comprehend.exceptions.ResourceNotFoundException:
        return True
    return None


def handler(event: Any, context: Any) -> None:
    helper(event, context)
