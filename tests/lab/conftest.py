"""Every test here needs the running lab; it is read once and shared."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.running_lab import STATE, Lab, Machine


@pytest.fixture(scope="session")
def scratch() -> Iterator[Path]:
    """A directory whose path is short enough for SSH's control sockets."""
    with tempfile.TemporaryDirectory(prefix="lab-") as path:
        yield Path(path)


@pytest.fixture(scope="session")
def lab(scratch: Path) -> Lab:
    """The lab; the whole run ends here if it is not ready."""
    running = Lab(scratch)
    if not running.status["ready"]:
        pytest.exit(f"The lab is not ready; run lab/lab up.\n{running.lab('status', check=False).stdout}", returncode=4)
    return running


@pytest.fixture
def ready(lab: Lab) -> Lab:
    """The lab for a test that breaks a part of it: it starts only when all is ready."""
    status = lab.refresh()
    assert status["ready"], "an earlier fault is not healed; see lab/lab status"
    return lab


@pytest.fixture
def three_regions(lab: Lab) -> list[str]:
    """The regions, for a test that needs three of them."""
    regions = list(lab.status["regions"])
    if len(regions) < 3:
        pytest.skip("needs the profile compact (lab/lab up)")
    return regions


@pytest.fixture
def every_machine(lab: Lab) -> list[Machine]:
    """All machines of the lab as they are now; a test may have had one replaced."""
    return lab.machines


@pytest.fixture
def lab_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lab's own profiles for boto3, whatever identity the caller's environment has."""
    monkeypatch.setenv("AWS_CONFIG_FILE", str(STATE / "aws" / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(STATE / "aws" / "credentials"))
