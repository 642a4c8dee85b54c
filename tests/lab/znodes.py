"""What one identity may do in ZooKeeper, tried with ZooKeeper's own client on a machine of the lab.

Reads JSON: {"server": host:port, "identity": a path or PEM text, "ca": path, "commands": [command]}. Prints JSON: all
that the client said.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

LIBRARIES = "/opt/monitoring/zookeeper/current/archive/lib/*"


def main() -> None:
    """Give the client all commands in one session."""
    asked = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as scratch:
        identity = asked["identity"]
        if identity.startswith("-----BEGIN"):
            identity = f"{scratch}/identity.pem"
            Path(identity).write_text(asked["identity"])
        settings = {
            "zookeeper.client.secure": "true",
            "zookeeper.clientCnxnSocket": "org.apache.zookeeper.ClientCnxnSocketNetty",
            "zookeeper.ssl.protocol": "TLSv1.3",
            "zookeeper.ssl.keyStore.location": identity,
            "zookeeper.ssl.keyStore.type": "PEM",
            "zookeeper.ssl.trustStore.location": asked["ca"],
            "zookeeper.ssl.trustStore.type": "PEM",
        }
        java = ["java", "-Xmx48m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-cp", LIBRARIES]
        options = [f"-D{key}={value}" for key, value in settings.items()]
        done = subprocess.run(
            [*java, *options, "org.apache.zookeeper.ZooKeeperMain", "-waitforconnection", "-server", asked["server"]],
            input="\n".join([*asked["commands"], "quit", ""]),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=30,
            check=False,
        )
    json.dump(done.stdout, sys.stdout)


if __name__ == "__main__":
    main()
