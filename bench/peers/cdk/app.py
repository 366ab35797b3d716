"""The resource with the CDK's Provider framework, everything at its default.

The stack's assets are in a bucket of its own, so that no account need be bootstrapped.
"""

from aws_cdk import App, CfnOutput, DefaultStackSynthesizer, Duration, Stack, custom_resources
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_

app = App(analytics_reporting=False)
synthesizer = DefaultStackSynthesizer(
    file_assets_bucket_name="cdk-assets", generate_bootstrap_version_rule=False
)
stack = Stack(app, "CdkProvider", synthesizer=synthesizer)


def function(name: str, handler: str) -> lambda_.Function:
    made = lambda_.Function(
        stack,
        name,
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler=f"index.{handler}",
        code=lambda_.Code.from_asset("handlers"),
        timeout=Duration.seconds(30),
    )
    made.add_to_role_policy(
        iam.PolicyStatement(
            actions=[
                "comprehend:CreateEndpoint",
                "comprehend:DeleteEndpoint",
                "comprehend:DescribeEndpoint",
                "comprehend:UpdateEndpoint",
            ],
            resources=["*"],
        )
    )
    return made


provider = custom_resources.Provider(
    stack,
    "Provider",
    on_event_handler=function("OnEvent", "on_event"),
    is_complete_handler=function("IsComplete", "is_complete"),
)
CfnOutput(stack, "ServiceToken", value=provider.service_token)
app.synth()
