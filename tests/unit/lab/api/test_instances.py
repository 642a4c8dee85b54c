"""Instances that an Auto Scaling group makes, ends and replaces."""

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from itertools import count
from typing import Any

import pytest

from .conftest import Api, Client, Network

NUMBERS = count(1)
USER_DATA = "#cloud-config\n"


@dataclass(frozen=True)
class Group:
    """An Auto Scaling group of one instance in one subnet."""

    name: str
    cidr: str
    network: Network
    key: str
    template: str

    def instances(self, ec2: Any) -> list[dict[str, Any]]:
        filters = [{"Name": "tag:aws:autoscaling:groupName", "Values": [self.name]}]
        filters += [{"Name": "instance-state-name", "Values": ["running"]}]
        pages = ec2.describe_instances(Filters=filters)
        return [instance for page in pages["Reservations"] for instance in page["Instances"]]


@pytest.fixture
def group(client: Client, network: Callable[..., Network]) -> Iterator[Group]:
    region, number = "eu-west-1", next(NUMBERS)
    ec2, autoscaling, iam = client("ec2", region=region), client("autoscaling", region=region), client("iam")
    place = network(f"10.213.{16 + number}.0/28", region)
    name = f"node-{number}"
    image = ec2.describe_images(Owners=["self"], Filters=[{"Name": "name", "Values": ["debian-12-amd64-*"]}])
    key = ec2.create_key_pair(KeyName=name, KeyType="ed25519")["KeyName"]
    iam.create_instance_profile(InstanceProfileName=name, Path="/monitoring/lab/lab/")
    kms_key = client("kms", region=region).create_key()["KeyMetadata"]["Arn"]
    template = ec2.create_launch_template(
        LaunchTemplateName=name, LaunchTemplateData={"ImageId": "ami-00000000", "InstanceType": "t3.nano"}
    )["LaunchTemplate"]["LaunchTemplateId"]
    ec2.create_launch_template_version(
        LaunchTemplateId=template,
        LaunchTemplateData={
            "ImageId": image["Images"][0]["ImageId"],
            "InstanceType": "t3.large",
            "KeyName": key,
            "UserData": base64.b64encode(USER_DATA.encode()).decode(),
            "IamInstanceProfile": {"Name": name},
            "NetworkInterfaces": [{"DeviceIndex": 0, "Groups": [place.security_group]}],
            "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 2},
            "BlockDeviceMappings": [
                {
                    "DeviceName": "/dev/xvda",
                    "Ebs": {"VolumeSize": 20, "VolumeType": "gp3", "Encrypted": True, "KmsKeyId": kms_key},
                }
            ],
            "TagSpecifications": [
                {"ResourceType": "instance", "Tags": [{"Key": "monitoring:node-id", "Value": "0"}]},
                {"ResourceType": "volume", "Tags": [{"Key": "monitoring:deployment", "Value": "lab"}]},
            ],
        },
    )
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName=name,
        LaunchTemplate={"LaunchTemplateId": template, "Version": "2"},
        MinSize=1,
        MaxSize=1,
        DesiredCapacity=1,
        VPCZoneIdentifier=place.subnet,
        Tags=[
            {"Key": "monitoring:node-id", "Value": "1", "PropagateAtLaunch": True},
            {"Key": "monitoring:roles", "Value": "kafka collector", "PropagateAtLaunch": True},
            {"Key": "unseen", "Value": "x", "PropagateAtLaunch": False},
        ],
    )
    yield Group(name, f"10.213.{16 + number}.0/28", place, key, template)
    autoscaling.delete_auto_scaling_group(AutoScalingGroupName=name, ForceDelete=True)


@pytest.fixture
def ec2(client: Client) -> Any:
    return client("ec2", region="eu-west-1")


@pytest.fixture
def autoscaling(client: Client) -> Any:
    return client("autoscaling", region="eu-west-1")


