"""The gateway to SNS: sends the watchman's message to whoever wants it."""

from __future__ import annotations

from typing import Any

from provider import sdk
from provider.calls import PATIENT_CONFIG, api_errors


class Topic:
    """An SNS topic through boto3, in the region that its ARN names."""

    def __init__(self, arn: str) -> None:
        region = arn.split(":")[3]
        self._client: Any = sdk.client("sns", region, PATIENT_CONFIG)
        self._arn = arn

    def publish(self, subject: str, message: str) -> None:
        """Send a message. Raises ApiError where SNS does not take it."""
        with api_errors("Publish"):
            self._client.publish(TopicArn=self._arn, Subject=subject, Message=message)
