"""Imports a handler, calls it once, and tells what that took: `python -I -S -B probe.py …`.

    probe.py HANDLER FOLDER… < EVENT

HANDLER is module.function, EVENT its JSON; the FOLDERs are all that is on the path beside Python's
own library. The last line of standard output is JSON: CPU seconds, peak memory in KiB, modules.
"""

import importlib
import json
import os
import resource
import sys


class Context:
    """What a handler may ask of Lambda."""

    function_name = "comprehend-endpoint-provider"
    function_version = "$LATEST"
    invoked_function_arn = f"arn:aws:lambda:us-east-1:000000000000:function:{function_name}"
    memory_limit_in_mb = 256
    aws_request_id = "00000000-0000-0000-0000-000000000001"
    log_group_name = f"/aws/lambda/{function_name}"
    log_stream_name = "2026/01/01/[$LATEST]0"

    def get_remaining_time_in_millis(self) -> int:
        return 180_000


def cpu() -> float:
    """CPU seconds of this process since it was started."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def peak() -> int:
    """The most memory that this process has had, in KiB.

    Not what getrusage says where there is something better: that begins with what the process had
    that started it.
    """
    try:
        # No pathlib: what it imports is the subject's to import.
        with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123
            lines = dict(line.split(":", 1) for line in status)
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(lines["VmHWM"].split()[0])


def main(handler: str, *folders: str) -> None:
    sys.path[:0] = folders
    content = json.load(sys.stdin)
    module, _, function = handler.rpartition(".")
    subject = getattr(importlib.import_module(module), function)
    initialised = cpu()
    subject(content, Context())
    told = {
        "init": initialised,
        "all": cpu(),
        "peak": peak(),
        "modules": sorted(sys.modules),
    }
    print(f"\n{json.dumps(told)}", flush=True)
    # Without waiting for what the subject has left running: timers, say.
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
