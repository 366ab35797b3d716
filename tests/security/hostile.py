"""What a template's author, or whoever may invoke the request function, could send to do harm."""

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from provider.contract.validation import schema
from testing.arns import TOKEN, arn, classifier, flywheel, recognizer, role, stack_arn
from tests.security.world import LOGICAL_ID, OURS, OWNERS, THEIRS

Json = dict[str, Any]
Strategy = st.SearchStrategy[Any]

ELSEWHERE = {"region": "eu-west-1"}
ANOTHERS = {"account": "123456789012"}
LONG = "x" * 20_000

TEXTS = st.sampled_from(
    [
        "",
        " ",
        "\0",
        "a\0b",
        "mine\n",
        "mine\r\nContent-Length: 0",
        "\x1b[31mred",
        "\u202etxt.exe",
        "\ufeffmine",
        "\uff4d\uff49\uff4e\uff45",
        "日本語",
        "\ud800",
        "💣" * 500,
        LONG,
        "-" * 5_000 + "!",
        "a-" * 5_000,
        "../../etc/passwd",
        "*",
        "None",
        "__class__",
        "%s%s%s{0}{event}",
        "${jndi:ldap://127.0.0.1/a}",
        "{{resolve:secretsmanager:other}}",
        "' OR 1=1; --",
        "<script>alert(1)</script>",
        "arn:aws:comprehend:us-east-1:000000000000:document-classifier-endpoint/theirs",
    ]
) | st.text(st.characters(), max_size=30)

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**400, -1, 0, 1.0, 1.5, 1e308])
    | TEXTS
)

VALUES: Strategy = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


def nested(depth: int) -> Any:
    """A list in a list, so deep."""
    value: Any = "bottom"
    for _ in range(depth):
        value = [value]
    return value


NUMBERS = st.sampled_from(
    [
        "0",
        "-1",
        "1e3",
        "0x10",
        "1.0",
        "\uff19",
        " 2 ",
        "+3",
        "9" * 18,
        "9" * 5_000,
        "2\0",
        "",
        "NaN",
    ]
)
ARNS = st.sampled_from(
    [
        classifier(**ELSEWHERE),
        classifier(**ANOTHERS),
        recognizer(**ANOTHERS),
        flywheel(**ELSEWHERE),
        role(**ANOTHERS),
        classifier().replace("arn:aws:", "arn:aws-cn:"),
        classifier() + "\n",
        classifier().replace("reviews", LONG),
        arn("document-classifier-endpoint", "theirs"),
        "arn:aws:iam::aws:policy/AdministratorAccess",
        "arn:aws:s3:::bucket",
        ":::::",
        "arn:" * 500,
    ]
)
TAG = st.fixed_dictionaries(
    {"Key": st.sampled_from(["team", "", "k" * 129]) | TEXTS, "Value": VALUES}
)
FORGED_TAG = st.builds(
    lambda key, value: {"Key": key, "Value": value},
    st.sampled_from([*OWNERS["theirs"], "aws:x", "AWS:x", "Comprehend-Endpoint-Provider:stack-id"]),
    st.sampled_from([THEIRS, OURS, "x"]),
)

VALID_PROPERTIES: dict[str, Strategy] = {
    "ServiceToken": st.just(TOKEN),
    "ServiceTimeout": st.sampled_from(["60", "3600", 900]),
    "EndpointName": st.sampled_from(["new", *OWNERS]),
    "ModelArn": st.sampled_from([classifier(), recognizer(), classifier("reviews/version/v2")]),
    "FlywheelArn": st.sampled_from([flywheel(), flywheel("a-recognizer")]),
    "DesiredInferenceUnits": st.sampled_from(["1", "2", 3]),
    "DataAccessRoleArn": st.sampled_from([role(), role("team/other")]),
    "Tags": st.lists(
        st.builds(
            lambda key, value: {"Key": key, "Value": value},
            st.sampled_from(["team", "cost", "schlüssel"]),
            st.sampled_from(["", "shop", "日本"]),
        ),
        max_size=3,
        unique_by=lambda tag: tag["Key"],
    ),
}
REQUIRED = ("ServiceToken", "ModelArn", "DesiredInferenceUnits")
NAMES = (
    st.sampled_from(
        [
            *("__proto__", "constructor", "__class__", "ClientRequestToken", "EndpointArn", "Arn"),
            *("CrHelperPoll", "CrHelperData", "CrHelperRule", "modelarn", "Model_Arn", "Status"),
            LONG,
        ]
    )
    | TEXTS
)


