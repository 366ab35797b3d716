"""Every example goes through its life on the embedded AWS, all at the same time."""

from __future__ import annotations

import json
import re
import textwrap
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from fnmatch import fnmatchcase

import pytest

from local.installation import PROJECT, STACK_NAME
from local.ministack import ACCOUNT
from local.orphan_scan.scenes import Classification
from tests.e2e.consumer import RECOGNIZER, Provider, model, wait_for
from tests.e2e.stacks import Account, Stack, gone
from tests.e2e.tools import linted, synthesize

EXAMPLES = PROJECT / "examples"
FLYWHEEL = f"arn:aws:comprehend:us-east-1:{ACCOUNT}:flywheel"
CLASSIFIERS_UNITS = "comprehend:document-classifier-endpoint:DesiredInferenceUnits"

Course = Callable[[Account], None]


def example(number: str) -> str:
    (path,) = EXAMPLES.glob(f"{number}-*.yaml")
    return path.read_text()


def classifier(account: Account) -> None:
    stack = Stack(account, example("01"), ModelArn=model("v1"))
    assert stack.endpoint["ModelArn"] == model("v1")
    stack.delete()


def recognizer_with_role(account: Account) -> None:
    key = account.kms.create_key()["KeyMetadata"]["Arn"]
    name = f"comprehend-data-{uuid.uuid4().hex[:8]}"
    stack = Stack(account, example("02"), ModelArn=RECOGNIZER, ModelKmsKeyArn=key, RoleName=name)
    role = stack.outputs["DataAccessRoleArn"]
    assert stack.endpoint["DataAccessRoleArn"] == role == f"arn:aws:iam::{ACCOUNT}:role/{name}"
    (trust,) = account.iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "comprehend.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    assert account.may(role, "kms:Decrypt", key)
    assert not account.may(role, "kms:Decrypt", key[:-1])
    # The installation of the tests allows what examples/README.md says.
    assert any(fnmatchcase(role, pattern) for pattern in account.passable_roles())
    stack.delete()
    assert gone(account.iam.get_role, RoleName=name)


def flywheel(account: Account) -> None:
    followed = f"{FLYWHEEL}/{uuid.uuid4().hex}"
    stack = Stack(account, example("03"), FlywheelArn=followed)
    arn = stack.endpoint["EndpointArn"]
    account.admin.promote_model(followed, model("promoted"))
    stack.update(InferenceUnits=2)
    assert stack.endpoint["ModelArn"] == model("promoted")
    assert stack.endpoint["DesiredInferenceUnits"] == 2
    stack.update(PinnedModelArn=model("v1"))
    account.admin.promote_model(followed, model("bad"))
    assert stack.endpoint["ModelArn"] == stack.outputs["ModelArn"] == model("v1")
    assert stack.outputs["FlywheelArn"] == ""
    stack.update(PinnedModelArn="")
    assert stack.endpoint["FlywheelArn"] == stack.outputs["FlywheelArn"] == followed
    assert stack.endpoint["EndpointArn"] == arn
    stack.delete()


def check_auto_scaling(account: Account, arn: str) -> None:
    """Registered are this endpoint, its kind's dimension, and a policy on its utilization."""
    held = account.scaled(arn)
    (target,), (policy,) = held["targets"], held["policies"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 3)
    assert target["ScalableDimension"] == policy["ScalableDimension"] == CLASSIFIERS_UNITS
    tracked = policy["TargetTrackingScalingPolicyConfiguration"]
    metric = tracked["PredefinedMetricSpecification"]["PredefinedMetricType"]
    assert (metric, tracked["TargetValue"]) == ("ComprehendInferenceUtilization", 70)


def auto_scaling(account: Account) -> None:
    stack = Stack(account, example("04"), ModelArn=model("v1"))
    arn = stack.endpoint["EndpointArn"]
    check_auto_scaling(account, arn)
    assert stack.outputs["ScalableDimension"] == CLASSIFIERS_UNITS
    account.admin.change_units(arn, 3)
    stack.update(ModelArn=model("v2"), TargetUtilization=60)
    assert stack.endpoint["ModelArn"] == model("v2")
    assert stack.endpoint["DesiredInferenceUnits"] == 3
    stack.update(ModelArn=RECOGNIZER)
    replacement = stack.endpoint["EndpointArn"]
    (target,) = account.scaled(replacement)["targets"]
    assert target["ScalableDimension"] == stack.outputs["ScalableDimension"] != CLASSIFIERS_UNITS
    assert not any(account.scaled(arn).values())
    stack.delete()
    assert not any(account.scaled(replacement).values())


