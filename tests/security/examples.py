"""How many examples the property-based tests try: HYPOTHESIS_PROFILE=long for the long form."""

import os

from hypothesis import HealthCheck, settings

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
PATIENCE = 7200 if LONG else 300
"""Seconds after which a test has failed."""


def examples(short: int, long: int) -> settings:
    """The same examples in every short run, new ones in every long run, which prints how to repeat
    a failure. No deadline, because a busy machine is no failure.
    """
    return settings(
        max_examples=long if LONG else short,
        derandomize=not LONG,
        print_blob=LONG,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
