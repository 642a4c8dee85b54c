"""Inventory of 3 regions x 500 instances, every API call 150 ms away: ours beside amazon.aws.aws_ec2.

    .venv/bin/python tests/bench/inventory.py [--runs 5] [--hosts 500] [--json FILE]

The contestants run in turn, again and again, so that a busy machine slows all of them; figures are medians.
"aws_ec2" makes the same groups, "aws_ec2_plain" only lists its hosts; "bare" is only the API calls (a thread a
region, clients made before); "static" is `ansible-inventory` of our own output as an INI file, the quickest of
Ansible's static formats. Exit status 1: a goal was missed.
"""

import argparse
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import yaml
from inventory_cloud import IDENTITY, REGIONS, TAGS, Cloud

CHECKOUT = Path(__file__).resolve().parents[2]
FILTERS = [{"Name": f"tag:{tag['Key']}", "Values": [tag["Value"]]} for tag in TAGS]
FILES = {"static": "static", "aws_ec2_plain": "plain.aws_ec2.yml"}
RUNNING = {"Name": "instance-state-name", "Values": ["running"]}


@dataclass(frozen=True)
class Run:
    seconds: float
    output: str
    messages: str


class Bench:
    def __init__(self, cloud: Cloud, directory: Path) -> None:
        self._cloud = cloud
        self._directory = directory
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(directory),
            "LANG": "C.UTF-8",
            "AWS_ACCESS_KEY_ID": IDENTITY["aws_access_key_id"],
            "AWS_SECRET_ACCESS_KEY": IDENTITY["aws_secret_access_key"],
            "AWS_EC2_METADATA_DISABLED": "true",
            "ANSIBLE_COLLECTIONS_PATH": str(CHECKOUT / ".ansible" / "collections"),
        }
        self.clients = {
            region: boto3.session.Session(**IDENTITY).client("ec2", region_name=region, endpoint_url=cloud.gateway.url)
            for region in REGIONS
        }

    def list(self, name: str) -> Run:
        """`ansible-inventory --list` of a file in the directory."""
        command = [str(Path(sys.executable).parent / "ansible-inventory"), "-i", name, "--list"]
        start = time.monotonic()
        done = subprocess.run(
            command, cwd=self._directory, env=self._environment, capture_output=True, text=True, check=False
        )
        return Run(time.monotonic() - start, done.stdout, done.stderr)

    def write(self, name: str, content: dict[str, Any]) -> None:
        self.write_text(name, yaml.safe_dump(content, sort_keys=False))

    def write_text(self, name: str, content: str) -> None:
        (self._directory / name).write_text(content)

    def ours(self, **options: Any) -> dict[str, Any]:
        return {
            "plugin": "selfhosted.monitoring.ec2_topology",
            "deployment": "bench",
            "environment": "bench",
            "domain": "monitoring.test",
            "regions": list(REGIONS),
            "endpoint_url": self._cloud.gateway.url,
            **options,
        }

    def aws_ec2(self) -> dict[str, Any]:
        """The same hosts, names and groups from amazon.aws."""
        tag = "tags['monitoring:{}']"
        return {
            "plugin": "amazon.aws.aws_ec2",
            "regions": list(REGIONS),
            "endpoint_url": self._cloud.gateway.url,
            "filters": {
                **{item["Name"]: item["Values"] for item in FILTERS},
                "instance-state-name": "running",
            },
            "hostnames": [{"name": "tag:monitoring:roles", "separator": "-", "prefix": "instance-id"}],
            "keyed_groups": [
                {"key": f"{tag.format('roles')}.split()", "prefix": "", "separator": ""},
                {"key": "placement.region", "prefix": "region"},
                {"key": "placement.availability_zone", "prefix": "zone"},
                {"key": tag.format("environment"), "prefix": "environment"},
                {"key": tag.format("deployment"), "prefix": "deployment"},
            ],
            "compose": {"ansible_host": "private_ip_address", "node_id": tag.format("node-id") + " | int"},
        }

    def bare(self) -> float:
        """Seconds of the API calls alone, all regions at once."""
        threads = [threading.Thread(target=self._calls, args=(client,)) for client in self.clients.values()]
        start = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return time.monotonic() - start

    @staticmethod
    def _calls(ec2: Any) -> None:
        ec2.describe_subnets(Filters=FILTERS)
        ec2.describe_instances(Filters=[*FILTERS, RUNNING], MaxResults=1000)


def hosts(run: Run) -> int:
    return len(json.loads(run.output)["_meta"]["hostvars"]) if run.output else 0


def static_file(run: Run) -> str:
    """Our own output as an INI inventory, so that both list the same hosts, groups and variables."""
    listed = json.loads(run.output)
    lines = [
        " ".join([host, *(f"{name}={shlex.quote(json.dumps(value))}" for name, value in variables.items())])
        for host, variables in listed.pop("_meta")["hostvars"].items()
    ]
    for name, group in listed.items():
        for section, members in ((name, group.get("hosts")), (f"{name}:children", group.get("children"))):
            if members and name != "all":
                lines += ["", f"[{section}]", *members]
    return "\n".join(lines) + "\n"


