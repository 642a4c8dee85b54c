"""The command line of the lab: `lab/lab`."""

import argparse
import json
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence

from localcloud import (
    addresses,
    desired,
    faults,
    keys,
    owner,
    preflight,
    record,
    services,
    site,
    ssh,
    status,
    teardown,
    terraform,
    up,
)
from localcloud.problems import LabError

_FAULT_HELP = "kinds and their targets:\n" + "\n".join(f"  {kind:<13}{text}" for kind, text in faults.KINDS.items())
_EXAMPLES = """examples:
  lab/lab up                                        three regions of three machines, with site.yml run on them
  lab/lab up --profile single                       one region, for quick loops
  lab/lab status
  lab/lab ssh node-1.us-east-1 -- systemctl status node_exporter
  lab/lab fault delay us-east-1 eu-west-1 --ms 80
  lab/lab heal
  lab/lab down
"""


def parser() -> argparse.ArgumentParser:
    """Return the command line's grammar."""
    raw = argparse.RawDescriptionHelpFormatter
    top = argparse.ArgumentParser(
        prog="lab/lab", description="A cloud of three regions on this machine.", epilog=_EXAMPLES, formatter_class=raw
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    one = commands.add_parser("up", help="bring the lab up, or go on where the last `up` ended")
    one.add_argument(
        "--profile",
        choices=site.PROFILES,
        default=None,
        help="compact: 3 regions x 3 hosts (the default); single: 1 region x 3 hosts",
    )
    one.set_defaults(run=_up)

    one = commands.add_parser("down", help="take the lab away; the caches stay")
    one.add_argument(
        "--destroy", action="store_true", help="let `terraform destroy` take the cloud down first (slower)"
    )
    one.set_defaults(run=_down)

    one = commands.add_parser("status", help="what runs; exits 0 only when all is ready")
    one.add_argument("--json", action="store_true", help="print one JSON object")
    one.set_defaults(run=_status)

    one = commands.add_parser("ssh", help="a shell, or one command, on a machine (its host key is verified)")
    one.add_argument("host", metavar="HOST", help="name, name without the domain, instance id or address")
    one.add_argument("remote", nargs=argparse.REMAINDER, metavar="-- COMMAND", help="what to run instead of a shell")
    one.set_defaults(run=_ssh)

    one = commands.add_parser("artifacts", help="fill the artifact mirror (also done by up)")
    one.set_defaults(run=_artifacts)

    one = commands.add_parser("fault", help="break a part of the lab", epilog=_FAULT_HELP, formatter_class=raw)
    one.add_argument("kind", metavar="KIND", choices=list(faults.KINDS), help="one of the kinds below")
    one.add_argument("targets", metavar="TARGET", nargs="+", help="a host, region or zone, as the kind asks for")
    one.add_argument("--ms", type=int, default=0, metavar="N", help="milliseconds, for delay and api-delay")
    one.add_argument("--keep-controller", action="store_true", help="for cut: SSH, DNS, API and mirror stay reachable")
    one.set_defaults(run=_fault)

    one = commands.add_parser("heal", help="take faults away: all, or those named")
    one.add_argument(
        "names", metavar="FAULT", nargs="*", help="a fault as `status` names it, its kind, or a target of it"
    )
    one.set_defaults(run=_heal)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    given = parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = given.run
    try:
        return run(given)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("lab: interrupted; run the command again to go on", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return 1


def _up(given: argparse.Namespace) -> int:
    running = services.api().process.pid is not None
    profile = given.profile or (site.profile() if running else site.PROFILES[0])
    return 0 if up.up(profile).ready else 1


def _down(given: argparse.Namespace) -> int:
    preflight.require_root()
    with owner.exclusive("down"):
        owner.refuse_another_live_lab()
        if given.destroy and services.api().running:
            terraform.destroy(site.profile(), keys.ensure())
        left = teardown.down()
    for line in left:
        print(f"lab: still there: {line}", file=sys.stderr)
    return 1 if left else 0


def _status(given: argparse.Namespace) -> int:
    now = status.gather()
    print(json.dumps(now.as_json(), indent=2) if given.json else now.table())
    return 0 if now.ready else 1


def _ssh(given: argparse.Namespace) -> int:
    remote = given.remote[1:] if given.remote[:1] == ["--"] else given.remote
    ssh.connect(faults.find_host(given.host, desired.fetch()), remote)
    return 0


def _artifacts(_given: argparse.Namespace) -> int:
    services.build_artifacts()
    return 0


def _fault(given: argparse.Namespace) -> int:
    preflight.require_root()
    fault = faults.declare(given.kind, given.targets, desired.fetch(), given.ms, given.keep_controller)
    if fault.kind.startswith("api-"):
        _tell_gateway(
            "PUT", fault.targets[0], {"kind": fault.kind.removeprefix("api-"), "milliseconds": fault.milliseconds}
        )
    faults.write(faults.added(faults.read(), fault))
    if not fault.kind.startswith("api-"):
        _wait_for_reconciler()
    print(f"{fault} (heal: lab/lab heal {fault.id})")
    return 0


def _heal(given: argparse.Namespace) -> int:
    preflight.require_root()
    stay, gone = faults.healed(faults.read(), given.names)
    for fault in gone:
        if fault.kind.startswith("api-"):
            _tell_gateway("DELETE", fault.targets[0])
    faults.write(stay)
    if any(not fault.kind.startswith("api-") for fault in gone):
        _wait_for_reconciler()
    for fault in gone:
        if fault.kind == "stop":
            _wait_for_boot(fault)
    print("\n".join(f"healed: {fault}" for fault in gone) or "no fault is active")
    return 0


def _tell_gateway(method: str, region: str, body: dict[str, object] | None = None) -> None:
    request = urllib.request.Request(  # noqa: S310 - loopback
        f"{addresses.GATEWAY_CONTROL}/faults/{region}", method=method, data=json.dumps(body).encode() if body else None
    )
    try:
        urllib.request.urlopen(request, timeout=10).close()  # noqa: S310 - loopback
    except (urllib.error.URLError, TimeoutError) as error:
        raise LabError(
            f"The gateway does not take the fault of {region} ({error}); is the lab up? lab/lab status"
        ) from error


def _wait_for_reconciler(within: float = 30.0) -> None:
    """Return when the reconciler has acted on the record of faults."""
    wanted, asked, deadline = sorted(f.id for f in faults.read()), time.time(), time.monotonic() + within
    while True:
        last = record.read()
        # A round that began before the request may not have seen it.
        if last.began > asked and sorted(last.faults) == wanted:
            return
        if time.monotonic() > deadline:
            raise LabError(f"The reconciler has not acted within {within:.0f} s; see {services.machines().process.log}")
        time.sleep(0.1)


def _wait_for_boot(fault: faults.Fault, within: float = 60.0) -> None:
    """Return when the machine that was stopped takes SSH connections again, or is no more."""
    deadline = time.monotonic() + within
    while True:
        machine = next((one for one in desired.fetch().running if one.id == fault.targets[0]), None)
        if machine is None or services.accepts(machine.address, 22):
            return
        if time.monotonic() > deadline:
            raise LabError(f"{fault.label} is not up again after {within:.0f} s; see {services.machines().process.log}")
        time.sleep(0.2)


if __name__ == "__main__":
    sys.exit(main())
