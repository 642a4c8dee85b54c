"""What a topology becomes in Ansible, from instances in moto's AWS."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleError
from ansible.inventory.data import InventoryData

Read = Callable[..., InventoryData]
NODE = "node-2.eu-west-1.monitoring.test"


def names(inventory: InventoryData, group: str) -> set[str]:
    return {host.name for host in inventory.groups[group].get_hosts()}


def test_tags_become_groups_and_typed_variables(deployment: Any, read: Read) -> None:
    deployment.build()
    inventory = read()
    assert len(inventory.hosts) == 9
    host = inventory.hosts[NODE]
    wanted = {
        "region": "eu-west-1",
        "zone": "eu-west-1b",
        "zone_index": 2,
        "node_id": 2,
        "instance_id": deployment.nodes["eu-west-1", 2],
        "instance_type": "m5.large",
        "account_id": "123456789012",
        "monitoring_roles": ["alertmanager", "kafka", "prometheus", "thanos_query", "zookeeper"],
    }
    assert {name: host.vars[name] for name in wanted} == wanted
    assert host.vars["ansible_host"].startswith("10.0.1.")
    assert "kafka-2.eu-west-1.monitoring.test" in host.vars["monitoring_names"]
    assert "thanos-query-2.eu-west-1.monitoring.test" in host.vars["monitoring_names"]  # no host name has an underscore
    assert NODE in host.vars["monitoring_names"]
    groups = {group.name for group in host.get_groups()} - {"all", *wanted["monitoring_roles"]}
    assert groups == {
        "monitoring", "deployment_lab", "environment_lab", "region_eu_west_1", "zone_eu_west_1b", "zone_index_2",
    }  # fmt: skip


def test_group_variables_of_the_narrower_place_win(deployment: Any, read: Read) -> None:
    deployment.build()
    inventory = read()
    place = ["monitoring", "deployment_lab", "environment_lab", "region_eu_west_1", "zone_eu_west_1a"]
    depths = [inventory.groups[name].depth for name in place]
    assert depths == sorted(depths)
    assert len(set(depths)) == len(depths)


def test_host_of_one_role_carries_its_name(deployment: Any, read: Read) -> None:
    deployment.build()
    deployment.node("us-east-1", 4, roles="grafana")
    host = read().hosts["grafana-4.us-east-1.monitoring.test"]
    assert host.vars["monitoring_names"] == ["grafana-4.us-east-1.monitoring.test"]


def test_address_changes_with_a_replacement_and_the_name_stays(deployment: Any, read: Read) -> None:
    deployment.build()
    before = read().hosts[NODE].vars
    deployment.terminate("eu-west-1", 2)
    deployment.node("eu-west-1", 2)
    after = read().hosts[NODE].vars
    assert after["instance_id"] != before["instance_id"]
    assert after["ansible_host"] != before["ansible_host"]
    assert after["monitoring_names"] == before["monitoring_names"]


def test_public_address_on_request(deployment: Any, read: Read) -> None:
    deployment.build()
    deployment.client("ec2", "us-east-1")
    with pytest.raises(AnsibleError, match="has no public address"):
        read(address="public_ip")


def test_jinja_in_a_tag_stays_text(deployment: Any, read: Read, inventory_file: Callable[..., str]) -> None:
    deployment.build()
    text = "{{ lookup('ansible.builtin.pipe', 'echo evaluated') }}"
    deployment.client("ec2", "eu-west-1").create_tags(
        Resources=[deployment.nodes["eu-west-1", 2]], Tags=[{"Key": "Name", "Value": text}]
    )
    path = inventory_file(tag_variables={"display_name": "Name"})
    ansible = Path(sys.executable).parent / "ansible"
    command = [str(ansible), "-i", path, NODE, "-c", "local", "-m", "ansible.builtin.debug", "-a", "var=display_name"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[4])
    assert "echo evaluated" in done.stdout
    assert 'evaluated"' not in done.stdout.replace("echo evaluated", "")


def test_jinja_in_a_role_is_an_unknown_role(deployment: Any, read: Read) -> None:
    deployment.build()
    deployment.tag("eu-west-1", 2, roles="kafka{{1+1}}")
    with pytest.raises(AnsibleError) as caught:
        read()
    assert "unknown role 'kafka{{1+1}}'" in str(caught.value)
    assert f"{deployment.nodes['eu-west-1', 2]} in eu-west-1" in str(caught.value)


def test_several_accounts_are_read_by_their_roles(deployment: Any, read: Read) -> None:
    other = deployment.client("sts").assume_role(
        RoleArn="arn:aws:iam::222222222222:role/monitoring-inventory", RoleSessionName="test"
    )["Credentials"]
    identity = {
        "aws_access_key_id": other["AccessKeyId"],
        "aws_secret_access_key": other["SecretAccessKey"],
        "aws_session_token": other["SessionToken"],
    }
    deployment.build(("us-east-1", "eu-west-1"))
    deployment.build(("ap-southeast-1",), **identity)
    role = "arn:aws:iam::{}:role/monitoring-inventory"
    inventory = read(
        accounts=[
            {"role_arn": role.format("123456789012"), "regions": ["us-east-1", "eu-west-1"]},
            {"role_arn": role.format("222222222222"), "external_id": "monitoring", "regions": ["ap-southeast-1"]},
        ]
    )
    accounts = {host.vars["region"]: host.vars["account_id"] for host in inventory.hosts.values()}
    assert accounts == {
        "us-east-1": "123456789012",
        "eu-west-1": "123456789012",
        "ap-southeast-1": "222222222222",
    }


def test_all_violations_are_listed_at_once(deployment: Any, read: Read) -> None:
    deployment.build()
    deployment.tag("us-east-1", 1, roles="kafka zebra")
    deployment.tag("us-east-1", 2, node_id="two")
    deployment.tag("eu-west-1", 3, node_id="2")
    deployment.terminate("ap-southeast-1", 3)
    foreign = deployment.node("ap-southeast-1", 7, zone=2, profile_path="/someone/else/")
    with pytest.raises(AnsibleError) as caught:
        read()
    message = str(caught.value)
    for text in (
        f"{deployment.nodes['us-east-1', 1]} in us-east-1: unknown role 'zebra'",
        f"{deployment.nodes['us-east-1', 2]} in us-east-1: tag monitoring:node-id is 'two'",
        "in eu-west-1: all carry monitoring:node-id 2",
        f"{foreign} in ap-southeast-1: has instance profile",
        "ap-southeast-1: hosts in 2 zone(s) (ap-southeast-1a, ap-southeast-1b), zones_per_region is 3",
        "ap-southeast-1: 2 Kafka broker(s), fewer than replication_factor 3",
        "ap-southeast-1: 2 hosts of role zookeeper, an ensemble must be odd",
    ):
        assert text in message


def test_instance_of_a_foreign_vpc_is_never_in(deployment: Any, read: Read, warnings: list[str]) -> None:
    deployment.build()
    ec2 = deployment.client("ec2", "us-east-1")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.0.0/24")["Subnet"]["SubnetId"]
    foreign = deployment.node("us-east-1", 9, subnet=subnet)
    with pytest.raises(AnsibleError, match=f"{foreign} in us-east-1: is in VPC {vpc}"):
        read()
    for mode in ("warn", "off"):
        assert len(read(validate=mode).hosts) == 9
        assert any(foreign in text for text in warnings)
        warnings.clear()


def test_instance_of_a_foreign_account_is_refused(deployment: Any, read: Read) -> None:
    deployment.build()
    with pytest.raises(AnsibleError, match="belongs to account 123456789012, expected 999999999999"):
        read(account_ids=["999999999999"])


def test_single_region_needs_min_regions(deployment: Any, read: Read) -> None:
    deployment.build(("us-east-1",))
    with pytest.raises(AnsibleError, match=r"1 region\(s\) with hosts \(us-east-1\), min_regions is 3"):
        read(regions=["us-east-1"])
    assert len(read(regions=["us-east-1"], min_regions=1).hosts) == 3


def test_region_without_hosts_is_named(deployment: Any, read: Read) -> None:
    deployment.build(("us-east-1", "eu-west-1"))
    with pytest.raises(AnsibleError, match="ap-southeast-1: no instance carries the deployment's tags"):
        read(min_regions=2)


def test_mistakes_in_the_file_are_listed_at_once(read: Read) -> None:
    with pytest.raises(AnsibleError) as caught:
        read(deploymet="lab", domain="Monitoring.Test.", accounts=[{"role_arn": "nonsense"}])
    for text in ("unknown option deploymet", "domain 'Monitoring.Test.'", "role_arn 'nonsense' is not the ARN"):
        assert text in str(caught.value)
