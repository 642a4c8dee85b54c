"""A deployment's life as a stranger sees it: what stands after `apply`, a lost node, a held lock, and `destroy`."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from typing import Any

from tests.terraform.deployment import Deployment, stopped

NAME = "lab-lab"
IAM_PATH = "/monitoring/lab/lab/"


def instances(deployment: Deployment, region: str) -> list[dict[str, Any]]:
    living = [{"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]}]
    reservations = deployment.client("ec2", region).describe_instances(Filters=living)["Reservations"]
    return [one for reservation in reservations for one in reservation["Instances"]]


def tags_of(instance: dict[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in instance["Tags"]}


def key_arn(deployment: Deployment, region: str) -> str:
    return str(deployment.client("kms", region).describe_key(KeyId=f"alias/{NAME}")["KeyMetadata"]["Arn"])


def buckets(deployment: Deployment) -> Iterator[tuple[str, str]]:
    """Every bucket of the deployment, with its region."""
    s3 = deployment.client("s3")
    for bucket in s3.list_buckets()["Buckets"]:
        if bucket["Name"].startswith(NAME):
            # S3 says nothing for us-east-1.
            yield bucket["Name"], s3.get_bucket_location(Bucket=bucket["Name"])["LocationConstraint"] or "us-east-1"


def test_every_instance_asks_for_imdsv2_and_has_a_profile_below_the_deployments_path(deployment: Deployment) -> None:
    for region in deployment.regions:
        found = instances(deployment, region)
        assert len(found) == 3
        assert {one["MetadataOptions"]["HttpTokens"] for one in found} == {"required"}
        assert {one["IamInstanceProfile"]["Arn"].partition(":instance-profile")[2] for one in found} == {
            f"{IAM_PATH}{NAME}-{region}-node"
        }
        assert all("PublicIpAddress" not in one for one in found)


def test_every_volume_is_encrypted_under_the_deployments_key(deployment: Deployment) -> None:
    for region in deployment.regions:
        volumes = deployment.client("ec2", region).describe_volumes()["Volumes"]
        assert len(volumes) == 3
        assert {(one["Encrypted"], one["KmsKeyId"]) for one in volumes} == {(True, key_arn(deployment, region))}


def test_buckets_are_encrypted_versioned_private_and_keep_replaced_objects_seven_days(deployment: Deployment) -> None:
    found = dict(buckets(deployment))
    assert sorted(found.values()) == sorted([*deployment.regions, *deployment.regions])
    for name, region in found.items():
        s3 = deployment.client("s3", region)
        (rule,) = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
        assert rule["ApplyServerSideEncryptionByDefault"] == {
            "SSEAlgorithm": "aws:kms",
            "KMSMasterKeyID": key_arn(deployment, region),
        }
        assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
        blocked = s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]
        assert blocked == dict.fromkeys(
            ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
        )
        rules = s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
        assert [one["NoncurrentVersionExpiration"]["NoncurrentDays"] for one in rules] == [7]
        # What is current stays until the Compactor deletes it.
        assert not {"Days", "Date"} & set(rules[0].get("Expiration", {}))


def test_metrics_are_replicated_to_the_other_two_regions_under_their_keys(deployment: Deployment) -> None:
    for region in deployment.regions:
        s3 = deployment.client("s3", region)
        rules = s3.get_bucket_replication(Bucket=f"{NAME}-{region}")["ReplicationConfiguration"]["Rules"]
        copies = {
            rule["Destination"]["Bucket"]: rule["Destination"]["EncryptionConfiguration"]["ReplicaKmsKeyID"]
            for rule in rules
            if rule["Status"] == rule["SourceSelectionCriteria"]["SseKmsEncryptedObjects"]["Status"] == "Enabled"
        }
        assert copies == {
            f"arn:aws:s3:::{NAME}-{other}-replica": key_arn(deployment, other)
            for other in deployment.regions
            if other != region
        }


def test_regions_are_peered_and_routed_both_ways(deployment: Deployment) -> None:
    cidrs = {region: vpcs(deployment, region)[0]["CidrBlock"] for region in deployment.regions}
    for region in deployment.regions:
        ec2 = deployment.client("ec2", region)
        peerings = ec2.describe_vpc_peering_connections()["VpcPeeringConnections"]
        active = {one["VpcPeeringConnectionId"] for one in peerings if one["Status"]["Code"] == "active"}
        assert len(active) == 2
        of_hosts = [{"Name": "tag:Name", "Values": [f"{NAME}-hosts-*"]}]
        subnets = {one["SubnetId"] for one in ec2.describe_subnets(Filters=of_hosts)["Subnets"]}
        tables = ec2.describe_route_tables(Filters=[{"Name": "association.subnet-id", "Values": sorted(subnets)}])
        assert {a["SubnetId"] for table in tables["RouteTables"] for a in table["Associations"]} == subnets
        for table in tables["RouteTables"]:
            routed = {
                route["DestinationCidrBlock"]
                for route in table["Routes"]
                if route.get("VpcPeeringConnectionId") in active and route["State"] == "active"
            }
            assert routed == {cidr for other, cidr in cidrs.items() if other != region}


def test_private_zone_is_answered_in_every_regions_network(deployment: Deployment) -> None:
    route53 = deployment.client("route53")
    (zone,) = route53.list_hosted_zones()["HostedZones"]
    assert zone["Name"] == "monitoring.test."
    assert zone["Config"]["PrivateZone"]
    associated = {(one["VPCRegion"], one["VPCId"]) for one in route53.get_hosted_zone(Id=zone["Id"])["VPCs"]}
    assert associated == {(region, vpcs(deployment, region)[0]["VpcId"]) for region in deployment.regions}


def vpcs(deployment: Deployment, region: str) -> list[dict[str, Any]]:
    """The VPCs of a region that did not come with the account."""
    own = [{"Name": "is-default", "Values": ["false"]}]
    return list(deployment.client("ec2", region).describe_vpcs(Filters=own)["Vpcs"])


def test_second_plan_changes_nothing_and_its_lock_refuses_another_run(deployment: Deployment) -> None:
    with stopped(deployment.start("plan", "-detailed-exitcode", *deployment.variables())) as plan:
        lock = held_lock(deployment, plan)
        refused = deployment.run("apply", "-auto-approve", *deployment.variables())
        output, _errors = plan.communicate(timeout=300)
    assert plan.returncode == 0, output[-6000:]
    assert refused.code == 1
    assert "Error acquiring the state lock" in refused.output
    assert lock["ID"] in refused.output
    assert not deployment.locks()


def held_lock(deployment: Deployment, holder: subprocess.Popen[str]) -> dict[str, Any]:
    while not (locks := deployment.locks()):
        assert holder.poll() is None, "ended without a lock"
        time.sleep(0.1)
    return locks[0]


def test_terminated_node_comes_back_with_its_tags_and_no_plan(deployment: Deployment) -> None:
    region = deployment.regions[-1]
    lost = instances(deployment, region)[0]
    deployment.client("ec2", region).terminate_instances(InstanceIds=[lost["InstanceId"]])
    deadline = time.monotonic() + 30
    while len(found := instances(deployment, region)) < 3:
        assert time.monotonic() < deadline, "no replacement runs"
        time.sleep(0.5)
    (new,) = (one for one in found if tags_of(one)["monitoring:node-id"] == tags_of(lost)["monitoring:node-id"])
    assert new["InstanceId"] != lost["InstanceId"]
    assert tags_of(new) == tags_of(lost)
    assert new["Placement"]["AvailabilityZone"] == lost["Placement"]["AvailabilityZone"]
    assert deployment.plan().code == 0


def leftovers(deployment: Deployment) -> Iterator[str]:
    """All that costs money or would be in the way of another deployment."""
    for region in deployment.regions:
        ec2 = deployment.client("ec2", region)
        own = {one["VpcId"] for one in vpcs(deployment, region)}
        yield from own
        yield from (one["InstanceId"] for one in instances(deployment, region))
        yield from (one["VolumeId"] for one in ec2.describe_volumes()["Volumes"])
        yield from (one["NetworkInterfaceId"] for one in ec2.describe_network_interfaces()["NetworkInterfaces"])
        groups = ec2.describe_security_groups()["SecurityGroups"]
        yield from (one["GroupId"] for one in groups if one["GroupName"] != "default" or one["VpcId"] in own)
        yield from (one["LaunchTemplateId"] for one in ec2.describe_launch_templates()["LaunchTemplates"])
        yield from (one["KeyName"] for one in ec2.describe_key_pairs()["KeyPairs"])
        scaling = deployment.client("autoscaling", region).describe_auto_scaling_groups()
        yield from (one["AutoScalingGroupName"] for one in scaling["AutoScalingGroups"])
        kms = deployment.client("kms", region)
        for key in kms.list_keys()["Keys"]:
            about = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
            if about["KeyManager"] == "CUSTOMER" and about["KeyState"] != "PendingDeletion":
                yield key["KeyArn"]
    yield from dict(buckets(deployment))
    iam = deployment.client("iam")
    yield from (one["Arn"] for one in iam.list_roles(PathPrefix=IAM_PATH)["Roles"])
    yield from (one["Arn"] for one in iam.list_instance_profiles(PathPrefix=IAM_PATH)["InstanceProfiles"])
    yield from (one["Name"] for one in deployment.client("route53").list_hosted_zones()["HostedZones"])
    yield from (f"lock {one['ID']}" for one in deployment.locks())


def test_destroy_leaves_nothing(deployment: Deployment) -> None:
    """The last one: after it there is no deployment."""
    assert len(list(leftovers(deployment))) > 50
    deployment.run("destroy", "-auto-approve", *deployment.variables()).succeeded()
    assert not list(leftovers(deployment))
