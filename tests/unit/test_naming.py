"""Names that follow from a request alone: always valid, always the same, never shared."""

import re
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given as examples
from hypothesis import strategies as st

from provider.contract.event import Place, Reply, Request
from provider.contract.limits import MAX_TOKEN
from provider.contract.response import is_not_created, not_created_id, undetermined_id
from provider.contract.validation import schema
from provider.model.naming import (
    EndpointId,
    Kind,
    client_request_token,
    endpoint_arn,
    execution_name,
    generated_name,
    kind_of_model,
    parse_endpoint_arn,
    physical_endpoint,
    possible_arns_of_any_kind,
)
from provider.model.ownership import adoption_mark, ownership_tags
from tests.unit import given
from tests.unit.given import Values

# From the API reference of CreateEndpoint.
NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9])*")
TOKEN = re.compile(r"[a-zA-Z0-9-]+")

LETTERS = "abcxyzABCXYZ"
DIGITS = "0123456789"
# CloudFormation's own rules: a stack's name begins with a letter, a logical id is alphanumeric.
stack_names = st.builds(
    str.__add__, st.sampled_from(LETTERS), st.text(LETTERS + DIGITS + "-", max_size=127)
)
logical_ids = st.text(LETTERS + DIGITS, min_size=1, max_size=255)
endpoint_names = st.from_regex(NAME, fullmatch=True).filter(lambda name: len(name) <= 40)


def request(stack: str = "shop", logical: str = "Sentiment") -> Request:
    stack_id = given.STACK_ID.replace("stack/shop/", f"stack/{stack}/")
    return given.request(StackId=stack_id, LogicalResourceId=logical)


# ---------------------------------------------------------------- Generated names


@examples(stack=stack_names, logical=logical_ids, kind=st.sampled_from(Kind), role=st.booleans())
def test_a_generated_name_is_always_valid(stack: str, logical: str, kind: Kind, role: bool) -> None:
    name = generated_name(request(stack, logical), kind, with_role=role)
    assert NAME.fullmatch(name)
    assert len(name) <= 40
    rule = schema()["properties"]["EndpointName"]
    assert (rule["maxLength"], rule["pattern"]) == (40, f"^{NAME.pattern}$")


def test_a_generated_name_is_readable_and_the_same_for_every_request_of_a_resource() -> None:
    long: Values = {
        "StackId": given.STACK_ID.replace("/shop/", "/a-very-long-name-of-a-stack/"),
        "LogicalResourceId": "SentimentOfAllOurCustomers",
    }
    later: Values = {"physical_id": given.ARN, "RequestId": "2", "ResponseURL": "https://x"}
    (name,) = {
        generated_name(each, Kind.CLASSIFIER, with_role=False)
        for each in (given.request(**long), given.request("Update", **long, **later))
    }
    assert re.fullmatch(r"a-very-long-na-SentimentOfA-[0-9a-f]{12}", name)


def test_a_replacement_and_another_resource_have_other_names() -> None:
    resources = (
        request(),
        request("shop2"),
        request(logical="Sentiment2"),
        # The readable part is equal: the digest tells them apart.
        request("a-very-long-name-of-a-stack", "SentimentOfAllOurCustomers1"),
        request("a-very-long-name-of-a-stack", "SentimentOfAllOurCustomers2"),
        # A stack that was made again under its name.
        given.request(StackId=given.STACK_ID.replace("6f9619ff", "7f9619ff")),
    )
    names = [
        generated_name(each, kind, with_role=role)
        for each, kind, role in product(resources, Kind, (False, True))
    ]
    assert len(set(names)) == len(names)


# ---------------------------------------------------------------- ARNs


@examples(
    kind=st.sampled_from(Kind),
    place=st.builds(
        Place,
        st.sampled_from(["aws", "aws-us-gov", "aws-cn"]),
        st.sampled_from(["eu-west-1", "us-gov-west-1"]),
        st.from_regex(r"[0-9]{12}", fullmatch=True),
        st.just(""),
    ),
    name=endpoint_names,
)
def test_an_arn_parses_back_into_its_parts(kind: Kind, place: Place, name: str) -> None:
    assert parse_endpoint_arn(endpoint_arn(place, kind, name)) == EndpointId(place, kind, name)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "reviews",
        given.CLASSIFIER,
        given.FLYWHEEL,
        given.ARN + "\n",
        given.ARN + "/version/v1",
        given.ARN.replace("123456789012", "12"),
        given.ARN.replace(":comprehend:", ":sagemaker:"),
        given.comprehend_arn("document-classifier-endpoint/-reviews"),
        given.comprehend_arn("document-classifier-endpoint/"),
        given.comprehend_arn("flywheel-endpoint/reviews"),
        "not-created/0123",
    ],
)
def test_a_text_that_is_not_an_endpoint_s_arn_gives_none(text: str | None) -> None:
    assert parse_endpoint_arn(text) is None


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        (given.CLASSIFIER, Kind.CLASSIFIER),
        (given.comprehend_arn("document-classifier/reviews"), Kind.CLASSIFIER),
        (given.RECOGNIZER, Kind.RECOGNIZER),
        (given.comprehend_arn("document-classifier-endpoint/reviews"), None),
        (given.FLYWHEEL, None),
        ("", None),
        (None, None),
    ],
)
def test_a_model_s_arn_says_its_kind(model: str | None, kind: Kind | None) -> None:
    assert kind_of_model(model) is kind


