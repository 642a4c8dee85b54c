"""Machines whose data volume is full."""

import os
from collections.abc import Iterable
from pathlib import Path

from localcloud import machines

BALLAST = ".filled-by-fault"
_BLOCK = b"\0" * (1 << 20)


def fill(volume: Path) -> int:
    """Fill what is left of `volume` and return the bytes written."""
    written = 0
    with (volume / BALLAST).open("ab", buffering=0) as ballast:
        block = _BLOCK
        while block:
            try:
                written += ballast.write(block)
            except OSError:
                block = block[: len(block) // 2] if len(block) > 4096 else b""
    return written


def hold_full(instance_ids: Iterable[str]) -> None:
    """Keep the data volumes of these instances full and give the others theirs back."""
    wanted = set(instance_ids)
    for one in wanted:
        volume = machines.volume(one)
        if volume.is_mount() and os.statvfs(volume).f_bavail:
            fill(volume)
    for ballast in machines.VOLUMES.glob(f"*/{BALLAST}"):
        if ballast.parent.name not in wanted:
            ballast.unlink()
