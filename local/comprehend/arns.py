"""The ARNs of Comprehend's resources: taking them apart and putting them together."""

from dataclasses import dataclass
from typing import Self

ENDPOINT_KIND = {
    "document-classifier": "document-classifier-endpoint",
    "entity-recognizer": "entity-recognizer-endpoint",
}
MODEL_KIND = {
    "DOCUMENT_CLASSIFIER": "document-classifier",
    "ENTITY_RECOGNIZER": "entity-recognizer",
}


@dataclass(frozen=True)
class Arn:
    """`arn:PARTITION:SERVICE:REGION:ACCOUNT:KIND/NAME`; a name may hold more slashes."""

    partition: str
    service: str
    region: str
    account: str
    kind: str
    name: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError for a text that has not that form."""
        _, partition, service, region, account, resource = text.split(":", 5)
        kind, slash, name = resource.partition("/")
        if not slash:
            raise ValueError(f"not an ARN with a kind and a name: {text}")
        return cls(partition, service, region, account, kind, name)

    def __str__(self) -> str:
        return (
            f"arn:{self.partition}:{self.service}:{self.region}:{self.account}"
            f":{self.kind}/{self.name}"
        )


@dataclass(frozen=True)
class Scope:
    """The account and region that a call is made in."""

    account: str
    region: str

    @property
    def partition(self) -> str:
        if self.region.startswith("cn-"):
            return "aws-cn"
        if self.region.startswith("us-gov-"):
            return "aws-us-gov"
        return "aws"

    def arn(self, kind: str, name: str) -> str:
        """The ARN of a resource of Comprehend in this scope."""
        return str(Arn(self.partition, "comprehend", self.region, self.account, kind, name))

    def holds(self, arn: Arn) -> bool:
        """Whether the resource belongs here; a role has an account but no region."""
        region = "" if arn.service == "iam" else self.region
        return (arn.partition, arn.region, arn.account) == (self.partition, region, self.account)
