# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A broker's configuration is checked before it goes live: every key is one that this very version knows.

Kafka itself only warns of a key that it does not know, and goes on with the default of the one that was meant.
"""

from __future__ import annotations

import argparse
import difflib
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from monitoring_agents.failures import Failure

# What KafkaConfig prints as the broker's reference documentation: an anchor a key.
_ANCHOR = re.compile(r'id="brokerconfigs_([A-Za-z0-9._-]+)"')
# Listeners may have any key of the broker for themselves, SASL ones also a mechanism.
_LISTENER = re.compile(r"^listener\.name\.[^.]+\.(?:(?:scram-sha-\d+|plain|gssapi|oauthbearer)\.)?")
# Keys that others than the broker define: providers of values (AbstractConfig), and AclAuthorizer.
_ELSEWHERE = re.compile(
    r"^(config\.providers(\.[^.]+\.(class|param\..+))?|super\.users|allow\.everyone\.if\.no\.acl\.found|authorizer\.zookeeper\..+)$"
)


def parser() -> argparse.ArgumentParser:
    """Return the command line's grammar."""
    top = argparse.ArgumentParser(prog="kafka_settings", description="Whether a broker knows its configuration's keys.")
    top.add_argument("--java", required=True, metavar="PROGRAM", help="the Java program")
    top.add_argument("--libs", type=Path, required=True, metavar="DIRECTORY", help="Kafka's jars")
    top.add_argument("file", type=Path, metavar="FILE", help="server.properties")
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; 0 when every key is known."""
    options = parser().parse_args(arguments)
    try:
        complaints = unknown(keys(options.file.read_text(encoding="latin-1")), known(options.java, options.libs))
    except (Failure, OSError) as failure:
        complaints = [str(failure)]
    for complaint in complaints:
        sys.stdout.write(f"{options.file.name}: {complaint}\n")
    return 1 if complaints else 0


def known(java: str, libs: Path) -> frozenset[str]:
    """Return the broker's keys, asked of Kafka's own definition."""
    command = [java, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", f"{libs}/*", "kafka.server.KafkaConfig"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Failure(f"Kafka's own definition of its keys cannot be had: {error}") from error
    found = frozenset(_ANCHOR.findall(done.stdout))
    if done.returncode or not found:
        raise Failure(
            f"Kafka's own definition of its keys cannot be had: {(done.stderr or done.stdout)[-300:].strip()}"
        )
    return found


def keys(text: str) -> list[str]:
    """Return the keys of a Java properties file (one a line, as this collection writes them)."""
    lines = (line.strip() for line in text.splitlines())
    return [re.split(r"(?<!\\)[=:]", line, maxsplit=1)[0].strip() for line in lines if line and line[0] not in "#!"]


def unknown(used: Iterable[str], defined: frozenset[str]) -> list[str]:
    """Return a complaint for each key that is not defined, with the one that was meant if one is near."""
    complaints = []
    for key in used:
        bare = _LISTENER.sub("", key)
        if bare in defined or _ELSEWHERE.match(key):
            continue
        near = difflib.get_close_matches(bare, defined, n=1)
        complaints.append(f"unknown key {key}" + (f"; did you mean {near[0]}?" if near else ""))
    return complaints


if __name__ == "__main__":
    sys.exit(main())
