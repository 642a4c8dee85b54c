"""What a broker is told to read again."""

from pathlib import Path

import pytest
from monitoring_agents.kafka_reload import parser, stores


def test_each_listener_names_both_stores_in_lower_case():
    assert stores(["CLIENT", "internal"], Path("/tls/broker.pem"), Path("/tls/ca.pem")) == {
        "listener.name.client.ssl.keystore.location": "/tls/broker.pem",
        "listener.name.client.ssl.truststore.location": "/tls/ca.pem",
        "listener.name.internal.ssl.keystore.location": "/tls/broker.pem",
        "listener.name.internal.ssl.truststore.location": "/tls/ca.pem",
    }


@pytest.mark.parametrize("listeners", ["", " , "])
def test_no_listener_is_a_mistake(listeners: str):
    others = "--config c --broker 1 --keystore k --truststore t --addresses a:1"
    with pytest.raises(SystemExit):
        parser().parse_args([*others.split(), "--listeners", listeners])
