"""The floor: boto3 imported, the two clients made that a function uses, and its calls made.

The event is a list of calls: service, method, parameters.
"""

import os
from typing import Any

import boto3
from botocore.exceptions import ClientError

# The SDK's types know a service by its literal name alone.
clients: dict[str, Any] = {
    service: boto3.client(service, region_name=os.environ["AWS_REGION"])  # type: ignore[call-overload]
    for service in os.environ["BENCH_CLIENTS"].split(",")
}


def handler(event: list[tuple[str, str, dict[str, Any]]], context: Any) -> None:
    for service, method, parameters in event:
        try:
            getattr(clients[service], method)(**parameters)
        except ClientError:
            continue
