"""One deployment for all tests of this folder: made once, and destroyed by the last of them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "lab"))

from localcloud import addresses, paths, terraform  # noqa: E402 - the lab's package lies under lab/

from tests.terraform.deployment import Deployment, free_port, serving  # noqa: E402


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """The root, applied to an API that ends with the tests; the running lab and the checkout stay as they are."""
    state = tmp_path_factory.mktemp("deployment")
    key = state / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    with pytest.MonkeyPatch.context() as patch, serving(state, free_port()):
        patch.setattr(paths, "STATE", state)
        patch.setattr(terraform, "DATA", state / "terraform")
        environment = terraform.environment(key.with_suffix(".pub").read_text(encoding="utf-8"))
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
            patch.delenv(name, raising=False)
        for name, value in environment.items():
            patch.setenv(name, value)
        made = Deployment(state, environment, tuple(addresses.REGIONS))
        made.initialise()
        made.run("apply", "-auto-approve", *made.variables()).succeeded()
        yield made
