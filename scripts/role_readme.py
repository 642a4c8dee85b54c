"""Each role's README is made from its argument specs: `python -m scripts.role_readme [--check]`."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent

Spec = dict[str, Any]


def render(role: str, entry_points: dict[str, Spec]) -> str:
    """The README of a role: what each entry point brings about, its variables and an example."""
    lines = [
        f"# {role}",
        "",
        "<!-- Made from meta/argument_specs.yml by `python -m scripts.role_readme`; edit that file. -->",
        "",
    ]
    for name, spec in entry_points.items():
        if name != "main":
            lines += [f"## Entry point `{name}`", ""]
        lines += [f"{spec['short_description']}.", ""]
        lines += [text for paragraph in _paragraphs(spec.get("description")) for text in (paragraph, "")]
        lines += [*_options(spec.get("options") or {}), ""]
        if example := spec.get("examples"):
            lines += ["```yaml", example.strip(), "```", ""]
    return "\n".join(lines).rstrip() + "\n"


def _options(options: dict[str, Spec]) -> list[str]:
    if not options:
        return ["It has no variables of its own."]
    rows = ["| variable | type | default | meaning |", "|---|---|---|---|"]
    for name, option in options.items():
        kind = option.get("type", "str") + (f" of {option['elements']}" if "elements" in option else "")
        meaning = " ".join(_paragraphs(option.get("description")))
        if choices := option.get("choices"):
            meaning += f" One of {', '.join(f'`{choice}`' for choice in choices)}."
        rows.append(f"| `{name}` | {kind} | {_default(option)} | {meaning} |")
    return rows


def _default(option: Spec) -> str:
    if option.get("required"):
        return "required"
    if "default" not in option:
        return ""
    text = yaml.safe_dump(option["default"], default_flow_style=True, width=10_000).removesuffix("...\n").strip()
    return f"`{text}`"


def _paragraphs(description: str | list[str] | None) -> list[str]:
    paragraphs = [description] if isinstance(description, str) else description or []
    return [_markdown(" ".join(paragraph.split())) for paragraph in paragraphs]


def _markdown(text: str) -> str:
    """Ansible's markup as Markdown: V(), O(), C() and RV() are code, B() is bold, I() is italic.

    >>> _markdown("C(a) is B(b)")
    '`a` is **b**'
    """
    text = re.sub(r"\b(?:RV|[VOCPM])\(([^)]*)\)", r"`\1`", text)
    text = re.sub(r"\bB\(([^)]*)\)", r"**\1**", text)
    return re.sub(r"\bI\(([^)]*)\)", r"*\1*", text)


def readmes(root: Path) -> dict[Path, str]:
    """The README that each role of a collection should have."""
    made = {}
    for spec in sorted(root.glob("roles/*/meta/argument_specs.yml")):
        role = spec.parent.parent
        content = yaml.safe_load(spec.read_text(encoding="utf-8"))
        made[role / "README.md"] = render(f"selfhosted.monitoring.{role.name}", content["argument_specs"])
    return made


def main() -> int:
    """Write the READMEs, or with --check say which are not in step; 1 if any is not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a README is out of step")
    check = parser.parse_args().check
    stale = 0
    for path, text in readmes(ROOT).items():
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale += 1
        sys.stdout.write(f"{path.relative_to(ROOT)} {'is out of step' if check else 'written'}\n")
        if not check:
            path.write_text(text, encoding="utf-8")
    if check and stale:
        sys.stdout.write("Run: python -m scripts.role_readme\n")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
