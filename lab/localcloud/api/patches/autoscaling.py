"""Auto Scaling: an instance gets all that its launch template and its group say."""

from typing import Any

from moto.autoscaling.models import ASG_NAME_TAG, AutoScalingBackend, FakeAutoScalingGroup, InstanceState
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import EmptyResult
from moto.core.types import Base64EncodedString
from moto.ec2.models.launch_templates import LaunchTemplateVersion

from localcloud.api.patches.replacing import original, replace


def launch_follows_the_template() -> None:
    """moto launches from the template's default version and takes only image, type, user data and key.

    AWS takes the version that the group names, with its security groups, instance profile, volumes,
    metadata options and tags (the group's tags win), and spreads instances over the group's subnets.
    """
    from_launch_configuration = original(FakeAutoScalingGroup, "replace_autoscaling_group_instances")

    def launch(self: FakeAutoScalingGroup, count_needed: int, propagated_tags: dict[str, str]) -> None:
        if "Launch" in self._suspended_processes:
            return
        if self.ec2_launch_template is None or not self.vpc_zone_identifier:
            from_launch_configuration(self, count_needed, propagated_tags)
            return
        version = self.ec2_launch_template.get_version(self.launch_template_version)
        for _round in range(count_needed):
            instance = _run(self, version, propagated_tags)
            instance.autoscaling_group = self
            protected = self.new_instances_protected_from_scale_in
            self.instance_states.append(InstanceState(instance, protected_from_scale_in=protected))
        if self.name in self.autoscaling_backend.autoscaling_groups:
            self.autoscaling_backend.update_attached_target_groups(self.name)

    replace(FakeAutoScalingGroup, "replace_autoscaling_group_instances", launch)


def _run(group: FakeAutoScalingGroup, version: LaunchTemplateVersion, tags: dict[str, str]) -> Any:
    data = version.data
    ec2 = group.ec2_backend
    subnet = _emptiest_subnet(group)
    interface: dict[str, Any] = next(iter(data.get("NetworkInterfaces") or []), {})
    security_groups = data.get("SecurityGroupIds") or interface.get("Groups") or []
    if not security_groups and not data.get("SecurityGroups"):
        default = ec2.get_default_security_group(ec2.get_subnet(subnet).vpc_id)
        security_groups = [default.id] if default else []
    tag_specifications = {spec["ResourceType"]: spec["Tags"] for spec in data.get("TagSpecifications") or []}
    volume_tags = {tag["Key"]: tag["Value"] for tag in tag_specifications.get("volume", [])}
    reservation = ec2.run_instances(
        version.image_id,
        1,
        version.user_data,
        list(data.get("SecurityGroups") or []),
        instance_type=group.instance_type,
        is_instance_type_default=False,
        region_name=group.region,
        subnet_id=subnet,
        key_name=data.get("KeyName"),
        security_group_ids=list(security_groups),
        associate_public_ip=interface.get("AssociatePublicIpAddress"),
        metadata_options=data.get("MetadataOptions") or {},
        monitoring_state="enabled" if (data.get("Monitoring") or {}).get("Enabled") else "disabled",
        ebs_optimized=data.get("EbsOptimized") or False,
        disable_api_termination=data.get("DisableApiTermination") or False,
        block_device_mappings=_volumes(group, version),
        tags={
            "instance": {**version.instance_tags, **tags, ASG_NAME_TAG: group.name},
            "volume": volume_tags,
        },
        launch_template={"LaunchTemplateId": version.template.id, "Version": str(version.number)},
    )
    instance = reservation.instances[0]
    profile = data.get("IamInstanceProfile") or {}
    if profile:
        ec2.associate_iam_instance_profile(
            instance.id,
            iam_instance_profile_name=profile.get("Name"),
            iam_instance_profile_arn=profile.get("Arn"),
        )
    return instance


def _emptiest_subnet(group: FakeAutoScalingGroup) -> str:
    """The group's subnet with the fewest of its instances, the first named of equals."""
    subnets = [subnet.strip() for subnet in (group.vpc_zone_identifier or "").split(",")]
    taken = [state.instance.subnet_id for state in group.active_instances()]
    return min(subnets, key=taken.count)


