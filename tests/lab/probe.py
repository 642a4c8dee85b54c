"""What answers a TCP connection: run here, or on a machine of the lab (standard library only).

`python3 probe.py SECONDS ADDRESS:PORT...` prints JSON: target -> [answer, seconds]. The answer is "open", "refused"
(the packet arrived and nothing listens) or "silent" (nothing came back in time); the seconds are the shortest
of three round trips.
"""

from __future__ import annotations

import json
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor


def ask(target: str, within: float) -> tuple[str, float]:
    """Connect to ADDRESS:PORT and tell what came back and after how many seconds."""
    address, port = target.rsplit(":", 1)
    best = within
    answer = "silent"
    for _attempt in range(3):
        start = time.monotonic()
        try:
            socket.create_connection((address, int(port)), timeout=within).close()
            answer = "open"
        except ConnectionRefusedError:
            answer = "refused"
        except OSError:  # a timeout, or a router that says there is no way
            return "silent", within
        best = min(best, time.monotonic() - start)
    return answer, best


def probe(targets: list[str], within: float) -> dict[str, tuple[str, float]]:
    """Ask all targets at once."""
    with ThreadPoolExecutor(len(targets)) as pool:
        return dict(zip(targets, pool.map(lambda target: ask(target, within), targets), strict=True))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(probe(sys.argv[2:], float(sys.argv[1]))))
