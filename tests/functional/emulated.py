"""What the tests of and with the Comprehend emulator share: ARNs, calls, and a checked client."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.model import OperationModel, StructureShape
from botocore.validate import ParamValidator

from local.comprehend import ComprehendEmulator
from local.comprehend.model import api_model

ACCOUNT = "000000000000"
REGION = "us-east-1"

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


def arn(kind: str, name: str, region: str = REGION, account: str = ACCOUNT) -> str:
    return f"arn:aws:comprehend:{region}:{account}:{kind}/{name}"


def classifier(name: str = "reviews/version/v1", **scope: str) -> str:
    return arn("document-classifier", name, **scope)


def recognizer(name: str = "products/version/v1", **scope: str) -> str:
    return arn("entity-recognizer", name, **scope)


def endpoint_arn(name: str, **scope: str) -> str:
    return arn("document-classifier-endpoint", name, **scope)


def flywheel(name: str = "reviews", **scope: str) -> str:
    return arn("flywheel", name, **scope)


def role(name: str = "reader", account: str = ACCOUNT) -> str:
    return f"arn:aws:iam::{account}:role/{name}"


def refused(call: Callable[..., Any], **arguments: Any) -> tuple[str, str]:
    """The code and message of the error that a call must get."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def checked_client(emulator: ComprehendEmulator, **options: Any) -> Any:
    """A client that fails where an answer or an error does not fit the service model.

    Answers are checked twice: as JSON on the wire with lengths and patterns, and, once parsed, by
    botocore's own validator, which knows nothing of the emulator.
    """
    api = api_model()

    def check(http_response: Any, parsed: Any, model: OperationModel, **_: Any) -> None:
        if not http_response.content:
            return  # An injected fault.
        sent = json.loads(http_response.content)
        if http_response.status_code >= 300:
            code = sent.pop("__type")
            shapes = {shape.name: shape for shape in model.error_shapes}
            assert code in shapes or code in COMMON_ERRORS
            assert set(sent) == {"Message"}
            if code in shapes:
                shape = shapes[code]
                assert isinstance(shape, StructureShape)
                assert "Message" in shape.members
            return
        assert api.answer_problems(model.name, sent) == []
        plain = {name: value for name, value in parsed.items() if name != "ResponseMetadata"}
        assert model.output_shape is not None
        report = ParamValidator().validate(plain, model.output_shape)
        assert not report.has_errors(), report.generate_report()

    client = emulator.client(**options)
    client.meta.events.register("after-call.comprehend", check)
    return client
