"""MiniStack with what it lacks of Application Auto Scaling, and with scheduled rules in time.

Targets, policies and scheduled actions are kept and checked, but nothing is scaled: there is no
traffic to follow, and a schedule's hour need not come while a test runs. Who wants units changed
reads what is registered, and changes them at the Comprehend emulator.

hypercorn loads this file by its path into MiniStack's process; so it imports no other file of the
project.
"""

import asyncio
import json
import threading
import time
import uuid
from collections.abc import Mapping
from typing import Any

import botocore.session
from botocore.exceptions import ClientError
from ministack import app as ministack_app
from ministack.core.responses import error_response_json, get_account_id, get_region, json_response
from ministack.core.router import SERVICE_PATTERNS
from ministack.services import eventbridge
from ministack.services.cloudformation import provisioners

Json = dict[str, Any]
Key = tuple[str, ...]

SERVICE = "application-autoscaling"
MODEL = botocore.session.Session().get_service_model(SERVICE)
TARGET = ("ServiceNamespace", "ResourceId", "ScalableDimension")
"""What tells a scalable target from others; with a name, a policy or a scheduled action."""


class ScalingError(Exception):
    """What the service refuses, with the code of its answer."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Kept:
    """One kind of thing that the service keeps."""

    def __init__(self, what: str, name: str | None = None) -> None:
        self._what = what
        self._key = (*TARGET, name) if name else TARGET
        self.things: dict[Key, Json] = {}

    def key(self, given: Mapping[str, Any]) -> Key:
        return (get_account_id(), get_region(), *(str(given[name]) for name in self._key))

    def put(self, given: Json, **added: Any) -> Json:
        """A put of what is there changes only what it names, as the service has it."""
        present = self.things.setdefault(self.key(given), added)
        present.update(given)
        return present

    def take(self, given: Json) -> None:
        if self.things.pop(self.key(given), None) is None:
            raise ScalingError(
                "ObjectNotFoundException", f"No {self._what} found for {self.key(given)[2:]}."
            )

    def listed(self, given: Json) -> list[Json]:
        """Those that a Describe operation asks for: by target, or by resource ids."""
        wanted = {name: [given[name]] for name in TARGET if name in given}
        if given.get("ResourceIds"):
            wanted["ResourceId"] = given["ResourceIds"]
        return [
            thing
            for key, thing in self.things.items()
            if key[:2] == (get_account_id(), get_region())
            and all(thing[name] in values for name, values in wanted.items())
        ]


TARGETS = Kept("scalable target")
POLICIES = Kept("scaling policy", "PolicyName")
ACTIONS = Kept("scheduled action", "ScheduledActionName")
LOCK = threading.RLock()


def checked(shape: Any, value: Any, path: str = "") -> Any:
    """A value as a shape of the service's model has it: CloudFormation gives numbers as strings.

    Raises ScalingError for a member or a value that the model does not know.
    """
    match shape.type_name:
        case "structure":
            unknown = set(value) - set(shape.members)
            if unknown:
                raise ScalingError("ValidationException", f"{path or 'Input'} has no {unknown}.")
            return {
                name: checked(shape.members[name], each, f"{path}.{name}")
                for name, each in value.items()
            }
        case "list":
            return [checked(shape.member, each, f"{path}[]") for each in value]
        case "integer" | "long":
            return int(value)
        case "double" | "float":
            return float(value)
        case "boolean":
            return value if isinstance(value, bool) else {"true": True, "false": False}[value]
        case "string" if shape.enum and value not in shape.enum:
            raise ScalingError("ValidationException", f"{path}: {value} is none of {shape.enum}.")
    return value


def called(operation: str, given: Mapping[str, Any]) -> Json:
    """Does an operation of the API; its answer. Raises ScalingError."""
    if operation not in OPERATIONS:
        raise ScalingError("UnknownOperationException", f"{operation} is not emulated.")
    shape: Any = MODEL.operation_model(operation).input_shape
    try:
        asked = checked(shape, given)
    except (KeyError, ValueError) as error:
        raise ScalingError("ValidationException", f"not a valid value: {error}") from error
    missing = set(shape.required_members) - set(asked)
    if missing:
        raise ScalingError("ValidationException", f"{operation} needs {missing}.")
    with LOCK:
        answer: Json = OPERATIONS[operation](asked)
    return answer


def register(given: Json) -> Json:
    present = TARGETS.things.get(TARGETS.key(given), {})
    if not present:
        check_endpoint(given)
    lowest, highest = ({**present, **given}.get(f"{bound}Capacity") for bound in ("Min", "Max"))
    if lowest is None or highest is None:
        raise ScalingError("ValidationException", "a new target needs both capacities.")
    if lowest > highest:
        raise ScalingError("ValidationException", "MinCapacity must not exceed MaxCapacity.")
    arn = f"arn:aws:{SERVICE}:{get_region()}:{get_account_id()}:scalable-target/{uuid.uuid4().hex}"
    target = TARGETS.put(given, ScalableTargetARN=arn, CreationTime=time.time(), RoleARN="")
    return {"ScalableTargetARN": target["ScalableTargetARN"]}


def check_endpoint(given: Json) -> None:
    """Raises ScalingError where the target is no endpoint, or its kind not the dimension's."""
    kind = given["ScalableDimension"].split(":")[1]
    if given["ServiceNamespace"] != "comprehend" or f":{kind}/" not in given["ResourceId"]:
        raise ScalingError("ValidationException", f"{given} names no Comprehend endpoint.")
    client: Any = botocore.session.Session().create_client(
        "comprehend",
        region_name=get_region(),
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    try:
        client.describe_endpoint(EndpointArn=given["ResourceId"])
    except ClientError as error:
        raise ScalingError("ValidationException", str(error)) from error


def deregister(given: Json) -> Json:
    TARGETS.take(given)
    target = TARGETS.key(given)
    for kept in (POLICIES, ACTIONS):
        for key in [key for key in kept.things if key[: len(target)] == target]:
            del kept.things[key]
    return {}


def check_registered(given: Json) -> None:
    if TARGETS.key(given) not in TARGETS.things:
        raise ScalingError("ObjectNotFoundException", f"{given['ResourceId']} is not registered.")


def put_policy(given: Json) -> Json:
    check_registered(given)
    arn = f"arn:aws:autoscaling:{get_region()}:{get_account_id()}:scalingPolicy:{uuid.uuid4()}"
    arn += f":resource/comprehend/{given['ResourceId']}:policyName/{given['PolicyName']}"
    policy = POLICIES.put(given, PolicyARN=arn, CreationTime=time.time(), Alarms=[])
    return {"PolicyARN": policy["PolicyARN"], "Alarms": []}


def put_action(given: Json) -> Json:
    check_registered(given)
    arn = f"arn:aws:autoscaling:{get_region()}:{get_account_id()}:scheduledAction:{uuid.uuid4()}"
    arn += f":resource/comprehend/{given['ResourceId']}"
    arn += f":scheduledActionName/{given['ScheduledActionName']}"
    ACTIONS.put(given, ScheduledActionARN=arn, CreationTime=time.time())
    return {}


def taken(kept: Kept, given: Json) -> Json:
    kept.take(given)
    return {}


OPERATIONS: dict[str, Any] = {
    "RegisterScalableTarget": register,
    "DescribeScalableTargets": lambda given: {"ScalableTargets": TARGETS.listed(given)},
    "DeregisterScalableTarget": deregister,
    "PutScalingPolicy": put_policy,
    "DescribeScalingPolicies": lambda given: {"ScalingPolicies": POLICIES.listed(given)},
    "DeleteScalingPolicy": lambda given: taken(POLICIES, given),
    "PutScheduledAction": put_action,
    "DescribeScheduledActions": lambda given: {"ScheduledActions": ACTIONS.listed(given)},
    "DeleteScheduledAction": lambda given: taken(ACTIONS, given),
}


async def handle_request(
    _method: str, _path: str, headers: Mapping[str, str], body: bytes, _query: object
) -> Any:
    """A request of the API, as MiniStack's services take it."""
    operation = headers.get("x-amz-target", "").rpartition(".")[2]
    try:
        # In a thread: the check of an endpoint waits for another server.
        return json_response(await asyncio.to_thread(called, operation, json.loads(body or b"{}")))
    except ScalingError as error:
        return error_response_json(error.code, str(error))


def target_of(properties: Mapping[str, Any]) -> Json:
    return {name: properties[name] for name in TARGET}


def create_target(_logical_id: str, properties: Json, _stack: str) -> tuple[str, Json]:
    """AWS::ApplicationAutoScaling::ScalableTarget; its Ref joins the three with bars."""
    given = {name: value for name, value in properties.items() if name != "ScheduledActions"}
    called("RegisterScalableTarget", given)
    for action in properties.get("ScheduledActions", []):
        called("PutScheduledAction", {**target_of(properties), **action})
    namespace, resource, dimension = (properties[name] for name in TARGET)
    physical_id = f"{resource}|{dimension}|{namespace}"
    return physical_id, {"Id": physical_id}


def update_target(_physical_id: str, old: Json, new: Json, stack: str) -> tuple[str, Json]:
    kept = {action["ScheduledActionName"] for action in new.get("ScheduledActions", [])}
    for action in old.get("ScheduledActions", []):
        if (name := action["ScheduledActionName"]) not in kept:
            called("DeleteScheduledAction", {**target_of(new), "ScheduledActionName": name})
    return create_target("", new, stack)


def delete_target(_physical_id: str, properties: Json) -> None:
    called("DeregisterScalableTarget", target_of(properties))


def policy_of(properties: Json) -> Json:
    """The API's parameters: where the policy names its target by the target's Ref, from that."""
    given = dict(properties)
    if reference := given.pop("ScalingTargetId", None):
        resource, dimension, namespace = reference.split("|")
        given |= {
            "ServiceNamespace": namespace,
            "ResourceId": resource,
            "ScalableDimension": dimension,
        }
    return given


def create_policy(_logical_id: str, properties: Json, _stack: str) -> tuple[str, Json]:
    """AWS::ApplicationAutoScaling::ScalingPolicy; its Ref is the ARN."""
    arn = called("PutScalingPolicy", policy_of(properties))["PolicyARN"]
    return arn, {"Arn": arn}


def delete_policy(_physical_id: str, properties: Json) -> None:
    given = policy_of(properties)
    called("DeleteScalingPolicy", {**target_of(given), "PolicyName": given["PolicyName"]})


def install() -> None:
    """Adds the service and the types to MiniStack's own tables.

    tests/functional/test_private_apis.py says what to look at when MiniStack changes them.
    """
    # A rule fires within a second of its time instead of within ten.
    eventbridge._SCHEDULER_TICK_INTERVAL = 1
    ministack_app.SERVICE_HANDLERS[SERVICE] = handle_request
    SERVICE_PATTERNS[SERVICE] = {
        "target_prefixes": [f"{MODEL.metadata['targetPrefix']}."],
        "credential_scope": SERVICE,
    }
    target, policy = (
        f"AWS::ApplicationAutoScaling::{kind}" for kind in ("ScalableTarget", "ScalingPolicy")
    )
    provisioners._RESOURCE_HANDLERS[target] = {
        "create": create_target,
        "update": update_target,
        "delete": delete_target,
    }
    # A policy that is put again keeps its ARN: its update is its creation.
    provisioners._RESOURCE_HANDLERS[policy] = {"create": create_policy, "delete": delete_policy}
    provisioners._REPLACING_PROPERTIES[target] = TARGET
    provisioners._REPLACING_PROPERTIES[policy] = (*TARGET, "PolicyName", "ScalingTargetId")


install()
app = ministack_app.app
