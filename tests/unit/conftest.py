"""The checkout as Ansible sees it: `ansible_collections.selfhosted.monitoring` through the link under .ansible/.

Ansible's own collection loader is installed, so that plugins resolve each other here as they do in a
real run. `lab/` is put on the path, since `localcloud` is a plain package.
"""

import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from ansible.plugins.loader import init_plugin_loader

CHECKOUT = Path(__file__).resolve().parents[2]
COLLECTIONS = CHECKOUT / ".ansible" / "collections"

if not (COLLECTIONS / "ansible_collections" / "selfhosted" / "monitoring" / "galaxy.yml").exists():
    pytest.exit("The collection's link under .ansible/ is missing; run scripts/bootstrap.sh first.", returncode=4)

init_plugin_loader([str(COLLECTIONS)])
sys.path.insert(0, str(CHECKOUT / "lab"))


@pytest.fixture(autouse=True)
def no_real_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test never finds the machine's own AWS identity, nor asks the metadata address for one."""
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture(scope="session")
def aws_server() -> Iterator[str]:
    """URL of moto's server, which stands for AWS; one for all tests of a worker."""
    from moto.server import ThreadedMotoServer  # noqa: PLC0415 - takes a second, which few tests need

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def aws_api(aws_server: str) -> str:
    """URL of an AWS that holds nothing yet."""
    requests.post(f"{aws_server}/moto-api/reset", timeout=10).raise_for_status()
    return aws_server