def test_instance_has_all_of_its_launch_template(group: Group, ec2: Any) -> None:
    (instance,) = group.instances(ec2)
    assert instance["InstanceType"] == "t3.large"
    assert instance["KeyName"] == group.key
    assert [g["GroupId"] for g in instance["SecurityGroups"]] == [group.network.security_group]
    assert [g["GroupId"] for g in instance["NetworkInterfaces"][0]["Groups"]] == [group.network.security_group]
    arn = f"arn:aws:iam::123456789012:instance-profile/monitoring/lab/lab/{group.name}"
    assert instance["IamInstanceProfile"]["Arn"] == arn
    assert instance["MetadataOptions"]["HttpTokens"] == "required"
    assert instance["MetadataOptions"]["HttpPutResponseHopLimit"] == 2
    assert instance["RootDeviceName"] == "/dev/xvda"
    assert instance["PrivateDnsName"].endswith(".eu-west-1.compute.internal")
    assert instance["Placement"]["AvailabilityZone"] == "eu-west-1a"
    (mapping,) = instance["BlockDeviceMappings"]
    assert mapping["DeviceName"] == "/dev/xvda"
    assert mapping["Ebs"]["DeleteOnTermination"] is True
    (volume,) = ec2.describe_volumes(VolumeIds=[mapping["Ebs"]["VolumeId"]])["Volumes"]
    assert (volume["Size"], volume["VolumeType"], volume["Encrypted"]) == (20, "gp3", True)
    assert {"Key": "monitoring:deployment", "Value": "lab"} in volume["Tags"]
    (status,) = ec2.describe_volume_status(VolumeIds=[volume["VolumeId"]])["VolumeStatuses"]
    assert status["VolumeStatus"]["Status"] == "ok"


def test_group_tags_win_over_the_templates(group: Group, ec2: Any) -> None:
    (instance,) = group.instances(ec2)
    tags = {tag["Key"]: tag["Value"] for tag in instance["Tags"]}
    assert tags["monitoring:node-id"] == "1"
    assert tags["monitoring:roles"] == "kafka collector"
    assert tags["aws:ec2launchtemplate:version"] == "2"
    assert "unseen" not in tags


@pytest.mark.parametrize("way", ["ec2", "autoscaling", "unhealthy"])
def test_ended_instance_is_replaced_at_once_with_its_tags_and_another_address(
    group: Group, ec2: Any, autoscaling: Any, way: str
) -> None:
    seen = set()
    for _round in range(3):
        (before,) = group.instances(ec2)
        seen.add(before["PrivateIpAddress"])
        if way == "ec2":
            ec2.terminate_instances(InstanceIds=[before["InstanceId"]])
        elif way == "autoscaling":
            autoscaling.terminate_instance_in_auto_scaling_group(
                InstanceId=before["InstanceId"], ShouldDecrementDesiredCapacity=False
            )
        else:
            autoscaling.set_instance_health(InstanceId=before["InstanceId"], HealthStatus="Unhealthy")
        (after,) = group.instances(ec2)
        assert after["InstanceId"] != before["InstanceId"]
        assert after["PrivateIpAddress"] not in seen
        assert {"Key": "monitoring:roles", "Value": "kafka collector"} in after["Tags"]
        assert after["SubnetId"] == group.network.subnet
        ended = ec2.describe_instances(InstanceIds=[before["InstanceId"]])["Reservations"][0]["Instances"][0]
        assert ended["State"]["Name"] == "terminated"
        assert "PrivateIpAddress" not in ended


def test_addresses_go_round_the_subnet_and_never_are_those_of_aws(group: Group, ec2: Any) -> None:
    network = ip_network(group.cidr)
    usable = {str(address) for address in list(network)[4:-1]}
    order = []
    for _round in range(len(usable) + 2):
        (instance,) = group.instances(ec2)
        order.append(instance["PrivateIpAddress"])
        ec2.terminate_instances(InstanceIds=[instance["InstanceId"]])
    assert set(order) == usable
    assert order[0] == order[len(usable)]
    assert all(ip_address(address) in network for address in order)


def test_interface_takes_a_free_address_of_its_subnet(group: Group, ec2: Any) -> None:
    interface = ec2.create_network_interface(SubnetId=group.network.subnet)["NetworkInterface"]
    (instance,) = group.instances(ec2)
    assert interface["PrivateIpAddress"] != instance["PrivateIpAddress"]
    assert ip_address(interface["PrivateIpAddress"]) in ip_network(group.cidr)
    ec2.delete_network_interface(NetworkInterfaceId=interface["NetworkInterfaceId"])


