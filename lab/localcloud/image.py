"""The machines' base image: Debian 12 with systemd and SSH, built from Debian's packages alone."""

import hashlib
import shutil
import subprocess
from pathlib import Path

from localcloud import engine, paths
from localcloud.problems import LabError

REPOSITORY = "monitoring-lab-machine"
SUITE = "bookworm"
# Java is a part of the image, as a cloud's image of brokers has it: a machine's own apt is not in the way of a roll.
PACKAGES = (
    "ca-certificates", "curl", "dbus", "iproute2", "iputils-ping", "less", "netcat-openbsd", "openjdk-17-jre-headless",
    "openssh-server", "openssl", "procps", "python3", "sudo", "systemd", "systemd-sysv",
)  # fmt: skip
ROOTFS = Path(__file__).parent / "machine" / "rootfs"

# A container has no consoles, disks or package timers to look after.
MASKED = (
    "apt-daily-upgrade.timer", "apt-daily.timer", "console-getty.service", "dpkg-db-backup.timer",
    "e2scrub_all.timer", "fstrim.timer", "getty.target", "systemd-logind.service", "dev-hugepages.mount",
    "systemd-modules-load.service", "systemd-sysctl.service", "sys-kernel-debug.mount", "sys-kernel-tracing.mount",
    "sys-fs-fuse-connections.mount", "sys-kernel-config.mount",
)  # fmt: skip

# An image has no identity: host keys and the machine id are made at the first boot.
FINISH = (
    "useradd --root \"$1\" --create-home --shell /bin/bash --user-group admin",
    "chmod 0440 \"$1/etc/sudoers.d/90-admin\"",
    "rm -f \"$1\"/etc/ssh/ssh_host_* \"$1/etc/hosts\" \"$1/etc/hostname\" \"$1/etc/resolv.conf\"",
    "truncate -s 0 \"$1/etc/machine-id\"",
    "chroot \"$1\" systemctl enable ssh.service first-boot.service",
    f"chroot \"$1\" systemctl mask {' '.join(MASKED)}",
    "rm -rf \"$1\"/var/cache/apt/* \"$1\"/var/lib/apt/lists/* \"$1\"/var/log/*.log \"$1\"/usr/share/doc/*",
)  # fmt: skip


def recipe_key(packages: tuple[str, ...] = PACKAGES, rootfs: Path = ROOTFS) -> str:
    """Return a hash of everything that the image is made from except the packages' own versions."""
    digest = hashlib.sha256(repr((SUITE, packages, FINISH)).encode())
    for file in sorted(rootfs.rglob("*")):
        if file.is_file():
            digest.update(f"{file.relative_to(rootfs)}\0{file.stat().st_mode & 0o111:o}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def tag() -> str:
    """Return the image's name for Docker."""
    return f"{REPOSITORY}:{recipe_key()}"


def checksum(file: Path) -> str:
    """Return the sha256 of `file` in hexadecimal."""
    with file.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def cached_archive(folder: Path, key: str) -> Path | None:
    """Return the cached root file system if it is whole; remove it where its checksum does not match."""
    archive, note = folder / f"{key}.tar", folder / f"{key}.tar.sha256"
    if not (archive.is_file() and note.is_file()):
        return None
    if note.read_text(encoding="utf-8").split()[:1] == [checksum(archive)]:
        return archive
    archive.unlink()
    note.unlink()
    return None


def bootstrap_command(target: Path, rootfs: Path = ROOTFS) -> list[str]:
    """Return the mmdebstrap command that writes the root file system to `target`."""
    hooks = [f"sync-in {rootfs} /", *FINISH]
    return [
        "mmdebstrap", "--variant=minbase", "--format=tar", f"--include={','.join(PACKAGES)}",
        "--dpkgopt=path-exclude=/usr/share/man/*", "--dpkgopt=path-exclude=/usr/share/locale/*",
        "--dpkgopt=path-exclude=/usr/share/doc/*",
        # Java's alternatives link its manual pages, and fail where the directory is missing.
        "--essential-hook=mkdir -p \"$1/usr/share/man/man1\"",
        *(f"--customize-hook={hook}" for hook in hooks), SUITE, str(target),
    ]  # fmt: skip


def _build(folder: Path, key: str) -> Path:
    if shutil.which("mmdebstrap") is None:
        engine.install_packages("mmdebstrap")
    folder.mkdir(parents=True, exist_ok=True)
    draft, archive = folder / f".{key}.draft", folder / f"{key}.tar"
    done = subprocess.run(bootstrap_command(draft), capture_output=True, text=True, check=False)
    if done.returncode:
        draft.unlink(missing_ok=True)
        tail = "\n".join(done.stderr.splitlines()[-12:])
        raise LabError(
            f"The base image could not be built (mmdebstrap ended with {done.returncode}):\n{tail}\n"
            "It needs Debian's package archive, deb.debian.org or a proxy in apt's configuration."
        )
    (folder / f"{key}.tar.sha256").write_text(f"{checksum(draft)}  {archive.name}\n", encoding="utf-8")
    draft.replace(archive)
    return archive


def present() -> bool:
    """Return whether Docker has the image of this recipe."""
    return subprocess.run(["docker", "image", "inspect", tag()], capture_output=True, check=False).returncode == 0


def ensure() -> str:
    """Make the image known to Docker, from the cache where it is whole, and return its tag."""
    if present():
        return tag()
    folder, key = paths.cache() / "image", recipe_key()
    archive = cached_archive(folder, key) or _build(folder, key)
    done = subprocess.run(["docker", "import", str(archive), tag()], capture_output=True, text=True, check=False)
    if done.returncode:
        raise LabError(f"docker import of {archive} failed: {done.stderr.strip()}; is the disk full?")
    return tag()