def _volumes(group: FakeAutoScalingGroup, version: LaunchTemplateVersion) -> list[dict[str, Any]]:
    """The image's root volume with the template's mappings laid over it, as EC2 merges them."""
    images = group.ec2_backend.describe_images(filters={"image-id": [version.image_id]})
    merged: dict[str, dict[str, Any]] = {}
    for image in images[:1]:
        for mapping in image.block_device_mappings:
            merged[mapping["DeviceName"]] = {"DeleteOnTermination": True, **mapping["Ebs"]}
    for mapping in version.data.get("BlockDeviceMappings") or []:
        name = mapping["DeviceName"]
        if "NoDevice" in mapping:
            merged.pop(name, None)
        elif "Ebs" in mapping:
            wished = {key: value for key, value in mapping["Ebs"].items() if value is not None}
            merged[name] = {"DeleteOnTermination": True, **merged.get(name, {}), **wished}
    return [{"DeviceName": name, "Ebs": ebs} for name, ebs in merged.items()]


def later_template_version_has_its_user_data() -> None:
    """moto decodes the user data of a template's first version only, and fails to launch from a later one."""

    def user_data(self: LaunchTemplateVersion) -> Base64EncodedString | None:
        value = self.data.get("UserData")
        return Base64EncodedString(value) if isinstance(value, str) and value else value or None

    replace(LaunchTemplateVersion, "user_data", property(user_data))


def instance_shows_its_template_version() -> None:
    """moto shows every instance with the template's default version, AWS with the one it was made from."""

    def launch_template(self: InstanceState) -> dict[str, Any] | None:
        group = self.auto_scaling_group
        if group is None or group.ec2_launch_template is None:
            return None
        tags = {tag["key"]: tag["value"] for tag in self.instance.get_tags()}
        template = group.ec2_launch_template
        number = tags.get("aws:ec2launchtemplate:version", str(template.default_version_number))
        return {"LaunchTemplateId": template.id, "LaunchTemplateName": template.name, "Version": number}

    replace(InstanceState, "launch_template", property(launch_template))


def unhealthy_instance_is_replaced() -> None:
    """moto only notes what SetInstanceHealth says; AWS replaces an instance that is set Unhealthy."""
    set_health = original(AutoScalingBackend, "set_instance_health")

    def set_instance_health(self: AutoScalingBackend, instance_id: str, health_status: str) -> None:
        set_health(self, instance_id, health_status)
        if health_status == "Unhealthy":
            self.terminate_instance(instance_id, should_decrement=False)

    replace(AutoScalingBackend, "set_instance_health", set_instance_health)


def resumed_group_fills_up() -> None:
    """moto ignores suspended processes; on AWS "Launch" suspended means no replacement until resumed."""

    def resume_processes(self: AutoScalingBackend, group_name: str, scaling_processes: list[str]) -> None:
        group = self.autoscaling_groups[group_name]
        wished = set(scaling_processes or group._suspended_processes)
        # moto compares names with mappings here, and so would resume nothing.
        group.suspended_processes = [name for name in group._suspended_processes if name not in wished]
        group.set_desired_capacity(group.desired_capacity)

    replace(AutoScalingBackend, "resume_processes", resume_processes)


def metrics_collection_can_be_disabled() -> None:
    """moto fails with 500 on DisableMetricsCollection; without names it disables all."""

    def disable_metrics_collection(self: AutoScalingResponse) -> EmptyResult:
        group = self.autoscaling_backend.autoscaling_groups[self._get_param("AutoScalingGroupName")]
        wished = self._get_param("Metrics") or list(group.metrics)
        group.metrics = [metric for metric in group.metrics if metric not in wished]
        return EmptyResult()

    replace(AutoScalingResponse, "disable_metrics_collection", disable_metrics_collection)


PATCHES = (
    launch_follows_the_template,
    later_template_version_has_its_user_data,
    instance_shows_its_template_version,
    unhealthy_instance_is_replaced,
    resumed_group_fills_up,
    metrics_collection_can_be_disabled,
)
