"""What an author writes for the CDK's Provider framework: onEvent starts, isComplete polls."""

from typing import Any

import boto3

comprehend: Any = boto3.client("comprehend")


def on_event(event: Any, context: Any) -> dict[str, Any]:
    """Begins what CloudFormation asks for."""
    print(event)
    properties = event["ResourceProperties"]
    if event["RequestType"] == "Create":
        created = comprehend.create_endpoint(
            EndpointName=properties["EndpointName"],
            ModelArn=properties["ModelArn"],
            DesiredInferenceUnits=int(properties["DesiredInferenceUnits"]),
            ClientRequestToken=event["RequestId"],
        )
        return {"PhysicalResourceId": created["EndpointArn"]}
    arn = event["PhysicalResourceId"]
    if event["RequestType"] == "Update":
        comprehend.update_endpoint(
            EndpointArn=arn,
            DesiredModelArn=properties["ModelArn"],
            DesiredInferenceUnits=int(properties["DesiredInferenceUnits"]),
        )
    else:
        try:
            comprehend.delete_endpoint(EndpointArn=arn)
        except comprehend.exceptions.ResourceNotFoundException:
            print("there is nothing to delete")
    return {"PhysicalResourceId": arn}


def is_complete(event: Any, context: Any) -> dict[str, Any]:
    """Says whether it has come about."""
    print(event)
    is_deletion = event["RequestType"] == "Delete"
    try:
        found = comprehend.describe_endpoint(EndpointArn=event["PhysicalResourceId"])
    except comprehend.exceptions.ResourceNotFoundException:
        if is_deletion:
            return {"IsComplete": True}
        raise
    endpoint = found["EndpointProperties"]
    if endpoint["Status"] == "FAILED" and not is_deletion:
        raise RuntimeError(endpoint.get("Message", "the endpoint has failed"))
    if is_deletion or endpoint["Status"] != "IN_SERVICE":
        return {"IsComplete": False}
    return {
        "IsComplete": True,
        "Data": {name: str(value) for name, value in endpoint.items()},
    }
