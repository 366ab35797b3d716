"""Makes endpoints of every classification in the embedded AWS, as they arise in practice."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from local.comprehend import Admin
from local.comprehend.clock import system_clock
from local.installation import PROJECT
from local.launcher import EmbeddedAws
from local.orphan_scan.scans import ScanError, wait_for

STACK_TAG = "comprehend-endpoint-provider:stack-id"
LOGICAL_ID_TAG = "comprehend-endpoint-provider:logical-id"
REQUEST_TAG = "comprehend-endpoint-provider:request"
EXAMPLE = (PROJECT / "examples" / "01-classifier.yaml").read_text(encoding="utf-8")
RESOURCE = "Sentiment"
"""The endpoint's logical id in the example."""
_TYPE = "    Type: Custom::ComprehendEndpoint\n"
RETAINED_EXAMPLE = EXAMPLE.replace(
    _TYPE, f"{_TYPE}    DeletionPolicy: Retain\n    UpdateReplacePolicy: Retain\n"
)
"""The example, with an endpoint that its stack retains instead of deleting it."""
SERVICE_TIMEOUT = 120
SLOW = 100_000.0
"""Seconds of the service's time: so long that no creation ends during a scan."""


class Classification(StrEnum):
    """The classifications, as the log and the metrics name them."""

    IN_USE = "InUse"
    IDLE = "Idle"
    IN_PROGRESS = "InProgress"
    RETAINED = "Retained"
    ORPHANED = "Orphaned"
    UNKNOWN = "Unknown"


class PastClock:
    """A clock of Comprehend's that is some days behind until `catch_up` moves it."""

    def __init__(self, days: float) -> None:
        self._behind = days * 86_400
        self._system = system_clock()

    def __call__(self) -> float:
        return self._system() - self._behind

    def catch_up(self) -> None:
        """Moves the clock to the system's time."""
        self._behind = 0.0


@dataclass(frozen=True)
class Scene:
    """An endpoint, how it came about, and how the orphan scan must classify it."""

    about: str
    arn: str
    expected: Classification | None
    """None: the scan must not report it, because it is not the provider's."""


