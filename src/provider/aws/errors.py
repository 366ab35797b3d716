"""The one place where an error of the SDK becomes the provider's ApiError."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
from botocore.parsers import ResponseParserError

from provider.model.api_errors import CONNECTION, ApiError


@contextmanager
def api_errors(operation: str) -> Iterator[None]:
    """Raise ApiError for everything that goes wrong with a call of AWS.

    Args:
        operation: the call's name in the API.
    """
    try:
        yield
    except ClientError as error:
        details = error.response.get("Error", {})
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        code, message = str(details.get("Code", "Unknown")), str(details.get("Message", ""))
        raise ApiError(operation, code, message, int(status)) from error
    except ParamValidationError as error:
        raise ApiError(operation, "InvalidRequestException", str(error)) from error
    except (BotoCoreError, ResponseParserError, LookupError, ValueError) as error:
        # Timeouts, dropped connections, answers that cannot be parsed or lack what they must hold:
        # whether the call took effect is unknown.
        raise ApiError(operation, CONNECTION, type(error).__name__) from error