def properties_that_are_valid() -> st.SearchStrategy[Json]:
    optional = {name: each for name, each in VALID_PROPERTIES.items() if name not in REQUIRED}
    return st.fixed_dictionaries(
        {name: VALID_PROPERTIES[name] for name in REQUIRED}, optional=optional
    )


_SPOILT_BY_NAME: dict[str, Strategy] = {
    "ModelArn": ARNS,
    "FlywheelArn": ARNS,
    "DataAccessRoleArn": ARNS,
    "Tags": st.lists(TAG | FORGED_TAG, min_size=1, max_size=4)
    | st.integers(1, 300).map(lambda count: [{"Key": "same", "Value": "x"}] * count),
}
_SPOILT_BY_TYPE: dict[str, Strategy] = {
    "string": TEXTS,
    "integer": NUMBERS,
    "number": NUMBERS,
    "boolean": st.sampled_from(["True", "yes", "1", "", "true\0"]),
    "array": st.lists(SCALARS, max_size=4),
    "object": st.dictionaries(TEXTS, SCALARS, max_size=4),
}


def _spoilt(name: str) -> Strategy:
    """Hostile values of a property: those made for it, or by its type in the schema; or any."""
    by_type = _SPOILT_BY_TYPE[schema()["properties"][name]["type"]]
    return _SPOILT_BY_NAME.get(name, by_type) | VALUES


@st.composite
def properties(draw: st.DrawFn) -> Any:
    """A resource's properties: valid ones, of which some are spoilt, left out or added."""
    if draw(st.integers(0, 19)) == 0:
        return draw(VALUES)
    found = dict(draw(properties_that_are_valid()))
    for _ in range(draw(st.integers(0, 3))):
        name = draw(st.sampled_from(list(VALID_PROPERTIES)))
        match draw(st.sampled_from(["spoil", "spoil", "leave out", "add"])):
            case "spoil":
                found[name] = draw(_spoilt(name))
            case "leave out":
                found.pop(name, None)
            case _:
                found[draw(NAMES)] = draw(VALUES)
    return found


