"""An error of an AWS API, and the one table that says what its code means."""

from __future__ import annotations

from dataclasses import dataclass

from provider.contract.errors import Blame, ProviderError


class ApiError(ProviderError):
    """An AWS API refused a call, or could not be reached.

    A state can keep it: errors with equal texts are equal.
    """

    def __init__(self, call: str, code: str, message: str, status: int = 0) -> None:
        super().__init__(call, code, message, status)
        self.call = call
        self.code = code
        self.message = message
        self.status = status

    def __str__(self) -> str:
        return f"{self.code} from {self.call}: {self.message}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ApiError) and self.args == other.args

    def __hash__(self) -> int:
        return hash(self.args)

    def as_dict(self) -> dict[str, str | int]:
        """Give the error in JSON's types, for a state."""
        return {
            "call": self.call,
            "code": self.code,
            "message": self.message,
            "status": self.status,
        }


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an error code means: whether to wait it out, who has to act, what to do.

    ``in_rollback`` is what to do if nobody can change the template; None is the same.
    """

    transient: bool
    blame: Blame
    advice: str
    in_rollback: str | None = None


CONNECTION = "ConnectionError"
"""The code of a call that got no usable answer."""

_BUSY = Meaning(True, Blame.SERVICE, "The endpoint stayed busy: another change is under way.")
_THROTTLED = Meaning(True, Blame.SERVICE, "AWS kept throttling the calls.")
_BROKEN = Meaning(True, Blame.SERVICE, "Amazon Comprehend kept failing.")
_DENIED = Meaning(
    False,
    Blame.PROVIDER,
    "The provider's own role may not make this call. Tell the team that runs the provider.",
)
_ROLE_DENIED = Meaning(
    False,
    Blame.USER,
    "DataAccessRoleArn names a role that this installation of the provider may not pass. Ask for "
    "it to be added to the installation's parameter DataAccessRoleArns, or use a role that is in "
    "it.",
    "Ask for the role to be added to the installation's parameter DataAccessRoleArns.",
)
_CREDENTIALS = Meaning(
    False,
    Blame.PROVIDER,
    "AWS does not accept the provider's credentials. Tell the team that runs the provider.",
)
_UNKNOWN = Meaning(False, Blame.PROVIDER, "See the provider's log for the whole error.")

_INVALID = Meaning(False, Blame.USER, "Correct the property that the message names.", "")

# Matched on the code alone: the HTTP status differs between Comprehend's API reference (400) and
# the service itself (404, 429). Codes: botocore's service model of comprehend 2017-11-27, and the
# API reference's common errors.
_MEANINGS = {
    "InvalidRequestException": _INVALID,
    # In no service model, but the answer if a pattern or a length is wrong.
    "ValidationException": _INVALID,
    "ResourceNotFoundException": Meaning(
        False,
        Blame.USER,
        "Check ModelArn, FlywheelArn and the version in them: they name something that does not "
        "exist in this account and region.",
        "Put the model, its version or the flywheel back under the same ARN.",
    ),
    "ResourceLimitExceededException": Meaning(
        False,
        Blame.USER,
        "Delete another endpoint, lower DesiredInferenceUnits, or raise the quota in Service "
        "Quotas.",
        "Delete another endpoint, or raise the quota in Service Quotas.",
    ),
    "TooManyTagsException": Meaning(
        False,
        Blame.USER,
        "Remove some of the endpoint's Tags; the limit is 50, including the provider's 3.",
        "Remove tags that others have set on the endpoint; the limit is 50.",
    ),
    "TooManyTagKeysException": Meaning(False, Blame.USER, "Remove fewer Tags in one update.", ""),
    "UnsupportedLanguageException": Meaning(
        False, Blame.USER, "Use a model of a language that endpoints support.", ""
    ),
    "KmsKeyValidationException": Meaning(
        False, Blame.USER, "Give the DataAccessRoleArn access to the model's KMS key."
    ),
    "ResourceUnavailableException": Meaning(
        True,
        Blame.USER,
        "The model was not ready in time: wait until it is trained.",
    ),
    "ResourceInUseException": _BUSY,
    "ConcurrentModificationException": _BUSY,
    "TooManyRequestsException": _THROTTLED,
    "ThrottlingException": _THROTTLED,
    "Throttling": _THROTTLED,
    "ThrottledException": _THROTTLED,
    "RequestLimitExceeded": _THROTTLED,
    "RequestThrottled": _THROTTLED,
    "RequestThrottledException": _THROTTLED,
    "SlowDown": _THROTTLED,
    "InternalServerException": _BROKEN,
    "InternalFailure": _BROKEN,
    "InternalError": _BROKEN,
    "ServiceUnavailable": _BROKEN,
    "ServiceUnavailableException": _BROKEN,
    "RequestTimeout": _BROKEN,
    "RequestTimeoutException": _BROKEN,
    CONNECTION: _BROKEN,
    "AccessDeniedException": _DENIED,
    "AccessDenied": _DENIED,
    "NotAuthorized": _DENIED,
    "UnauthorizedOperation": _DENIED,
    # The API reference's common errors; AWS answers some of them with status 400.
    "ExpiredToken": _CREDENTIALS,
    "ExpiredTokenException": _CREDENTIALS,
    "IncompleteSignature": _CREDENTIALS,
    "IncompleteSignatureException": _CREDENTIALS,
    "InvalidClientTokenId": _CREDENTIALS,
    "InvalidSignatureException": _CREDENTIALS,
    "MissingAuthenticationToken": _CREDENTIALS,
    "MissingAuthenticationTokenException": _CREDENTIALS,
    "OptInRequired": _CREDENTIALS,
    "SignatureDoesNotMatch": _CREDENTIALS,
    "UnrecognizedClientException": _CREDENTIALS,
}

_SENDS_PROPERTIES = frozenset(
    {"CreateEndpoint", "UpdateEndpoint", "TagResource", "UntagResource", "DescribeFlywheel"}
)
"""The calls whose parameters come from the template."""


def meaning(error: ApiError) -> Meaning:
    """Say what an API error means.

    A code that the table does not have is final, unless the HTTP status says that the service
    failed. With status 400, AWS does not understand the request: that is the template's fault if
    the call sends the template's properties (SerializationException, for example).
    """
    known = _MEANINGS.get(error.code)
    if known is _DENIED and "iam:PassRole" in error.message:
        return _ROLE_DENIED
    if known is not None:
        return known
    if error.status >= 500 or error.status == 429:
        return _BROKEN
    is_about_properties = error.status == 400 and error.call in _SENDS_PROPERTIES
    return _INVALID if is_about_properties else _UNKNOWN


_BEYOND_REPAIR = frozenset(
    {
        "InvalidRequestException",
        "KmsKeyValidationException",
        "ResourceNotFoundException",
        "UnsupportedLanguageException",
        "ValidationException",
    }
)


def proves_beyond_repair(error: ApiError, role_arn: str | None) -> bool:
    """Say whether UpdateEndpoint's refusal is about the endpoint or its settings, for good.

    What would refuse a creation as well proves nothing: permissions, quotas, a role above all.
    """
    return error.code in _BEYOND_REPAIR and not is_role_not_ready(error, role_arn)


def is_name_taken(error: ApiError) -> bool:
    """Say whether CreateEndpoint refused a name that another endpoint has."""
    return error.code == "ResourceInUseException"


def is_quota(error: ApiError) -> bool:
    """Say whether a quota refused a call."""
    return error.code == "ResourceLimitExceededException"


def is_denied(error: ApiError) -> bool:
    """Say whether the provider's role lacks the permission for a call, as far as AWS says."""
    return meaning(error) is _DENIED


def is_throttled(error: ApiError) -> bool:
    """Say whether a call was throttled: it may be made again, but later."""
    return meaning(error) is _THROTTLED or error.status == 429


def is_role_not_ready(error: ApiError, role_arn: str | None) -> bool:
    """Say whether a call failed because IAM has not propagated a new role yet.

    For up to about two minutes after the role was made, Comprehend answers
    InvalidRequestException with the role in its message. If the role is wrong, the error stays.
    """
    if error.code != "InvalidRequestException" or role_arn is None:
        return False
    message = error.message.lower()
    return role_arn.lower() in message or "role" in message or "assume" in message


def describe(error: ApiError) -> str:
    """Put an API error into words: the code, the call, the service's message."""
    message = " ".join(error.message.split()).rstrip(".")
    said = f": {message}." if message else "."
    return f"{error.code} from {error.call}{said}"
