"""Comprehend as it is for many at once: its rates, and how long its work takes."""

from typing import Any

RATES = {
    "CreateEndpoint": 10.0,
    "UpdateEndpoint": 10.0,
    "DeleteEndpoint": 10.0,
    "DescribeEndpoint": 10.0,
    "DescribeFlywheel": 10.0,
    "ListTagsForResource": 10.0,
    "TagResource": 1.0,
    "UntagResource": 1.0,
}
"""Requests a second that Comprehend takes of one account in one region."""

SERVICE: dict[str, Any] = {
    "create_seconds": 600,
    "update_seconds": 300,
    "delete_seconds": 60,
    "jitter": 0.2,
    # A quota on endpoints is not what is tried here.
    "endpoints_per_region": 10_000,
    "units_per_region": 100_000,
    "requests_per_second": RATES,
}
"""The emulator's settings."""
