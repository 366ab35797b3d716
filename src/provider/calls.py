"""What the watchman's gateways share: patience with AWS, and one kind of error for all of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from provider.errors import CONNECTION, ApiError

PATIENT_CONFIG = Config(
    connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 5}
)
"""Nobody waits for the watchman, so throttling is waited out: at worst 80 seconds for a call, of
which up to 15 between the tries (watch.py, MARGIN)."""


def api_error(operation: str, error: ClientError) -> ApiError:
    """Give an error that AWS answered with as the provider's own."""
    details = error.response.get("Error", {})
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    code = str(details.get("Code", "Unknown"))
    return ApiError(operation, code, str(details.get("Message", "")), int(status))


@contextmanager
def api_errors(operation: str) -> Iterator[None]:
    """Raise ApiError for whatever goes wrong with a call of AWS.

    Args:
        operation: the call's name in the API.
    """
    try:
        yield
    except ClientError as error:
        raise api_error(operation, error) from error
    except (BotoCoreError, ResponseParserError, LookupError, ValueError) as error:
        # Timeouts, dropped connections, answers that cannot be parsed or lack what they must hold.
        raise ApiError(operation, CONNECTION, type(error).__name__) from error
