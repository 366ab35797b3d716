"""The gateway to SNS: it sends the orphan scan's message."""

from __future__ import annotations

from typing import Any

from provider.aws import clients
from provider.aws.errors import api_errors


class Topic:
    """An SNS topic through boto3, in the region that its ARN names."""

    def __init__(self, arn: str, make_client: clients.MakeClient = clients.client) -> None:
        region = arn.split(":")[3]
        self._client: Any = make_client("sns", region, clients.PATIENT_CONFIG)
        self._arn = arn

    def publish(self, subject: str, message: str) -> None:
        """Send a message. Raises ApiError if SNS does not accept it."""
        with api_errors("Publish"):
            self._client.publish(TopicArn=self._arn, Subject=subject, Message=message)
