"""Where the lab keeps things: state inside the checkout, caches outside it."""

import os
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
"""The checkout that this lab runs from."""

STATE = CHECKOUT / "lab" / ".state"
"""Keys, logs, pid files of this lab; git-ignored, mode 0700."""

VENV_BIN = CHECKOUT / ".venv" / "bin"

RUN = Path("/run/monitoring-lab")
"""What belongs to the machine, not to a checkout: the owner's record and the data volumes."""


def cache() -> Path:
    """Return the cache directory shared by all checkouts of this user."""
    base = os.environ.get("MONITORING_CACHE")
    if base:
        return Path(base)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "selfhosted-monitoring"


def private_directory(path: Path) -> Path:
    """Create `path` with mode 0700 and return it."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o700)
    return path


def write_private(path: Path, text: str) -> None:
    """Replace `path` with `text` in one rename, mode 0600."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        out.write(text)
    draft.replace(path)
