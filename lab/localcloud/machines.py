"""A machine as the cloud gives it: names, seed files, data volume."""

import io
import re
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

from localcloud import addresses, paths
from localcloud.desired import Instance

LABEL_LAB = "monitoring-lab.state"
LABEL_INSTANCE = "monitoring-lab.instance"
VOLUME_TAG = "monitoring:data-volume"
DEFAULT_VOLUME = "1g"
VOLUMES = paths.RUN / "volumes"

_VOLUME_SIZE = re.compile(r"^[1-9][0-9]*[kmg]$")


@dataclass(frozen=True)
class Machine:
    """An instance's container as Docker has it; `status` is Docker's (`running`, `exited`, `created`)."""

    instance: str
    container: str
    status: str


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


def seed(instance: Instance) -> bytes:
    """Return the seed as a tar archive to be unpacked at /."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, text in seed_files(instance).items():
            entry = tarfile.TarInfo(f"var/lib/cloud/seed/{name}")
            entry.size, entry.mode = len(text.encode()), 0o644
            tar.addfile(entry, io.BytesIO(text.encode()))
    return out.getvalue()


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
