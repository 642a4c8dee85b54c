"""The gateway forwards as it came, and a region's fault is that region's alone."""

import asyncio
import gzip
from argparse import ArgumentTypeError
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from localcloud.gateway import Gateway, host_and_port, serve
from yarl import URL

PATIENCE = aiohttp.ClientTimeout(total=10)


def signed(region: str, service: str = "ec2") -> dict[str, str]:
    scope = f"AKIAX/20260101/{region}/{service}/aws4_request"
    return {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"}


@dataclass
class Lab:
    """A gateway in front of an upstream that says what it was asked."""

    client: aiohttp.ClientSession
    url: str
    control: str
    connections: set[Any]

    async def ask(self, region: str, service: str = "ec2") -> tuple[int, str]:
        async with self.client.post(f"{self.url}/", headers=signed(region, service), data="Action=X") as answer:
            return answer.status, await answer.text()

    async def fault(self, region: str, **order: Any) -> int:
        async with self.client.put(f"{self.control}/faults/{region}", json=order) as answer:
            return answer.status

    async def heal(self, region: str) -> int:
        async with self.client.delete(f"{self.control}/faults/{region}") as answer:
            return answer.status


@asynccontextmanager
async def lab(delay_all: float = 0.0, upstream_is_up: bool = True) -> AsyncIterator[Lab]:
    connections: set[Any] = set()

    async def echo(request: web.Request) -> web.StreamResponse:
        connections.add(request.transport)
        body = await request.read()
        if request.path == "/packed":
            packed = gzip.compress(b"packed")
            return web.Response(body=packed, headers={"Content-Encoding": "gzip", "X-Amz-Meta_Key": "kept"})
        if request.path == "/moved":
            raise web.HTTPTemporaryRedirect("/elsewhere")
        return web.json_response(
            {
                "method": request.method,
                "target": request.raw_path,
                "headers": [[name.decode(), value.decode()] for name, value in request.raw_headers],
                "length": len(body),
            }
        )

    app = web.Application(client_max_size=2**30)
    app.router.add_route("*", "/{path:.*}", echo)
    upstream = await serve(app, ("127.0.0.1", 0))
    address = f"http://127.0.0.1:{upstream.addresses[0][1]}"
    if not upstream_is_up:
        await upstream.cleanup()
    gateway = Gateway(address, delay_all)
    front = await serve(gateway.application(), ("127.0.0.1", 0))
    control = await serve(gateway.control(), ("127.0.0.1", 0))
    async with aiohttp.ClientSession(timeout=PATIENCE, auto_decompress=False) as client:
        urls = [f"http://127.0.0.1:{runner.addresses[0][1]}" for runner in (front, control)]
        yield Lab(client, urls[0], urls[1], connections)
    for runner in (front, control, upstream):
        await runner.cleanup()


def run(story: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(15):
            await story()

    asyncio.run(bounded())


def test_request_arrives_as_it_was_signed() -> None:
    async def story() -> None:
        async with lab() as it:
            target = f"{it.url}/bucket/a%2Fb%20c+d?x-id=Get&list=%2F"

            headers = signed("us-east-1", "s3") | {"Host": "api.test:4566", "X-Moto-Account-Id": "1", "X-Amz-Date": "d"}
            async with it.client.get(URL(target, encoded=True), headers=headers) as answer:
                seen = await answer.json()
            names = {name.lower(): value for name, value in seen["headers"]}
            assert seen["target"] == "/bucket/a%2Fb%20c+d?x-id=Get&list=%2F"
            assert names["host"] == "api.test:4566"
            assert names["x-amz-date"] == "d"
            assert names["x-lab-gateway"] == "1"
            assert "x-moto-account-id" not in names
            assert names["authorization"] == headers["Authorization"]

    run(story)


async def in_pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 100_000):
        yield body[start : start + 100_000]


@pytest.mark.parametrize("chunked", [False, True])
def test_large_body_streams_through(chunked: bool) -> None:
    async def story() -> None:
        async with lab() as it:
            body = b"x" * 3_000_000
            headers = signed("us-east-1", "s3") | ({} if chunked else {"Content-Length": str(len(body))})
            async with it.client.put(f"{it.url}/b/k", headers=headers, data=in_pieces(body)) as answer:
                seen = await answer.json()
            assert seen["length"] == len(body)
            names = {name.lower() for name, _value in seen["headers"]}
            assert ("content-length" in names) is not chunked

    run(story)


def test_answer_comes_back_untouched() -> None:
    async def story() -> None:
        async with lab() as it:
            async with it.client.get(f"{it.url}/packed", headers=signed("us-east-1", "s3")) as answer:
                assert gzip.decompress(await answer.read()) == b"packed"
                assert answer.headers["X-Amz-Meta_Key"] == "kept"
            moved = it.client.get(f"{it.url}/moved", headers=signed("us-east-1"), allow_redirects=False)
            async with moved as answer:
                assert (answer.status, answer.headers["Location"]) == (307, "/elsewhere")

    run(story)


def test_connections_to_the_api_are_kept() -> None:
    async def story() -> None:
        async with lab() as it:
            for _round in range(5):
                await it.ask("us-east-1")
            assert len(it.connections) == 1

    run(story)


@pytest.mark.parametrize(
    "path", ["/_lab/desired", "/%5flab/desired", "//_lab/desired", "/moto-api/reset", "/%6doto-api/reset-auth"]
)
def test_inner_paths_are_closed(path: str) -> None:
    async def story() -> None:
        async with lab() as it:
            answer = await it.client.get(URL(it.url + path, encoded=True), headers=signed("us-east-1"))
            assert answer.status == 403

    run(story)


@pytest.mark.parametrize(
    ("kind", "service", "status", "code"),
    [
        ("fail", "ec2", 500, "<Errors><Error><Code>InternalError</Code>"),
        ("fail", "autoscaling", 500, "<Code>InternalFailure</Code>"),
        ("fail", "dynamodb", 500, '"__type": "InternalServerError"'),
        ("throttle", "ec2", 503, "<Code>RequestLimitExceeded</Code>"),
        ("throttle", "s3", 503, "<Code>SlowDown</Code>"),
        ("throttle", "route53", 400, "<Code>Throttling</Code>"),
        ("throttle", "kms", 400, '"__type": "ThrottlingException"'),
    ],
)
def test_fault_speaks_the_services_language_in_its_region_only(kind: str, service: str, status: int, code: str) -> None:
    async def story() -> None:
        async with lab() as it:
            assert await it.fault("eu-west-1", kind=kind) == 204
            answered, text = await it.ask("eu-west-1", service)
            assert answered == status
            assert code in text
            assert (await it.ask("us-east-1", service))[0] == 200
            assert await it.heal("eu-west-1") == 204
            assert (await it.ask("eu-west-1", service))[0] == 200

    run(story)


def test_hanging_region_answers_when_it_is_healed() -> None:
    async def story() -> None:
        async with lab() as it:
            await it.fault("eu-west-1", kind="hang")
            waiting = asyncio.create_task(it.ask("eu-west-1"))
            await asyncio.sleep(0.3)
            assert not waiting.done()
            assert (await it.ask("us-east-1"))[0] == 200
            await it.heal("eu-west-1")
            assert (await waiting)[0] == 200

    run(story)


def test_hanging_region_lets_a_client_go() -> None:
    async def story() -> None:
        async with lab() as it:
            await it.fault("eu-west-1", kind="hang")
            before = len(asyncio.all_tasks())
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.3):
                    await it.ask("eu-west-1")
            await asyncio.sleep(0.2)
            assert len(asyncio.all_tasks()) <= before

    run(story)


