"""The Comprehend emulator: Amazon Comprehend's endpoint API, by HTTP or by a call, with a state.

README.md says what is recorded of the real service, and how to play what is not known.
"""

from local.comprehend.admin import Admin
from local.comprehend.clock import Clock, ManualClock
from local.comprehend.emulator import ComprehendEmulator
from local.comprehend.errors import AdminError
from local.comprehend.settings import Settings

__all__ = ["Admin", "AdminError", "Clock", "ComprehendEmulator", "ManualClock", "Settings"]
