"""Logs and metrics: JSON lines and embedded metrics, neither of which ever holds a ResponseURL."""

from __future__ import annotations

import logging
from typing import Any

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from provider.contract.errors import Blame
from provider.contract.event import Reply

SERVICE = "comprehend-endpoint-provider"
NAMESPACE = "ComprehendEndpointProvider"
HIDDEN = "[ResponseURL]"
SHORTEST_SECRET = 20
"""Characters. A shorter text is no signature, and hiding it would only spoil the line."""
_CALLER = 3
"""Frames between Powertools and the code that logs."""


_QUIET = {
    "boto3": logging.WARNING,
    "botocore": logging.WARNING,
    "urllib3": logging.WARNING,
    "crhelper": logging.CRITICAL + 1,
}


class _Formatter(LambdaPowertoolsFormatter):
    """Powertools' formatter, which hides the request's ResponseURL in every line.

    Nothing logs it on purpose, but the text of an error may quote anything.
    """

    secrets: tuple[str, ...] = ()

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        for secret in self.secrets:
            line = line.replace(secret, HIDDEN)
        # Half a character, which JSON can hold, cannot be printed: as JSON's escape it can.
        return line.encode(errors="backslashreplace").decode()


class Telemetry:
    """The log and the metrics of one invocation.

    Args:
        reply: every line carries its stack, logical id and request; None if the event has none.
        operation: Create, Update, Delete, or what the event says instead.
    """

    def __init__(self, reply: Reply | None, operation: str) -> None:
        quiet_libraries()
        formatter = _Formatter()
        if reply is not None:
            # The query alone is enough to be a credential, and JSON escapes nothing in it.
            _, _, query = reply.response_url.partition("?")
            formatter.secrets = tuple(
                each for each in (reply.response_url, query) if len(each) >= SHORTEST_SECRET
            )
        self._logger = Logger(service=SERVICE, logger_formatter=formatter)
        self._logger.registered_handler.setFormatter(formatter)
        self._logger.append_keys(service=SERVICE, operation=operation)
        if reply is not None:
            self._logger.append_keys(
                stack=reply.stack_id, logical_id=reply.logical_id, request=reply.request_id
            )

    def debug(self, message: str, **fields: Any) -> None:
        """Log what helps to find a fault in the provider."""
        self._logger.debug(message, extra=fields, stacklevel=_CALLER)

    def info(self, message: str, **fields: Any) -> None:
        """Log what happened."""
        self._logger.info(message, extra=fields, stacklevel=_CALLER)

    def warning(self, message: str, **fields: Any) -> None:
        """Log what the provider recovered from, or a user's mistake."""
        self._logger.warning(message, extra=fields, stacklevel=_CALLER)

    def error(self, message: str, **fields: Any) -> None:
        """Log what somebody has to act on."""
        self._logger.error(message, extra=fields, stacklevel=_CALLER)

    def exception(self, message: str) -> None:
        """Log the exception that is being handled, with its stack trace."""
        self._logger.exception(message, stacklevel=_CALLER)

    def decided(self, operation: str, blame: Blame | None, seconds: float) -> None:
        """Count an operation that was decided; ``blame`` is None where it succeeded."""
        outcome = "Success" if blame is None else blame.value
        _count("Operations", operation=operation, outcome=outcome)
        if blame in (Blame.SERVICE, Blame.PROVIDER):
            _count("Failures", kind=outcome)
        _metric("Duration", MetricUnit.Seconds, seconds, operation=operation)

    def api_error(self, api: str, code: str) -> None:
        """Count an error of an API."""
        _count("ApiErrors", api=api, code=code)

    def clean_up_failed(self) -> None:
        """Count an endpoint that could not be removed after the answer."""
        _count("CleanupFailures")

    def endpoint_kept(self) -> None:
        """Count an endpoint that was to be deleted, and is left without a proof, or given back."""
        _count("EndpointsKept")

    def scanned(
        self, classification: str, endpoints: int, inference_units: int, usd_a_day: float
    ) -> None:
        """Measure the endpoints of one classification: how many, their units, USD a day."""
        _metric("Endpoints", MetricUnit.Count, endpoints, classification=classification)
        _metric("InferenceUnits", MetricUnit.Count, inference_units, classification=classification)
        _metric("DailyCost", MetricUnit.NoUnit, usd_a_day, classification=classification)


def quiet_libraries() -> None:
    """Keep libraries from logging what they send, at every level of the root logger.

    botocore's debug lines hold the input of StartExecution, and crhelper's hold the event: both
    hold the ResponseURL.
    """
    for name, level in _QUIET.items():
        logger = logging.getLogger(name)
        # Setting a level clears the caches of all loggers.
        if logger.level != level:
            logger.setLevel(level)


def _count(name: str, **dimensions: str) -> None:
    _metric(name, MetricUnit.Count, 1, **dimensions)


def _metric(name: str, unit: MetricUnit, value: float, **dimensions: str) -> None:
    with single_metric(
        name=name,
        unit=unit,
        value=value,
        namespace=NAMESPACE,
        default_dimensions={"service": SERVICE, **dimensions},
    ):
        pass