def test_suspended_launch_is_made_up_for_on_resume(group: Group, ec2: Any, autoscaling: Any) -> None:
    autoscaling.suspend_processes(AutoScalingGroupName=group.name, ScalingProcesses=["Launch"])
    (instance,) = group.instances(ec2)
    ec2.terminate_instances(InstanceIds=[instance["InstanceId"]])
    assert group.instances(ec2) == []
    autoscaling.resume_processes(AutoScalingGroupName=group.name, ScalingProcesses=["Launch"])
    assert len(group.instances(ec2)) == 1


def test_stopped_instance_keeps_its_address(group: Group, ec2: Any, api: Api) -> None:
    (instance,) = group.instances(ec2)
    ec2.stop_instances(InstanceIds=[instance["InstanceId"]])
    found = {i["id"]: i for i in api.desired()["regions"]["eu-west-1"]["instances"]}[instance["InstanceId"]]
    assert (found["state"], found["address"]) == ("stopped", instance["PrivateIpAddress"])


def test_console_is_absent_until_the_machine_writes_it(group: Group, client: Client, ec2: Any, api: Api) -> None:
    (instance,) = group.instances(ec2)
    reader = client("ec2", "inventory", region="eu-west-1")
    before = reader.get_console_output(InstanceId=instance["InstanceId"])
    assert "Output" not in before
    text = "-----BEGIN SSH HOST KEY KEYS-----\nssh-ed25519 AAAA root\n-----END SSH HOST KEY KEYS-----\n"
    assert api.ask("PUT", f"/_lab/console/{instance['InstanceId']}", text.encode())[0] == 204
    after = reader.get_console_output(InstanceId=instance["InstanceId"])
    assert after["Output"] == text
    assert api.ask("PUT", "/_lab/console/i-absent", b"x")[0] == 404
    assert api.ask("PUT", f"/_lab/console/{instance['InstanceId']}", b"a" * 70_000 + b"end")[0] == 204
    assert len(reader.get_console_output(InstanceId=instance["InstanceId"])["Output"]) == 64 * 1024


def test_desired_names_the_instance_and_its_network(group: Group, ec2: Any, api: Api) -> None:
    (instance,) = group.instances(ec2)
    region = api.desired()["regions"]["eu-west-1"]
    (found,) = [i for i in region["instances"] if i["id"] == instance["InstanceId"]]
    assert found["state"] == "running"
    assert found["address"] == instance["PrivateIpAddress"]
    assert found["security_groups"] == [group.network.security_group]
    assert found["zone"] == "eu-west-1a"
    assert found["key_name"] == group.key
    assert found["public_key"].startswith("ssh-")
    assert found["user_data"] == USER_DATA
    assert found["tags"]["monitoring:roles"] == "kafka collector"
    assert {"id": group.network.vpc, "cidr": group.cidr} in region["vpcs"]
    subnet = {"id": group.network.subnet, "vpc": group.network.vpc, "cidr": group.cidr, "zone": "eu-west-1a"}
    assert subnet in region["subnets"]
    (table,) = [t for t in region["route_tables"] if t["vpc"] == group.network.vpc]
    assert table["main"] is True
    assert table["routes"] == [{"destination": group.cidr, "target": "local", "state": "active"}]


def test_everything_can_be_deleted_after_its_group(client: Client, network: Callable[..., Network]) -> None:
    place = network("10.213.40.0/24", "ap-southeast-1")
    ec2 = client("ec2", region="ap-southeast-1")
    image = ec2.describe_images(Owners=["123456789012"])["Images"][0]["ImageId"]
    run = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, InstanceType="t3.nano", SubnetId=place.subnet)
    ec2.terminate_instances(InstanceIds=[run["Instances"][0]["InstanceId"]])
    filters = [{"Name": "vpc-id", "Values": [place.vpc]}]
    assert ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"] == []
    ec2.delete_security_group(GroupId=place.security_group)
    ec2.delete_subnet(SubnetId=place.subnet)
    ec2.delete_vpc(VpcId=place.vpc)
