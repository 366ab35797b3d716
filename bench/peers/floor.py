"""The floor: a script that creates an endpoint and asks without pause until it is in service.

Nothing that polls can know earlier. But it cannot run in a stack, and it never sleeps.
"""

import random
import time

from bench.consumers import MODEL
from bench.lag import Lags
from bench.stage import Stage, say
from bench.titles import FLOOR

READY = (0.5, 1.5)
"""From when to when an endpoint may get ready: without a period to be polled in, it is all one."""
SEED = 20261125


def measure(stage: Stage, count: int) -> Lags:
    """One endpoint after the other."""
    say(f"lag: {count} endpoints of a script that polls without pause")
    drawing = random.Random(SEED)
    admin = stage.aws.comprehend.admin
    comprehend = stage.aws.client("comprehend")
    lags = []
    for number in range(count):
        name = f"floor-{number}"
        admin.plan_creation(name, drawing.uniform(*READY))
        arn = comprehend.create_endpoint(
            EndpointName=name, ModelArn=MODEL, DesiredInferenceUnits=1
        )["EndpointArn"]
        while True:
            found = comprehend.describe_endpoint(EndpointArn=arn)["EndpointProperties"]
            if found["Status"] == "IN_SERVICE":
                break
        # Both on this machine's clock: it represents the PUT that a provider would send.
        lags.append(time.time() - found["LastModifiedTime"].timestamp())
    return Lags(FLOOR, tuple(sorted(lags)))
