"""The models, flywheels and roles that exist around the endpoints: by rule, or as registered.

By rule every well-formed ARN exists, and words in its name say otherwise:

- model `…missing…`: not there; `…training…`: not available; `…broken…`: an endpoint that is
  created with it, or updated to it, ends FAILED
- flywheel `…missing…`: not there; `…training…`: it has no active model yet;
  `…recognizer…`: its models are entity recognizers, otherwise document classifiers
- role `…unassumable…`: Comprehend cannot assume it

What is registered goes before the rule.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from local.comprehend.arns import MODEL_KIND, Arn
from local.comprehend.errors import invalid_request, not_found, unavailable


class ModelState(StrEnum):
    """What becomes of an endpoint that asks for the model."""

    READY = "ready"
    MISSING = "missing"
    TRAINING = "training"
    BROKEN = "broken"


@dataclass(frozen=True)
class Model:
    """A model's state; `until` is when TRAINING becomes READY, in seconds on the clock."""

    state: ModelState
    message: str = ""
    until: float | None = None


@dataclass(frozen=True)
class Flywheel:
    """A flywheel as far as endpoints and DescribeFlywheel are concerned."""

    arn: str
    model_type: str
    active_model_arn: str | None
    created: float
    modified: float
    status: str = "ACTIVE"

    def properties(self) -> dict[str, Any]:
        """FlywheelProperties as on the wire."""
        arn = Arn.parse(self.arn)
        task: dict[str, Any] = {"LanguageCode": "en"}
        if self.model_type == "DOCUMENT_CLASSIFIER":
            task["DocumentClassificationConfig"] = {"Mode": "MULTI_CLASS"}
        else:
            task["EntityRecognitionConfig"] = {"EntityTypes": [{"Type": "PRODUCT"}]}
        properties = {
            "FlywheelArn": self.arn,
            "ActiveModelArn": self.active_model_arn,
            "DataAccessRoleArn": f"arn:{arn.partition}:iam::{arn.account}:role/flywheel-data",
            "TaskConfig": task,
            "DataLakeS3Uri": f"s3://flywheel-data-{arn.account}/{arn.name}",
            "Status": self.status,
            "ModelType": self.model_type,
            "CreationTime": self.created,
            "LastModifiedTime": self.modified,
        }
        return {name: value for name, value in properties.items() if value is not None}


@dataclass(frozen=True)
class Role:
    """Whether Comprehend can assume a role, and when that turns to yes."""

    assumable: bool
    until: float | None = None


class Catalog:
    """Looks things up by ARN; all times are seconds on the emulator's clock."""

    def __init__(self) -> None:
        self._models: dict[str, Model] = {}
        self._flywheels: dict[str, Flywheel] = {}
        self._roles: dict[str, Role] = {}

    def put_model(self, arn: str, model: Model) -> None:
        self._models[arn] = model

    def put_flywheel(self, flywheel: Flywheel) -> None:
        self._flywheels[flywheel.arn] = flywheel

    def put_role(self, arn: str, role: Role) -> None:
        self._roles[arn] = role

    def promote(self, flywheel_arn: str, model_arn: str, now: float) -> None:
        """Makes a model the flywheel's active one."""
        flywheel = self.flywheel(flywheel_arn, now)
        self.put_flywheel(replace(flywheel, active_model_arn=model_arn, modified=now))

    def failure_of_model(self, arn: str, now: float) -> str | None:
        """The message with which an endpoint on this model fails, or None if it will serve.

        Raises ServiceError where the model is not there or still training.
        """
        model = self._models.get(arn) or _model_by_rule(arn)
        if model.state is ModelState.MISSING:
            raise not_found(model.message) if model.message else not_found()
        if model.state is ModelState.TRAINING and (model.until is None or now < model.until):
            raise unavailable(
                model.message or f"The model {arn} is still training and cannot be used yet."
            )
        if model.state is ModelState.BROKEN:
            return model.message or f"INVALID_MODEL: The model {arn} could not be loaded."
        return None

    def flywheel(self, arn: str, now: float) -> Flywheel:
        """Raises ServiceError where it is not there."""
        if arn not in self._flywheels:
            self._flywheels[arn] = _flywheel_by_rule(arn, now)
        return self._flywheels[arn]

    def active_model(self, flywheel_arn: str, now: float) -> str:
        """Raises ServiceError where the flywheel is not there or has no active model."""
        model = self.flywheel(flywheel_arn, now).active_model_arn
        if model is None:
            raise unavailable(f"The flywheel {flywheel_arn} has no active model version.")
        return model

    def check_role(self, arn: str, now: float) -> None:
        """Raises ServiceError for a role that Comprehend cannot assume (yet)."""
        role = self._roles.get(arn) or Role(assumable="unassumable" not in Arn.parse(arn).name)
        if not role.assumable and (role.until is None or now < role.until):
            raise invalid_request(
                f"Comprehend cannot assume the data access role {arn}. Check its trust policy."
            )


def _model_by_rule(arn: str) -> Model:
    name = Arn.parse(arn).name
    for state in (ModelState.MISSING, ModelState.TRAINING, ModelState.BROKEN):
        if state.value in name:
            return Model(state)
    return Model(ModelState.READY)


def _flywheel_by_rule(text: str, now: float) -> Flywheel:
    arn = Arn.parse(text)
    if "missing" in arn.name:
        raise not_found()
    kind = "ENTITY_RECOGNIZER" if "recognizer" in arn.name else "DOCUMENT_CLASSIFIER"
    model = replace(arn, kind=MODEL_KIND[kind], name=f"{arn.name}/version/flywheel-1")
    active = None if "training" in arn.name else str(model)
    return Flywheel(text, kind, active, created=now, modified=now)
