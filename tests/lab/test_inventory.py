"""A region whose API fails or hangs does not take the others away."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from tests.lab.running_lab import Lab

pytestmark = pytest.mark.fault
DEADLINE = 6


def graph(lab: Lab, inventory: Path) -> tuple[subprocess.CompletedProcess[str], float]:
    start = time.monotonic()
    done = subprocess.run(
        ["ansible-inventory", "-i", str(inventory), "--graph"],
        env=lab.environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done, time.monotonic() - start


def source(lab: Lab, directory: Path, on_region_error: str) -> Path:
    """The lab's inventory with a short deadline, and another answer to a region that fails."""
    text = lab.inventory.read_text() + f"\ndeadline: {DEADLINE}\non_region_error: {on_region_error}\nvalidate: warn\n"
    (directory / f"{on_region_error}.ec2_topology.yml").write_text(text)
    return directory / f"{on_region_error}.ec2_topology.yml"


@pytest.mark.parametrize("kind", ["api-fail", "api-throttle", "api-hang"])
def test_failing_region_is_named_and_the_others_are_read(
    ready: Lab, three_regions: list[str], tmp_path: Path, kind: str
) -> None:
    broken, *others = three_regions
    with ready.fault(kind, broken):
        done, seconds = graph(ready, source(ready, tmp_path, "warn"))
        refused, _seconds = graph(ready, source(ready, tmp_path, "fail")) if kind == "api-fail" else (None, 0.0)
    assert done.returncode == 0, done.stderr
    assert f"node-1.{broken}" not in done.stdout
    assert all(f"node-{number}.{region}" in done.stdout for region in others for number in (1, 2, 3))
    assert broken in done.stderr
    assert seconds < DEADLINE + 4
    if refused is not None:
        assert refused.returncode != 0
        assert broken in refused.stderr
