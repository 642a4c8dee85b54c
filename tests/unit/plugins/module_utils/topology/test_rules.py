"""Rules of a whole topology, on nodes made here."""

from ansible_collections.selfhosted.monitoring.plugins.module_utils.topology.model import Instance, Node
from ansible_collections.selfhosted.monitoring.plugins.module_utils.topology.rules import Requirements, violations

RULES = Requirements(
    min_regions=1, minimum_hosts={"prometheus": 2}, odd_roles=["zookeeper"], spread_roles=["prometheus"]
)


def node(node_id: int, zone: str, *roles: str, region: str = "r1") -> Node:
    instance = Instance(f"i-{node_id}", "m5.large", "1", region, region + zone, "vpc-1", "", "10.0.0.1", "", {})
    return Node(f"n{node_id}", (f"n{node_id}",), "10.0.0.1", roles, node_id, 1, instance)


def three(*roles: str) -> list[Node]:
    return [node(number, zone, *roles) for number, zone in enumerate("abc", 1)]


def test_good_topology_has_no_violations() -> None:
    assert violations(three("zookeeper", "kafka", "prometheus"), ["r1"], [], RULES) == []


def test_pair_in_one_zone_is_found() -> None:
    nodes = [node(1, "a", "prometheus"), node(2, "a", "prometheus"), node(3, "b"), node(4, "c")]
    assert violations(nodes, ["r1"], [], RULES) == [
        "r1: 2 hosts of role prometheus are in 1 zone(s) (r1a); spread them"
    ]


def test_missing_host_of_a_required_role_is_found() -> None:
    assert violations(three("kafka"), ["r1"], [], RULES) == ["r1: 0 host(s) of role prometheus, minimum_hosts is 2"]


def test_region_that_could_not_be_read_is_not_judged_but_counted() -> None:
    rules = Requirements(min_regions=2)
    assert violations(three("prometheus"), ["r1", "r2"], ["r2"], rules) == []


def test_zookeeper_id_above_its_limit_is_found() -> None:
    nodes = [*three("prometheus"), node(256, "a", "zookeeper")]
    assert violations(nodes, ["r1"], [], RULES) == [
        "r1: i-256 of role zookeeper has monitoring:node-id 256, above its limit 255"
    ]
