"""A construct for Custom::ComprehendEndpoint: copy this file into your CDK application."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import (
    CfnDynamicReference,
    CfnDynamicReferenceService,
    CustomResource,
    Duration,
    RemovalPolicy,
    Stack,
)
from aws_cdk import aws_applicationautoscaling as scaling
from aws_cdk import aws_iam as iam
from constructs import Construct

SERVICE_TOKEN_PARAMETER = "/comprehend-endpoint-provider/service-token"  # noqa: S105  # A name.


class ComprehendEndpoint(Construct):
    """An endpoint of Amazon Comprehend.

    `model_arn`, `flywheel_arn` or both say what it serves. Without `endpoint_name`, the provider
    generates a name. The provider's installation must allow `data_access_role`. With
    `RemovalPolicy.RETAIN`, the endpoint outlives its stack, and is still billed.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        inference_units: int = 1,
        model_arn: str | None = None,
        flywheel_arn: str | None = None,
        endpoint_name: str | None = None,
        data_access_role: iam.IRole | None = None,
        tags: Mapping[str, str] | None = None,
        timeout: Duration | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.DESTROY,
    ) -> None:
        super().__init__(scope, construct_id)
        if model_arn is None and flywheel_arn is None:
            raise ValueError("give a model_arn, a flywheel_arn or both")
        token = CfnDynamicReference(CfnDynamicReferenceService.SSM, SERVICE_TOKEN_PARAMETER)
        properties = {
            "EndpointName": endpoint_name,
            "ModelArn": model_arn,
            "FlywheelArn": flywheel_arn,
            "DesiredInferenceUnits": inference_units,
            "DataAccessRoleArn": data_access_role.role_arn if data_access_role else None,
            # The CDK's stack tags do not reach custom resources.
            "Tags": [{"Key": key, "Value": value} for key, value in (tags or {}).items()] or None,
        }
        self._resource = CustomResource(
            self,
            "Resource",
            resource_type="Custom::ComprehendEndpoint",
            service_token=token.to_string(),
            service_timeout=timeout or Duration.hours(1),
            removal_policy=removal_policy,
            properties={name: value for name, value in properties.items() if value is not None},
        )
        if data_access_role:
            # The endpoint also needs the role's policies, which are separate resources.
            self._resource.node.add_dependency(data_access_role)

    @property
    def endpoint_arn(self) -> str:
        """The ARN for calls to the endpoint."""
        return self._resource.ref

    @property
    def endpoint_name(self) -> str:
        """The name, given or generated."""
        return self._resource.get_att_string("EndpointName")

    @property
    def scalable_dimension(self) -> str:
        """The dimension for Application Auto Scaling, by the kind of model."""
        return self._resource.get_att_string("ScalableDimension")

    def grant_call(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allows a principal to send documents to this endpoint."""
        return iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["comprehend:ClassifyDocument", "comprehend:DetectEntities"],
            resource_arns=[self.endpoint_arn],
        )

    def scale_with_traffic(
        self, *, min_units: int = 1, max_units: int, target_utilization: int = 70
    ) -> None:
        """Lets Application Auto Scaling keep the units' utilization (percent) at a target.

        `inference_units` is then the initial number of units: do not change it.
        """
        target = scaling.CfnScalableTarget(
            self,
            "Target",
            service_namespace="comprehend",
            resource_id=self.endpoint_arn,
            scalable_dimension=self.scalable_dimension,
            min_capacity=min_units,
            max_capacity=max_units,
        )
        tracking = scaling.CfnScalingPolicy.TargetTrackingScalingPolicyConfigurationProperty(
            target_value=target_utilization,
            predefined_metric_specification=scaling.CfnScalingPolicy.PredefinedMetricSpecificationProperty(
                predefined_metric_type="ComprehendInferenceUtilization"
            ),
            scale_out_cooldown=300,
            scale_in_cooldown=900,
        )
        scaling.CfnScalingPolicy(
            self,
            "Utilization",
            policy_name=f"{Stack.of(self).stack_name}-{self.node.id}-utilization",
            policy_type="TargetTrackingScaling",
            scaling_target_id=target.ref,
            target_tracking_scaling_policy_configuration=tracking,
        )
