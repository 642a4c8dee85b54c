"""Keeps machines, network and packet filter as the API says: `python -m localcloud.reconciler`."""

import logging
import os
import signal
import threading
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import FrameType

from localcloud import (
    addresses,
    containers,
    detour,
    disks,
    faults,
    firewall,
    host_keys,
    image,
    machines,
    network,
    record,
)
from localcloud.desired import Cloud, Instance, fetch
from localcloud.problems import LabError
from localcloud.processes import Process

PERIOD = 1.0

log = logging.getLogger("reconciler")


@dataclass(frozen=True)
class Step:
    """One thing to do with one machine: create, start, connect, kill, shut-down or remove."""

    action: str
    instance: str


def plan(cloud: Cloud, present: dict[str, machines.Machine], connected: set[str], held: set[str]) -> list[Step]:
    """Return what brings the machines from `present` to what the cloud wants; `held` stay without power."""
    wanted = {one.id: one for one in cloud.instances}
    steps = []
    for name, machine in present.items():
        if name not in wanted or wanted[name].state in {"terminated", "shutting-down"}:
            steps.append(Step("remove", name))
            continue
        up = machine.status == "running"
        if wanted[name].state in {"stopping", "stopped"}:
            steps += [Step("shut-down", name)] if up else []
        elif name in held:
            steps += [Step("kill", name)] if up else []
        elif not up:
            steps.append(Step("start", name))
        elif name not in connected:
            steps.append(Step("connect", name))
    steps += [Step("create", one.id) for one in cloud.running if one.id not in present and one.id not in held]
    return steps


def machine_state(machine: machines.Machine | None, booted: bool) -> str:
    """Return what `status` calls a machine: running, booting, stopped or absent."""
    if machine is None:
        return "absent"
    if machine.status != "running":
        return "stopped"
    return "running" if booted else "booting"


class Reconciler:
    """The loop and what it remembers between two rounds."""

    def __init__(self, engine: containers.Engine) -> None:
        self.engine = engine
        self.image = image.tag()
        self.filter = ""
        self.ways: list[tuple[str, str, int]] = []
        self.booted: set[str] = set()  # container ids whose host keys the API has
        self.delay = Process("delay")
        self.pool = ThreadPoolExecutor(max_workers=4)

    def round(self) -> None:
        """Compare once and act; a machine that fails is logged and tried again in the next round."""
        began = time.time()
        cloud, active = fetch(), faults.read()
        network.ensure_subnets(cloud.subnets)
        self._filter(cloud, active)
        self._delay(cloud, active)
        present = self.engine.machines()
        running = [name for name, machine in present.items() if machine.status == "running"]
        steps = plan(cloud, present, network.connected(running), faults.held_instances(active))
        instances = {one.id: one for one in cloud.instances}
        problems = [p for p in self.pool.map(lambda step: self._attempt(step, instances, cloud), steps) if p]
        for directory in machines.VOLUMES.glob("i-*"):
            if directory.name not in instances and directory.name not in present:
                machines.detach_volume(directory)
        disks.hold_full(f.targets[0] for f in active if f.kind == "fill-disk")
        present = self.engine.machines() if steps else present
        self._publish_host_keys(present)
        states = self._states(cloud, present)
        record.write(record.Round(began, time.time(), states, [f.id for f in active], problems))

    def _filter(self, cloud: Cloud, active: list[faults.Fault]) -> None:
        text = firewall.render(cloud, active)
        if text != self.filter:
            firewall.apply(text)
            self.filter = text
            log.info("packet filter replaced: %d lines", text.count("\n"))

    def _delay(self, cloud: Cloud, active: list[faults.Fault]) -> None:
        wanted = detour.ways(active, cloud)
        if wanted != self.ways or (wanted and self.delay.pid is None):
            detour.apply(wanted, self.delay)
            self.ways = wanted
            log.info("delayed ways: %s", wanted or "none")

    def _attempt(self, step: Step, instances: dict[str, Instance], cloud: Cloud) -> str:
        started = time.monotonic()
        try:
            self._perform(step, instances, cloud)
        except Exception as error:
            log.exception("%s %s failed", step.action, step.instance)
            return f"{step.action} {step.instance}: {error}"
        log.info("%s %s: %.1f s", step.action, step.instance, time.monotonic() - started)
        return ""

    def _perform(self, step: Step, instances: dict[str, Instance], cloud: Cloud) -> None:
        simple: dict[str, Callable[[str], None]] = {
            "remove": self.engine.remove, "kill": self.engine.kill, "shut-down": self.engine.shut_down,
        }  # fmt: skip
        if step.action in simple:
            simple[step.action](step.instance)
            return
        instance = instances[step.instance]
        subnet = next(s for s in cloud.subnets if s.id == instance.subnet)
        if step.action == "connect":
            network.connect(instance, subnet, self.engine.pid(instance.id))
            return
        if step.action == "create":
            self.engine.create(instance, self.image)
        machines.attach_volume(instance)
        self.engine.start(instance.id)
        network.connect(instance, subnet, self.engine.pid(instance.id))

    def _publish_host_keys(self, present: dict[str, machines.Machine]) -> None:
        """Hand what the machines print on their consoles to the API, as a hypervisor does."""
        self.booted &= {machine.container for machine in present.values() if machine.status == "running"}
        for machine in present.values():
            if machine.status != "running" or machine.container in self.booted:
                continue
            keys = host_keys.host_keys_block(self.engine.console(machine.instance))
            if keys:
                url = f"{addresses.API}/_lab/console/{machine.instance}"
                request = urllib.request.Request(  # noqa: S310 - loopback
                    url, data=keys.encode(), method="PUT", headers={"Content-Type": "text/plain"}
                )
                urllib.request.urlopen(request, timeout=20).close()  # noqa: S310 - loopback
                self.booted.add(machine.container)

    def _states(self, cloud: Cloud, present: dict[str, machines.Machine]) -> dict[str, str]:
        states = {}
        for one in cloud.running:
            machine = present.get(one.id)
            states[one.id] = machine_state(machine, machine is not None and machine.container in self.booted)
        return states


def main() -> None:
    """Run until SIGTERM; what the machines do goes on without the reconciler."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    stop = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    os.umask(0o022)
    reconciler = Reconciler(containers.Engine())
    last = ""
    while not stop.is_set():
        begun = time.monotonic()
        try:
            reconciler.round()
            last = ""
        except LabError as error:
            if str(error) != last:
                log.warning("%s", error)
            last = str(error)
        except Exception:
            log.exception("this round failed; the next one tries again")
        stop.wait(max(0.1, PERIOD - (time.monotonic() - begun)))


if __name__ == "__main__":
    main()
