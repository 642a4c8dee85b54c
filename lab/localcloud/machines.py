"""One systemd container for each instance: creation, console, removal."""

import io
import re
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

import docker
from docker.errors import APIError, NotFound
from docker.models.containers import Container

from localcloud import addresses, paths
from localcloud.desired import Instance

LABEL_LAB = "monitoring-lab.state"
LABEL_INSTANCE = "monitoring-lab.instance"
VOLUME_TAG = "monitoring:data-volume"
DEFAULT_VOLUME = "256m"
VOLUMES = paths.RUN / "volumes"

_VOLUME_SIZE = re.compile(r"^[1-9][0-9]*[kmg]$")
_HOST_KEYS = re.compile(r"-----BEGIN SSH HOST KEY KEYS-----.*?-----END SSH HOST KEY KEYS-----", re.S)

# `--privileged` needs CAP_SYS_RESOURCE, which a machine inside a virtual machine may lack; systemd 252 is content
# with these. The hierarchy of the host is shared so that a unit's limits apply on cgroup v1 as well.
CONTAINER_FLAGS: dict[str, object] = {
    "cap_add": ["SYS_ADMIN", "NET_ADMIN", "NET_RAW"],
    "security_opt": ["seccomp=unconfined", "apparmor=unconfined"],
    "cgroupns": "host",
    "tmpfs": {"/run": "size=64m,mode=755", "/tmp": "size=256m,mode=1777,exec"},  # noqa: S108 - inside the container
    "network_mode": "none",
    "tty": True,
    "stop_signal": "SIGRTMIN+3",
    "environment": {"container": "docker"},
    "log_config": {"Type": "json-file", "Config": {"max-size": "1m"}},
}


@dataclass(frozen=True)
class Machine:
    """An instance's container as Docker has it; `pid` is its init's, 0 while it does not run."""

    instance: str
    container: str
    status: str
    pid: int


def host_name(address: str) -> str:
    """Return the host name that EC2 gives to a machine with this private address."""
    return f"ip-{address.replace('.', '-')}"


def internal_domain(region: str) -> str:
    """Return EC2's domain for host names (us-east-1 has one of its own)."""
    return "ec2.internal" if region == "us-east-1" else f"{region}.compute.internal"


def volume_size(instance: Instance) -> str:
    """Return the size of the machine's data volume: its tag's if that is a size, else the default."""
    wanted = instance.tags.get(VOLUME_TAG, "").lower()
    return wanted if _VOLUME_SIZE.match(wanted) else DEFAULT_VOLUME


def seed_files(instance: Instance) -> dict[str, str]:
    """Return the files that the cloud lays down before a machine's first boot, by path inside the seed."""
    name, domain = host_name(instance.address), internal_domain(instance.region)
    return {
        "etc/hosts": f"127.0.0.1 localhost\n127.0.1.1 {name}.{domain} {name}\n",
        "etc/hostname": f"{name}\n",
        "etc/resolv.conf": f"nameserver {addresses.CONTROLLER}\nsearch {domain}\noptions timeout:2 attempts:2\n",
        "authorized_keys": f"{instance.public_key.strip()}\n",
    }


def _archive(instance: Instance) -> bytes:
    files = {f"var/lib/cloud/seed/{name}": (text, 0o644) for name, text in seed_files(instance).items()}
    if instance.user_data.startswith("#!"):
        files["var/lib/cloud/instance/user-data"] = (instance.user_data, 0o755)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, (text, mode) in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(text.encode()), mode
            tar.addfile(entry, io.BytesIO(text.encode()))
    return out.getvalue()


def host_keys_block(console: str) -> str | None:
    """Return the last printed block of SSH host keys of a console's text, None while there is none."""
    blocks = _HOST_KEYS.findall(console.replace("\r", ""))
    return f"{blocks[-1]}\n" if blocks else None


def volume(instance_id: str) -> Path:
    """Return where the machine's data volume is mounted on the host."""
    return VOLUMES / instance_id


def attach_volume(instance: Instance) -> Path:
    """Mount the instance's data volume: a tmpfs of its own, so that a full disk stays this machine's.

    It is mounted on the host and not by Docker, since a volume outlives a stop of its machine.
    """
    where = volume(instance.id)
    if not where.is_mount():
        where.mkdir(parents=True, exist_ok=True)
        options = f"size={volume_size(instance)},mode=755"
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "lab-volume", str(where)], check=True)
    return where


def detach_volume(where: Path) -> None:
    """Unmount and remove a data volume with all it holds."""
    if where.is_mount():
        subprocess.run(["umount", "-l", str(where)], check=False)
    shutil.rmtree(where, ignore_errors=True)


class Engine:
    """The lab's containers on the Docker engine; `lab` is the owning state directory."""

    def __init__(self, lab: Path = paths.STATE, client: docker.DockerClient | None = None) -> None:
        self.lab = str(lab)
        self.client = client or docker.from_env(timeout=60)

    def machines(self) -> dict[str, Machine]:
        """Return the lab's containers by instance id."""
        found = {}
        for row in self.client.containers.list(all=True, filters={"label": f"{LABEL_LAB}={self.lab}"}):
            try:
                row.reload()
            except NotFound:
                continue
            machine = Machine(row.labels[LABEL_INSTANCE], row.id, row.status, int(row.attrs["State"].get("Pid") or 0))
            found[machine.instance] = machine
        return found

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
        container.put_archive("/", _archive(instance))

    def start(self, instance_id: str) -> Machine:
        """Start the container and return it with its pid."""
        container = self._container(instance_id)
        container.start()
        container.reload()
        return Machine(instance_id, container.id, container.status, int(container.attrs["State"]["Pid"]))

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
        text: bytes = self._container(instance_id).logs(tail=200)
        return text.decode(errors="replace")

    def run(self, instance_id: str, argv: list[str]) -> tuple[int, str]:
        """Run a command inside the machine and return its exit code and output."""
        code, output = self._container(instance_id).exec_run(argv)
        return int(code), output.decode(errors="replace")

    def _container(self, instance_id: str) -> Container:
        container: Container = self.client.containers.get(f"lab-{instance_id}")
        return container
