import ipaddress

from localcloud.delay import Way, hold
from localcloud.desired import Cloud
from localcloud.detour import rules, ways
from localcloud.faults import Fault

WAYS = [Way.parse("10.213.0.0/20,10.213.16.0/20,80")]


def packet(source: str, target: str) -> bytes:
    header = bytearray(20)
    header[0] = 0x45
    header[12:16] = ipaddress.IPv4Address(source).packed
    header[16:20] = ipaddress.IPv4Address(target).packed
    return bytes(header)


def test_packet_of_a_delayed_way_is_held_in_both_directions() -> None:
    assert hold(packet("10.213.0.5", "10.213.16.5"), WAYS) == 0.08
    assert hold(packet("10.213.16.5", "10.213.0.5"), WAYS) == 0.08


def test_other_packets_are_not_held() -> None:
    assert hold(packet("10.213.0.5", "10.213.32.5"), WAYS) == 0.0
    assert hold(b"\x60" + bytes(39), WAYS) == 0.0
    assert hold(b"", WAYS) == 0.0


def test_delay_fault_covers_the_networks_of_both_regions(cloud: Cloud) -> None:
    assert ways([Fault("delay", ("eu-west-1", "us-east-1"), 80)], cloud) == [("10.213.16.0/20", "10.213.0.0/20", 80)]


def test_what_comes_back_from_the_device_is_routed_on_before_any_detour() -> None:
    first, *others = rules([("10.213.16.0/20", "10.213.0.0/20", 80)])
    assert first[2:] == ["iif", "lab-delay", "lookup", "main"]
    assert all(int(first[1]) < int(other[1]) for other in others)
    assert len(others) == 2
    assert rules([]) == []