def business_hours(account: Account) -> None:
    stack = Stack(account, example("05"), ModelArn=model("v1"))
    arn = stack.endpoint["EndpointArn"]
    actions = {each["ScheduledActionName"]: each for each in account.scaled(arn)["actions"]}
    assert actions["Opening"]["Schedule"] == "cron(45 7 ? * MON-FRI *)"
    assert {each["Timezone"] for each in actions.values()} == {"Europe/Berlin"}

    def strikes(name: str) -> int:
        """The hour of a scheduled action has come; the units that it demands."""
        bounds = actions[name]["ScalableTargetAction"]
        assert bounds["MinCapacity"] == bounds["MaxCapacity"]
        account.admin.change_units(arn, bounds["MinCapacity"])
        return int(bounds["MinCapacity"])

    assert strikes("Opening") == 4
    stack.update(ModelArn=model("v2"))
    assert stack.endpoint["ModelArn"] == model("v2")
    assert stack.endpoint["DesiredInferenceUnits"] == 4
    assert strikes("Closing") == 1
    stack.update(ModelArn=model("v3"))
    assert stack.endpoint["DesiredInferenceUnits"] == 1
    stack.delete()
    assert not any(account.scaled(arn).values())


def nested_application(account: Account) -> None:
    written = example("06")
    published = re.compile(r"Location:\n +ApplicationId: .*\n +SemanticVersion: .*\n")
    # The embedded AWS has no repository: as the example says, the template's URL instead. Nor does
    # it expand a nested template by SAM, so it gets the provider's as SAM has expanded it.
    local, changed = published.subn(f"Location: {packaged_provider(account)}\n", written)
    assert changed == 1
    stack = Stack(account, local, ModelArn=model("v1"))
    name = f"{stack.name}-endpoints"
    assert stack.outputs["ServiceToken"].endswith(f":function:{name}")
    assert stack.outputs["ServiceToken"] != account.provider.outputs["ServiceToken"]
    token = f"/{stack.name}/endpoint-service-token"
    assert account.parameter(token) == stack.outputs["ServiceToken"]
    assert stack.endpoint["ModelArn"] == model("v1")
    stack.delete()
    assert gone(account.provider.lambda_.get_function, FunctionName=name)
    assert gone(account.ssm.get_parameter, Name=token)


def packaged_provider(account: Account) -> str:
    """The URL of the provider's packaged template."""
    provider, bucket = account.provider, f"packaged-{uuid.uuid4().hex[:12]}"
    template = provider.cloudformation.get_template(
        StackName=STACK_NAME, TemplateStage="Processed"
    )["TemplateBody"]
    text = template if isinstance(template, str) else json.dumps(template)
    provider.s3.create_bucket(Bucket=bucket)
    provider.s3.put_object(Bucket=bucket, Key="packaged.json", Body=text.encode())
    return f"{provider.aws.url}/{bucket}/packaged.json"


def blue_green(account: Account) -> None:
    application = f"app-{uuid.uuid4().hex[:8]}"
    stack = Stack(account, example("07"), Application=application, ModelArn=model("v1"))
    blue = stack.endpoint["EndpointArn"]
    assert blue.endswith(f"/{application}-blue")
    name = stack.outputs["ParameterName"]
    stack.start_update(Color="green", ModelArn=model("v2"))
    beside: list[bool] = []

    def watched() -> bool:
        """Checks what a caller would get now; gives whether the update is over."""
        before = {each["EndpointArn"]: each for each in stack.endpoints}
        serving = account.parameter(name)
        after = {each["EndpointArn"]: each for each in stack.endpoints}
        # The old endpoint serves as long as the parameter names it, the new one from then on.
        seen = before if serving == blue else after
        assert seen[serving]["Status"] == "IN_SERVICE"
        beside.append(serving == blue and len(before) == 2)
        return not stack.in_progress

    wait_for("the end of the update", watched)
    stack.finish_update()
    assert any(beside)
    assert account.parameter(name) == stack.endpoint["EndpointArn"]
    assert stack.endpoint["EndpointArn"].endswith(f"/{application}-green")
    stack.delete()
    assert gone(account.ssm.get_parameter, Name=name)


