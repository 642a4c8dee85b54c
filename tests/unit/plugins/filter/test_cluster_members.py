from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.selfhosted.monitoring.plugins.filter.cluster_members import cluster_members


def hosts(**changes: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = {
        f"node-{number}.{region}.example": {
            "region": region,
            "zone": f"{region}{'abc'[number - 1]}",
            "node_id": number,
            "monitoring_names": [f"kafka-{number}.{region}.example", f"node-{number}.{region}.example"],
        }
        for region in ("eu", "us")
        for number in (3, 1, 2)
    }
    for name, values in changes.items():
        found[f"node-{name[1:]}.eu.example"].update(values)
    return found


def members(hostvars: dict[str, dict[str, Any]], **options: bool) -> list[dict[str, Any]]:
    return cluster_members(list(hostvars), hostvars, "node-1.eu.example", "kafka", **options)


def test_members_are_those_of_the_region_by_id_under_the_service_s_name() -> None:
    assert [(one["id"], one["name"], one["zone"]) for one in members(hosts())] == [
        (number, f"kafka-{number}.eu.example", f"eu{zone}") for number, zone in ((1, "a"), (2, "b"), (3, "c"))
    ]


def test_host_without_names_of_its_own_is_called_as_in_the_inventory() -> None:
    assert members(hosts(n1={"monitoring_names": []}))[0]["name"] == "node-1.eu.example"


def test_missing_variables_are_all_named() -> None:
    with pytest.raises(AnsibleFilterError, match=r"node-3.* no host variable zone; node-1.* no host variable node_id"):
        members(hosts(n3={"zone": ""}, n1={"node_id": None}))
    with pytest.raises(AnsibleFilterError, match=r"node-1\.eu\.example has no host variable region"):
        members(hosts(n1={"region": ""}))


def test_two_members_with_one_id_are_named() -> None:
    with pytest.raises(AnsibleFilterError, match=r"kafka in eu: node-1\.eu.* and node-2\.eu.* have the same node_id 1"):
        members(hosts(n2={"node_id": 1}))


def test_even_ensemble_is_refused_where_that_matters() -> None:
    four = hosts()
    four["node-4.eu.example"] = {"region": "eu", "zone": "eua", "node_id": 4}
    assert len(members(four)) == 4
    with pytest.raises(AnsibleFilterError, match="4 members, which survive no more losses than 3"):
        members(four, odd=True)


def test_cluster_in_one_zone_is_refused_unless_that_is_wanted() -> None:
    crowded = hosts(**{f"n{number}": {"zone": "eua"} for number in (1, 2, 3)})
    with pytest.raises(AnsibleFilterError, match="all 3 members stand in zone eua"):
        members(crowded)
    assert len(members(crowded, spread=False)) == 3
