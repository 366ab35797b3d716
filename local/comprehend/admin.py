"""What tests and the demo do to the emulator behind the API's back."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from local.comprehend.arns import ENDPOINT_KIND, MODEL_KIND, Arn, Scope
from local.comprehend.catalog import Flywheel, Model, ModelState, Role
from local.comprehend.endpoint import Configuration, Endpoint, Status
from local.comprehend.errors import AdminError
from local.comprehend.faults import Fault
from local.comprehend.protocol import Protocol
from local.comprehend.state import State
from local.comprehend.tags import Tags

Json = dict[str, Any]


class Admin:
    """The emulator as its owner sees it, from any thread.

    All times that it gives are seconds since 1970 on the emulator's clock. Durations that it takes
    are in seconds of the service's time, which the time scale divides. Methods that name an
    endpoint raise ServiceError if it is not there.
    """

    def __init__(self, protocol: Protocol) -> None:
        self._protocol = protocol
        self._lock = protocol.lock

    @property
    def _state(self) -> State:
        return self._protocol.operations.state

    def _now(self) -> float:
        return self._protocol.clock()

    def _get(self, arn: str) -> Endpoint:
        return self._state.get(arn, self._now())

    def reset(self) -> None:
        """Removes all endpoints, faults, models and calls; the settings are as at the start."""
        self._protocol.reset()

    def settings(self) -> Json:
        """All settings by name; see `settings.Settings`."""
        return self._state.settings.as_dict()

    def change_settings(self, changes: Mapping[str, Any] | None = None, /, **more: Any) -> Json:
        """Changes some settings by name; what is under way keeps the durations it began with.

        Raises AdminError, and changes nothing, for a name or a value that cannot be.
        """
        with self._lock:
            self._state.settings = self._state.settings.changed({**(changes or {}), **more})
            return self.settings()

    def calls(self, operation: str | None = None, since: int = 0) -> list[Json]:
        """The calls in order of arrival, each as `protocol.Call`. Of one operation, or all; those
        with a sequence number above `since`.
        """
        with self._lock:
            calls = [vars(call).copy() for call in self._protocol.calls if call.sequence > since]
        return [call for call in calls if operation in (None, call["operation"])]

    def reset_calls(self) -> None:
        """Empties the log; sequence numbers go on."""
        with self._lock:
            self._protocol.calls.clear()

    def add_fault(self, operation: str, **description: Any) -> int:
        """Lets calls of an operation (`*`: any) fail; see `faults.Fault` for what can be said.

        Gives the fault's number. Raises AdminError for a fault that makes no sense. Example: the
        second call takes effect, but its answer is lost:

            admin.add_fault("CreateEndpoint", nth=2, drop="after")
        """
        with self._lock:
            return self._protocol.faults.add(Fault.of({"operation": operation, **description}))

    def remove_fault(self, number: int) -> None:
        with self._lock:
            self._protocol.faults.remove(number)

    def clear_faults(self) -> None:
        with self._lock:
            self._protocol.faults.clear()

    def endpoints(self) -> list[Json]:
        """All endpoints of all accounts and regions, oldest first: EndpointProperties as on the
        wire, with EndpointName, Region, Account, Tags (a mapping, with the changes that
        ListTagsForResource does not show yet), ClientRequestToken, and StatusSince: when the status
        that it shows began. For an endpoint in service, that is when it got ready.
        """
        with self._lock:
            now = self._now()
            return [_snapshot(endpoint, now) for endpoint in self._state.endpoints(now)]

    def endpoint(self, arn: str) -> Json | None:
        """One endpoint in that form, or None."""
        return next((one for one in self.endpoints() if one["EndpointArn"] == arn), None)

    def plan_creation(self, name: str, seconds: float) -> None:
        """Says how long the creation of each endpoint with this name takes, whatever the setting
        `create_seconds`. When it was over, StatusSince of the endpoint in service says.
        """
        with self._lock:
            self._state.plan_creation(name, seconds)

    def put_endpoint(
        self,
        name: str,
        model_arn: str,
        *,
        units: int = 1,
        status: str = "IN_SERVICE",
        role_arn: str | None = None,
        flywheel_arn: str | None = None,
        tags: Mapping[str, str] | None = None,
        token: str | None = None,
        message: str | None = None,
    ) -> str:
        """Puts an endpoint there without the API: in the model's account and region, of its kind.

        CREATING, UPDATING and DELETING take their time from now on. Gives the ARN.
        """
        model = Arn.parse(model_arn)
        arn = Scope(model.account, model.region).arn(ENDPOINT_KIND[model.kind], name)
        desired = Configuration(model_arn, units, role_arn, flywheel_arn)
        begins = Status(status) in (Status.CREATING, Status.UPDATING, Status.DELETING)
        with self._lock:
            now = self._now()
            endpoint = Endpoint(
                arn=arn,
                name=name,
                token=token,
                created=now,
                modified=now,
                since=now,
                current=replace(desired, units=0) if status == Status.CREATING else desired,
                desired=desired,
                tags=Tags(tags or {}, now),
                status=Status.IN_SERVICE if begins else Status(status),
                message=message,
            )
            self._state.add(endpoint)
            if begins:
                self._state.begin(endpoint, Status(status), now)
        return arn

    def remove_endpoint(self, arn: str) -> None:
        """The endpoint is gone at once, as if somebody had deleted it a while ago."""
        with self._lock:
            self._get(arn)
            self._state.remove(arn)

    def fail_endpoint(self, arn: str, message: str) -> None:
        """The endpoint is FAILED at once, whatever was under way."""
        with self._lock:
            self._get(arn).fail(message, self._now())

    def change_units(self, arn: str, units: int) -> None:
        """Sets the inference units as Application Auto Scaling does."""
        with self._lock:
            self._get(arn).scale(units, self._now())

    def put_tags(self, arn: str, tags: Mapping[str, str]) -> None:
        """Adds or replaces tags, at once."""
        with self._lock:
            self._get(arn).tags.put(tags, self._now())

    def remove_tags(self, arn: str, keys: list[str] | None = None) -> None:
        """Removes these tags, or all, at once."""
        with self._lock:
            now, tags = self._now(), self._get(arn).tags
            tags.remove([*tags.true(), *tags.shown(now)] if keys is None else keys, now)

    def put_model(
        self, arn: str, state: str = "ready", *, message: str = "", seconds: float | None = None
    ) -> None:
        """Says what a model is, whatever its name: `ready`, `missing`, `training` (for so many
        seconds, or for good) or `broken`; with the message of the error or the failure.
        """
        with self._lock:
            model = Model(ModelState(state), message, self._until(seconds))
            self._state.catalog.put_model(arn, model)

    def put_role(self, arn: str, *, assumable: bool, seconds: float | None = None) -> None:
        """Says whether Comprehend can assume a role; not for so many seconds, or for good."""
        with self._lock:
            self._state.catalog.put_role(arn, Role(assumable, self._until(seconds)))

    def put_flywheel(
        self, arn: str, model_arn: str | None = None, *, model_type: str = "DOCUMENT_CLASSIFIER"
    ) -> None:
        """Says what a flywheel's active model is (None: it has none) and what type it has."""
        if model_arn and MODEL_KIND[model_type] != Arn.parse(model_arn).kind:
            raise AdminError(f"{model_arn} is no {model_type}")
        with self._lock:
            now = self._now()
            self._state.catalog.put_flywheel(Flywheel(arn, model_type, model_arn, now, now))

    def promote_model(self, flywheel_arn: str, model_arn: str, gradually: bool = False) -> int:
        """Makes a model the flywheel's active one; endpoints that are attached follow at once, or
        by an update that takes its time. Gives how many they are.
        """
        moved = 0
        with self._lock:
            now, state = self._now(), self._state
            state.catalog.promote(flywheel_arn, model_arn, now)
            for endpoint in state.endpoints(now):
                attached = endpoint.current.flywheel_arn == flywheel_arn
                if gradually and attached and not endpoint.busy:
                    desired = replace(endpoint.desired, model_arn=model_arn)
                    state.begin(endpoint, Status.UPDATING, now, desired)
                    moved += 1
                else:
                    moved += endpoint.promote(flywheel_arn, model_arn, now)
        return moved

    def _until(self, seconds: float | None) -> float | None:
        """The clock's time after so many seconds of the service's time."""
        return None if seconds is None else self._now() + self._state.settings.duration(seconds)


def _snapshot(endpoint: Endpoint, now: float) -> Json:
    arn = Arn.parse(endpoint.arn)
    return {
        **endpoint.properties(now),
        "EndpointName": endpoint.name,
        "Region": arn.region,
        "Account": arn.account,
        "Tags": dict(sorted(endpoint.tags.true().items())),
        "ClientRequestToken": endpoint.token,
        "StatusSince": endpoint.status_since(now),
    }
