"""The documentation's commands are run as they are written, against the embedded AWS."""

from __future__ import annotations

import re
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from itertools import groupby

import pytest

from local.installation import PROJECT
from local.ministack import ACCOUNT
from tests.e2e.consumer import Provider, model
from tests.e2e.documented import Block, blocks
from tests.e2e.stacks import Account
from tests.e2e.tools import tool

RUN = [block for block in blocks() if block.is_run]
RECOGNIZER = f"arn:aws:comprehend:us-east-1:{ACCOUNT}:entity-recognizer/products/version/v1"


class Scene:
    """What the placeholders of one page stand for: a stack with an endpoint, made when needed."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._name = f"documented-{uuid.uuid4().hex[:8]}"

    @cached_property
    def _stack(self) -> str:
        created = self._account.provider.run("create", self._name, ModelArn=model("v1"))
        assert created["StackStatus"] == "CREATE_COMPLETE"
        return str(created["StackId"])

    def _endpoint(self) -> str:
        return self._account.provider.physical_id(self._stack, "Sentiment")

    @property
    def placeholders(self) -> dict[str, Callable[[], str]]:
        return {
            "ENDPOINT_ARN": self._endpoint,
            "KMS_KEY_ARN": lambda: str(self._account.kms.create_key()["KeyMetadata"]["Arn"]),
            "MODEL_ARN": lambda: model("v1"),
            "RECOGNIZER_ARN": lambda: RECOGNIZER,
            "STACK_ARN": lambda: self._stack,
            "STACK_NAME": lambda: self._stack and self._name,
        }

    def filled_in(self, text: str) -> str:
        for name, value in self.placeholders.items():
            if re.search(rf"\b{name}\b", text):
                text = re.sub(rf"\b{name}\b", value(), text)
        return text


def run(page: list[Block], account: Account) -> dict[Block, str]:
    """Runs a page's blocks in their order; what each that failed printed."""
    provider, scene = account.provider, Scene(account)
    environment = provider.aws.process_environment()
    environment["PATH"] = f"{tool('aws').parent}:{environment['PATH']}"
    environment["AWS_PAGER"] = ""
    failed = {}
    for block in page:
        done = subprocess.run(
            [str(shutil.which("bash")), "-euo", "pipefail", "-c", scene.filled_in(block.text)],
            cwd=PROJECT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            failed[block] = done.stdout
    return failed


@pytest.fixture(scope="module")
def pages(provider: Provider) -> Iterator[dict[str, Future[dict[Block, str]]]]:
    """All pages are being run, at once: `aws cloudformation wait` looks every half a minute."""
    account = Account(provider)
    known = {each["EndpointArn"] for each in provider.admin.endpoints()}
    grouped = {page: list(each) for page, each in groupby(RUN, lambda block: block.page)}
    with ThreadPoolExecutor(len(grouped)) as threads:
        yield {page: threads.submit(run, each, account) for page, each in grouped.items()}
    for arn in {each["EndpointArn"] for each in provider.admin.endpoints()} - known:
        provider.admin.remove_endpoint(arn)


@pytest.mark.parametrize("block", RUN, ids=str)
def test_the_aws_commands_succeed_as_written(
    pages: dict[str, Future[dict[Block, str]]], block: Block
) -> None:
    failed = pages[block.page].result()
    assert block not in failed, failed[block]
