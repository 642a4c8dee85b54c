"""GET /_lab/desired tells the network's rules as they hold."""

from collections.abc import Callable
from typing import Any

import pytest
from localcloud.api.identities import AccessKey
from localcloud.api.proof import NotEnforcedError, prove_enforcement

from .conftest import Api, Client, Network


def rules(api: Api, region: str, group: str) -> dict[str, Any]:
    (found,) = [g for g in api.desired()["regions"][region]["security_groups"] if g["id"] == group]
    return {way: found[way] for way in ("ingress", "egress")}


def test_rules_name_ports_networks_and_groups(api: Api, client: Client, network: Callable[..., Network]) -> None:
    place = network("10.213.5.0/24")
    client("ec2").authorize_security_group_ingress(
        GroupId=place.security_group,
        IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 9092, "ToPort": 9093, "IpRanges": [{"CidrIp": "10.213.0.0/20"}]},
            {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": place.security_group}]},
            {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "Ipv6Ranges": [{"CidrIpv6": "::/0"}]},
        ],
    )
    found = rules(api, "us-east-1", place.security_group)
    assert found["ingress"] == [
        {"protocol": "tcp", "from": 9092, "to": 9093, "cidrs": ["10.213.0.0/20"], "groups": []},
        {"protocol": "-1", "from": None, "to": None, "cidrs": [], "groups": [place.security_group]},
    ]
    assert found["egress"] == [{"protocol": "-1", "from": None, "to": None, "cidrs": ["0.0.0.0/0"], "groups": []}]


def test_route_over_a_peering_leads_somewhere_only_while_it_is_active(
    api: Api, client: Client, network: Callable[..., Network]
) -> None:
    here, there = network("10.213.6.0/24"), network("10.213.26.0/24", "eu-west-1")
    ec2, far = client("ec2"), client("ec2", region="eu-west-1")
    peering = ec2.create_vpc_peering_connection(VpcId=here.vpc, PeerVpcId=there.vpc, PeerRegion="eu-west-1")
    identifier = peering["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    table = ec2.create_route_table(VpcId=here.vpc)["RouteTable"]["RouteTableId"]
    ec2.associate_route_table(RouteTableId=table, SubnetId=here.subnet)
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="10.213.26.0/24", VpcPeeringConnectionId=identifier)

    def route() -> tuple[list[str], str, str]:
        (found,) = [t for t in api.desired()["regions"]["us-east-1"]["route_tables"] if t["id"] == table]
        (over,) = [r for r in found["routes"] if r["destination"] == "10.213.26.0/24"]
        return found["subnets"], over["target"], over["state"]

    def peerings(region: str) -> list[str]:
        return [p["status"] for p in api.desired()["regions"][region]["peerings"] if p["id"] == identifier]

    assert route() == ([here.subnet], identifier, "blackhole")
    far.accept_vpc_peering_connection(VpcPeeringConnectionId=identifier)
    assert route() == ([here.subnet], identifier, "active")
    assert peerings("us-east-1") == peerings("eu-west-1") == ["active"]
    ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=identifier)
    assert route() == ([here.subnet], identifier, "blackhole")
    assert peerings("us-east-1") == []


def test_default_vpcs_are_left_out(api: Api, client: Client) -> None:
    assert any(vpc["IsDefault"] for vpc in client("ec2").describe_vpcs()["Vpcs"])
    cidrs = {vpc["cidr"] for region in api.desired()["regions"].values() for vpc in region["vpcs"]}
    assert "172.31.0.0/16" not in cidrs
    assert set(api.desired()["regions"]) >= {"us-east-1", "eu-west-1", "ap-southeast-1"}


def test_proof_finds_a_user_with_too_little(api: Api) -> None:
    host, port = api.url.removeprefix("http://").split(":")
    with pytest.raises(NotEnforcedError, match="TerminateInstances of the inventory user with 401"):
        prove_enforcement(host, int(port), "us-east-1", AccessKey("AKIA0000000000000001", "x"))
