"""What users of a Kafka cluster may do, tried on a machine of the lab with the agents' Python.

Reads JSON: {"cluster": librdkafka's settings, "passwords": user -> password, "attempts": [attempt]}; an attempt is
[user, action, arguments...], and they are made one after the other. Prints JSON, a pair an attempt: ["done", what came]
or [name of Kafka's error, its text].
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicCollection, TopicPartition
from confluent_kafka import ConsumerGroupTopicPartitions as GroupOffsets
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialDeletion,
    UserScramCredentialUpsertion,
)
from kafka import KafkaAdminClient
from kafka.protocol.admin import AlterClientQuotasRequest

WITHIN = 8.0
"""Seconds for one request."""

FIXED: dict[str, Any] = {
    "security.protocol": "SASL_SSL",
    "sasl.mechanism": "SCRAM-SHA-512",
    "socket.timeout.ms": int(WITHIN * 1000),
    "log_level": 0,
}


class Client:
    """One user's way to the cluster. Its admin client has to outlive the requests that it makes."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self._heard: list[KafkaError] = []
        self.settings = {**settings, "error_cb": self._heard.append}
        self.admin = AdminClient(self.settings)

    def login(self) -> str:
        """Raises what the client hears from the brokers, at once: by itself it would try on."""
        deadline = time.monotonic() + WITHIN
        while True:
            try:
                return f"{len(self.admin.list_topics(timeout=0.3).brokers)} brokers"
            except KafkaException:
                self.admin.poll(0)
                telling = [one for one in self._heard if one.code() != KafkaError._ALL_BROKERS_DOWN]
                if telling:
                    raise KafkaException(telling[0]) from None
                if time.monotonic() > deadline:
                    raise


def settle(futures: Any) -> str:
    """The results of an admin request, or its error."""
    values = futures.values() if isinstance(futures, dict) else [futures]
    return str([str(future.result(WITHIN + 2)) for future in values])


def login(client: Client) -> str:
    return client.login()


def describe_topic(client: Client, topic: str) -> str:
    return settle(client.admin.describe_topics(TopicCollection([topic]), request_timeout=WITHIN))


def read_topic(client: Client, topic: str) -> str:
    """Fetches from a partition, without a group."""
    consumer = Consumer(
        {**client.settings, "group.id": "none", "enable.partition.eof": True, "enable.auto.commit": False}
    )
    try:
        consumer.assign([TopicPartition(topic, 0, 0)])
        message = consumer.poll(WITHIN)
        if message is None:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
        if message.error() and message.error().code() != KafkaError._PARTITION_EOF:
            raise KafkaException(message.error())
        return "end" if message.error() else f"{len(message.value())} bytes"
    finally:
        consumer.close()


def write_topic(client: Client, topic: str, size: int = 10, records: int = 1) -> str:
    """Returns the longest throttle, in seconds, that brokers answered with."""
    throttles: list[float] = [0.0]
    failures: list[KafkaError] = []

    def delivered(error: KafkaError | None, _message: Any) -> None:
        if error:
            failures.append(error)

    own = {"throttle_cb": lambda event: throttles.append(event.throttle_time), "message.timeout.ms": WITHIN * 1000}
    producer = Producer({**client.settings, **own, "linger.ms": 0, "acks": "all"})
    for _record in range(records):
        producer.produce(topic, b"x" * size, partition=0, on_delivery=delivered)
        producer.flush(WITHIN)
    producer.poll(0.1)
    if failures:
        raise KafkaException(failures[0])
    return str(max(throttles))


def describe_group(client: Client, group: str) -> str:
    return settle(client.admin.list_consumer_group_offsets([GroupOffsets(group)], request_timeout=WITHIN))


def join_group(client: Client, group: str, topic: str) -> str:
    consumer = Consumer({**client.settings, "group.id": group, "enable.auto.commit": False})
    try:
        consumer.subscribe([topic])
        deadline = time.monotonic() + WITHIN
        while not consumer.assignment() and time.monotonic() < deadline:
            message = consumer.poll(0.2)
            if message is not None and message.error():
                raise KafkaException(message.error())
        return str(len(consumer.assignment()))
    finally:
        consumer.close()


def delete_group(client: Client, group: str) -> str:
    return settle(client.admin.delete_consumer_groups([group], request_timeout=WITHIN))


def create_topic(client: Client, topic: str, replicas: int = 3) -> str:
    return settle(client.admin.create_topics([NewTopic(topic, 1, replicas)], request_timeout=WITHIN))


def delete_topic(client: Client, topic: str) -> str:
    return settle(client.admin.delete_topics([topic], request_timeout=WITHIN))


def grow_topic(client: Client, topic: str) -> str:
    """Asks whether it could be done."""
    grown = [NewPartitions(topic, 2)]
    return settle(client.admin.create_partitions(grown, request_timeout=WITHIN, validate_only=True))


