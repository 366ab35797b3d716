"""The errors of the Comprehend API as exceptions, with the HTTP status each one travels with."""

HTTP_STATUS = {
    # The API page says 400 for all client errors; on the wire these two differ.
    "ResourceNotFoundException": 404,
    "TooManyRequestsException": 429,
    "InternalServerException": 500,
    # Common to all AWS services, from their "Common Errors" pages.
    "InternalFailure": 500,
    "ServiceUnavailable": 503,
    "ServiceUnavailableException": 503,
}


class AdminError(ValueError):
    """A setting, a fault or a thing that the emulator cannot be given."""


class ServiceError(Exception):
    """An error that a caller of the API gets, with its code, message and HTTP status."""

    def __init__(self, code: str, message: str, status: int | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = HTTP_STATUS.get(code, 400) if status is None else status


def invalid_request(message: str) -> ServiceError:
    return ServiceError("InvalidRequestException", message)


def not_found(message: str) -> ServiceError:
    return ServiceError("ResourceNotFoundException", message)


def unavailable(message: str) -> ServiceError:
    return ServiceError("ResourceUnavailableException", message)


def in_use(message: str) -> ServiceError:
    return ServiceError("ResourceInUseException", message)


def limit_exceeded(message: str) -> ServiceError:
    return ServiceError("ResourceLimitExceededException", message)
