"""Production code knows no lab: the lab and production differ by inventory and mirror alone (DESIGN, section 6)."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PRODUCT = ("roles", "plugins", "playbooks", "terraform/modules")
# Words and paths by which code could tell that it runs in the lab.
TELLTALE = re.compile(r"(?<![a-z])lab(?![a-z])|moto\b|localcloud|10\.213\.|monitoring\.test|:4566|:4567", re.I)


def test_no_file_of_the_product_names_the_lab() -> None:
    named = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for folder in PRODUCT
        for path in sorted((ROOT / folder).rglob("*"))
        if path.is_file() and path.suffix in {".py", ".yml", ".yaml", ".tf", ".j2", ".tftpl", ".cfg", ".conf", ""}
        and "__pycache__" not in path.parts and ".terraform" not in path.parts
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if TELLTALE.search(line)
    ]  # fmt: skip
    assert not named, "\n".join(named)
