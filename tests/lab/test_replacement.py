"""A terminated instance comes back as an empty machine with its name and another address; site.yml makes it whole."""

from __future__ import annotations

import time

import boto3
import pytest

from tests.lab.running_lab import STATE, Lab, Machine

pytestmark = pytest.mark.fault
WITHIN = 15.0
"""Seconds for a replacement to run (issue 3)."""


def replaced(lab: Lab, lost: Machine) -> Machine | None:
    """The machine that runs now under the lost one's name, None while there is none."""
    machines = [
        Machine(**{**row, "region": lost.region, "roles": tuple(row["roles"])}) for row in rows(lab, lost.region)
    ]
    found = [one for one in machines if one.name == lost.name and one.instance_id != lost.instance_id]
    return found[0] if found and found[0].state == "running" else None


def rows(lab: Lab, region: str) -> list[dict[str, str]]:
    return list(lab.refresh()["regions"].get(region, {"hosts": []})["hosts"])


def test_replacement_comes_within_seconds_and_site_brings_it_back(ready: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(STATE / "aws" / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(STATE / "aws" / "credentials"))
    lost = ready.machines[-1]
    ec2 = boto3.Session(profile_name="terraform", region_name=lost.region).client("ec2")
    start = time.monotonic()
    ec2.terminate_instances(InstanceIds=[lost.instance_id])
    while (new := replaced(ready, lost)) is None:
        assert time.monotonic() - start < 2 * WITHIN, "no replacement runs"
        time.sleep(0.25)
    elapsed = time.monotonic() - start
    assert new.address != lost.address
    assert elapsed <= WITHIN, f"the replacement took {elapsed:.1f} s"

    # Its host key is read from the new console; --check looks at the empty machine and leaves it empty.
    checked = ready.site("--check", "--diff", "-l", new.name).succeeded()
    assert checked.recap()[new.name]["changed"] >= 2
    assert ready.run(new, "ls -A /opt/monitoring 2>/dev/null || true") == ""
    made = ready.site("-l", new.name).succeeded()
    assert made.recap()[new.name]["changed"] >= 2
    assert f'nodename="{new.name}"' in ready.run(new, "curl -sf 127.0.0.1:9100/metrics")
    other = next(one for one in ready.machines if one.region == lost.region and one.name != lost.name)
    assert ready.run(other, f"getent ahostsv4 {new.name} | awk '/STREAM/ {{print $1}}'") == new.address
