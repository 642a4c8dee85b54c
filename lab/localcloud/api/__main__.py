"""`python -m localcloud.api`: serve the lab's AWS API until SIGTERM."""

import argparse
import logging
import signal
import sys
from pathlib import Path
from threading import Thread
from typing import Any

from localcloud import addresses
from localcloud.api.proof import NotEnforcedError, prove_enforcement
from localcloud.api.server import ACCOUNT, Contents, fill, listen

log = logging.getLogger("lab.api")


def parser() -> argparse.ArgumentParser:
    """Return the command line of this process."""
    parser = argparse.ArgumentParser(prog="python -m localcloud.api", description=__doc__)
    parser.add_argument("--bind", default="127.0.0.1", help="loopback address to listen on (default %(default)s)")
    parser.add_argument("--port", type=int, default=addresses.API_PORT, help="default %(default)s")
    parser.add_argument(
        "--regions",
        default=",".join(addresses.REGIONS),
        help="regions that have the lab's image and always appear in /_lab/desired (default %(default)s)",
    )
    access = parser.add_mutually_exclusive_group(required=True)
    access.add_argument(
        "--credentials", type=Path, metavar="DIR", help="make the users, write DIR/{config,credentials}, enforce IAM"
    )
    access.add_argument("--without-iam", action="store_true", help="answer every request, for benchmarks and tests")
    parser.add_argument(
        "--endpoint-url", default=addresses.GATEWAY, help="endpoint that the profiles name (default %(default)s)"
    )
    parser.add_argument("--state-bucket", default="monitoring-lab-terraform-state", help="default %(default)s")
    parser.add_argument("--lock-table", default="monitoring-lab-terraform-locks", help="default %(default)s")
    parser.add_argument("--mirror-bucket", default="monitoring-lab-mirror", help="default %(default)s")
    return parser


def main() -> int:
    """Serve until SIGTERM or SIGINT; 1 if the port is taken or IAM does not hold."""
    arguments = parser().parse_args()
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    contents = Contents(
        regions=tuple(arguments.regions.split(",")),
        state_bucket=arguments.state_bucket,
        lock_table=arguments.lock_table,
        mirror_bucket=arguments.mirror_bucket,
        credentials=arguments.credentials,
        endpoint_url=arguments.endpoint_url,
    )
    server, application = listen(arguments.bind, arguments.port, contents)
    keys = fill(contents)

    def stop(_signal: int, _frame: Any) -> None:
        Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    failed: list[NotEnforcedError] = []

    def prove() -> None:
        try:
            if keys:
                prove_enforcement(arguments.bind, arguments.port, contents.regions[0], keys["inventory"])
        except (NotEnforcedError, OSError) as error:
            failed.append(NotEnforcedError(str(error)))
            server.shutdown()
        else:
            application.ready.set()
            log.info("serving account %s on http://%s:%d", ACCOUNT, arguments.bind, arguments.port)

    Thread(target=prove, daemon=True).start()
    server.serve_forever()
    server.server_close()
    if failed:
        log.error("%s", failed[0])
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