class Stage:
    """Makes stacks and endpoints."""

    def __init__(self, aws: EmbeddedAws) -> None:
        self.admin: Admin = aws.comprehend.admin
        self._stacks = aws.client("cloudformation")
        self._metrics = aws.client("cloudwatch")
        self._model = (
            f"arn:aws:comprehend:{aws.region}:{aws.account}:document-classifier/reviews/version/v1"
        )
        self._unknown_stack = (
            f"arn:aws:cloudformation:{aws.region}:{aws.account}:stack/never/"
            "00000000-0000-4000-8000-000000000000"
        )

    def old_scenes(self) -> Iterator[Scene]:
        """Sets up the scenes with endpoints that must be some weeks old when the scan runs."""
        idle = "its stack has had it for weeks, and nobody uses it"
        yield Scene(idle, self.create("forgotten", units=4), Classification.IDLE)

        arn = self.create("clerk")
        self.use(arn)
        used = "its stack has had it for weeks, and it was used today"
        yield Scene(used, arn, Classification.IN_USE)

    def scenes(self) -> Iterator[Scene]:
        """Sets up one scene after the other."""
        in_use = "its stack has it"
        yield Scene(in_use, self.create("shop", units=2), Classification.IN_USE)

        arn = self.create("archive", RETAINED_EXAMPLE)
        self.delete("archive")
        retained = "its stack was deleted, with DeletionPolicy: Retain"
        yield Scene(retained, arn, Classification.RETAINED)

        self.create("trial")
        gone = self.delete("trial")
        leaked = "left over: its stack was deleted, but the endpoint was not"
        yield Scene(leaked, self.put("trial-lost", gone, units=3), Classification.ORPHANED)

        never = "its tags name a stack that never existed"
        arn = self.put("never-lost", self._unknown_stack)
        yield Scene(never, arn, Classification.ORPHANED)

        arn = self.create("dark")
        self.deny_tags(arn)
        dark = "its stack has it, but reading its tags is denied"
        yield Scene(dark, arn, Classification.UNKNOWN)

        foreign = "made by hand, without the provider's tags"
        yield Scene(foreign, self.admin.put_endpoint("by-hand", self._model, units=5), None)

        # Last, and slow: it is being created during the scan.
        self.admin.change_settings(create_seconds=SLOW)
        self.start("launch")
        arn = self.wait_for_endpoint("launch")
        yield Scene("its stack is creating it", arn, Classification.IN_PROGRESS)

    def create(self, stack: str, template: str = EXAMPLE, *, units: int = 1) -> str:
        """Creates a stack; gives its endpoint's ARN."""
        self.start(stack, template, units=units)
        status = self._finish(stack)["StackStatus"]
        if status != "CREATE_COMPLETE":
            raise ScanError(f"the stack {stack} ended in {status}")
        found = self._stacks.describe_stack_resource(StackName=stack, LogicalResourceId=RESOURCE)
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    def start(self, stack: str, template: str = EXAMPLE, *, units: int = 1) -> None:
        """Starts to create a stack."""
        values = {
            "ModelArn": self._model,
            "InferenceUnits": units,
            "ServiceTimeout": SERVICE_TIMEOUT,
        }
        self._stacks.create_stack(
            StackName=stack,
            TemplateBody=template,
            Parameters=[
                {"ParameterKey": key, "ParameterValue": str(value)} for key, value in values.items()
            ],
        )

    def delete(self, stack: str) -> str:
        """Deletes a stack; gives its id."""
        stack_id = str(self._describe(stack)["StackId"])
        self._stacks.delete_stack(StackName=stack)
        status = self._finish(stack_id)["StackStatus"]
        if status != "DELETE_COMPLETE":
            raise ScanError(f"the stack {stack} ended in {status}")
        return stack_id

    def put(self, name: str, stack_id: str, *, units: int = 1) -> str:
        """Makes an endpoint that carries a stack's ownership tags; gives its ARN."""
        mark = {STACK_TAG: stack_id, LOGICAL_ID_TAG: RESOURCE, REQUEST_TAG: "0" * 64}
        return self.admin.put_endpoint(name, self._model, units=units, tags=mark)

    def use(self, arn: str) -> None:
        """Lets CloudWatch show that an endpoint has just been used, as Comprehend does."""
        self._metrics.put_metric_data(
            Namespace="AWS/Comprehend",
            MetricData=[
                {
                    "MetricName": "ConsumedInferenceUnits",
                    "Dimensions": [{"Name": "EndpointArn", "Value": arn}],
                    "Timestamp": datetime.now(UTC),
                    "Value": 0.4,
                }
            ],
        )

    def deny_tags(self, arn: str) -> None:
        """Makes Comprehend refuse to list an endpoint's tags."""
        said = "User is not authorized to perform: comprehend:ListTagsForResource"
        self.admin.add_fault(
            "ListTagsForResource", match=arn, code="AccessDeniedException", message=said
        )

    def wait_for_endpoint(self, stack: str) -> str:
        """Waits until a stack's endpoint exists, in any status; gives its ARN."""
        stack_id = self._describe(stack)["StackId"]

        def there() -> str | None:
            found = (e for e in self.admin.endpoints() if e["Tags"].get(STACK_TAG) == stack_id)
            return next((str(each["EndpointArn"]) for each in found), None)

        return wait_for(f"the endpoint of the stack {stack}", there)

    def _describe(self, stack: str) -> Any:
        return self._stacks.describe_stacks(StackName=stack)["Stacks"][0]

    def _finish(self, stack: str) -> Any:
        def at_rest() -> Any:
            found = self._describe(stack)
            return None if found["StackStatus"].endswith("IN_PROGRESS") else found

        return wait_for(f"the end of the operation on {stack}", at_rest)
