import os
import re
import subprocess
from typing import Any

import pytest
from localcloud.desired import Cloud, parse
from localcloud.faults import Fault
from localcloud.firewall import render


def chain(text: str, name: str) -> list[str]:
    """The rules of one chain of a rendered table."""
    body = re.search(rf"\tchain {name} \{{\n(.*?)\t\}}\n", text, re.S)
    assert body, name
    return [line.strip() for line in body[1].splitlines()]


def ingress_of(text: str, address: str) -> list[str]:
    """The rules that decide what reaches an address."""
    target = re.search(rf"{re.escape(address)} : jump (ingress_\d+)", text)
    assert target, address
    return chain(text, target[1])


def test_port_is_open_only_to_whom_a_rule_names(cloud: Cloud) -> None:
    rules = ingress_of(render(cloud), "10.213.0.10")
    assert "ip saddr { 10.213.255.1 } tcp dport 22 accept" in rules
    assert "ip saddr { 10.213.0.0/16 } tcp dport 9090-9091 accept" in rules
    assert rules[-1] == 'counter name "ingress_refused" drop'
    assert len(rules) == 4


def test_rule_that_names_a_group_holds_for_its_members_only(cloud: Cloud) -> None:
    rules = ingress_of(render(cloud), "10.213.16.10")
    assert "ip saddr { 10.213.16.10, 10.213.17.10 } tcp dport 9094 accept" in rules


def test_rule_of_a_group_without_members_opens_nothing(document: dict[str, Any]) -> None:
    document["regions"]["us-east-1"]["security_groups"][0]["ingress"][2]["groups"] = ["sg-empty"]
    assert not any("9094" in rule for rule in ingress_of(render(parse(document)), "10.213.0.10"))


def test_port_that_terraform_forgot_is_closed(document: dict[str, Any]) -> None:
    document["regions"]["us-east-1"]["security_groups"][0]["ingress"] = []
    assert ingress_of(render(parse(document)), "10.213.0.10") == ['counter name "ingress_refused" drop']


def test_egress_is_judged_before_ingress(document: dict[str, Any]) -> None:
    document["regions"]["us-east-1"]["security_groups"][0]["egress"] = []
    text = render(parse(document))
    judged = chain(text, "host_to_host")
    assert [i for i, rule in enumerate(judged) if "jump egress" in rule] < [
        i for i, rule in enumerate(judged) if "jump ingress" in rule
    ]
    source = re.search(r"10\.213\.0\.10 : jump (egress_\d+)", text)
    assert source
    assert chain(text, source[1]) == ['counter name "egress_refused" drop']


def test_machine_that_is_not_running_has_no_way_in(document: dict[str, Any]) -> None:
    document["regions"]["us-east-1"]["instances"][0]["state"] = "stopped"
    assert "10.213.0.10 : " not in render(parse(document))


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"protocol": "-1", "from": None, "to": None}, "accept"),
        ({"protocol": "tcp", "from": 0, "to": 65535}, "meta l4proto tcp accept"),
        ({"protocol": "udp", "from": 53, "to": 53}, "udp dport 53 accept"),
        ({"protocol": "icmp", "from": -1, "to": -1}, "meta l4proto icmp accept"),
        ({"protocol": "icmp", "from": 8, "to": -1}, "icmp type 8 accept"),
        ({"protocol": "112", "from": None, "to": None}, "meta l4proto 112 accept"),
    ],
)
def test_protocols_of_a_permission(document: dict[str, Any], rule: dict[str, Any], expected: str) -> None:
    document["regions"]["us-east-1"]["security_groups"][0]["ingress"] = [
        {**rule, "cidrs": ["10.0.0.0/8"], "groups": []},
    ]
    assert ingress_of(render(parse(document)), "10.213.0.10")[0] == f"ip saddr {{ 10.0.0.0/8 }} {expected}"


def test_hosts_reach_the_controllers_services_and_nothing_else_of_it(cloud: Cloud) -> None:
    rules = chain(render(cloud), "to_services")
    assert "ip daddr 10.213.255.1 udp dport 53 accept" in rules
    assert "ip daddr 10.213.255.1 tcp dport { 4566, 8080 } accept" in rules
    assert rules[-1] == 'counter name "outside" drop'


def test_cut_region_is_dropped_before_anything_is_accepted(cloud: Cloud) -> None:
    text = render(cloud, [Fault("cut", ("eu-west-1",))])
    severed = chain(text, "severed_ways")
    assert 'ip saddr 10.213.16.0/24 ip daddr 10.213.0.0/24 counter name "severed" drop' in severed
    assert 'ip saddr 10.213.255.1 ip daddr 10.213.16.0/24 counter name "severed" drop' in severed
    forward = chain(text, "forward")
    assert forward.index("jump severed_ways") < forward.index("jump host_to_host")


def test_packet_on_a_delayed_way_is_tracked_only_when_it_comes_out_of_the_delay(cloud: Cloud) -> None:
    rules = chain(render(cloud, [Fault("delay", ("eu-west-1", "us-east-1"), 80)]), "before_delay")
    assert rules == [
        "type filter hook prerouting priority raw; policy accept;",
        'iifname != "lab-delay" ip saddr 10.213.16.0/20 ip daddr 10.213.0.0/20 notrack',
        'iifname != "lab-delay" ip saddr 10.213.0.0/20 ip daddr 10.213.16.0/20 notrack',
    ]
    assert len(chain(render(cloud), "before_delay")) == 1


def test_own_ipv6_of_the_machine_is_left_alone(cloud: Cloud) -> None:
    text = render(cloud)
    assert chain(text, "output")[1] == "meta nfproto ipv6 accept"
    assert 'iifname != "lab-*" oifname != "lab-*" meta nfproto ipv6 accept' in chain(text, "forward")


def test_table_is_replaced_in_one_transaction(cloud: Cloud) -> None:
    assert render(cloud).startswith("table inet monitoring_lab\ndelete table inet monitoring_lab\ntable inet")


def test_same_cloud_renders_the_same_text(document: dict[str, Any]) -> None:
    first = render(parse(document))
    for region in document["regions"].values():
        region["instances"].reverse()
        region["security_groups"].reverse()
    assert render(parse(document)) == first


@pytest.mark.skipif(os.geteuid() != 0, reason="the kernel checks a table for root only")
@pytest.mark.parametrize("empty", [False, True])
def test_kernel_takes_the_table(cloud: Cloud, empty: bool) -> None:
    faults = [Fault(kind, ("eu-west-1", "us-east-1"), 80) for kind in ("blackhole", "delay")]
    text = render(Cloud() if empty else cloud, faults)
    done = subprocess.run(["nft", "-c", "-f", "-"], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
