# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A broker reads its renewed keystore and truststore again, without a restart; ExecReload of its unit.

Kafka does so when the location of a store is set for this broker, by a request to this broker, even to the path that
it has, if the file was modified since (KIP-687 describes it; the request is refused, and the old stores stay, when the
new ones cannot be used). The login needs ALTER_CONFIGS on the cluster.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource

from monitoring_agents.certificates import fingerprint, leaf, served
from monitoring_agents.client import ClientErrors, client_settings
from monitoring_agents.failures import Failure

_PAUSE_SECONDS = 0.2


def parser() -> argparse.ArgumentParser:
    """Return the command line's grammar."""
    top = argparse.ArgumentParser(prog="kafka_reload", description="A broker reads its certificates again.")
    top.add_argument("--config", type=Path, required=True, metavar="FILE", help="JSON of librdkafka's settings")
    top.add_argument("--broker", type=int, required=True, metavar="ID", help="the broker's id")
    top.add_argument("--bootstrap", metavar="HOST:PORT", help="this broker's address (default: as the file says)")
    top.add_argument("--listeners", type=_names, required=True, metavar="A,B", help="such as client,internal")
    top.add_argument("--keystore", type=Path, required=True, metavar="PATH", help="PEM: key and certificates")
    top.add_argument("--truststore", type=Path, required=True, metavar="PATH", help="PEM: certificates")
    top.add_argument(
        "--addresses", type=_names, required=True, metavar="HOST:PORT,...", help="of the listeners, to look at after"
    )
    top.add_argument("--timeout", type=float, default=20.0, metavar="SECONDS", help="for all of it (default 20)")
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; 0 when every listener serves the keystore's certificate."""
    options = parser().parse_args(arguments)
    deadline = time.monotonic() + options.timeout
    overrides = {"bootstrap_servers": options.bootstrap} if options.bootstrap else {}
    try:
        wanted = leaf(options.keystore)
        leaf(options.truststore)
        settings = client_settings(options.config, **overrides)
        _reload(settings, options.broker, stores(options.listeners, options.keystore, options.truststore), deadline)
        _await_served(options.addresses, wanted, deadline)
    except Failure as failure:
        sys.stderr.write(f"broker {options.broker}: {failure}\n")
        return 1
    sys.stdout.write(
        f"broker {options.broker}: certificate {fingerprint(wanted)} is served at {', '.join(options.addresses)}\n"
    )
    return 0


def stores(listeners: Sequence[str], keystore: Path, truststore: Path) -> dict[str, str]:
    """Return the broker's settings that name the stores of ``listeners``."""
    return {
        f"listener.name.{listener.lower()}.ssl.{kind}.location": str(path)
        for listener in listeners
        for kind, path in (("keystore", keystore), ("truststore", truststore))
    }


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise argparse.ArgumentTypeError("names nothing")
    return names


def _reload(settings: dict[str, Any], broker: int, wanted: dict[str, str], deadline: float) -> None:
    """Set all in one request: stores that fit together only as a whole are judged as a whole."""
    errors = ClientErrors(settings.get("sasl.username", ""))
    left = max(1.0, deadline - time.monotonic())
    entries = [ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET) for name, value in wanted.items()]
    resource = ConfigResource(ConfigResource.Type.BROKER, str(broker), incremental_configs=entries)
    try:
        client = AdminClient(settings | {"error_cb": errors})
        client.incremental_alter_configs([resource], request_timeout=left)[resource].result(timeout=left + 1)
    except KafkaException as error:
        if error.args[0].name() in ("_TIMED_OUT", "_TRANSPORT"):
            client.poll(0)
            raise Failure(errors.reason(f"no answer: {error.args[0].str()}")) from error
        raise Failure(f"Kafka refuses the stores: {error.args[0].str()}") from error
    except TimeoutError as error:
        raise Failure(errors.reason("no answer in time")) from error


def _await_served(addresses: Sequence[str], wanted: bytes, deadline: float) -> None:
    """Wait until each of ``addresses`` serves the certificate ``wanted``."""
    for address in addresses:
        while True:
            found = served(address, max(1.0, deadline - time.monotonic()))
            if found == wanted:
                break
            if time.monotonic() > deadline:
                raise Failure(
                    f"{address} still serves certificate {fingerprint(found)}, the keystore has {fingerprint(wanted)}"
                )
            time.sleep(_PAUSE_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
