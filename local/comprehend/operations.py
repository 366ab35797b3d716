"""The operations of the Comprehend API on endpoints, their tags, and flywheels."""

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from local.comprehend import tags
from local.comprehend.arns import ENDPOINT_KIND, MODEL_KIND, Arn, Scope
from local.comprehend.clock import Clock
from local.comprehend.endpoint import Configuration, Endpoint, Status
from local.comprehend.errors import ServiceError, in_use, invalid_request, not_found
from local.comprehend.model import api_model
from local.comprehend.settings import DeleteWhileBusy, Settings, TokenAfterDelete, UpdateOnFailed
from local.comprehend.state import State, refuse_busy

Parameters = dict[str, Any]
Answer = dict[str, Any]

DEFAULT_PAGE = 100
_ARN_MEMBERS = (
    "DataAccessRoleArn",
    "DesiredDataAccessRoleArn",
    "DesiredModelArn",
    "EndpointArn",
    "FlywheelArn",
    "ModelArn",
    "ResourceArn",
)


class Operations:
    """Carries out one call at a time; parameters are already valid by the service model.

    Whoever uses it holds a lock around it. `failure`, where given to `call`, lets the creation or
    update that it begins end FAILED with that message.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.clock = clock
        self.state = State(settings)
        self._operations: dict[str, Callable[[Parameters, Scope, str | None], Answer]] = {
            "CreateEndpoint": self._create_endpoint,
            "UpdateEndpoint": self._update_endpoint,
            "DescribeEndpoint": self._describe_endpoint,
            "DeleteEndpoint": self._delete_endpoint,
            "ListEndpoints": self._list_endpoints,
            "TagResource": self._tag_resource,
            "UntagResource": self._untag_resource,
            "ListTagsForResource": self._list_tags_for_resource,
            "DescribeFlywheel": self._describe_flywheel,
        }

    def call(
        self, operation: str, parameters: Parameters, scope: Scope, failure: str | None = None
    ) -> Answer:
        """The answer as on the wire. Raises ServiceError."""
        for name in _ARN_MEMBERS:
            if name in parameters:
                _check_scope(name, parameters[name], scope)
        return self._operations[operation](parameters, scope, failure)

    def _create_endpoint(self, given: Parameters, scope: Scope, failure: str | None) -> Answer:
        now = self.clock()
        flywheel_arn, token = given.get("FlywheelArn"), given.get("ClientRequestToken")
        model_arn = self._model_for(given.get("ModelArn"), flywheel_arn, now)
        if model_arn is None:
            raise invalid_request("One of ModelArn and FlywheelArn must be given.")
        kind = ENDPOINT_KIND[Arn.parse(model_arn).kind]
        arn = scope.arn(kind, given["EndpointName"])
        answered = self.state.answered_token(arn, token)
        if answered is not None:
            return {"EndpointArn": arn, "ModelArn": answered}
        if self.state.find(arn, now):
            raise in_use(f"The endpoint {arn} exists already. Choose another name.")
        own_tags = tags.from_wire(given.get("Tags") or [])
        tags.check_number({}, own_tags)
        role_arn = given.get("DataAccessRoleArn")
        if role_arn:
            self.state.catalog.check_role(role_arn, now)
        broken = self.state.catalog.failure_of_model(model_arn, now)
        self.state.check_quotas(scope, arn, given["DesiredInferenceUnits"], now)
        plain = {name: given[name] for name in api_model().plain_settings() if name in given}
        desired = Configuration(
            model_arn, given["DesiredInferenceUnits"], role_arn, flywheel_arn, plain
        )
        endpoint = Endpoint(
            arn=arn,
            name=given["EndpointName"],
            token=token,
            created=now,
            modified=now,
            since=now,
            current=replace(desired, units=0),
            desired=desired,
            tags=tags.Tags(own_tags, self._tags_visible(now)),
            status=Status.CREATING,
        )
        self.state.add(endpoint)
        self.state.begin(endpoint, Status.CREATING, now, failure=failure or broken)
        return {"EndpointArn": arn, "ModelArn": model_arn}

    def _update_endpoint(self, given: Parameters, scope: Scope, failure: str | None) -> Answer:
        now = self.clock()
        endpoint = self.state.get(given["EndpointArn"], now)
        if len(given) == 1:
            raise invalid_request("An update must say what is to change.")
        refuse_busy(endpoint)
        on_failed = self.state.settings.update_on_failed
        if endpoint.status is Status.FAILED and on_failed is not UpdateOnFailed.ACCEPTED:
            raise ServiceError(
                on_failed, f"ENDPOINT_FAILED: The endpoint {endpoint.arn} is FAILED."
            )
        # An endpoint that never served has no values to fall back to but the desired ones.
        base = endpoint.current if endpoint.current.units else endpoint.desired
        flywheel_arn = given.get("FlywheelArn")
        model_arn = self._model_for(given.get("DesiredModelArn"), flywheel_arn, now)
        if model_arn is None:
            model_arn, flywheel_arn = base.model_arn, base.flywheel_arn
        # A model without a flywheel detaches the endpoint from the one that it has.
        if Arn.parse(model_arn).kind != Arn.parse(base.model_arn).kind:
            raise invalid_request(
                f"The model {model_arn} is of another kind than the endpoint {endpoint.arn}."
            )
        role_arn = given.get("DesiredDataAccessRoleArn")
        if role_arn:
            self.state.catalog.check_role(role_arn, now)
        broken = self.state.catalog.failure_of_model(model_arn, now)
        units = given.get("DesiredInferenceUnits", base.units)
        self.state.check_quotas(scope, endpoint.arn, units, now)
        settings = api_model().plain_settings()
        plain = {name: given[sent] for name, sent in settings.items() if sent in given}
        desired = Configuration(
            model_arn, units, role_arn or base.role_arn, flywheel_arn, {**base.plain, **plain}
        )
        self.state.begin(endpoint, Status.UPDATING, now, desired, failure or broken)
        return {}  # As recorded, though the API page lists DesiredModelArn.

    def _describe_endpoint(self, given: Parameters, scope: Scope, failure: str | None) -> Answer:
        now = self.clock()
        return {"EndpointProperties": self.state.get(given["EndpointArn"], now).properties(now)}

    def _delete_endpoint(self, given: Parameters, scope: Scope, failure: str | None) -> Answer:
        now = self.clock()
        endpoint = self.state.get(given["EndpointArn"], now)
        settings = self.state.settings
        accepted = {
            Status.CREATING: settings.delete_while_creating is DeleteWhileBusy.ACCEPTED,
            Status.UPDATING: settings.delete_while_updating is DeleteWhileBusy.ACCEPTED,
        }
        if endpoint.busy and not accepted.get(endpoint.busy):
            refuse_busy(endpoint)
        if settings.token_after_delete is TokenAfterDelete.FORGOTTEN:
            self.state.forget_tokens(endpoint.arn)
        self.state.begin(endpoint, Status.DELETING, now)
        return {}

    def _list_endpoints(self, given: Parameters, scope: Scope, failure: str | None) -> Answer:
        now = self.clock()
        wanted = given.get("Filter") or {}
        if len(wanted) > 1:
            raise invalid_request("One filter can be given at a time.")
        after = _position(given["NextToken"]) if "NextToken" in given else None
        most = given.get("MaxResults", DEFAULT_PAGE)
        page: list[Parameters] = []
        for endpoint in self.state.endpoints(now, scope):
            if after is not None and [endpoint.created, endpoint.arn] <= after:
                continue
            properties = endpoint.properties(now)
            if not _passes(properties, wanted):
                continue
            if len(page) == most:
                last = page[-1]
                token = _next_token(last["CreationTime"], last["EndpointArn"])
                return {"EndpointPropertiesList": page, "NextToken": token}
            page.append(properties)
        return {"EndpointPropertiesList": page}

    def _tag_resource(self, given: Parameters, scope: Scope, failure: str | None) -> Answer:
        endpoint = self._taggable(given["ResourceArn"])
        added = tags.from_wire(given["Tags"])
        tags.check_number(endpoint.tags.true(), added)
        endpoint.tags.put(added, self._tags_visible(self.clock()))
        return {}

    def _untag_resource(self, given: Parameters, scope: Scope, failure: str | None) -> Answer:
        endpoint = self._taggable(given["ResourceArn"])
        tags.check_keys(given["TagKeys"])
        endpoint.tags.remove(given["TagKeys"], self._tags_visible(self.clock()))
        return {}

    def _list_tags_for_resource(
        self, given: Parameters, scope: Scope, failure: str | None
    ) -> Answer:
        endpoint = self._taggable(given["ResourceArn"])
        shown = endpoint.tags.shown(self.clock())
        return {"ResourceArn": endpoint.arn, "Tags": tags.to_wire(shown)}

    def _describe_flywheel(self, given: Parameters, scope: Scope, failure: str | None) -> Answer:
        flywheel = self.state.catalog.flywheel(given["FlywheelArn"], self.clock())
        return {"FlywheelProperties": flywheel.properties()}

    def _taggable(self, arn: str) -> Endpoint:
        """Only endpoints have tags here: what else Comprehend tags is not there."""
        if Arn.parse(arn).kind not in ENDPOINT_KIND.values():
            raise not_found()
        return self.state.get(arn, self.clock())

    def _tags_visible(self, now: float) -> float:
        """When a change of tags that is made now shows."""
        settings = self.state.settings
        return now + settings.duration(settings.tag_visibility_seconds)

    def _model_for(self, model_arn: str | None, flywheel_arn: str | None, now: float) -> str | None:
        """The model to run on: the one given, else the flywheel's active one, else None.

        Raises ServiceError where the flywheel has none or the two do not go together.
        """
        if flywheel_arn is None:
            return model_arn
        if model_arn is None:
            return self.state.catalog.active_model(flywheel_arn, now)
        flywheel = self.state.catalog.flywheel(flywheel_arn, now)
        if Arn.parse(model_arn).kind != MODEL_KIND[flywheel.model_type]:
            raise invalid_request(
                f"The model {model_arn} is of another kind than the flywheel {flywheel_arn}."
            )
        return model_arn


def _check_scope(member: str, text: str, scope: Scope) -> None:
    if not scope.holds(Arn.parse(text)):
        raise invalid_request(
            f"{member} {text} is not in the account {scope.account} and region {scope.region}."
        )


def _passes(properties: Parameters, wanted: Parameters) -> bool:
    if "ModelArn" in wanted:
        return bool(properties["ModelArn"] == wanted["ModelArn"])
    if "Status" in wanted:
        return bool(properties["Status"] == wanted["Status"])
    if "CreationTimeBefore" in wanted:
        return bool(properties["CreationTime"] < wanted["CreationTimeBefore"])
    if "CreationTimeAfter" in wanted:
        return bool(properties["CreationTime"] > wanted["CreationTimeAfter"])
    return True


def _next_token(created: float, arn: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([created, arn]).encode()).decode()


def _position(token: str) -> list[Any]:
    try:
        created, arn = json.loads(base64.urlsafe_b64decode(token))
        return [float(created), str(arn)]
    except (ValueError, TypeError, binascii.Error) as error:
        raise invalid_request("The NextToken is not valid.") from error
