"""A region that does not answer, and the cache that helps over it."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleError
from ansible.inventory.data import InventoryData

Read = Callable[..., InventoryData]
REGIONS = ("us-east-1", "eu-west-1", "ap-southeast-1")


def urls(api: str, broken: str) -> dict[str, str]:
    return {**dict.fromkeys(REGIONS, api), "eu-west-1": broken}


@pytest.mark.parametrize(
    ("fault", "reason", "deadline"),
    [
        ("refusing_url", "Could not connect to the endpoint URL", 15),
        ("throttling_url", "RequestLimitExceeded: Slow down.; run again later", 15),
        ("hanging_url", "no answer within the deadline of 5 s", 5),
    ],
)
def test_broken_region_keeps_the_others(
    *,
    fault: str,
    reason: str,
    deadline: int,
    request: pytest.FixtureRequest,
    deployment: Any,
    aws_api: str,
    read: Read,
    warnings: list[str],
) -> None:
    deployment.build()
    endpoints = urls(aws_api, request.getfixturevalue(fault))
    start = time.monotonic()
    inventory = read(endpoint_url=endpoints, on_region_error="warn", deadline=deadline)
    assert time.monotonic() - start < deadline + 4
    assert {host.vars["region"] for host in inventory.hosts.values()} == {"us-east-1", "ap-southeast-1"}
    assert any("eu-west-1: " in text and reason in text for text in warnings)


def test_failure_names_region_and_error_after_the_others_were_read(
    deployment: Any, aws_api: str, refusing_url: str, read: Read, tmp_path: Path
) -> None:
    deployment.build()
    with pytest.raises(AnsibleError) as caught:
        read(endpoint_url=urls(aws_api, refusing_url), cache=True)
    assert "1 of 3 regions could not be read" in str(caught.value)
    assert "eu-west-1: Could not connect" in str(caught.value)
    assert sorted(path.name[:9] for path in (tmp_path / "cache").iterdir()) == ["ap-southe", "us-east-1"]


def test_hanging_region_does_not_hold_the_exit(
    deployment: Any, aws_api: str, hanging_url: str, inventory_file: Callable[..., str]
) -> None:
    deployment.build()
    path = inventory_file(endpoint_url=urls(aws_api, hanging_url), on_region_error="warn", deadline=3)
    command = [str(Path(sys.executable).parent / "ansible-inventory"), "-i", path, "--list"]
    start = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[4])
    assert time.monotonic() - start < 12
    assert len(json.loads(done.stdout)["_meta"]["hostvars"]) == 6
    assert "eu-west-1: no answer within the deadline of 3 s" in " ".join(done.stderr.split())


def test_stale_answer_stands_in_whatever_its_age(
    deployment: Any, aws_api: str, read: Read, warnings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment.build()
    # The identity of the cache must be the same while one region's API is away: stop it, not its URL.
    endpoints = urls(aws_api, aws_api)
    read(endpoint_url=endpoints, on_region_error="stale")
    deployment.terminate("us-east-1", 3)
    deployment.node("us-east-1", 3)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 86400)
    broken = _broken_client(monkeypatch, "eu-west-1")
    inventory = read(endpoint_url=endpoints, on_region_error="stale", cache_timeout=1)
    assert len(inventory.hosts) == 9
    assert any("eu-west-1" in text and "using its answer of 1440 min ago" in text for text in warnings)
    assert inventory.hosts["node-3.us-east-1.monitoring.test"].vars["instance_id"] != deployment.nodes["us-east-1", 3]
    assert broken == ["eu-west-1"]


def test_stale_without_an_earlier_answer_fails(deployment: Any, aws_api: str, refusing_url: str, read: Read) -> None:
    deployment.build()
    with pytest.raises(AnsibleError, match=r"eu-west-1: .*no earlier answer is kept"):
        read(endpoint_url=urls(aws_api, refusing_url), on_region_error="stale")


def test_cache_answers_without_the_api(
    deployment: Any, read: Read, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    deployment.build()
    read(cache=True)
    files = list((tmp_path / "cache").iterdir())
    assert len(files) == 3
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert (tmp_path / "cache").stat().st_mode & 0o777 == 0o700
    asked = _broken_client(monkeypatch, *REGIONS)
    assert len(read(cache=True).hosts) == 9
    assert asked == []
    with pytest.raises(AnsibleError, match="3 of 3 regions"):
        read(cache=True, use_cache=False)  # --flush-cache, refresh_inventory


def _broken_client(monkeypatch: pytest.MonkeyPatch, *regions: str) -> list[str]:
    """Only these regions cannot be reached; returns those that were tried."""
    from ansible_collections.selfhosted.monitoring.plugins.module_utils.aws.client import Clients  # noqa: PLC0415

    asked: list[str] = []
    original = Clients.ec2

    def ec2(self: Any, region: str, *rest: Any) -> Any:
        if region in regions:
            asked.append(region)
            raise ConnectionError("unplugged")
        return original(self, region, *rest)

    monkeypatch.setattr(Clients, "ec2", ec2)
    return asked