STACKS = st.sampled_from(
    [
        THEIRS,
        OURS + "/extra",
        OURS.replace("us-east-1", "eu-west-1"),
        OURS.replace("000000000000", "123456789012"),
        OURS.replace("arn:aws:", "arn:aws-us-gov:"),
        OURS.replace("us-east-1", "-"),
        OURS.replace("us-east-1", "a" * 100),
        OURS.replace("us-east-1", "169.254.169.254/#"),
        OURS.replace(":stack/", ":changeSet/"),
        "arn:aws:cloudformation:us-east-1:000000000000:stack//",
        stack_arn("s" * 5_000),
        OURS + "\n",
    ]
)
PHYSICAL_IDS = st.sampled_from(
    [
        *(arn("document-classifier-endpoint", name) for name in OWNERS),
        *(arn("entity-recognizer-endpoint", name) for name in OWNERS),
        arn("document-classifier-endpoint", "theirs", **ELSEWHERE),
        arn("document-classifier-endpoint", "theirs", **ANOTHERS),
        arn("document-classifier-endpoint", "theirs").replace("arn:aws:", "arn:aws-cn:"),
        arn("document-classifier-endpoint", "gone"),
        arn("document-classifier-endpoint", "mine") + "\n",
        arn("document-classifier-endpoint", "*"),
        arn("document-classifier", "reviews"),
        "failed/0123456789abcdef0123456789abcdef",
        "failed/",
        "shop_Sentiment_A1B2C3D4",
        "p" * 1024,
        "p" * 1025,
        "é" * 1024,
    ]
)
URLS = st.sampled_from(
    [
        "http://{here}",
        "HTTP://{here}",
        "ftp://{here}",
        "file:///etc/passwd",
        "//{here}",
        "https://",
        "https:///{here}",
        "https://[::1",
        "https://[::1]/x?Signature=secret",
        "https://127.0.0.1:0/x",
        "https://127.0.0.1:99999/x",
        "https://127.0.0.1:port/x",
        "https://169.254.169.254/latest/meta-data/",
        "https://metadata.example.test/x?X-Amz-Signature=secret",
        "https://user:password@evil.example.test/x",
        "https://evil.example.test#{here}",
        "https://ex\u2100mple.test/x",
        "https://" + "a" * 300 + ".test/x",
        "https://evil.example.test/\u00e9?Signature=\u00fc",
        "https://evil.example.test/a b\r\nHost: other?Signature=secret",
        "https://evil.example.test/\0?Signature=secret",
        "https://evil.example.test/?e",
        "https://evil.example.test/\ud800",
    ]
)
_SPOILT_ENVELOPE: Mapping[str, Strategy] = {
    "RequestType": st.sampled_from(["create", "Create ", "Read", "Import", "CREATE"]) | VALUES,
    "ResponseURL": URLS | VALUES,
    "StackId": STACKS | VALUES,
    "RequestId": TEXTS | VALUES,
    "LogicalResourceId": st.sampled_from(["Other", "sentiment", LOGICAL_ID + "\0"])
    | TEXTS
    | VALUES,
    "PhysicalResourceId": PHYSICAL_IDS | TEXTS | VALUES,
    "ResourceProperties": properties(),
    "OldResourceProperties": properties() | VALUES,
    "ResourceType": VALUES,
    "ServiceToken": VALUES,
}
_FOR_THE_PROVIDER_ALONE = st.sampled_from(
    [
        *("CrHelperPoll", "CrHelperData", "CrHelperPermission", "CrHelperRule"),
        *("answer", "arn", "detail", "error", "event", "next", "phase", "progression"),
        *("requestPayload", "state", "version"),
    ]
)


@st.composite
def events(draw: st.DrawFn) -> Any:
    """A whole event, as parts: `{here}` in a ResponseURL stands for the mailbox's own address.

    Without a ResponseURL it gets a good one.
    """
    if draw(st.integers(0, 39)) == 0:
        return draw(VALUES)
    kind = draw(st.sampled_from(["Create", "Update", "Delete"]))
    event: Json = {
        "RequestType": kind,
        "ServiceToken": TOKEN,
        "StackId": OURS,
        "RequestId": "aaaaaaaa-bbbb-cccc-dddd-000000000001",
        "LogicalResourceId": LOGICAL_ID,
        "ResourceType": "Custom::ComprehendEndpoint",
        "ResourceProperties": draw(properties()),
    }
    if kind != "Create":
        event["PhysicalResourceId"] = draw(PHYSICAL_IDS)
    if kind == "Update":
        event["OldResourceProperties"] = draw(properties())
    for _ in range(draw(st.integers(0, 2))):
        name = draw(st.sampled_from(list(_SPOILT_ENVELOPE)))
        match draw(st.sampled_from(["spoil", "spoil", "leave out", "add"])):
            case "spoil":
                event[name] = draw(_SPOILT_ENVELOPE[name])
            case "leave out":
                event[name] = None
                if draw(st.booleans()) and name != "ResponseURL":
                    del event[name]
            case _:
                event[draw(_FOR_THE_PROVIDER_ALONE)] = draw(VALUES | st.just(True))
    return event
