"""The floor: boto3 imported, and the two clients made that a function uses. It calls nothing."""

import os
from typing import Any

import boto3

clients = [
    boto3.client(service, region_name=os.environ["AWS_REGION"])  # type: ignore[call-overload]
    for service in os.environ["BENCH_CLIENTS"].split(",")
]


def handler(event: Any, context: Any) -> None:
    """Does nothing: everything that is measured has happened."""
