"""The resolver answers the private zones to those who may see them."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from dnslib import EDNS0, QTYPE, RCODE, RR, DNSRecord
from localcloud.api.zones import Zones, answer, parse_zones
from localcloud.dns import Datagrams, Server, Source

INSIDE, ELSEWHERE, OUTSIDE, CONTROLLER = "10.213.0.7", "10.213.16.7", "192.0.2.1", "10.213.255.1"


def record(name: str, kind: str, *values: str, ttl: int = 60) -> dict[str, Any]:
    return {"name": name, "type": kind, "ttl": ttl, "values": list(values)}


DESIRED: dict[str, Any] = {
    "regions": {
        "us-east-1": {"vpcs": [{"id": "vpc-1", "cidr": "10.213.0.0/20"}]},
        "eu-west-1": {"vpcs": [{"id": "vpc-2", "cidr": "10.213.16.0/20"}]},
    },
    "zones": [
        {"name": "public.test", "private": False, "vpcs": [], "records": [record("public.test", "A", "10.9.9.9")]},
        {
            "name": "monitoring.test",
            "private": True,
            "vpcs": [{"id": "vpc-1", "region": "us-east-1"}],
            "records": [
                record("monitoring.test.", "SOA", "ns.test. admin.test. 1 7200 900 1209600 300", ttl=900),
                record("kafka-1.us-east-1.monitoring.test", "A", "10.213.0.10", ttl=7),
                record("kafka.monitoring.test", "A", "10.213.0.10", "10.213.0.11"),
                record("six.monitoring.test", "AAAA", "fd00::1"),
                record("alias.monitoring.test", "CNAME", "kafka-1.us-east-1.monitoring.test."),
                record("away.monitoring.test", "CNAME", "example.com."),
                record("loop.monitoring.test", "CNAME", "loop.monitoring.test"),
                record("_kafka._tcp.monitoring.test", "SRV", "1 2 9092 kafka-1.us-east-1.monitoring.test"),
                record("text.monitoring.test", "TXT", '"v=1; \\"x\\"" "second"'),
                record("mail.monitoring.test", "MX", "10 kafka.monitoring.test"),
                record("\\052.any.monitoring.test", "A", "10.213.0.99"),
                record("many.monitoring.test", "A", *(f"10.213.1.{n}" for n in range(60))),
                record("two.monitoring.test", "A", "10.213.0.1"),
                record("two.monitoring.test", "A", "10.213.0.2"),
            ],
        },
        {
            "name": "inner.monitoring.test",
            "private": True,
            "vpcs": [{"id": "vpc-2", "region": "eu-west-1"}],
            "records": [record("x.inner.monitoring.test", "A", "10.213.16.1")],
        },
    ],
}
ZONES = parse_zones(DESIRED)


def ask(name: str, kind: str = "A", client: str = INSIDE, zones: Zones | None = ZONES) -> DNSRecord:
    reply = answer(DNSRecord.question(name, kind), client, zones)
    return DNSRecord.parse(reply.pack())


def values(reply: DNSRecord) -> list[tuple[str, str, int]]:
    return [(QTYPE[r.rtype], str(r.rdata), r.ttl) for r in reply.rr]


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("kafka-1.us-east-1.monitoring.test", "A", [("A", "10.213.0.10", 7)]),
        ("KAFKA-1.us-east-1.Monitoring.TEST", "A", [("A", "10.213.0.10", 7)]),
        ("kafka.monitoring.test", "A", [("A", "10.213.0.10", 60), ("A", "10.213.0.11", 60)]),
        ("six.monitoring.test", "AAAA", [("AAAA", "fd00::1", 60)]),
        (
            "alias.monitoring.test",
            "A",
            [("CNAME", "kafka-1.us-east-1.monitoring.test.", 60), ("A", "10.213.0.10", 7)],
        ),
        ("alias.monitoring.test", "CNAME", [("CNAME", "kafka-1.us-east-1.monitoring.test.", 60)]),
        ("away.monitoring.test", "A", [("CNAME", "example.com.", 60)]),
        ("_kafka._tcp.monitoring.test", "SRV", [("SRV", "1 2 9092 kafka-1.us-east-1.monitoring.test.", 60)]),
        ("mail.monitoring.test", "MX", [("MX", "10 kafka.monitoring.test.", 60)]),
        ("a.b.any.monitoring.test", "A", [("A", "10.213.0.99", 60)]),
        ("two.monitoring.test", "A", [("A", "10.213.0.1", 60), ("A", "10.213.0.2", 60)]),
    ],
)
def test_records_are_answered_as_recorded(name: str, kind: str, expected: list[tuple[str, str, int]]) -> None:
    reply = ask(name, kind)
    assert reply.header.rcode == RCODE.NOERROR
    assert reply.header.aa == 1
    assert values(reply) == expected


def test_text_keeps_its_strings() -> None:
    (text,) = ask("text.monitoring.test", "TXT").rr
    assert text.rdata.data == [b'v=1; "x"', b"second"]


@pytest.mark.parametrize(
    ("name", "kind", "code"),
    [
        ("absent.monitoring.test", "A", RCODE.NXDOMAIN),
        ("kafka.monitoring.test", "AAAA", RCODE.NOERROR),
        ("us-east-1.monitoring.test", "A", RCODE.NOERROR),
        ("monitoring.test", "A", RCODE.NOERROR),
        ("x.any.monitoring.test", "AAAA", RCODE.NOERROR),
    ],
)
def test_what_is_not_there_comes_with_the_soa(name: str, kind: str, code: int) -> None:
    reply = ask(name, kind)
    assert reply.header.rcode == code
    assert reply.rr == []
    (soa,) = reply.auth
    assert QTYPE[soa.rtype] == "SOA"
    assert soa.ttl == 300


@pytest.mark.parametrize(
    ("name", "client"),
    [
        ("example.com", INSIDE),
        ("public.test", INSIDE),
        ("kafka.monitoring.test", ELSEWHERE),
        ("kafka.monitoring.test", OUTSIDE),
        ("notmonitoring.test", INSIDE),
    ],
)
def test_foreign_names_and_foreign_sources_are_refused(name: str, client: str) -> None:
    reply = ask(name, client=client)
    assert reply.header.rcode == RCODE.REFUSED
    assert reply.rr == []


def test_longest_visible_zone_answers() -> None:
    assert values(ask("x.inner.monitoring.test", client=CONTROLLER)) == [("A", "10.213.16.1", 60)]
    assert values(ask("x.inner.monitoring.test", client=ELSEWHERE)) == [("A", "10.213.16.1", 60)]
    assert ask("x.inner.monitoring.test", client=INSIDE).header.rcode == RCODE.NXDOMAIN


def test_cname_loop_ends() -> None:
    assert len(ask("loop.monitoring.test").rr) <= 8


def test_unknown_zones_are_a_server_failure() -> None:
    assert ask("kafka.monitoring.test", zones=None).header.rcode == RCODE.SERVFAIL


def story(tell: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(10):
            await tell()

    asyncio.run(bounded())


async def loaded() -> Zones:
    return ZONES


async def udp(port: int, query: bytes) -> DNSRecord:
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.setblocking(False)
        await loop.sock_sendto(client, query, ("127.0.0.1", port))
        return DNSRecord.parse(await loop.sock_recv(client, 65535))


def test_long_answer_is_cut_over_udp_and_whole_over_tcp_and_edns() -> None:
    async def tell() -> None:
        server = Server(Source(loaded))
        loop = asyncio.get_running_loop()
        transport, _protocol = await loop.create_datagram_endpoint(
            lambda: Datagrams(server), local_addr=("127.0.0.1", 0)
        )
        stream = await asyncio.start_server(server.tcp, "127.0.0.1", 0)
        port = transport.get_extra_info("sockname")[1]
        question = DNSRecord.question("many.monitoring.test")
        cut = await udp(port, question.pack())
        assert cut.header.tc == 1
        question.add_ar(EDNS0(udp_len=4096))
        assert len((await udp(port, question.pack())).rr) == 60
        reader, writer = await asyncio.open_connection("127.0.0.1", stream.sockets[0].getsockname()[1])
        for _round in range(2):
            packet = DNSRecord.question("many.monitoring.test").pack()
            writer.write(len(packet).to_bytes(2, "big") + packet)
            length = int.from_bytes(await reader.readexactly(2), "big")
            assert len(DNSRecord.parse(await reader.readexactly(length)).rr) == 60
        writer.close()
        transport.close()
        stream.close()

    story(tell)


def test_garbage_gets_no_answer() -> None:
    async def tell() -> None:
        server = Server(Source(loaded))
        assert await server.reply(b"", INSIDE) is None
        assert await server.reply(b"\x00" * 5, INSIDE) is None
        assert await server.reply(b"\xff" * 40, INSIDE) is None
        reply = DNSRecord.question("kafka.monitoring.test").reply()
        reply.add_answer(*RR.fromZone("x. 1 A 1.2.3.4"))
        assert await server.reply(reply.pack(), INSIDE) is None

    story(tell)


def test_last_good_zones_are_served_while_the_api_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("localcloud.dns.REFRESH_SECONDS", 0.0)

    async def tell() -> None:
        calls = []

        async def load() -> Zones:
            calls.append(1)
            if len(calls) == 2:
                raise OSError("down")
            return ZONES if len(calls) == 1 else ()

        source = Source(load)
        assert await source.current() == ZONES
        assert await source.current() == ZONES
        assert await source.current() == ()

    story(tell)


def test_zones_are_asked_for_at_most_once_a_second() -> None:
    async def tell() -> None:
        calls = []

        async def load() -> Zones:
            calls.append(1)
            await asyncio.sleep(0.05)
            return ZONES

        source = Source(load)
        await asyncio.gather(*(source.current() for _round in range(20)))
        await source.current()
        assert len(calls) == 1

    story(tell)


def test_hanging_api_delays_an_answer_by_a_second_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("localcloud.dns.REFRESH_SECONDS", 0.0)
    monkeypatch.setattr("localcloud.dns.PATIENCE_SECONDS", 0.1)

    async def tell() -> None:
        hang = asyncio.Event()

        async def load() -> Zones:
            await hang.wait()
            return ZONES

        source = Source(load)
        assert await source.current() is None
        source.zones = ZONES
        assert await source.current() == ZONES
        hang.set()

    story(tell)
