"""Private addresses: from the subnet, never AWS's own, and not re-used at once."""

from ipaddress import IPv4Address
from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.models.subnets import Subnet

from localcloud.api.patches.replacing import original, replace

# "The first four IP addresses and the last IP address in each subnet CIDR block are not available":
# https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
AWS_TAKES_FIRST = 4
AWS_TAKES_LAST = 1


class InsufficientFreeAddressesInSubnetError(EC2ClientError):
    """A subnet has no address left."""

    code = "InsufficientFreeAddressesInSubnet"


def addresses_go_round() -> None:
    """moto hands a freed address to the next instance, and skips only the addresses .1 to .3 once.

    AWS rarely gives a replacement the address of the machine it replaces, and the lab must never:
    stale connections would reach the new, empty machine. So addresses are taken in turn, and one
    that was freed comes back only after the whole subnet was used.
    """

    def take(self: Subnet, instance: Any) -> str:
        first = int(self.cidr.network_address) + AWS_TAKES_FIRST
        count = self.cidr.num_addresses - AWS_TAKES_FIRST - AWS_TAKES_LAST
        start = int(getattr(self, "lab_next_address", 0))
        for turn in range(count):
            place = (start + turn) % count
            candidate = IPv4Address(first + place)
            if str(candidate) in self._subnet_ips or candidate in self._reserved_ips:
                continue
            self.lab_next_address = place + 1  # type: ignore[attr-defined]
            self._subnet_ips[str(candidate)] = instance
            return str(candidate)
        raise InsufficientFreeAddressesInSubnetError(f"Subnet '{self.id}' has no free address.")

    replace(Subnet, "get_available_subnet_ip", take)


def interfaces_draw_from_their_subnet() -> None:
    """moto gives an interface without a wished address a random one, even the network's own or one in use."""
    init = original(NetworkInterface, "__init__")

    def create(
        self: NetworkInterface,
        ec2_backend: Any,
        subnet: Any,
        private_ip_address: Any,
        private_ip_addresses: Any = None,
        **kwargs: Any,
    ) -> None:
        if not private_ip_address and not private_ip_addresses:
            owner = ec2_backend.get_subnet(subnet) if isinstance(subnet, str) else subnet
            private_ip_address = owner.get_available_subnet_ip(self)
        init(self, ec2_backend, subnet, private_ip_address, private_ip_addresses, **kwargs)

    replace(NetworkInterface, "__init__", create)


PATCHES = (addresses_go_round, interfaces_draw_from_their_subnet)
