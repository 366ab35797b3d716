"""The documentation's commands are run as they are written, or it is said why no test runs them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path

import pytest

from local.cdk import tool
from local.installation import PROJECT
from tests.e2e.consumer import RECOGNIZER, Provider, model
from tests.e2e.stacks import Account
from tests.template.application import DOCUMENTS

SHELLS = ("sh", "bash", "shell", "console")
NOT_RUN = {
    "bash .ci/run": "It runs these tests.",
    "sam build && sam deploy --guided": "It asks. The fixture `provider` does the same unasked.",
    "cd examples/10-cdk": "It needs an index and an account. test_examples.py deploys the same.",
    "pip install ./lint": "It needs an index. tests/lint installs the folder.",
    "cfn-lint template.yaml": "tests/lint runs it with the package that it has installed.",
    "aws cloudformation continue-update-rollback": "It needs a stack whose rollback has failed.",
    "aws cloudformation delete-stack": "It needs a stack whose deletion has failed.",
    # The embedded AWS has no stack sets, no Serverless Application Repository, and no type of
    # Comprehend's. test_publishing.py and test_moving.py do all that comes before these.
    "aws cloudformation deploy --stack-name endpoint-providers": "No stack sets.",
    "make publish BUCKET=acme-artifacts-eu-west-1": "No repository.",
    "aws cloudformation create-change-set --stack-name STACK_NAME": "No such type.",
}
"""Blocks that no test runs, by how they begin, with the reason. Blocks of nothing but `make` need
none: other tests check that the targets exist, and run what they run.
"""
BUCKETS = ("acme-artifacts-eu-west-1", "acme-artifacts-us-east-1")
"""What docs/rollout.md tells the reader to make beforehand."""


@dataclass(frozen=True)
class Block:
    """A fenced block of shell commands."""

    page: str
    """The file, from the project's folder."""
    text: str

    @property
    def excuse(self) -> str | None:
        """The beginning by which NOT_RUN has it."""
        return next((start for start in NOT_RUN if self.text.startswith(start)), None)

    @property
    def is_run(self) -> bool:
        """Whether it is run against the embedded AWS, as it is written."""
        return self.excuse is None and bool(re.search("^aws ", self.text, re.MULTILINE))


def blocks() -> Iterator[Block]:
    for page in DOCUMENTS:
        text = page.read_text()
        for fence in re.finditer(r"^( *)```(\w+)\n(.*?)^\1```", text, re.DOTALL | re.MULTILINE):
            if fence[2] in SHELLS:
                inside = re.sub(rf"^{fence[1]}(?:\$ )?", "", fence[3], flags=re.MULTILINE)
                yield Block(page.relative_to(PROJECT).as_posix(), inside)


BLOCKS = list(blocks())
SCRIPTS = {
    page: "".join(block.text for block in group)
    for page, group in groupby(filter(lambda block: block.is_run, BLOCKS), lambda block: block.page)
}
"""What is run of each page: all blocks, in their order."""


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

    def _deploy_role(self) -> str:
        trust = {"Effect": "Allow", "Principal": {"Service": "cloudformation.amazonaws.com"}}
        document = {"Version": "2012-10-17", "Statement": [{**trust, "Action": "sts:AssumeRole"}]}
        created = self._account.iam.create_role(
            RoleName=self._name, AssumeRolePolicyDocument=json.dumps(document)
        )
        return str(created["Role"]["RoleName"])

    def filled_in(self, text: str) -> str:
        provider = self._account.provider
        placeholders: dict[str, Callable[[], str]] = {
            "CONSUMER_POLICY_ARN": lambda: provider.outputs["ConsumerPolicyArn"],
            "DEPLOY_ROLE": self._deploy_role,
            "ENDPOINT_ARN": lambda: provider.physical_id(self._stack, "Sentiment"),
            "KMS_KEY_ARN": lambda: str(self._account.kms.create_key()["KeyMetadata"]["Arn"]),
            "MODEL_ARN": lambda: model("v1"),
            "RECOGNIZER_ARN": lambda: RECOGNIZER,
            "STACK_ARN": lambda: self._stack,
            "STACK_NAME": lambda: self._stack and self._name,
        }
        for name, value in placeholders.items():
            if re.search(rf"\b{name}\b", text):
                text = re.sub(rf"\b{name}\b", value(), text)
        return text


def run(script: str, account: Account, folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs a page's commands in a folder, each shown before what it prints."""
    environment = account.provider.aws.process_environment()
    environment["PATH"] = f"{tool('aws').parent}:{environment['PATH']}"
    environment["AWS_PAGER"] = ""
    bash = [str(shutil.which("bash")), "-euxo", "pipefail", "-c"]
    return subprocess.run(
        [*bash, Scene(account).filled_in(script)],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def pages(
    provider: Provider, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[subprocess.CompletedProcess[str]]]]:
    """All pages are being run, at once: `aws cloudformation deploy` polls every half minute."""
    # A copy of the project, for commands that build.
    project = tmp_path_factory.mktemp("documented") / "project"
    not_copied = shutil.ignore_patterns(".*", "__pycache__", "dist", "node_modules")
    shutil.copytree(PROJECT, project, symlinks=True, ignore=not_copied)
    (project / ".venv").symlink_to(PROJECT / ".venv")
    account = Account(provider)
    known = {each["EndpointArn"] for each in provider.admin.endpoints()}
    for bucket in BUCKETS:
        provider.s3.create_bucket(Bucket=bucket)
    with ThreadPoolExecutor(len(SCRIPTS)) as threads:
        yield {
            page: threads.submit(run, script, account, project) for page, script in SCRIPTS.items()
        }
    for arn in {each["EndpointArn"] for each in provider.admin.endpoints()} - known:
        provider.admin.remove_endpoint(arn)


@pytest.mark.parametrize("page", SCRIPTS)
def test_the_aws_commands_of_a_page_succeed_as_written(
    pages: dict[str, Future[subprocess.CompletedProcess[str]]], page: str
) -> None:
    done = pages[page].result()
    assert done.returncode == 0, done.stdout


def test_every_other_command_is_a_target_or_it_is_said_why_no_test_runs_it() -> None:
    others = [block for block in BLOCKS if not block.is_run and not block.excuse]
    made = [line for block in others for line in block.text.splitlines()]

    assert [line for line in made if not line.startswith("make")] == []
    assert set(NOT_RUN) == {block.excuse for block in BLOCKS} - {None}
    assert {"README.md", "examples/README.md"} <= {block.page for block in BLOCKS}
