"""Deploys the provider and its peers into the embedded AWS."""

import json
import zipfile
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import crhelper

from bench import titles
from bench.errors import BenchError
from bench.peers import Peer
from local import cdk, installation
from local.launcher import EmbeddedAws

HERE = Path(__file__).parent
CAPABILITIES = ["CAPABILITY_IAM"]


class DeploymentError(BenchError):
    """A peer's stack could not be created."""


def ours(aws: EmbeddedAws) -> Peer:
    """This provider, built and deployed by sam from the unchanged template.yaml."""
    environment = aws.process_environment()
    installation.deploy(
        installation.build(aws.directory / "sam-build", environment),
        environment,
        # Nothing else must run while the peers are measured.
        parameters={"OrphanScanEnabled": "false"},
    )
    stack = _Stack(aws, installation.STACK_NAME)
    return Peer(
        "ours",
        titles.OURS,
        stack.outputs["ServiceToken"],
        (stack.physical_id("RequestFunction"),),
        stack.outputs["StateMachineArn"],
        step_function=stack.physical_id("StepFunction"),
        log_mark="execution started",
    )


def stock(aws: EmbeddedAws, minutes: int) -> Peer:
    """crhelper alone, which polls every so many minutes."""
    key = f"stock{minutes}"
    bucket = f"peer-{key}"
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=bucket)
    packages = Path(crhelper.__file__).parent
    files = {"index.py": HERE / "stock" / "index.py"}
    files |= {f"crhelper/{each.name}": each for each in packages.glob("*.py")}
    s3.put_object(Bucket=bucket, Key="code.zip", Body=_zipped(files))
    stack = _Stack.created(
        aws,
        f"peer-{key}",
        (HERE / "stock" / "template.yaml").read_text(encoding="utf-8"),
        Bucket=bucket,
        Key="code.zip",
        PollMinutes=minutes,
    )
    return Peer(
        key,
        titles.CRHELPER_EACH_MINUTE if minutes == 1 else titles.CRHELPER_EACH_TWO_MINUTES,
        stack.outputs["ServiceToken"],
        (stack.physical_id("Function"),),
    )


def cdk_provider(aws: EmbeddedAws) -> Peer:
    """The CDK's Provider framework, with a handler in Python."""
    with cdk.synthesized(HERE / "cdk") as folder:
        (manifest,) = folder.glob("*.assets.json")
        (template,) = folder.glob("*.template.json")
        _upload_assets(aws, json.loads(manifest.read_text(encoding="utf-8")), folder)
        stack = _Stack.created(aws, "peer-cdk", template.read_text(encoding="utf-8"))
    return Peer(
        "cdk",
        titles.CDK,
        stack.outputs["ServiceToken"],
        tuple(stack.of_type("AWS::Lambda::Function")),
        *stack.of_type("AWS::StepFunctions::StateMachine"),
    )


def _upload_assets(aws: EmbeddedAws, manifest: Mapping[str, Any], folder: Path) -> None:
    """Does what `cdk deploy` does before it deploys."""
    s3 = aws.client("s3")
    for asset in manifest["files"].values():
        source = folder / asset["source"]["path"]
        if asset["source"]["packaging"] != "zip":
            continue  # The template, which is sent with CreateStack.
        files = {str(each.relative_to(source)): each for each in source.rglob("*.*")}
        for place in asset["destinations"].values():
            s3.create_bucket(Bucket=place["bucketName"])
            s3.put_object(Bucket=place["bucketName"], Key=place["objectKey"], Body=_zipped(files))


def _zipped(files: Mapping[str, Path]) -> bytes:
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, path in files.items():
            opened.write(path, name)
    return archive.getvalue()


class _Stack:
    """A stack that is deployed."""

    def __init__(self, aws: EmbeddedAws, name: str) -> None:
        self._cloudformation = aws.client("cloudformation")
        self._name = name
        (found,) = self._cloudformation.describe_stacks(StackName=name)["Stacks"]
        self.outputs: dict[str, str] = {
            each["OutputKey"]: each["OutputValue"] for each in found["Outputs"]
        }

    @classmethod
    def created(cls, aws: EmbeddedAws, name: str, template: str, **parameters: object) -> "_Stack":
        """Raises DeploymentError."""
        cloudformation = aws.client("cloudformation")
        cloudformation.create_stack(
            StackName=name,
            TemplateBody=template,
            Capabilities=CAPABILITIES,
            Parameters=[
                {"ParameterKey": key, "ParameterValue": str(value)}
                for key, value in parameters.items()
            ],
        )
        waiter = cloudformation.get_waiter("stack_create_complete")
        try:
            waiter.wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
        except Exception as error:
            events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
            reasons = [each.get("ResourceStatusReason", "") for each in events]
            raise DeploymentError("\n".join([name, *filter(None, reasons)])) from error
        return cls(aws, name)

    def of_type(self, kind: str) -> Iterator[str]:
        """The physical ids of its resources of one type."""
        for each in self._resources():
            if each["ResourceType"] == kind:
                yield each["PhysicalResourceId"]

    def physical_id(self, logical_id: str) -> str:
        (found,) = [
            each["PhysicalResourceId"]
            for each in self._resources()
            if each["LogicalResourceId"] == logical_id
        ]
        return str(found)

    def _resources(self) -> list[Any]:
        found: list[Any] = self._cloudformation.describe_stack_resources(StackName=self._name)[
            "StackResources"
        ]
        return found
