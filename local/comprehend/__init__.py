"""The Comprehend emulator: the endpoint API of Amazon Comprehend over HTTP, with state and time."""

from local.comprehend.admin import Admin, AdminError
from local.comprehend.clock import Clock, ManualClock, system_clock
from local.comprehend.emulator import ComprehendEmulator
from local.comprehend.settings import Settings, SettingsError

__all__ = [
    "Admin",
    "AdminError",
    "Clock",
    "ComprehendEmulator",
    "ManualClock",
    "Settings",
    "SettingsError",
    "system_clock",
]
