"""The errors of the protocol with CloudFormation, and who has to act on a failure."""

from __future__ import annotations

from enum import StrEnum


class ProviderError(Exception):
    """Any error that the provider raises on purpose."""


class MalformedEventError(ProviderError):
    """The event is not a request that CloudFormation sends."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


class DeliveryError(ProviderError):
    """CloudFormation did not accept the response; if ``final``, it never will."""

    def __init__(self, message: str, *, final: bool) -> None:
        super().__init__(message)
        self.final = final


class Blame(StrEnum):
    """Who has to act on a failure; a user's own mistakes raise no alarm."""

    USER = "UserError"
    SERVICE = "ServiceError"
    PROVIDER = "ProviderError"
