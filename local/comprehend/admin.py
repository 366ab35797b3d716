"""The client of the administration path, for tests and the demo; needs the standard library only.

All times in what it gives are seconds since 1970 on the emulator's clock; durations that it takes
are in seconds of the service's time (divided by the time scale), but for a fault's delay.
"""

import json
import urllib.error
import urllib.request
from typing import Any

Json = dict[str, Any]


class AdminError(Exception):
    """The emulator refused what was asked on the administration path."""


class Admin:
    """Talks to the emulator at `url`, such as http://127.0.0.1:4567.

    Every method raises AdminError where the emulator refuses, and OSError where it is not there.
    """

    def __init__(self, url: str, timeout: float = 10.0) -> None:
        self._url = url.rstrip("/")
        self._timeout = timeout
        # The emulator is on this machine: no proxy, whatever the environment says.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def _ask(self, method: str, **arguments: Any) -> Any:
        request = urllib.request.Request(
            f"{self._url}/_admin/{method}", json.dumps(arguments).encode(), method="POST"
        )
        try:
            with self._opener.open(request, timeout=self._timeout) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise AdminError(json.load(error)["error"]) from error

    def health(self) -> Json:
        """{"status": "ok", "time": the clock's time}."""
        answer: Json = self._ask("health")
        return answer

    def reset(self) -> None:
        """No endpoints, faults, models, calls any more; the settings as at the start."""
        self._ask("reset")

    def settings(self) -> Json:
        """All settings by name; see `settings.Settings`."""
        answer: Json = self._ask("settings")
        return answer

    def change_settings(self, **changes: Any) -> Json:
        """Changes some settings by name; what is under way keeps the durations it began with."""
        answer: Json = self._ask("change_settings", changes=changes)
        return answer

    def calls(self, operation: str | None = None, since: int = 0) -> list[Json]:
        """The calls in order of arrival, each as `traffic.Call`: sequence, time, account, region,
        operation, parameters, outcome, status, answer. Of one operation, or all; those with a
        sequence number above `since`.
        """
        calls: list[Json] = self._ask("calls", since=since)
        return [call for call in calls if operation in (None, call["operation"])]

    def reset_calls(self) -> None:
        """Empties the log; sequence numbers go on."""
        self._ask("reset_calls")

    def add_fault(self, operation: str, **description: Any) -> int:
        """Lets calls of an operation (`*`: any) fail; see `faults.Fault` for what can be said.

        Gives the fault's number. Example: the second call takes effect, but its answer is lost:

            admin.add_fault("CreateEndpoint", nth=2, drop="after")
        """
        number: int = self._ask("add_fault", operation=operation, **description)
        return number

    def faults(self) -> list[Json]:
        """The faults in force, each with number, calls (counted) and hits."""
        faults: list[Json] = self._ask("faults")
        return faults

    def remove_fault(self, number: int) -> None:
        self._ask("remove_fault", number=number)

    def clear_faults(self) -> None:
        self._ask("clear_faults")

    def end_delays(self) -> None:
        """Lets the calls go on that an injected delay holds up."""
        self._ask("end_delays")

    def endpoints(self) -> list[Json]:
        """All endpoints of all accounts and regions, oldest first: EndpointProperties as on the
        wire, with EndpointName, Region, Account, Tags (a mapping) and ClientRequestToken.
        """
        endpoints: list[Json] = self._ask("endpoints")
        return endpoints

    def endpoint(self, arn: str) -> Json | None:
        """One endpoint in that form, or None."""
        return next((one for one in self.endpoints() if one["EndpointArn"] == arn), None)

    def plan_creation(self, name: str, seconds: float) -> None:
        """Says how long the creation of each endpoint with this name takes, whatever the setting
        `create_seconds`. When it was over, LastModifiedTime of the endpoint in service says.
        """
        self._ask("plan_creation", name=name, seconds=seconds)

    def put_endpoint(
        self,
        name: str,
        model_arn: str,
        *,
        units: int = 1,
        status: str = "IN_SERVICE",
        role_arn: str | None = None,
        flywheel_arn: str | None = None,
        tags: dict[str, str] | None = None,
        token: str | None = None,
        message: str | None = None,
    ) -> str:
        """Puts an endpoint there without the API: in the model's account and region, of its kind.

        CREATING, UPDATING and DELETING take their time from now on. Gives the ARN.
        """
        arn: str = self._ask(
            "put_endpoint",
            name=name,
            model_arn=model_arn,
            units=units,
            status=status,
            role_arn=role_arn,
            flywheel_arn=flywheel_arn,
            own_tags=tags or {},
            token=token,
            message=message,
        )
        return arn

    def remove_endpoint(self, arn: str) -> None:
        """The endpoint is gone at once, as if somebody had deleted it a while ago."""
        self._ask("remove_endpoint", arn=arn)

    def fail_endpoint(self, arn: str, message: str) -> None:
        """The endpoint is FAILED at once, whatever was under way."""
        self._ask("fail_endpoint", arn=arn, message=message)

    def change_units(self, arn: str, units: int) -> None:
        """Sets the inference units as Application Auto Scaling does."""
        self._ask("change_units", arn=arn, units=units)

    def put_tags(self, arn: str, tags: dict[str, str]) -> None:
        self._ask("put_tags", arn=arn, own_tags=tags)

    def remove_tags(self, arn: str, keys: list[str] | None = None) -> None:
        """Removes these tags, or all."""
        self._ask("remove_tags", arn=arn, keys=keys)

    def put_model(
        self, arn: str, state: str = "ready", *, message: str = "", seconds: float | None = None
    ) -> None:
        """Says what a model is, whatever its name: `ready`, `missing`, `training` (for so many
        seconds, or for good) or `broken`; with the message of the error or the failure.
        """
        self._ask("put_model", arn=arn, state=state, message=message, seconds=seconds)

    def put_role(self, arn: str, *, assumable: bool, seconds: float | None = None) -> None:
        """Says whether Comprehend can assume a role; not for so many seconds, or for good."""
        self._ask("put_role", arn=arn, assumable=assumable, seconds=seconds)

    def put_flywheel(
        self, arn: str, model_arn: str | None = None, *, model_type: str = "DOCUMENT_CLASSIFIER"
    ) -> None:
        """Says what a flywheel's active model is (None: it has none) and what type it has."""
        self._ask("put_flywheel", arn=arn, model_arn=model_arn, model_type=model_type)

    def promote_model(self, flywheel_arn: str, model_arn: str, *, gradually: bool = False) -> int:
        """Makes a model the flywheel's active one; endpoints that are attached follow at once, or
        by an update that takes its time. Gives how many they are.
        """
        moved: int = self._ask(
            "promote_model", flywheel_arn=flywheel_arn, model_arn=model_arn, gradually=gradually
        )
        return moved
