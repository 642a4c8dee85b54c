"""What the reconciler found in its last round, for `status` and `fault` to read."""

import json
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from localcloud import paths

RECORD = paths.STATE / "machines.json"


@dataclass(frozen=True)
class Round:
    """One round: when it began and ended (seconds since 1970), machine states by instance id, faults acted on."""

    began: float = 0.0
    ended: float = 0.0
    machines: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def age(self) -> float:
        """Seconds since its end."""
        return time.time() - self.ended


def write(content: Round, record: Path = RECORD) -> None:
    """Replace the record."""
    paths.write_private(record, json.dumps(asdict(content)))


def read(record: Path = RECORD) -> Round:
    """Return the last round, an empty one where there was none."""
    try:
        return Round(**json.loads(record.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return Round()
