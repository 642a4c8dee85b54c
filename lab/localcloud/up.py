"""`lab/lab up`: from nothing, or from wherever the last one ended, to machines with the collection on them."""

import time
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait

from localcloud import (
    addresses,
    deployment_ca,
    desired,
    engine,
    faults,
    firewall,
    image,
    keys,
    network,
    owner,
    paths,
    preflight,
    record,
    services,
    site,
    status,
    teardown,
    terraform,
    vault,
)
from localcloud.problems import LabError
from localcloud.processes import Process
from localcloud.progress import Progress

MACHINES_WITHIN = 120.0


def up(profile: str) -> status.Status:
    """Bring the lab up; what is there already stays as it is."""
    begun, progress = time.monotonic(), Progress()
    preflight.require_root()
    with owner.exclusive("up"):
        try:
            worked = _up(profile, progress)
        finally:
            for name in owner.TASKS:
                Process(name).stop()
    result = status.gather()
    progress.say(f"\n{result.table()}")
    passed = time.monotonic() - begun
    progress.say(
        f"{'Up' if worked else 'Nothing to do'} after {passed:.0f} s" + (f": {progress.split()}" if worked else "")
    )
    return result


def _up(profile: str, progress: Progress) -> bool:
    owner.refuse_another_live_lab()
    preflight.terraform()
    preflight.ensure_programs()
    with progress.step("Docker engine"):
        engine.ensure()
    preflight.check_kernel()
    _clear_the_ground(profile, progress)
    paths.private_directory(paths.STATE)
    owner.take()
    paths.write_private(site.PROFILE, profile)
    public_key = keys.ensure()
    network.ensure_controller()
    firewall.pass_docker()
    deployment_ca.ensure()
    vault.ensure()
    site.write_environment()

    with ThreadPoolExecutor(max_workers=3) as pool:
        artifacts = pool.submit(_artifacts, progress)
        built = pool.submit(_image, progress)
        with progress.step("API"):
            started = [service.ensure() for service in (services.api(), services.gateway(), services.dns())]
        applied = pool.submit(_cloud, profile, public_key, progress)
        _join([built])
        started.append(services.machines().ensure())  # beside Terraform: a machine boots as soon as it is launched
        _join([applied, artifacts])
    with progress.step("Machines"):
        cloud_now = _wait_for_machines()
    site.publish_checksums()
    mark = site.fingerprint([one.id for one in cloud_now.running], profile)
    configured = site.needs_run(mark)
    if configured:
        with progress.step("site.yml"):
            recap = site.run(profile)
        site.note_done(mark)
        progress.say(recap)
    return configured or applied.result() or artifacts.result() or built.result() or any(started)


def _clear_the_ground(profile: str, progress: Progress) -> None:
    """Remove what a dead lab left; a live one of this checkout is gone on with."""
    holder = owner.read()
    if services.api().process.pid is None or (holder and holder.state != paths.STATE):
        if holder and holder.state != paths.STATE:
            teardown.stop_processes(holder.state)
        if holder or teardown.leftovers():
            with progress.step("Leftovers of an earlier lab"):
                teardown.sweep()
    elif site.profile() != profile:
        raise LabError(
            f"The lab runs with profile {site.profile()}. To change it: lab/lab down && lab/lab up --profile {profile}"
        )
    elif active := faults.read():
        raise LabError(
            f"Faults are active: {', '.join(fault.id for fault in active)}. Take them away first: lab/lab heal"
        )


def _join(futures: list[Future[bool]]) -> None:
    """Wait for all, or for the first that fails; then stop what the others run and raise its error."""
    done, _pending = wait(futures, return_when=FIRST_EXCEPTION)
    if any(future.exception() for future in done):
        for name in owner.TASKS:
            Process(name).stop()
        wait(futures)
        errors = [str(error) for future in futures if (error := future.exception()) and isinstance(error, LabError)]
        if errors:
            raise LabError(errors[0])
    for future in futures:
        future.result()


def _artifacts(progress: Progress) -> bool:
    """Fill the mirror, and serve it while it fills."""
    started = services.mirror().ensure()
    with progress.step("Artifacts"):
        services.build_artifacts(within_up=True)
    return started


def _image(progress: Progress) -> bool:
    """Have the machines' base image; return whether it had to be made."""
    if image.present():
        return False
    with progress.step("Base image"):
        image.ensure()
    return True


def _cloud(profile: str, public_key: str, progress: Progress) -> bool:
    """Let Terraform make the cloud in the API; return whether there was anything to do."""
    api_pid = services.api().process.pid or 0
    if not terraform.needs_apply(profile, public_key, api_pid):
        return False
    with progress.step("Terraform"):
        terraform.apply(profile, public_key)
    terraform.note_applied(profile, public_key, api_pid)
    return True


def _wait_for_machines() -> desired.Cloud:
    deadline = time.monotonic() + MACHINES_WITHIN
    while True:
        cloud = desired.fetch()
        states = record.read().machines
        waiting = [
            one for one in cloud.running if states.get(one.id) != "running" or not services.accepts(one.address, 22)
        ]
        if cloud.running and not waiting:
            return cloud
        if time.monotonic() > deadline:
            names = ", ".join(f"{one.host_name(cloud.domain)} ({states.get(one.id, 'absent')})" for one in waiting)
            raise LabError(
                f"Machines are not up after {MACHINES_WITHIN:.0f} s: {names or 'Terraform made none'}; "
                f"see {Process('reconciler').log}. An active fault? lab/lab heal"
                if waiting
                else f"Terraform made no machines; see {Process('terraform').log} and {addresses.API}/_lab/desired"
            )
        time.sleep(0.5)
