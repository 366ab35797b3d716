"""The documentation's commands are run as they are written, against the embedded AWS."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from itertools import groupby
from pathlib import Path

import pytest

from local.cdk import tool
from local.installation import PROJECT
from local.ministack import ACCOUNT
from tests.e2e.consumer import Provider, model
from tests.e2e.documented import Block, blocks
from tests.e2e.stacks import Account

RUN = [block for block in blocks() if block.is_run]
BUCKETS = ("acme-artifacts-eu-west-1", "acme-artifacts-us-east-1")
"""What docs/rollout.md tells the reader to make beforehand."""
NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "dist", "node_modules")
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

    def _deploy_role(self) -> str:
        trust = {"Effect": "Allow", "Principal": {"Service": "cloudformation.amazonaws.com"}}
        document = {"Version": "2012-10-17", "Statement": [{**trust, "Action": "sts:AssumeRole"}]}
        created = self._account.iam.create_role(
            RoleName=self._name, AssumeRolePolicyDocument=json.dumps(document)
        )
        return str(created["Role"]["RoleName"])

    @property
    def placeholders(self) -> dict[str, Callable[[], str]]:
        return {
            "CONSUMER_POLICY_ARN": lambda: self._account.provider.outputs["ConsumerPolicyArn"],
            "DEPLOY_ROLE": self._deploy_role,
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


def run(page: list[Block], account: Account, folder: Path) -> dict[Block, str]:
    """Runs a page's blocks in their order, in a folder; what each that failed printed."""
    provider, scene = account.provider, Scene(account)
    environment = provider.aws.process_environment()
    environment["PATH"] = f"{tool('aws').parent}:{environment['PATH']}"
    environment["AWS_PAGER"] = ""
    failed = {}
    for block in page:
        done = subprocess.run(
            [str(shutil.which("bash")), "-euo", "pipefail", "-c", scene.filled_in(block.text)],
            cwd=folder,
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
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project, for commands that build."""
    folder = tmp_path_factory.mktemp("documented") / "project"
    shutil.copytree(PROJECT, folder, symlinks=True, ignore=NOT_COPIED)
    (folder / ".venv").symlink_to(PROJECT / ".venv")
    return folder


@pytest.fixture(scope="module")
def pages(provider: Provider, project: Path) -> Iterator[dict[str, Future[dict[Block, str]]]]:
    """All pages are being run, at once: `aws cloudformation deploy` polls every half minute."""
    account = Account(provider)
    known = {each["EndpointArn"] for each in provider.admin.endpoints()}
    for bucket in BUCKETS:
        provider.s3.create_bucket(Bucket=bucket)
    grouped = {page: list(each) for page, each in groupby(RUN, lambda block: block.page)}
    with ThreadPoolExecutor(len(grouped)) as threads:
        yield {page: threads.submit(run, each, account, project) for page, each in grouped.items()}
    for arn in {each["EndpointArn"] for each in provider.admin.endpoints()} - known:
        provider.admin.remove_endpoint(arn)


@pytest.mark.parametrize("block", RUN, ids=str)
def test_the_aws_commands_succeed_as_written(
    pages: dict[str, Future[dict[Block, str]]], block: Block
) -> None:
    failed = pages[block.page].result()
    assert block not in failed, failed[block]
