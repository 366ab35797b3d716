"""The numbers that CloudFormation and Amazon Comprehend set, each with its source."""

MAX_RESPONSE = 4096
"""Bytes of a response; CloudFormation User Guide, "Custom resource response objects"."""

MAX_IDS = 3072
"""Bytes of JSON that an event's ids may take, because a response repeats them.

CloudFormation's own ids take less than 1800.
"""

MAX_TIMEOUT = 3600
"""Seconds; CloudFormation's maximum and default for ServiceTimeout."""

MAX_TAGS = 50
"""Tags of one endpoint, the provider's own included; Comprehend API reference, TagResource."""

MAX_TOKEN = 64
"""Characters of a ClientRequestToken; Comprehend API reference, CreateEndpoint."""