def test_delay_is_added() -> None:
    async def story() -> None:
        async with lab() as it:
            await it.fault("eu-west-1", kind="delay", milliseconds=300)
            start = asyncio.get_running_loop().time()
            assert (await it.ask("eu-west-1"))[0] == 200
            assert asyncio.get_running_loop().time() - start >= 0.3

    run(story)


def test_delay_of_every_request() -> None:
    async def story() -> None:
        async with lab(delay_all=0.2) as it:
            start = asyncio.get_running_loop().time()
            await asyncio.gather(*(it.ask("us-east-1") for _round in range(10)))
            assert 0.2 <= asyncio.get_running_loop().time() - start < 1.5

    run(story)


@pytest.mark.parametrize("order", [{"kind": "burn"}, {"kind": "delay"}, {"kind": "delay", "milliseconds": -1}, {}])
def test_unknown_fault_is_refused_and_changes_nothing(order: dict[str, Any]) -> None:
    async def story() -> None:
        async with lab() as it:
            await it.fault("eu-west-1", kind="fail")
            assert await it.fault("eu-west-1", **order) == 400
            async with it.client.get(f"{it.control}/faults") as answer:
                assert await answer.json() == {"eu-west-1": {"kind": "fail", "milliseconds": 0}}

    run(story)


def test_api_that_is_down_is_named() -> None:
    async def story() -> None:
        async with lab(upstream_is_up=False) as it:
            status, text = await it.ask("us-east-1")
            assert status == 503
            assert "lab/lab status" in text

    run(story)


def test_listen_address_needs_a_port() -> None:
    assert host_and_port("10.213.255.1:4566") == ("10.213.255.1", 4566)
    with pytest.raises(ArgumentTypeError, match="HOST:PORT"):
        host_and_port("10.213.255.1")
