"""The lab's fixed addresses and interface names."""

SUPERNET = "10.213.0.0/16"
CONTROLLER = "10.213.255.1"
CONTROLLER_BRIDGE = "lab-ctl"

API_PORT = 4567
GATEWAY_PORT = 4566
GATEWAY_CONTROL_PORT = 4568
MIRROR_PORT = 8080
DNS_PORT = 53

API = f"http://127.0.0.1:{API_PORT}"
GATEWAY = f"http://{CONTROLLER}:{GATEWAY_PORT}"
GATEWAY_CONTROL = f"http://127.0.0.1:{GATEWAY_CONTROL_PORT}"
MIRROR = f"http://{CONTROLLER}:{MIRROR_PORT}"
DNS = f"{CONTROLLER}:{DNS_PORT}"

REGIONS = {"us-east-1": "10.213.0.0/20", "eu-west-1": "10.213.16.0/20", "ap-southeast-1": "10.213.32.0/20"}
"""CIDR by region, as terraform/environments/lab-*.tfvars assigns them."""

DELAY_DEVICE = "lab-delay"


def bridge_name(subnet_id: str) -> str:
    """Return the bridge of a subnet: `lab-` and the id's last 11 digits (15 is Linux's limit)."""
    return f"lab-{subnet_id.rsplit('-', 1)[-1][-11:]}"


def port_name(instance_id: str) -> str:
    """Return the host's end of an instance's veth pair."""
    return f"labv-{instance_id.rsplit('-', 1)[-1][-10:]}"
