"""Taking the lab away: everything it put on this machine except the caches."""

import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from localcloud import addresses, detour, engine, faults, firewall, machines, network, owner, paths, record
from localcloud.processes import Process

CONNECTIONS = paths.RUN / "ssh"
"""`ansible_control_path_dir` of inventories/lab."""


def stop_processes(state: Path = paths.STATE) -> list[str]:
    """Stop the lab's processes, the reconciler first so that nothing is made anew; return who was running."""
    order = ["reconciler", *owner.TASKS, *(name for name in owner.SERVICES if name not in {"reconciler", "delay"})]
    stopped = [name for name in order if Process(name, state).stop()]
    detour.clear(Process("delay", state))
    return stopped


def remove_containers() -> int:
    """Remove the containers of every lab on this machine; return how many there were."""
    if not engine.answers():
        return 0
    listed = subprocess.run(
        ["docker", "ps", "-aq", "--filter", f"label={machines.LABEL_LAB}"], capture_output=True, text=True, check=False
    )
    ids = listed.stdout.split()
    with ThreadPoolExecutor(max_workers=4) as pool:
        list(pool.map(_remove_container, ids))
    return len(ids)


def _remove_container(container: str) -> None:
    subprocess.run(["docker", "rm", "-f", "-v", container], capture_output=True, check=False)


def remove_network() -> list[str]:
    """Remove the packet filter, interfaces, routes and rules; return the interfaces removed."""
    firewall.remove()
    return network.remove_all()


def remove_volumes() -> None:
    """Unmount and remove all data volumes."""
    for where in sorted(machines.VOLUMES.glob("*")):
        machines.detach_volume(where)


def close_connections() -> None:
    """End the SSH connections that Ansible keeps open: the next lab's machines have the same addresses."""
    for socket in sorted(CONNECTIONS.glob("*")):
        command = ["ssh", "-F", "/dev/null", "-o", f"ControlPath={socket}", "-O", "exit", "lab"]
        subprocess.run(command, capture_output=True, check=False)
        socket.unlink(missing_ok=True)


def sweep(state: Path = paths.STATE) -> None:
    """Remove all that a lab left on this machine: processes, containers, network, volumes, records of the moment."""
    stop_processes(state)
    close_connections()
    remove_containers()
    remove_network()
    remove_volumes()
    for note in (faults.RECORD, record.RECORD, state / "site", state / "known_hosts"):
        note.unlink(missing_ok=True)
    for folder in (state / "aws", state / "terraform"):
        shutil.rmtree(folder, ignore_errors=True)


def leftovers() -> list[str]:
    """Return what of a lab is on this machine, by name; empty after `down`."""
    found = []
    if engine.answers():
        listed = subprocess.run(
            ["docker", "ps", "-a", "--format", "{{.Names}}", "--filter", f"label={machines.LABEL_LAB}"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        found += [f"container {name}" for name in listed.stdout.split()]
    commands = {
        ("ip", "-br", "link"): ("lab-", "labv-"),
        ("ip", "route"): (addresses.SUPERNET,),
        ("ip", "rule"): (f"lookup {detour.TABLE}",),
        ("nft", "list", "tables"): (firewall.TABLE,),
        ("iptables", "-S", "DOCKER-USER"): ("lab-+",),
        ("mount",): ("lab-volume",),
    }
    for command, marks in commands.items():
        lines = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
        found += [f"{' '.join(command)}: {line}" for line in lines if any(mark in line for mark in marks)]
    return found


def down() -> list[str]:
    """Remove the lab with the engine that it started itself; return what is left all the same."""
    holder = owner.read()
    if holder and holder.state != paths.STATE:
        stop_processes(holder.state)
    sweep()
    left = leftovers()
    engine.OWN.stop(within=30)
    shutil.rmtree(paths.RUN, ignore_errors=True)
    return left
