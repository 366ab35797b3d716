"""The CloudFormation custom resource provider behind Custom::ComprehendEndpoint."""

__version__ = "0.1.0"
