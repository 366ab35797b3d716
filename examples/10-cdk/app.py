"""A stack with a Comprehend endpoint that scales with its traffic, and a role that can call it."""

from __future__ import annotations

from aws_cdk import App, CfnOutput, CfnParameter, Duration, Stack
from aws_cdk import aws_iam as iam
from comprehend_endpoint import ComprehendEndpoint
from constructs import Construct


class ReviewsStack(Stack):
    """The stack of the team that classifies reviews."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        model = CfnParameter(
            self,
            "ModelArn",
            description="ARN of the classifier, or of one version of it.",
            allowed_pattern="^arn:aws[a-z-]*:comprehend:[a-z0-9-]+:[0-9]{12}:document-classifier/.+$",
        )
        timeout = CfnParameter(
            self,
            "ServiceTimeout",
            type="Number",
            description="Seconds until CloudFormation gives up on an operation.",
            default=3600,
            min_value=1,
            max_value=3600,
        )
        endpoint = ComprehendEndpoint(
            self,
            "Sentiment",
            model_arn=model.value_as_string,
            tags={"cost-center": "reviews"},
            timeout=Duration.seconds(timeout.value_as_number),
        )
        endpoint.scale_with_traffic(max_units=3)
        caller = iam.Role(self, "Caller", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        endpoint.grant_call(caller)
        CfnOutput(self, "EndpointArn", value=endpoint.endpoint_arn)
        CfnOutput(self, "EndpointName", value=endpoint.endpoint_name)


app = App()
ReviewsStack(app, "Reviews")
app.synth()
