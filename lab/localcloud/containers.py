"""The machines' containers on the Docker engine."""

from pathlib import Path
from typing import Any

import docker
from docker.errors import APIError, NotFound
from docker.models.containers import Container
from docker.types import LogConfig

from localcloud import paths
from localcloud.desired import Instance
from localcloud.machines import (
    LABEL_INSTANCE,
    LABEL_LAB,
    Machine,
    attach_volume,
    detach_volume,
    host_name,
    seed,
    volume,
)

# `--privileged` needs CAP_SYS_RESOURCE, which a machine inside a virtual machine may lack; systemd 252 is content
# with these. The hierarchy of the host is shared so that a unit's limits apply on cgroup v1 as well.
CONTAINER_FLAGS: dict[str, Any] = {
    "cap_add": ["SYS_ADMIN", "NET_ADMIN", "NET_RAW"],
    "security_opt": ["seccomp=unconfined", "apparmor=unconfined"],
    "cgroupns": "host",
    "tmpfs": {"/run": "size=64m,mode=755", "/tmp": "size=256m,mode=1777,exec"},  # noqa: S108 - inside the container
    "network_mode": "none",
    "tty": True,
    "stop_signal": "SIGRTMIN+3",
    "environment": {"container": "docker"},
    "log_config": LogConfig(type="json-file", config={"max-size": "1m"}),
}


class Engine:
    """The lab's containers on the Docker engine; `lab` is the owning state directory."""

    def __init__(self, lab: Path = paths.STATE, client: docker.DockerClient | None = None) -> None:
        self.lab = str(lab)
        self.client = client or docker.from_env(timeout=60)

    def machines(self) -> dict[str, Machine]:
        """Return the lab's containers by instance id."""
        filters = {"label": [f"{LABEL_LAB}={self.lab}", LABEL_INSTANCE]}
        rows = self.client.api.containers(all=True, filters=filters)  # one call a round, not one a container
        return {
            row["Labels"][LABEL_INSTANCE]: Machine(row["Labels"][LABEL_INSTANCE], row["Id"], row["State"])
            for row in rows
        }

    def create(self, instance: Instance, image: str) -> None:
        """Create the instance's container and seed it; it does not run yet."""
        volumes = {
            "/sys/fs/cgroup": {"bind": "/sys/fs/cgroup", "mode": "rw"},
            str(attach_volume(instance)): {"bind": "/var/lib/monitoring", "mode": "rw"},
        }
        container = self.client.containers.create(
            image, ["/sbin/init"], name=f"lab-{instance.id}", hostname=host_name(instance.address), volumes=volumes,
            labels={LABEL_LAB: self.lab, LABEL_INSTANCE: instance.id}, **CONTAINER_FLAGS,
        )  # fmt: skip
        container.put_archive("/", seed(instance))

    def start(self, instance_id: str) -> None:
        """Start the container."""
        self._container(instance_id).start()

    def pid(self, instance_id: str) -> int:
        """Return the pid of the machine's init."""
        return int(self._container(instance_id).attrs["State"]["Pid"])

    def remove(self, instance_id: str) -> None:
        """Remove the machine with its volume, as a termination does."""
        try:
            self._container(instance_id).remove(force=True, v=True)
        except NotFound:
            pass
        except APIError as error:
            if error.status_code != 409:  # 409: another removal of it is under way
                raise
        detach_volume(volume(instance_id))

    def kill(self, instance_id: str) -> None:
        """Take the power away from the machine."""
        container = self._container(instance_id)
        if container.status == "running":
            container.kill()

    def shut_down(self, instance_id: str) -> None:
        """Stop the machine as EC2's stop does: an orderly shutdown, the plug after ten seconds."""
        self._container(instance_id).stop(timeout=10)

    def console(self, instance_id: str) -> str:
        """Return the end of what the machine has printed on its console."""
        return b"".join(self._container(instance_id).logs(tail=200, stream=True, follow=False)).decode(errors="replace")

    def _container(self, instance_id: str) -> Container:
        container: Container = self.client.containers.get(f"lab-{instance_id}")
        return container
