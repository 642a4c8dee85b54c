# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SCRAM credentials in a cluster: listed, proved by a login, altered."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

with contextlib.suppress(ImportError):  # connection.connect says so
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import (
        ScramCredentialInfo,
        ScramMechanism,
        UserScramCredentialDeletion,
        UserScramCredentialUpsertion,
    )

from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure
from ansible_collections.selfhosted.monitoring.plugins.module_utils.kafka.connection import (
    SHA_256,
    SHA_512,
    Connection,
    LoginRefused,
    connect,
    explain,
)

if TYPE_CHECKING:
    from confluent_kafka.admin import AdminClient


def iterations_by_user(client: AdminClient, timeout: float) -> dict[str, dict[str, int]]:
    """Mechanisms and iterations of every user that has a credential."""
    names = {ScramMechanism.SCRAM_SHA_512: SHA_512, ScramMechanism.SCRAM_SHA_256: SHA_256}
    answer: Any = client.describe_user_scram_credentials(None, request_timeout=timeout)  # of all users: one future
    return {
        user: {names[info.mechanism]: info.iterations for info in description.scram_credential_infos}
        for user, description in answer.result().items()
    }


def logging_in(connection: Connection, passwords: Mapping[tuple[str, str], str]) -> set[tuple[str, str]]:
    """The (user, mechanism) whose password logs in: a password cannot be read back, only tried.

    Raises Failure where the brokers do not answer.
    """

    def holds(slot: tuple[str, str]) -> bool:
        user, mechanism = slot
        try:
            connect(connection.of_user(user, passwords[slot], mechanism))
        except LoginRefused:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        calls = {slot: threads.submit(holds, slot) for slot in passwords}
    return {slot for slot, call in calls.items() if call.result()}


def alter(
    client: AdminClient,
    passwords: Mapping[tuple[str, str], str],
    deleted: Iterable[tuple[str, str]],
    iterations: int,
    timeout: float,
) -> None:
    """Set passwords and delete slots in one request. Raises Failure naming every user that was refused."""
    mechanisms = {SHA_512: ScramMechanism.SCRAM_SHA_512, SHA_256: ScramMechanism.SCRAM_SHA_256}
    alterations = [
        *(UserScramCredentialDeletion(user, mechanisms[mechanism]) for user, mechanism in deleted),
        *(
            UserScramCredentialUpsertion(
                user, ScramCredentialInfo(mechanisms[mechanism], iterations), password.encode()
            )
            for (user, mechanism), password in passwords.items()
        ),
    ]
    if not alterations:
        return
    refused = []
    for user, answer in client.alter_user_scram_credentials(alterations, request_timeout=timeout).items():
        try:
            answer.result()
        except KafkaException as error:
            refused.append(f"{user}: {explain(error)}")
    if refused:
        raise Failure(f"credentials were refused: {'; '.join(refused)}")


def wait_until_held(
    connection: Connection, brokers: Iterable[str], passwords: Mapping[tuple[str, str], str], within: float
) -> None:
    """Return when every broker knows the new passwords, which each learns by itself a moment later.

    Raises Failure naming users and brokers after ``within`` seconds.
    """
    deadline = time.monotonic() + within
    waiting = {broker: dict(passwords) for broker in brokers}
    while any(waiting.values()):
        for broker, slots in waiting.items():
            for slot in logging_in(connection.to_broker(broker), slots):
                del slots[slot]
        if any(waiting.values()) and time.monotonic() > deadline:
            late = [f"{user} by {name} at {broker}" for broker, slots in waiting.items() for user, name in slots]
            raise Failure(f"passwords were set and do not log in after {within:.0f} s: {', '.join(late)}")
