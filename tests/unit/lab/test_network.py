from localcloud.addresses import bridge_name, port_name
from localcloud.network import gateway, mac_address


def test_router_is_the_first_address_of_a_subnet() -> None:
    assert gateway("10.213.17.0/24") == "10.213.17.1"


def test_mac_address_is_local_and_tells_the_address() -> None:
    assert mac_address("10.213.0.10") == "02:da:0a:d5:00:0a"


def test_interface_names_fit_linux() -> None:
    assert bridge_name("subnet-0123456789abcdef0") == "lab-6789abcdef0"
    assert port_name("i-0123456789abcdef0") == "labv-789abcdef0"
    assert max(len(bridge_name("subnet-0123456789abcdef0")), len(port_name("i-0123456789abcdef0"))) <= 15
