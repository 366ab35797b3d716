"""The resource as an author would write it for the CDK's Provider framework, and boto3.

What they get and give is in the framework's README, "Provider Framework".
"""

import contextlib
from typing import Any

import boto3


def on_event(event: Any, context: Any) -> Any:
    comprehend = boto3.client("comprehend")
    if event["RequestType"] == "Create":
        properties = event["ResourceProperties"]
        created = comprehend.create_endpoint(
            EndpointName=properties["EndpointName"],
            ModelArn=properties["ModelArn"],
            DesiredInferenceUnits=int(properties["DesiredInferenceUnits"]),
        )
        return {"PhysicalResourceId": created["EndpointArn"]}
    with contextlib.suppress(comprehend.exceptions.ResourceNotFoundException):
        comprehend.delete_endpoint(EndpointArn=event["PhysicalResourceId"])
    return None


def is_complete(event: Any, context: Any) -> Any:
    comprehend = boto3.client("comprehend")
    try:
        found = comprehend.describe_endpoint(EndpointArn=event["PhysicalResourceId"])
    except comprehend.exceptions.ResourceNotFoundException:
        if event["RequestType"] == "Delete":
            return {"IsComplete": True}
        raise
    properties = found["EndpointProperties"]
    if event["RequestType"] == "Create" and properties["Status"] == "FAILED":
        raise RuntimeError(properties["Message"])
    in_service = properties["Status"] == "IN_SERVICE"
    return {"IsComplete": event["RequestType"] == "Create" and in_service}