def describe_configs(client: Client, kind: str, name: str) -> str:
    resource = ConfigResource(ConfigResource.Type[kind.upper()], name)
    settle(client.admin.describe_configs([resource], request_timeout=WITHIN))
    return kind


def alter_configs(client: Client, kind: str, name: str) -> str:
    """Asks whether it could be done."""
    key = {"topic": "retention.ms", "broker": "log.cleaner.threads"}[kind]
    entry = ConfigEntry(key, "1", incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ConfigResource.Type[kind.upper()], name, incremental_configs=[entry])
    return settle(client.admin.incremental_alter_configs([resource], request_timeout=WITHIN, validate_only=True))


def list_acls(client: Client) -> str:
    """librdkafka tells whoever lacks the right that there are none; there always are some, so none is a refusal."""
    anything = AclBindingFilter(
        ResourceType.ANY, None, ResourcePatternType.ANY, None, None, AclOperation.ANY, AclPermissionType.ANY
    )
    if found := client.admin.describe_acls(anything, request_timeout=WITHIN).result(WITHIN + 2):
        return str(len(found))
    raise KafkaException(KafkaError(KafkaError.CLUSTER_AUTHORIZATION_FAILED))


def _on_topic(kind: Any, user: str, topic: str | None, operation: str) -> Any:
    return kind(
        ResourceType.TOPIC,
        topic,
        ResourcePatternType.LITERAL,
        f"User:{user}",
        "*" if kind is AclBinding else None,
        AclOperation[operation],
        AclPermissionType.ALLOW,
    )


def allow(client: Client, user: str, topic: str, operation: str) -> str:
    return settle(client.admin.create_acls([_on_topic(AclBinding, user, topic, operation)]))


def forbid(client: Client, user: str) -> str:
    """Takes every right that `allow` gave away."""
    return settle(client.admin.delete_acls([_on_topic(AclBindingFilter, user, None, "ANY")]))


def set_password(client: Client, user: str, password: str) -> str:
    slot = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
    change = UserScramCredentialUpsertion(user, slot, password.encode())
    return settle(client.admin.alter_user_scram_credentials([change], request_timeout=WITHIN))


def delete_user(client: Client, user: str) -> str:
    change = UserScramCredentialDeletion(user, ScramMechanism.SCRAM_SHA_512)
    return settle(client.admin.alter_user_scram_credentials([change], request_timeout=WITHIN))


def limit(client: Client, user: str, bytes_a_second: float) -> str:
    """Sets or, with 0, takes away what a user may produce. librdkafka has no such request, so kafka-python makes it."""
    settings = client.settings
    other = KafkaAdminClient(
        bootstrap_servers=settings["bootstrap.servers"].split(","),
        security_protocol="SASL_SSL",
        ssl_cafile=settings["ssl.ca.location"],
        sasl_mechanism=settings["sasl.mechanism"],
        sasl_plain_username=settings["sasl.username"],
        sasl_plain_password=settings["sasl.password"],
    )
    entry = AlterClientQuotasRequest.EntryData
    operation = entry.OpData(key="producer_byte_rate", value=bytes_a_second, remove=not bytes_a_second)
    entity = entry.EntityData(entity_type="user", entity_name=user)
    request = AlterClientQuotasRequest(entries=[entry(entity=[entity], ops=[operation])], validate_only=False)
    try:
        return str([item.error_code for item in other._manager.run(other._manager.send, request).entries])
    finally:
        other.close()


def start_transaction(client: Client, transaction: str) -> str:
    Producer({**client.settings, "transactional.id": transaction}).init_transactions(WITHIN)
    return transaction


ACTIONS: dict[str, Callable[..., str]] = {
    action.__name__: action
    for action in (
        *(login, describe_topic, read_topic, write_topic, create_topic, delete_topic, grow_topic),
        *(describe_group, join_group, delete_group, start_transaction),
        *(describe_configs, alter_configs, list_acls, allow, forbid, limit, set_password, delete_user),
    )
}


def attempt(settings: dict[str, Any], action: str, arguments: list[Any]) -> tuple[str, str]:
    """One attempt by a client of its own."""
    try:
        client = Client(settings)
        client.login()
        return "done", ACTIONS[action](client, *arguments)
    except TimeoutError:
        return "_TIMED_OUT", "the client did not come back"
    except KafkaException as failure:
        return failure.args[0].name(), failure.args[0].str()


def main() -> None:
    """Make all attempts."""
    asked = json.load(sys.stdin)
    answers = []
    for user, action, *arguments in asked["attempts"]:
        login = {"sasl.username": user, "sasl.password": asked["passwords"][user]}
        settings = {**FIXED, **asked["cluster"], **login}
        answers.append(attempt(settings, action, arguments))
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
