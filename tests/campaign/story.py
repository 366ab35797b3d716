"""What happened in a case, as lines to read."""

import json
from collections.abc import Iterator

from testing.world import World


def story(world: World) -> str:
    """Events, calls of Comprehend and answers, in the order of time, in seconds."""
    lines = sorted(_lines(world), key=lambda line: line[0])
    told = [f"{time - world.began:7.1f}  {text}" for time, text in lines]
    states = [
        f"         {stack.id.split('/')[1]}: {stack.status}" for stack in world.stacks.values()
    ]
    return "\n".join([*told, *states])


def _lines(world: World) -> Iterator[tuple[float, str]]:
    for request in world.requests:
        event = request.event
        properties = {
            name: value
            for name, value in event["ResourceProperties"].items()
            if name not in ("ServiceToken", "ServiceTimeout")
        }
        held = event.get("PhysicalResourceId", "")
        stack = event["StackId"].split("/")[1]
        number = f"{event['RequestId'][-4:]} of {stack} {event['LogicalResourceId']}"
        yield request.sent, f"> {request.kind} {number} {held} {json.dumps(properties)}"
        for put in world.mailbox.puts:
            if put.url == request.url:
                answer = put.answer()
                said = answer.get("Reason", "")
                told = f"{answer['Status']} {answer['PhysicalResourceId']} {said}"
                yield put.time, f"< {request.kind} {number} ({put.status}) {told}"
    for call in world.admin.calls():
        given = call["parameters"]
        about = given.get("EndpointArn") or given.get("ResourceArn") or given.get("EndpointName")
        rest = {
            name: value
            for name, value in given.items()
            if name not in ("EndpointArn", "ResourceArn", "EndpointName", "Tags")
        }
        name = str(about).rpartition(":")[2]
        yield call["time"], f"  {call['operation']} {name} {json.dumps(rest)}: {call['outcome']}"
