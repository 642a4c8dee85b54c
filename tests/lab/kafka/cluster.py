"""A region's Kafka cluster as a test sees it: its brokers, who is the controller, and traffic through it."""

from __future__ import annotations

import json
import shlex
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.lab.running_lab import Lab, Machine

PYTHON = "/opt/monitoring/agents/current/archive/bin/python"
CONFIG = "/etc/monitoring/kafka/client.json"
SETTLES = 60.0
"""Seconds for a broker to be in sync again after a fault: session time-out, start and catching up."""

TOPIC = """
import json, sys
from confluent_kafka.admin import AdminClient, NewTopic
what, name, partitions = sys.argv[1], sys.argv[2], int(sys.argv[3])
admin = AdminClient(json.load(open("/etc/monitoring/kafka/client.json")))
config = {"min.insync.replicas": "2", "retention.bytes": "16777216", "segment.bytes": "8388608"}
topic = NewTopic(name, partitions, 3, config=config)
done = admin.create_topics([topic]) if what == "make" else admin.delete_topics([name])
done[name].result()
"""


@dataclass
class Traffic:
    """Records on their way while something happens; `result` is what kafka_traffic counted, once it has ended."""

    result: dict[str, Any] = field(default_factory=dict)

    @property
    def gap(self) -> str:
        """The longest pause between two acknowledgements, for the reader of a log."""
        return f"longest gap in acknowledgements: {self.result['longest_gap_seconds']} s"

    def assert_unharmed(self) -> None:
        """Nothing lost, doubled or out of order, and no error that an application would see."""
        harm = {name: self.result[name] for name in ("lost", "duplicated", "out_of_order", "errors")}
        assert not any(harm.values()), self.result
        assert self.result["read_to_end"], self.result
        assert self.result["acknowledged"] == self.result["produced"] > 0, self.result


class Cluster:
    """The brokers of a region, by id."""

    def __init__(self, lab: Lab, region: str) -> None:
        self.lab, self.region = lab, region
        of_region = [one for one in lab.machines if one.region == region and "kafka" in one.roles]
        self.brokers = {int(one.name.split(".")[0].rpartition("-")[2]): one for one in of_region}

    def limit(self) -> list[str]:
        """Arguments that keep a playbook to this region."""
        return ["-l", ",".join(one.name for one in self.brokers.values())]

    def readiness(self, broker: int) -> str:
        """What kafka_ready says of a broker, on its host."""
        name = self.brokers[broker].name.replace("node-", "kafka-")
        command = (
            f"{PYTHON} -m monitoring_agents.kafka_ready --config {CONFIG} --broker {broker} --bootstrap {name}:9093"
        )
        return str(self.lab.connection(self.brokers[broker]).run(f"sh -c '{command} || true'").stdout).strip()

    def await_whole(self, within: float = SETTLES) -> None:
        """Wait until every broker is in the ISR of all its partitions."""
        deadline = time.monotonic() + within
        while waiting := [line for line in map(self.readiness, self.brokers) if ": ready" not in line]:
            assert time.monotonic() < deadline, waiting
            time.sleep(0.5)

    def controller(self) -> int:
        """The id of the controller."""
        return next(one for one in self.brokers if self.readiness(one).endswith(", controller"))

    def invocations(self, *units: str) -> dict[tuple[int, str], str]:
        """When each unit of each broker's host was started: another id is another start."""
        show = f"systemctl show -P InvocationID {' '.join(units)}"
        shown = {one: self.lab.run(machine, show).split() for one, machine in self.brokers.items()}
        return {(one, unit): ids[index] for one, ids in shown.items() for index, unit in enumerate(units)}

    @contextmanager
    def topic(self, name: str, partitions: int = 3) -> Iterator[str]:
        """A topic for the time of a test."""
        machine = self.brokers[min(self.brokers)]
        program = f"{PYTHON} -c {shlex.quote(TOPIC)}"
        self.lab.run(machine, f"{program} make {name} {partitions}")
        try:
            yield name
        finally:
            self.lab.run(machine, f"{program} delete {name} 0")

    @contextmanager
    def traffic(self, topic: str, rate: int = 300, source: Machine | None = None) -> Iterator[Traffic]:
        """A producer and a consumer for the time of a with block; afterwards they are drained and counted."""
        machine = source or self.brokers[min(self.brokers)]
        command = f"{PYTHON} -m monitoring_agents.kafka_traffic --config {CONFIG} --topic {topic} --rate {rate} --quiet"
        argv = self.lab.ssh_argv(machine, f"sudo sh -c 'echo $$; exec {command}'")
        process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert process.stdout is not None
        number = int(process.stdout.readline())
        traffic = Traffic()
        try:
            time.sleep(2)  # both ends have begun
            yield traffic
        finally:
            self.lab.run(machine, f"kill -TERM {number} 2>/dev/null || true")
            output, errors = process.communicate(timeout=240)
            if output.strip():
                traffic.result.update(json.loads(output.strip().splitlines()[-1]))
        assert traffic.result, f"no account of the traffic: {errors[-2000:]}"