def retain(account: Account) -> None:
    stack = Stack(account, example("08"), ModelArn=model("v1"))
    old = stack.endpoint["EndpointArn"]
    stack.update(ModelArn=RECOGNIZER)
    new = stack.outputs["EndpointArn"]
    stack.delete(endpoints_left=2)
    said = account.orphan_scan.run().classifications()
    assert (said[old], said[new]) == (Classification.RETAINED, Classification.RETAINED)
    for arn in (old, new):
        live = account.admin.endpoint(arn)
        assert live is not None
        assert live["Status"] == "IN_SERVICE"
        account.comprehend.delete_endpoint(EndpointArn=arn)
    account.provider.wait_for_no_endpoint(stack.id)


def access_and_alarms(account: Account) -> None:
    stack = Stack(account, example("09"), ModelArn=model("v1"), CostCenter="team 7")
    arn = stack.endpoint["EndpointArn"]
    assert stack.endpoint["Tags"]["cost-center"] == "team 7"
    (statement,) = account.policy(stack.outputs["PolicyArn"])["Statement"]
    assert (statement["Action"], statement["Resource"]) == ("comprehend:ClassifyDocument", arn)

    def alarms() -> list[str]:
        found = account.cloudwatch.describe_alarms()["MetricAlarms"]
        of_endpoint = [{"Name": "EndpointArn", "Value": arn}]
        return sorted(each["MetricName"] for each in found if each["Dimensions"] == of_endpoint)

    assert alarms() == ["ConsumedInferenceUnits", "InferenceUtilization"]
    stack.delete()
    assert alarms() == []
    assert gone(account.iam.get_policy, PolicyArn=stack.outputs["PolicyArn"])


def cdk(account: Account) -> None:
    # What `cdk bootstrap` leaves in an account: the template asks for it.
    account.ssm.put_parameter(
        Name="/cdk-bootstrap/hnb659fds/version", Value="28", Type="String", Overwrite=True
    )
    stack = Stack(account, linted(synthesize(EXAMPLES / "10-cdk")), ModelArn=model("v1"))
    arn = stack.endpoint["EndpointArn"]
    assert stack.endpoint["Tags"]["cost-center"] == "reviews"
    check_auto_scaling(account, arn)
    caller = account.provider.physical_id(stack.name, "CallerBA8D1D35")
    role = account.iam.get_role(RoleName=caller)["Role"]["Arn"]
    assert account.may(role, "comprehend:ClassifyDocument", arn)
    assert not account.may(role, "comprehend:ClassifyDocument", f"{arn}-other")
    stack.delete()
    assert not any(account.scaled(arn).values())


def terraform(account: Account) -> None:
    page = (PROJECT / "docs" / "terraform.md").read_text()
    (heredoc,) = re.findall(r"template_body = <<-YAML\n(.*?)\n +YAML\n", page, re.DOTALL)
    template = linted(textwrap.dedent(heredoc).replace("$${", "${"))
    stack = Stack(account, template, ModelArn=model("v1"), InferenceUnits=1, ServiceTimeout=None)
    assert stack.endpoint["DesiredInferenceUnits"] == 1
    assert set(re.findall(r'outputs\["(\w+)"\]', page)) == set(stack.outputs)
    stack.delete()


COURSES: dict[str, Course] = {
    "01-classifier.yaml": classifier,
    "02-recognizer-with-role.yaml": recognizer_with_role,
    "03-flywheel.yaml": flywheel,
    "04-auto-scaling.yaml": auto_scaling,
    "05-business-hours.yaml": business_hours,
    "06-nested-application.yaml": nested_application,
    "07-blue-green.yaml": blue_green,
    "08-retain.yaml": retain,
    "09-access-and-alarms.yaml": access_and_alarms,
    "10-cdk": cdk,
    "docs/terraform.md": terraform,
}


@pytest.fixture(scope="module")
def ends(provider: Provider) -> Iterator[dict[str, Future[None]]]:
    """All courses have begun, at once: each mostly waits."""
    account = Account(provider)
    with ThreadPoolExecutor(len(COURSES)) as threads:
        yield {name: threads.submit(course, account) for name, course in COURSES.items()}


@pytest.mark.parametrize("name", COURSES)
def test_the_example_lives_as_it_says_and_leaves_nothing(
    ends: dict[str, Future[None]], name: str
) -> None:
    ends[name].result()


def test_every_example_has_a_course() -> None:
    numbered = {path.name for path in EXAMPLES.iterdir() if path.name[:2].isdigit()}
    assert {name for name in COURSES if name[:2].isdigit()} == numbered
