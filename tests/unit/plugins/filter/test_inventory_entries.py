"""Hosts as entries for ec2_known_hosts and route53_records."""

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.selfhosted.monitoring.plugins.filter.address_records import address_records
from ansible_collections.selfhosted.monitoring.plugins.filter.ec2_machines import ec2_machines

HOSTVARS = {
    "node-1.r1.test": {
        "instance_id": "i-1",
        "region": "r1",
        "ansible_host": "10.0.0.1",
        "monitoring_names": ["kafka-1.r1.test", "node-1.r1.test"],
    },
    "static.test": {"ansible_host": "2001:db8::1"},
    "named.test": {"ansible_host": "somewhere.example.com"},
}


def test_only_instances_have_a_console() -> None:
    assert ec2_machines(HOSTVARS, ["node-1.r1.test", "static.test"]) == [
        {"instance_id": "i-1", "region": "r1", "names": ["node-1.r1.test", "10.0.0.1", "kafka-1.r1.test"]}
    ]


def test_each_name_has_a_record_of_its_address_family() -> None:
    records = address_records(HOSTVARS, ["node-1.r1.test", "static.test"])
    assert [(record["name"], record["type"], record["values"]) for record in records] == [
        ("kafka-1.r1.test", "A", ["10.0.0.1"]),
        ("node-1.r1.test", "A", ["10.0.0.1"]),
        ("static.test", "AAAA", ["2001:db8::1"]),
    ]


def test_host_without_an_address_is_named() -> None:
    with pytest.raises(AnsibleFilterError, match=r"named\.test: ansible_host is somewhere"):
        address_records(HOSTVARS, ["named.test"])
