"""The least that crhelper's README, boto3 and Powertools ask of whoever writes this resource."""

import os
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from crhelper import CfnResource

logger = Logger(service="comprehend-endpoint")
metrics = Metrics(namespace="ComprehendEndpoint", service="comprehend-endpoint")
helper = CfnResource(json_logging=False, log_level="INFO", boto_level="CRITICAL")

try:
    comprehend: Any = boto3.client("comprehend", region_name=os.environ["AWS_REGION"])
except Exception as error:
    helper.init_failure(error)


@helper.create
def create(event: Any, _: Any) -> str:
    properties = event["ResourceProperties"]
    logger.info("creating", extra={"model": properties["ModelArn"]})
    metrics.add_metric(name="Creations", unit=MetricUnit.Count, value=1)
    created = comprehend.create_endpoint(
        EndpointName=event["LogicalResourceId"],
        ModelArn=properties["ModelArn"],
        DesiredInferenceUnits=int(properties["DesiredInferenceUnits"]),
        ClientRequestToken=event["RequestId"],
    )
    return str(created["EndpointArn"])


@helper.poll_create
def poll_create(event: Any, _: Any) -> bool:
    arn = event["CrHelperData"]["PhysicalResourceId"]
    found = comprehend.describe_endpoint(EndpointArn=arn)["EndpointProperties"]
    return bool(found["Status"] == "IN_SERVICE")


@metrics.log_metrics
def handler(event: Any, context: Any) -> None:
    helper(event, context)
