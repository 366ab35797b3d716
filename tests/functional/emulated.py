"""What the tests of and with the Comprehend emulator share: a checked client, and refusals."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.model import OperationModel

from local.comprehend import ComprehendEmulator
from local.comprehend.model import api_model

COMMON_ERRORS = {
    "AccessDeniedException",
    "InvalidSignatureException",
    "MissingAuthenticationTokenException",
    "SerializationException",
    "ServiceUnavailable",
    "ThrottlingException",
    "UnknownOperationException",
    "ValidationException",
}
"""Any AWS service may answer with these; the model of Comprehend does not list them."""


def refused(call: Callable[..., Any], **arguments: Any) -> tuple[str, str]:
    """The code and message of the error that a call must get."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def checked_client(emulator: ComprehendEmulator, **options: Any) -> Any:
    """A client that fails if an answer or an error does not fit the service model."""
    api = api_model()

    def check(http_response: Any, model: OperationModel, **_: Any) -> None:
        if not http_response.content:
            return  # An injected fault.
        sent = json.loads(http_response.content)
        if http_response.status_code >= 300:
            listed = {shape.name for shape in model.error_shapes}
            assert sent["__type"] in listed | COMMON_ERRORS
            assert set(sent) == {"__type", "Message"}
        else:
            assert api.answer_problems(model.name, sent) == []

    client = emulator.client(**options)
    client.meta.events.register("after-call.comprehend", check)
    return client
