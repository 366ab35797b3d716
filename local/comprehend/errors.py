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


# Recorded messages of Comprehend read `REASON_CODE: Sentence.`; of those about endpoints, only the
# one of `not_found` is recorded. It does not say which resource is missing.


def invalid_request(sentence: str) -> ServiceError:
    return ServiceError("InvalidRequestException", f"INVALID_REQUEST: {sentence}")


def not_found(sentence: str = "Could not find specified resource.") -> ServiceError:
    return ServiceError("ResourceNotFoundException", f"RESOURCE_NOT_FOUND: {sentence}")


def unavailable(sentence: str) -> ServiceError:
    return ServiceError("ResourceUnavailableException", f"RESOURCE_UNAVAILABLE: {sentence}")


def in_use(sentence: str) -> ServiceError:
    return ServiceError("ResourceInUseException", f"RESOURCE_IN_USE: {sentence}")


def limit_exceeded(sentence: str) -> ServiceError:
    return ServiceError("ResourceLimitExceededException", f"RESOURCE_LIMIT_EXCEEDED: {sentence}")


def too_many_tags(sentence: str) -> ServiceError:
    return ServiceError("TooManyTagsException", f"TOO_MANY_TAGS: {sentence}")


def too_many_tag_keys(sentence: str) -> ServiceError:
    return ServiceError("TooManyTagKeysException", f"TOO_MANY_TAG_KEYS: {sentence}")
