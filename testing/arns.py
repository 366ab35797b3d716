"""The account of all tests, and the ARNs of what is in it."""

ACCOUNT = "000000000000"
REGION = "us-east-1"
TOKEN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:comprehend-endpoint-provider"
"""The ServiceToken."""


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


def stack_arn(name: str, number: int = 1) -> str:
    return (
        f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{name}/"
        f"11111111-2222-3333-4444-{number:012}"
    )
