# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the JSON of every dashboard: `python -m content.dashboards DIRECTORY`."""

from __future__ import annotations

import argparse
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from content.dashboards import kafka

DASHBOARDS = (kafka.dashboard,)


def documents() -> dict[str, str]:
    """Return the JSON of every dashboard by its uid."""
    built = [make().build() for make in DASHBOARDS]
    return {str(one.uid): JSONEncoder(sort_keys=True, indent=2).encode(one) for one in built}


def main() -> None:
    """Write `UID.json` of every dashboard."""
    parser = argparse.ArgumentParser(prog="python -m content.dashboards", description=__doc__)
    parser.add_argument("directory", type=Path)
    directory: Path = parser.parse_args().directory
    directory.mkdir(parents=True, exist_ok=True)
    for uid, text in documents().items():
        (directory / f"{uid}.json").write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