def faults(bench: Bench, cloud: Cloud, deadline: float) -> list[dict[str, Any]]:
    found = []
    for fault in ("refuse", "throttle", "hang"):
        region = REGIONS[1]
        bench.write("fault.yml", bench.ours(on_region_error="warn", deadline=deadline))
        bench.write("fail.yml", bench.ours(on_region_error="fail", deadline=deadline))
        cloud.gateway.faults = {region: fault}
        warned, failed = bench.list("fault.yml"), bench.list("fail.yml")
        cloud.gateway.faults = {}
        found.append(
            {
                "fault": fault,
                "hosts": hosts(warned),
                "seconds": round(warned.seconds, 2),
                "seconds_fail": round(failed.seconds, 2),
                "named": region in warned.messages and f"{region}: " in failed.messages,
                "message": next((line.strip() for line in failed.messages.splitlines() if f"{region}: " in line), ""),
            }
        )
    return found


def measure(bench: Bench, cloud: Cloud, runs: int, count: int) -> dict[str, Any]:
    bench.write("aws_ec2.yml", bench.aws_ec2())
    plain = {key: value for key, value in bench.aws_ec2().items() if key not in ("keyed_groups", "compose")}
    bench.write("plain.aws_ec2.yml", plain)
    bench.write("ec2_topology.yml", bench.ours())
    bench.write("cached.yml", bench.ours(cache=True, cache_timeout=86400, cache_directory=".cache"))
    cloud.gateway.delay = 0.15
    bench.write("first.yml", bench.ours(deadline=300))  # the API servers render their first answers
    ours = bench.list("first.yml")
    if hosts(ours) != count:
        sys.exit(f"ec2_topology listed {hosts(ours)} of {count} hosts:\n{ours.messages[:2000]}")
    bench.write_text("static", static_file(ours))
    bench.list("cached.yml")  # fills the cache
    seconds: dict[str, list[float]] = {}
    sizes: dict[str, int] = {}
    for number in range(runs):
        for name in ("aws_ec2", "ec2_topology", "cached", "aws_ec2_plain", "static"):
            run = bench.list(FILES.get(name, f"{name}.yml"))
            if hosts(run) != count:
                sys.exit(f"{name} listed {hosts(run)} of {count} hosts:\n{run.messages[:2000]}")
            seconds.setdefault(name, []).append(run.seconds)
            sizes[name] = len(run.output)
        seconds.setdefault("bare", []).append(bench.bare())
        latest = ", ".join(f"{name} {values[-1]:.2f} s" for name, values in seconds.items())
        print(f"run {number + 1} of {runs}: {latest}", flush=True)
    return {"seconds": seconds, "bytes": sizes}


def ratio(seconds: dict[str, list[float]], part: str, whole: tuple[str, ...]) -> float:
    """Median over the runs of one contestant's time by the others' in the same run."""
    pairs = zip(seconds[part], *(seconds[name] for name in whole), strict=True)
    return float(statistics.median(first / sum(rest) for first, *rest in pairs))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--hosts", type=int, default=500, help="instances a region")
    parser.add_argument("--deadline", type=float, default=10, help="seconds, in the runs with a broken region")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    arguments = parser.parse_args()
    count = arguments.hosts * len(REGIONS)
    print(f"{count} instances are being made", flush=True)
    with Cloud(arguments.hosts) as cloud, tempfile.TemporaryDirectory() as directory:
        bench = Bench(cloud, Path(directory))
        result = measure(bench, cloud, arguments.runs, count)
        result["faults"] = faults(bench, cloud, arguments.deadline)
    seconds, sizes = result["seconds"], result["bytes"]
    plain = ratio(seconds, "ec2_topology", ("aws_ec2_plain",))
    goals = {
        "ec2_topology / aws_ec2": (ratio(seconds, "ec2_topology", ("aws_ec2",)), 0.6),
        "from cache / aws_ec2": (ratio(seconds, "cached", ("aws_ec2",)), 0.35),
        "ec2_topology / (bare + static)": (ratio(seconds, "ec2_topology", ("bare", "static")), 1.5),
        "output / aws_ec2's": (sizes["ec2_topology"] / sizes["aws_ec2"], 1.0),
    }
    result["medians"] = {name: round(statistics.median(values), 3) for name, values in seconds.items()}
    result["goals"] = {name: {"is": round(value, 3), "at_most": goal} for name, (value, goal) in goals.items()}
    print(f"\n{'':34}{'median s':>10}{'bytes':>12}")
    for name, median in result["medians"].items():
        print(f"{name:34}{median:>10.2f}{sizes.get(name, ''):>12}")
    print(f"\n{'':34}{'is':>10}{'at most':>12}")
    for name, (value, goal) in goals.items():
        print(f"{name:34}{value:>10.2f}{goal:>12.2f}")
    print(f"{'ec2_topology / aws_ec2_plain':34}{plain:>10.2f}{'no goal':>12}")
    print(f"\none region broken (deadline {arguments.deadline:g} s)   hosts   seconds   names it")
    for fault in result["faults"]:
        print(
            f"{fault['fault']:34}{fault['hosts']:>6}{fault['seconds']:>10}{fault['named']!s:>11}   {fault['message']}"
        )
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=2) + "\n")
    good = all(value <= goal for value, goal in goals.values()) and all(
        fault["named"] and fault["hosts"] == count - arguments.hosts and fault["seconds"] < arguments.deadline + 5
        for fault in result["faults"]
    )
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
