"""What the exporter answers over HTTP."""

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from monitoring_agents.failures import Failure
from monitoring_agents.lag.exposition import Exposition, State
from monitoring_agents.lag.lag import Group, PartitionLag, Snapshot
from monitoring_agents.lag.problems import Problems
from monitoring_agents.lag.web import ready, server
from prometheus_client import CollectorRegistry

SNAPSHOT = Snapshot(
    groups=(Group("adapter", 3),),
    lags=(
        PartitionLag("adapter", "monitor.aws.ec2", 0, committed=40, records=60, seconds=12.5, lost=2),
        PartitionLag("adapter", "monitor.aws.ec2", 1, committed=40, records=60, seconds=None, lost=0),
    ),
)


@pytest.fixture
def state() -> State:
    return State(Problems())


@pytest.fixture
def url(state: State) -> Iterator[str]:
    registry = CollectorRegistry()
    registry.register(Exposition(state))
    web = server("127.0.0.1:0", state, registry, within=30)
    thread = threading.Thread(target=web.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{web.server_port}"
    web.shutdown()
    thread.join()
    web.server_close()


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310 - a server of this file
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_metrics_name_group_topic_and_partition(state: State, url: str):
    state.snapshot = SNAPSHOT
    _status, text = get(f"{url}/metrics")
    place = '{consumergroup="adapter",partition="0",topic="monitor.aws.ec2"}'
    lines = text.splitlines()
    assert f"kafka_consumergroup_lag{place} 60.0" in lines
    assert f"kafka_consumergroup_lag_seconds{place} 12.5" in lines
    assert f"kafka_consumergroup_current_offset{place} 40.0" in lines
    assert f"kafka_consumergroup_lost_records{place} 2.0" in lines
    assert 'kafka_consumergroup_members{consumergroup="adapter"} 3.0' in lines


def test_an_unknown_age_is_left_out_rather_than_called_0(state: State, url: str):
    state.snapshot = SNAPSHOT
    _status, text = get(f"{url}/metrics")
    assert 'kafka_consumergroup_lag{consumergroup="adapter",partition="1",topic="monitor.aws.ec2"} 60.0' in text
    assert 'kafka_consumergroup_lag_seconds{consumergroup="adapter",partition="1"' not in text


def test_each_reason_is_there_before_it_is_met(state: State, url: str):
    state.problems.counts["timeout"] += 2
    _status, text = get(f"{url}/metrics")
    assert 'kafka_lag_exporter_errors_total{reason="timeout"} 2.0' in text
    assert 'kafka_lag_exporter_errors_total{reason="authorization"} 0.0' in text


def test_before_the_first_collection_it_is_healthy_and_not_ready(url: str):
    assert get(f"{url}/-/healthy") == (200, "healthy\n")
    assert get(f"{url}/-/ready") == (503, "no collection has ended yet\n")
    assert "kafka_lag_exporter_up 0.0" in get(f"{url}/metrics")[1]


def test_another_path_is_not_found(url: str):
    assert get(f"{url}/")[0] == 404


def test_one_failed_collection_does_not_take_readiness_away(state: State):
    state.succeeded, state.problem = 100.0, "broker away"
    assert ready(state, 120.0, within=30).code == 200
    late = ready(state, 131.0, within=30)
    assert (late.code, late.body) == (503, b"broker away\n")


@pytest.mark.parametrize("address", ["127.0.0.1:port", "192.0.2.1:9308", "127.0.0.1:99999"])
def test_an_address_that_cannot_be_bound_is_named(state: State, address: str):
    with pytest.raises(Failure, match=address):
        server(address, state, CollectorRegistry(), within=30)
