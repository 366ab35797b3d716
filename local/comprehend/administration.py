"""The administration path: what tests and the demo do to the emulator behind the API's back."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from local.comprehend import tags
from local.comprehend.arns import ENDPOINT_KIND, MODEL_KIND, Arn, Scope
from local.comprehend.catalog import Flywheel, Model, ModelState, Role
from local.comprehend.endpoint import Configuration, Endpoint, Status
from local.comprehend.errors import ServiceError
from local.comprehend.faults import Fault, FaultError
from local.comprehend.protocol import Protocol, Reply
from local.comprehend.settings import SettingsError
from local.comprehend.state import State


class Administration:
    """Each public method is a request `POST /_admin/NAME` with its arguments as a JSON object.

    The meaning of the arguments is said where they are sent from, in `admin.Admin`.
    """

    def __init__(self, protocol: Protocol) -> None:
        self._protocol = protocol
        self._methods: dict[str, Callable[..., Any]] = {
            name: getattr(self, name)
            for name in vars(Administration)
            if not name.startswith("_") and name != "handle"
        }

    def handle(self, name: str, arguments: Any) -> Reply:
        """Answers 200 with the method's result, or 4xx with {"error": …}."""
        method = self._methods.get(name)
        if method is None:
            return _json(404, {"error": f"{name} is not one of {', '.join(sorted(self._methods))}"})
        if not isinstance(arguments, dict):
            return _json(400, {"error": "the arguments must be an object"})
        try:
            with self._protocol.lock:
                return _json(200, method(**arguments))
        except (SettingsError, FaultError, ServiceError, ValueError, TypeError, KeyError) as error:
            return _json(400, {"error": f"{name}: {error}"})

    @property
    def _state(self) -> State:
        return self._protocol.operations.state

    def _now(self) -> float:
        return self._protocol.clock()

    def health(self) -> dict[str, Any]:
        return {"status": "ok", "time": self._now()}

    def reset(self) -> None:
        self._protocol.reset()

    def settings(self) -> dict[str, Any]:
        return self._state.settings.as_dict()

    def change_settings(self, changes: dict[str, Any]) -> dict[str, Any]:
        self._state.settings = self._state.settings.changed(changes)
        return self.settings()

    def calls(self, since: int = 0) -> list[dict[str, Any]]:
        return self._protocol.log.as_list(since)

    def reset_calls(self) -> None:
        self._protocol.log.clear()

    def faults(self) -> list[dict[str, Any]]:
        return self._protocol.faults.as_list()

    def add_fault(self, **description: Any) -> int:
        return self._protocol.faults.add(Fault.of(description))

    def remove_fault(self, number: int) -> None:
        self._protocol.faults.remove(number)

    def clear_faults(self) -> None:
        self._protocol.faults.clear()

    def end_delays(self) -> None:
        self._protocol.end_delays()

    def endpoints(self) -> list[dict[str, Any]]:
        now = self._now()
        return [_snapshot(endpoint, now) for endpoint in self._state.endpoints(now)]

    def plan_creation(self, name: str, seconds: float) -> None:
        if seconds < 0:
            raise ValueError("a creation takes no less than 0 seconds")
        self._state.plan_creation(name, float(seconds))

    def put_endpoint(
        self,
        name: str,
        model_arn: str,
        units: int = 1,
        status: str = "IN_SERVICE",
        role_arn: str | None = None,
        flywheel_arn: str | None = None,
        own_tags: dict[str, str] | None = None,
        token: str | None = None,
        message: str | None = None,
    ) -> str:
        now, model = self._now(), Arn.parse(model_arn)
        scope = Scope(model.account, model.region)
        desired = Configuration(model_arn, units, role_arn, flywheel_arn)
        arn = scope.arn(ENDPOINT_KIND[model.kind], name)
        begins = Status(status) in (Status.CREATING, Status.UPDATING, Status.DELETING)
        endpoint = Endpoint(
            arn=arn,
            name=name,
            token=token,
            created=now,
            modified=now,
            current=replace(desired, units=0) if status == Status.CREATING else desired,
            desired=desired,
            status=Status.IN_SERVICE if begins else Status(status),
            message=message,
            tags=dict(own_tags or {}),
        )
        self._state.add(endpoint)
        if begins:
            self._state.begin(endpoint, Status(status), now)
        return arn

    def remove_endpoint(self, arn: str) -> None:
        self._state.get(arn, self._now())
        self._state.remove(arn)

    def fail_endpoint(self, arn: str, message: str) -> None:
        endpoint = self._state.get(arn, self._now())
        endpoint.transition = None
        endpoint.status, endpoint.message = Status.FAILED, message
        endpoint.modified = self._now()

    def change_units(self, arn: str, units: int) -> None:
        self._state.get(arn, self._now()).scale(units, self._now())

    def put_tags(self, arn: str, own_tags: dict[str, str]) -> None:
        endpoint = self._state.get(arn, self._now())
        endpoint.tags = {**endpoint.tags, **own_tags}

    def remove_tags(self, arn: str, keys: list[str] | None = None) -> None:
        endpoint = self._state.get(arn, self._now())
        endpoint.tags = tags.without(endpoint.tags, list(endpoint.tags) if keys is None else keys)

    def put_model(
        self, arn: str, state: str = "ready", message: str = "", seconds: float | None = None
    ) -> None:
        Arn.parse(arn)
        self._state.catalog.put_model(arn, Model(ModelState(state), message, self._until(seconds)))

    def put_role(self, arn: str, assumable: bool = True, seconds: float | None = None) -> None:
        self._state.catalog.put_role(arn, Role(assumable, self._until(seconds)))

    def put_flywheel(
        self, arn: str, model_arn: str | None = None, model_type: str = "DOCUMENT_CLASSIFIER"
    ) -> None:
        if model_arn and MODEL_KIND[model_type] != Arn.parse(model_arn).kind:
            raise ValueError(f"{model_arn} is no {model_type}")
        Arn.parse(arn)
        now = self._now()
        self._state.catalog.put_flywheel(Flywheel(arn, model_type, model_arn, now, now))

    def promote_model(self, flywheel_arn: str, model_arn: str, gradually: bool = False) -> int:
        now, state, moved = self._now(), self._state, 0
        state.catalog.promote(flywheel_arn, model_arn, now)
        for endpoint in state.endpoints(now):
            if gradually and not endpoint.busy and endpoint.current.flywheel_arn == flywheel_arn:
                desired = replace(endpoint.desired, model_arn=model_arn)
                state.begin(endpoint, Status.UPDATING, now, desired)
                moved += 1
            else:
                moved += endpoint.promote(flywheel_arn, model_arn, now)
        return moved

    def _until(self, seconds: float | None) -> float | None:
        """The clock's time after so many seconds of the service's time."""
        return None if seconds is None else self._now() + self._state.settings.duration(seconds)


def _snapshot(endpoint: Endpoint, now: float) -> dict[str, Any]:
    arn = Arn.parse(endpoint.arn)
    return {
        **endpoint.properties(now),
        "EndpointName": endpoint.name,
        "Region": arn.region,
        "Account": arn.account,
        "Tags": dict(sorted(endpoint.tags.items())),
        "ClientRequestToken": endpoint.token,
    }


def _json(status: int, value: Any) -> Reply:
    return Reply(status, json.dumps(value).encode(), {"Content-Type": "application/json"})
