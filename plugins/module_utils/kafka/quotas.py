# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Client quotas of users, by kafka-python: librdkafka has no request for them."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

with contextlib.suppress(ImportError):  # second_client says so
    from kafka.protocol.admin import AlterClientQuotasRequest, DescribeClientQuotasRequest

from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure

# KIP-546: how a component of a filter matches a name.
_ANY_NAME = 2


def read_quotas(client: Any) -> dict[str, dict[str, float]]:
    """Quotas by user, of users as such: not those of a user's client ids, not the default. client: a second_client."""
    component = DescribeClientQuotasRequest.ComponentData(entity_type="user", match_type=_ANY_NAME, match=None)
    answer = _send(client, DescribeClientQuotasRequest(components=[component], strict=True))
    if answer.error_code:
        raise Failure(f"quotas cannot be read: {answer.error_message or answer.error_code}")
    return {
        entry.entity[0].entity_name: {value.key: value.value for value in entry.values}
        for entry in answer.entries or []
        if entry.entity[0].entity_name is not None
    }


def alter_quotas(client: Any, changes: Mapping[str, Mapping[str, float | None]]) -> None:
    """Set quotas by user and key; None removes one. Raises Failure naming every user whose quotas were refused."""
    entry, operation = AlterClientQuotasRequest.EntryData, AlterClientQuotasRequest.EntryData.OpData
    entries = [
        entry(
            entity=[entry.EntityData(entity_type="user", entity_name=user)],
            ops=[operation(key=key, value=value or 0.0, remove=value is None) for key, value in sorted(keys.items())],
        )
        for user, keys in sorted(changes.items())
    ]
    answer = _send(client, AlterClientQuotasRequest(entries=entries, validate_only=False))
    refused = [
        f"{item.entity[0].entity_name}: {item.error_message or item.error_code}"
        for item in answer.entries
        if item.error_code
    ]
    if refused:
        raise Failure(f"quotas were refused: {'; '.join(refused)}")


def _send(client: Any, request: Any) -> Any:
    # kafka-python knows these requests but has no method for them; the lock file holds the version this fits.
    return client._manager.run(client._manager.send, request)
