# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to change in a Route53 zone so that its records are as declared. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# Route53 API, ChangeResourceRecordSets: 1,000 ResourceRecord elements a request, and UPSERT counts twice;
# 32,000 characters in all values, UPSERT twice again.
_ELEMENTS, _CHARACTERS = 1000, 32000


@dataclass(frozen=True)
class Record:
    """A plain record set: no alias, no routing policy. The name is absolute, in lower case, without a final dot."""

    name: str
    type: str
    ttl: int
    values: tuple[str, ...]

    @property
    def key(self) -> tuple[str, str]:
        """Name and type, of which a zone holds one plain record set."""
        return self.name, self.type

    def line(self) -> str:
        """As in a zone file, for diffs."""
        return f"{self.name} {self.ttl} {self.type} {' '.join(self.values)}"


class ConflictError(ValueError):
    """A declared record cannot be brought about; the message names it."""


@dataclass(frozen=True)
class Changes:
    """Record sets to upsert and, after that, to delete."""

    upserts: tuple[Record, ...]
    deletions: tuple[Record, ...]

    def __bool__(self) -> bool:
        return bool(self.upserts or self.deletions)


def absolute(name: str) -> str:
    r"""Lower case, no final dot; Route53's octal escapes (\052 for *) read back."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), name).rstrip(".").lower()


def declared(items: Iterable[Mapping[str, Any]], zone: str) -> list[Record]:
    """Records as a playbook gives them. Raises ConflictError naming every one that is outside the zone or doubled."""
    records = [
        Record(absolute(item["name"]), item["type"], item["ttl"], tuple(sorted(set(item["values"])))) for item in items
    ]
    keys = [record.key for record in records]
    problems = [
        *(f"{r.name} is not in zone {zone}" for r in records if r.name != zone and not r.name.endswith(f".{zone}")),
        *(f"{name} {type_} is declared twice" for name, type_ in sorted({key for key in keys if keys.count(key) > 1})),
        *(f"{record.name} {record.type} has no values" for record in records if not record.values),
    ]
    if problems:
        raise ConflictError("; ".join(problems))
    return records


def existing(items: Iterable[Mapping[str, Any]]) -> tuple[list[Record], set[tuple[str, str]]]:
    """Plain records of a listing, and the (name, type) of aliases and routed records, which are not ours to change."""
    plain: list[Record] = []
    other: set[tuple[str, str]] = set()
    for item in items:
        name = absolute(item["Name"])
        if "SetIdentifier" in item or "AliasTarget" in item:
            other.add((name, item["Type"]))
        else:
            values = tuple(sorted(value["Value"] for value in item["ResourceRecords"]))
            plain.append(Record(name, item["Type"], item["TTL"], values))
    return plain, other


def changes(
    wanted: Sequence[Record], listing: Iterable[Mapping[str, Any]], zone: str, purge_pattern: str | None
) -> tuple[Changes, dict[tuple[str, str], Record]]:
    """The changes, and the plain records as they are. Raises ConflictError for names of aliases and routed records.

    purge_pattern: a regular expression for whole names that are ours; the zone's own NS and SOA never are.
    """
    plain, other = existing(listing)
    present = {record.key: record for record in plain}
    if held := [f"{name} {type_}" for name, type_ in (record.key for record in wanted) if (name, type_) in other]:
        raise ConflictError(
            f"held by an alias or a record with a routing policy, which is not changed here: {', '.join(held)}"
        )
    keys = {record.key for record in wanted}
    ours = re.compile(purge_pattern) if purge_pattern else None
    deletions = tuple(
        record
        for record in plain
        if ours and record.key not in keys and ours.fullmatch(record.name)
        if not (record.name == zone and record.type in ("NS", "SOA"))
    )
    upserts = tuple(record for record in wanted if present.get(record.key) != record)
    return Changes(upserts, deletions), present


def batches(planned: Changes) -> list[list[dict[str, Any]]]:
    """ChangeBatches within the API's limits: one, and so one transaction, up to about 500 records.

    Deletions come first where they make room for a CNAME (or for what takes its place), which Route53
    lets stand at a name only alone; inside a batch the order does not matter to readers, it is atomic.
    """
    wanted = [("DELETE", record) for record in planned.deletions] + [("UPSERT", record) for record in planned.upserts]
    result: list[list[dict[str, Any]]] = []
    elements = characters = 0
    for action, record in wanted:
        weight = 2 if action == "UPSERT" else 1
        count, length = weight * len(record.values), weight * sum(len(value) for value in record.values)
        if not result or elements + count > _ELEMENTS or characters + length > _CHARACTERS:
            result.append([])
            elements = characters = 0
        elements, characters = elements + count, characters + length
        result[-1].append(
            {
                "Action": action,
                "ResourceRecordSet": {
                    "Name": record.name,
                    "Type": record.type,
                    "TTL": record.ttl,
                    "ResourceRecords": [{"Value": value} for value in record.values],
                },
            }
        )
    return result
