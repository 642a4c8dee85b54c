"""A cloud for the inventory benchmark: a moto server a region, behind one gateway that delays and breaks.

Each region's API is a process of its own, so regions do not wait for each other's Python. The gateway
stands for the distance: it adds its delay to every call, and can make one region refuse, throttle or hang.
It answers a call that it has answered before from memory: moto takes seconds to render 500 instances, EC2
does not, and the contestants are compared, not moto.
"""

import asyncio
import contextlib
import re
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import boto3

REGIONS = ("us-east-1", "eu-west-1", "ap-southeast-1")
ROLES = ["zookeeper"] * 3 + ["kafka"] * 9 + ["prometheus"] * 2 + ["thanos_query", "alertmanager", "alertmanager"]
IDENTITY = {"aws_access_key_id": "bench", "aws_secret_access_key": "bench"}
TAGS = [{"Key": "monitoring:deployment", "Value": "bench"}, {"Key": "monitoring:environment", "Value": "bench"}]
THROTTLED = (
    b"<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>Request limit exceeded.</Message></Error>"
    b"</Errors><RequestID>bench</RequestID></Response>"
)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@dataclass
class Gateway:
    """Forwards each request to the region in its signature, after `delay` seconds."""

    backends: dict[str, int]
    delay: float = 0.0
    faults: dict[str, str] = field(default_factory=dict)
    memory: dict[tuple[str, bytes], bytes] = field(default_factory=dict)
    port: int = field(default_factory=free_port)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        started = threading.Event()

        async def serve() -> None:
            server = await asyncio.start_server(self._handle, "127.0.0.1", self.port)
            started.set()
            async with server:
                await server.serve_forever()

        threading.Thread(target=lambda: asyncio.run(serve()), daemon=True).start()
        started.wait()

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)^content-length: *(\d+)", head, re.M)
            body = await reader.readexactly(int(length[1]) if length else 0)
            scope = re.search(rb"Credential=[^/]+/\d+/([a-z0-9-]+)/", head)
            region = scope[1].decode() if scope else REGIONS[0]
            fault = self.faults.get(region)
            if fault == "hang":
                await reader.read()  # until the client gives up
            await asyncio.sleep(self.delay)
            if fault == "throttle":
                writer.write(b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n")
                writer.write(b"Content-Length: %d\r\n\r\n%s" % (len(THROTTLED), THROTTLED))
            elif fault != "refuse":  # a refusing region just loses the connection
                writer.write(await self._answer(region, head, body))
            await writer.drain()
        writer.close()

    async def _answer(self, region: str, head: bytes, body: bytes) -> bytes:
        if (region, body) not in self.memory:
            reader, backend = await asyncio.open_connection("127.0.0.1", self.backends[region])
            closing = re.sub(rb"(?i)\r\nconnection: [^\r]*", b"", head)[:-2] + b"Connection: close\r\n\r\n"
            backend.write(closing + body)
            self.memory[region, body] = await reader.read()
            backend.close()
        return self.memory[region, body]


class Cloud:
    """`hosts` instances in each region, made without the delay."""

    def __init__(self, hosts: int) -> None:
        self._hosts = hosts
        self._processes: list[subprocess.Popen[bytes]] = []
        self.gateway = Gateway({region: free_port() for region in REGIONS})

    def __enter__(self) -> "Cloud":
        for port in self.gateway.backends.values():
            command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
            self._processes.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        for port in self.gateway.backends.values():
            _wait_for(port)
        self.gateway.start()
        with ThreadPoolExecutor() as pool:
            list(pool.map(self._fill, REGIONS))
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.kill()
            process.wait()

    def _fill(self, region: str) -> None:
        url = f"http://127.0.0.1:{self.gateway.backends[region]}"
        session = boto3.session.Session(**IDENTITY)
        iam = session.client("iam", endpoint_url=url, region_name=region)
        path = "/monitoring/bench/bench/"
        profile = iam.create_instance_profile(InstanceProfileName="node", Path=path)["InstanceProfile"]["Arn"]
        ec2 = session.client("ec2", endpoint_url=url, region_name=region)
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        zones = [f"{region}{letter}" for letter in "abc"]
        by_zone = []
        for index, zone in enumerate(zones):
            tagged = [{"ResourceType": "subnet", "Tags": TAGS}]
            subnet = ec2.create_subnet(
                VpcId=vpc, CidrBlock=f"10.0.{index * 16}.0/20", AvailabilityZone=zone, TagSpecifications=tagged
            )["Subnet"]["SubnetId"]
            count = len(range(index, self._hosts, len(zones)))
            by_zone.append(_run(ec2, subnet, count))
        # Round the zones, so that neighbours of one role stand in different ones.
        for number in range(self._hosts):
            role = ROLES[number] if number < len(ROLES) else "collector"
            tags = [{"Key": "monitoring:roles", "Value": role}, {"Key": "monitoring:node-id", "Value": str(number + 1)}]
            instance = by_zone[number % 3][number // 3]
            ec2.create_tags(Resources=[instance], Tags=tags)
            # moto's RunInstances gives a profile to the first of several instances only.
            ec2.associate_iam_instance_profile(InstanceId=instance, IamInstanceProfile={"Arn": profile})


def _run(ec2: Any, subnet: str, count: int) -> list[str]:
    answer = ec2.run_instances(
        ImageId="ami-12c6146b",
        MinCount=count,
        MaxCount=count,
        InstanceType="m5.large",
        SubnetId=subnet,
        TagSpecifications=[{"ResourceType": "instance", "Tags": [*TAGS, {"Key": "Name", "Value": "bench"}]}],
    )
    return [instance["InstanceId"] for instance in answer["Instances"]]


def _wait_for(port: int, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise TimeoutError(f"no API server answers on port {port} after {seconds:g} s")
