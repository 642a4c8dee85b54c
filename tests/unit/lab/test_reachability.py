from typing import Any

from localcloud.desired import Cloud, parse
from localcloud.reachability import reachable_pairs


def test_subnets_of_a_vpc_reach_each_other_and_themselves(cloud: Cloud) -> None:
    pairs = reachable_pairs(cloud)
    assert ("10.213.0.0/24", "10.213.0.0/24") in pairs
    assert ("10.213.0.0/24", "10.213.2.0/24") in pairs


def test_peered_regions_reach_each_other_and_a_region_without_peering_is_alone(cloud: Cloud) -> None:
    pairs = reachable_pairs(cloud)
    assert ("10.213.0.0/24", "10.213.17.0/24") in pairs
    assert not any(a.startswith("10.213.32") and not b.startswith("10.213.3") for a, b in pairs)


def test_route_back_that_is_missing_closes_the_way(document: dict[str, Any]) -> None:
    document["regions"]["eu-west-1"]["route_tables"][0]["routes"].pop()
    assert ("10.213.0.0/24", "10.213.16.0/24") not in reachable_pairs(parse(document))


def test_peering_that_is_not_active_closes_the_way(document: dict[str, Any]) -> None:
    for region in ("us-east-1", "eu-west-1"):
        document["regions"][region]["peerings"][0]["status"] = "pending-acceptance"
    assert ("10.213.0.0/24", "10.213.16.0/24") not in reachable_pairs(parse(document))


def test_blackholed_route_closes_the_way(document: dict[str, Any]) -> None:
    document["regions"]["us-east-1"]["route_tables"][0]["routes"][1]["state"] = "blackhole"
    assert ("10.213.0.0/24", "10.213.16.0/24") not in reachable_pairs(parse(document))


def test_route_table_of_a_subnet_comes_before_the_main_one(document: dict[str, Any]) -> None:
    tables = document["regions"]["us-east-1"]["route_tables"]
    local = [route for route in tables[0]["routes"] if route["target"] == "local"]
    tables.append({"id": "rtb-own", "vpc": "vpc-0", "main": False, "subnets": ["subnet-0a"], "routes": local})
    pairs = reachable_pairs(parse(document))
    assert ("10.213.0.0/24", "10.213.16.0/24") not in pairs
    assert ("10.213.1.0/24", "10.213.16.0/24") in pairs


def test_more_specific_route_wins(document: dict[str, Any]) -> None:
    table = document["regions"]["us-east-1"]["route_tables"][0]
    table["routes"].append({"destination": "10.213.16.0/24", "target": "nat-1", "state": "active"})
    pairs = reachable_pairs(parse(document))
    assert ("10.213.0.0/24", "10.213.16.0/24") not in pairs
    assert ("10.213.0.0/24", "10.213.17.0/24") in pairs
