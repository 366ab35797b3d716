"""What the project uses of the internals of its libraries is still where it was.

If a new release moves one of them, its test says who uses it and what to look at.
"""

import contextlib
import importlib
import io
import re
from operator import attrgetter
from pathlib import Path

import botocore.session
import pytest
from botocore.exceptions import ClientError
from rich.console import Console

from local.comprehend import ComprehendEmulator
from local.comprehend.model import api_model, is_of_type
from local.demo.screen import picture
from local.installation import sam_variables
from testing.comprehend import retry_on_clock

PROJECT = Path(__file__).parents[2]
INTERNAL = re.compile(
    r"^\s*(?:from|import) ((?:ministack|samcli|rich\._\w+|botocore\.(?:retries|validate))\b\S*)",
    re.M,
)
USERS = {
    "bench/flight/third_party.py": "botocore",
    "local/comprehend/model.py": "botocore",
    "local/scaling.py": "ministack",
    "testing/comprehend.py": "botocore",
    "tests/security/policies.py": "ministack",
    "tools/publish_check.py": "botocore samcli",
}
"""The files that import internals, and whose."""


def test_internals_are_used_where_this_file_says_and_nowhere_else() -> None:
    found = {}
    for folder in ("bench", "lint", "local", "src", "testing", "tests", "tools"):
        for path in sorted((PROJECT / folder).rglob("*.py")):
            names = {name.partition(".")[0] for name in INTERNAL.findall(path.read_text())}
            if names and path != Path(__file__):
                found[str(path.relative_to(PROJECT))] = " ".join(sorted(names))
    assert found == USERS, "Use internals behind the function that has them, or name the file here."


MINISTACK = (
    "`install` in local/scaling.py adds to MiniStack's tables, in the form of its own entries"
)
POLICIES = "tests/security/policies.py evaluates policies as MiniStack's IAM does"
RETRIES = "`retry_on_clock` in testing/comprehend.py wraps the SDK's handler of needs-retry"
PUBLISHING = "tools/publish_check.py makes the request that `sam publish` would send"


@pytest.mark.parametrize(
    ("name", "look_at"),
    [
        ("ministack.app:SERVICE_HANDLERS", MINISTACK),
        ("ministack.core.responses:error_response_json", MINISTACK),
        ("ministack.core.responses:get_account_id", MINISTACK),
        ("ministack.core.responses:get_region", MINISTACK),
        ("ministack.core.responses:json_response", MINISTACK),
        ("ministack.core.router:SERVICE_PATTERNS", MINISTACK),
        ("ministack.services.cloudformation.provisioners:_REPLACING_PROPERTIES", MINISTACK),
        ("ministack.services.cloudformation.provisioners:_RESOURCE_HANDLERS", MINISTACK),
        ("ministack.services.eventbridge:_SCHEDULER_TICK_INTERVAL", MINISTACK),
        ("ministack.core.hypercorn_conf:__name__", "local/ministack.py starts MiniStack with it"),
        ("ministack.core.iam_evaluator:EvalContext", POLICIES),
        ("ministack.core.iam_evaluator:evaluate", POLICIES),
        ("ministack.core.iam_evaluator:parse_policy_document", POLICIES),
        ("botocore.retries.standard:register_retry_handler", RETRIES),
        ("botocore.retries.quota:RetryQuota.acquire", RETRIES),
        ("samcli.vendor.serverlessrepo:publish_application", PUBLISHING),
        ("samcli.vendor.serverlessrepo.exceptions:ServerlessRepoError", PUBLISHING),
    ],
)
def test_an_internal_name_is_where_its_user_expects_it(name: str, look_at: str) -> None:
    module, _, path = name.partition(":")
    try:
        attrgetter(path)(importlib.import_module(module))
    except (ImportError, AttributeError) as error:
        pytest.fail(f"{name} has moved ({error}): {look_at}.")


def test_ministacks_tables_have_the_form_that_is_added_to_them() -> None:
    from ministack.core.router import SERVICE_PATTERNS
    from ministack.services.cloudformation import provisioners

    assert {"target_prefixes"} <= set(SERVICE_PATTERNS["sqs"]), MINISTACK
    handlers = provisioners._RESOURCE_HANDLERS["AWS::SQS::Queue"]
    assert all(callable(handlers[verb]) for verb in ("create", "update", "delete")), MINISTACK
    replacing = provisioners._REPLACING_PROPERTIES.values()
    assert all(isinstance(each, tuple) for each in replacing), MINISTACK


def test_sam_keeps_its_notes_in_the_folder_that_the_environment_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from samcli.cli.global_config import GlobalConfig

    for name, value in sam_variables(tmp_path / "notes").items():
        monkeypatch.setenv(name, value)
    look_at = "`sam_variables` in local/installation.py says where sam keeps its notes"
    assert Path(str(GlobalConfig().config_dir)) == tmp_path / "notes", look_at


def test_botocores_validator_says_in_the_same_words_that_a_type_is_wrong() -> None:
    (problem,) = api_model().request_problems("DescribeEndpoint", {"EndpointArn": 1})
    assert is_of_type(problem), "`is_of_type` in local/comprehend/model.py knows it by its words"


@pytest.mark.parametrize(("quota", "pauses"), [(None, 2), (1000, 2), (5, 1)])
def test_a_client_of_the_sdk_spends_the_time_between_two_tries_as_it_is_told(
    emulator: ComprehendEmulator, sdk: botocore.session.Session, quota: int | None, pauses: int
) -> None:
    client = emulator.client(attempts=3, session=sdk)
    slept: list[float] = []
    retry_on_clock(client, slept.append, quota)
    emulator.admin.add_fault("ListEndpoints", code="ThrottlingException", times=2)
    # A second try costs five of the quota.
    refused = pytest.raises(ClientError) if pauses == 1 else contextlib.nullcontext()
    with refused:
        client.list_endpoints()
    client.close()
    assert len(slept) == pauses, RETRIES


def test_the_demos_picture_needs_no_fonts_from_elsewhere() -> None:
    recorder = Console(file=io.StringIO(), record=True)
    recorder.print("text")
    svg = picture(recorder)
    urls = set(re.findall(r"https?://[^\"'\s)]+", svg))
    look_at = "`picture` in local/demo/screen.py takes rich's own fonts out"
    assert urls == {"http://www.w3.org/2000/svg", "https://www.textualize.io"}, look_at
    assert "@font-face" not in svg, look_at
