"""The faults that a test can put on the lab, and their record in lab/.state/faults.json."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from localcloud import addresses, paths
from localcloud.desired import Cloud, Instance
from localcloud.problems import LabError

RECORD = paths.STATE / "faults.json"

KINDS = {
    "stop": "HOST: its power is cut; the API goes on calling it running",
    "fill-disk": "HOST: its data volume (/var/lib/monitoring) is filled to the last byte",
    "cut": "REGION or ZONE: nothing gets in or out, neither other hosts nor the controller (see --keep-controller)",
    "blackhole": "REGION_A REGION_B: packets between the two regions vanish",
    "delay": "REGION_A REGION_B: packets between the two regions take --ms longer, each way",
    "api-fail": "REGION: its API answers with server errors",
    "api-throttle": "REGION: its API answers RequestLimitExceeded",
    "api-hang": "REGION: its API accepts requests and never answers",
    "api-delay": "REGION: its API answers --ms later",
}


@dataclass(frozen=True)
class Fault:
    """One active fault; `targets` are regions, a zone, or an instance id (its name is in `label`)."""

    kind: str
    targets: tuple[str, ...]
    milliseconds: int = 0
    keep_controller: bool = False
    label: str = ""

    @property
    def id(self) -> str:
        """The name that `heal` takes: the kind and its targets, joined by colons."""
        return ":".join((self.kind, *self.targets))

    def __str__(self) -> str:
        """Return how `status` prints it."""
        extra = f" {self.milliseconds} ms" if self.milliseconds else ""
        return f"{self.kind} {self.label or ' '.join(self.targets)}{extra}"


def read(record: Path = RECORD) -> list[Fault]:
    """Return the active faults."""
    try:
        rows = json.loads(record.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    return [Fault(**{**row, "targets": tuple(row["targets"])}) for row in rows]


def write(faults: Iterable[Fault], record: Path = RECORD) -> None:
    """Replace the record of active faults."""
    paths.write_private(record, json.dumps([asdict(fault) for fault in faults], indent=2))


def added(faults: list[Fault], new: Fault) -> list[Fault]:
    """Return `faults` with `new`, which replaces one of the same kind and targets."""
    return [f for f in faults if f.id != new.id] + [new]


def healed(faults: list[Fault], names: list[str]) -> tuple[list[Fault], list[Fault]]:
    """Split `faults` into (those that stay, those to heal); no names means all.

    A name is a fault's id, its kind, its host, or one of its targets; raises LabError for a name that fits none.
    """
    if not names:
        return [], faults
    for name in names:
        if not any(_is_called(fault, name) for fault in faults):
            active = ", ".join(f.id for f in faults) or "none"
            raise LabError(f"No active fault is called {name}; active: {active}")
    gone = [f for f in faults if any(_is_called(f, name) for name in names)]
    return [f for f in faults if f not in gone], gone


def _is_called(fault: Fault, name: str) -> bool:
    return name in {fault.id, fault.kind, fault.label, *fault.targets} or fault.label.startswith(f"{name}.")


def declare(kind: str, targets: list[str], cloud: Cloud, milliseconds: int = 0, keep_controller: bool = False) -> Fault:
    """Return the fault that the operator asks for; raises LabError naming the wrong target and the right ones."""
    count = 2 if kind in {"blackhole", "delay"} else 1
    if len(targets) != count:
        raise LabError(f"fault {kind} takes {count} target{'s' if count > 1 else ''}: {KINDS[kind]}")
    if kind in {"stop", "fill-disk"}:
        instance = find_host(targets[0], cloud)
        return Fault(kind, (instance.id,), label=instance.host_name(cloud.domain))
    regions = {subnet.region for subnet in cloud.subnets}
    allowed = regions | {subnet.zone for subnet in cloud.subnets} if kind == "cut" else regions
    for target in targets:
        if target not in allowed:
            raise LabError(f"fault {kind}: {target} is not one of {', '.join(sorted(allowed)) or '(the lab is empty)'}")
    if count == 2 and targets[0] == targets[1]:
        raise LabError(f"fault {kind} needs two different regions, not {targets[0]} twice")
    timed = kind in {"delay", "api-delay"}
    if timed and milliseconds <= 0:
        raise LabError(f"fault {kind} needs --ms with a number of milliseconds above 0")
    return Fault(kind, tuple(sorted(targets)), milliseconds if timed else 0, keep_controller and kind == "cut")


def find_host(name: str, cloud: Cloud) -> Instance:
    """Return the running instance that is called `name`: by name, by name without domain, by id or by address."""
    end = f".{cloud.domain}"
    names: dict[str, Instance] = {}
    for one in cloud.running:
        for full in one.host_names(cloud.domain):
            names[full] = names[full.removesuffix(end)] = one
        names[one.id] = names[one.address] = one
    if name not in names:
        known = ", ".join(sorted(one.host_name(cloud.domain).removesuffix(end) for one in cloud.running))
        raise LabError(f"There is no host {name} in the lab; hosts: {known or 'none'}")
    return names[name]


def held_instances(faults: Iterable[Fault]) -> set[str]:
    """Return the ids of instances that stay without power."""
    return {fault.targets[0] for fault in faults if fault.kind == "stop"}


def _cidrs(target: str, cloud: Cloud) -> list[str]:
    return [subnet.cidr for subnet in cloud.subnets if target in {subnet.region, subnet.zone}]


def severed_pairs(faults: Iterable[Fault], cloud: Cloud) -> list[tuple[str, str]]:
    """Return the (source, destination) networks between which nothing passes.

    A region or zone that is cut off keeps its inner traffic: it is an island, not a ruin.
    """
    pairs: set[tuple[str, str]] = set()
    for fault in faults:
        if fault.kind == "blackhole":
            ends = [_cidrs(target, cloud) for target in fault.targets]
            pairs |= {(a, b) for a in ends[0] for b in ends[1]}
        elif fault.kind == "cut":
            inside = _cidrs(fault.targets[0], cloud)
            outside = [s.cidr for s in cloud.subnets if s.cidr not in inside]
            if not fault.keep_controller:
                outside.append(addresses.CONTROLLER)
            pairs |= {(a, b) for a in inside for b in outside}
    return sorted(pairs | {(b, a) for a, b in pairs})