@pytest.mark.parametrize(
    ("physical_id", "place"),
    [
        (given.ARN, replace(given.PLACE, stack_name="")),
        (given.ARN.replace("eu-west-1", "us-east-1"), None),
        (given.ARN.replace("123456789012", "210987654321"), None),
        (given.ARN.replace("arn:aws:", "arn:aws-cn:"), None),
        ("not-created/0123", None),
        (None, None),
    ],
)
def test_an_id_is_only_trusted_in_the_stack_s_own_place(
    physical_id: str | None, place: Place | None
) -> None:
    found = physical_endpoint(given.request("Delete", physical_id=physical_id))
    assert (found.place if found else None) == place


RECOGNIZER_ARN = given.arn(kind=Kind.RECOGNIZER)
PLAIN, WITH_ROLE, PLAIN_RECOGNIZER, ROLE_RECOGNIZER = (
    given.generated_arn(kind, with_role=role) for kind in Kind for role in (False, True)
)
NAMED: Values = {"endpoint_name": "reviews"}
ROLE: Values = {"role_arn": given.ROLE}
RECOGNIZER: Values = {"model_arn": given.RECOGNIZER}
FLYWHEEL: Values = {"model_arn": None, "flywheel_arn": given.FLYWHEEL}


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        pytest.param(NAMED, (given.ARN,), id="name and model"),
        pytest.param(NAMED | RECOGNIZER, (RECOGNIZER_ARN,), id="name and another kind of model"),
        pytest.param({}, (PLAIN, WITH_ROLE), id="a generated name"),
        pytest.param(ROLE, (WITH_ROLE, PLAIN), id="a generated name, with a role"),
        pytest.param(FLYWHEEL | NAMED, (given.ARN, RECOGNIZER_ARN), id="a flywheel: both kinds"),
        pytest.param(
            FLYWHEEL,
            (PLAIN, WITH_ROLE, PLAIN_RECOGNIZER, ROLE_RECOGNIZER),
            id="a flywheel and a generated name",
        ),
    ],
)
def test_a_delete_with_an_invented_id_observes_every_arn_that_its_endpoint_may_have(
    properties: Values, expected: tuple[str, ...]
) -> None:
    delete = given.request("Delete", properties, physical_id="shop_Sentiment_1A2B3C4D")
    assert possible_arns_of_any_kind(delete, delete.new) == expected


# ---------------------------------------------------------------- A request's own names

OTHERS = [
    given.reply(stack_id="another"),
    given.reply(logical_id="another"),
    given.reply(request_id="another"),
    # A RequestId may come again in a later deployment.
    given.reply(response_url="https://another.example.test/"),
]


def token(reply: Reply) -> str:
    return client_request_token(reply, 1)


@pytest.mark.parametrize("make", [execution_name, token, not_created_id, undetermined_id])
def test_a_request_s_names_are_its_own_and_always_the_same(make: Any) -> None:
    names = [make(each) for each in (given.reply(), *OTHERS)]
    assert len(set(names)) == len(names)
    assert make(given.reply(physical_id="x")) == names[0]
    assert not any(parse_endpoint_arn(each) for each in names)
    assert max(map(len, names)) <= 1024


def test_an_execution_s_name_is_a_digest_that_keeps_neighbouring_parts_apart() -> None:
    one = given.reply(logical_id="ab", request_id="c")
    other = given.reply(logical_id="a", request_id="bc")
    assert execution_name(one) != execution_name(other)
    assert re.fullmatch(r"[0-9a-f]{64}", execution_name(one))


@examples(creation=st.integers(1, 9_999_999))
def test_a_token_is_always_valid_and_another_for_each_creation(creation: int) -> None:
    token = client_request_token(given.reply(), creation)
    assert TOKEN.fullmatch(token)
    assert len(token) <= MAX_TOKEN == 64
    assert token != client_request_token(given.reply(), creation + 1)


def test_no_name_shows_the_response_url() -> None:
    reply = given.reply()
    shown = [
        *(execution_name(reply), token(reply), not_created_id(reply), undetermined_id(reply)),
        *ownership_tags(reply).values(),
        *adoption_mark(reply, 0.0).values(),
    ]
    assert not any("X-Amz" in text or "https" in text for text in shown)


def test_the_id_of_a_create_that_made_nothing_is_recognised_and_no_other() -> None:
    reply = given.reply()
    assert is_not_created(not_created_id(reply))
    for other in (undetermined_id(reply), given.ARN, "", None, "shop_Sentiment_1A2B"):
        assert not is_not_created(other)
