# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prometheus exporter of consumer groups' lag, in records and in seconds.

Runs on every broker and reports the groups that this broker coordinates, so that each group is reported once and
moves with its coordinator. The login needs DESCRIBE on the cluster, on all groups and on all topics,
__consumer_offsets among them; it reads no record.
"""

from __future__ import annotations

import argparse
import logging
import re
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from prometheus_client import CollectorRegistry, ProcessCollector

from monitoring_agents.client import ClientErrors, client_settings
from monitoring_agents.failures import Failure
from monitoring_agents.lag.collector import Collector, Scope
from monitoring_agents.lag.exposition import Exposition, State
from monitoring_agents.lag.lag import Snapshot
from monitoring_agents.lag.problems import Problems, logger
from monitoring_agents.lag.questions import Questions
from monitoring_agents.lag.web import server

_QUESTION_SECONDS = 5.0


def parser() -> argparse.ArgumentParser:
    """Return the command line's grammar."""
    top = argparse.ArgumentParser(prog="kafka_lag", description="Prometheus exporter of consumer groups' lag.")
    top.add_argument("--config", type=Path, required=True, metavar="FILE", help="JSON of librdkafka's settings")
    top.add_argument("--listen", default="127.0.0.1:9308", metavar="HOST:PORT", help="default 127.0.0.1:9308")
    top.add_argument("--interval", type=float, default=10.0, metavar="SECONDS", help="between collections (default 10)")
    top.add_argument("--broker", type=int, metavar="ID", help="only the groups that this broker coordinates")
    top.add_argument("--groups", type=re.compile, default=".*", metavar="REGEX", help="only groups of such a name")
    top.add_argument("--topics", type=re.compile, default=".*", metavar="REGEX", help="only topics of such a name")
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGTERM; 1 when the start fails."""
    options = parser().parse_args(arguments)
    logging.basicConfig(format="%(name)s: %(message)s", level=logging.INFO)
    state = State(Problems())
    registry = CollectorRegistry()
    registry.register(Exposition(state))
    ProcessCollector(registry=registry)
    try:
        collector = _collector(options, state.problems)
        web = server(options.listen, state, registry, within=3 * options.interval + _QUESTION_SECONDS)
    except Failure as failure:
        logger.error("%s", failure)
        return 1
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    threading.Thread(target=web.serve_forever, name="web", daemon=True).start()
    logger.info("listens on %s", options.listen)
    begun = time.monotonic()
    while not stop.is_set():
        _collect(collector, state)
        # The next collection begins on the beat; a slow one lets beats out rather than running after them.
        stop.wait(options.interval - (time.monotonic() - begun) % options.interval)
    return 0


def _collector(options: argparse.Namespace, problems: Problems) -> Collector:
    settings = client_settings(options.config)
    errors = ClientErrors(settings.get("sasl.username", ""))
    try:
        # The own back-off is short of a second to ten: a broker that is away costs no processor time.
        client = AdminClient(settings | {"error_cb": errors, "reconnect.backoff.ms": 500})
    except KafkaException as error:
        raise Failure(f"client configuration is refused: {error.args[0].str()}") from error
    questions = Questions(client, errors, problems, _QUESTION_SECONDS)
    return Collector(questions, Scope(options.groups, options.topics, options.broker), options.interval)


def _collect(collector: Collector, state: State) -> None:
    """Collect once into ``state``; a failure leaves no old figures behind, which would look like fresh ones."""
    begun = time.monotonic()
    try:
        state.snapshot = collector.collect()
        if state.problem:
            logger.info("collects: %d groups", len(state.snapshot.groups))
        state.problem, state.succeeded = "", time.time()
    except Failure as failure:
        state.snapshot, state.problem = Snapshot(), str(failure)
    except KafkaException as error:
        # librdkafka refuses some requests before they are sent; it says so of none that we know of.
        state.problems.met_errors("a request", [("of the collection", error)])
        state.snapshot, state.problem = Snapshot(), error.args[0].str()
    state.problems.end_collection()
    state.seconds = time.monotonic() - begun


if __name__ == "__main__":
    sys.exit(main())
