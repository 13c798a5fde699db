"""Somebody who wants to break it: bounded, seeded rubbish on every door."""

import asyncio
import random
import socket
import struct
import time
import urllib.parse

import pytest

from harness import http
from harness.rtc import peers, watched
from harness.sdp import Offer

pytestmark = pytest.mark.timeout(180)
DATAGRAMS = 20_000
COOKIE = 0x2112A442


def stun(random: random.Random) -> bytes:
    """Looks like STUN: a right cookie with whatever attributes, lengths that lie now and then."""
    body = b""
    for _ in range(random.randrange(6)):
        kind = random.choice([0x0006, 0x0008, 0x0020, 0x0024, 0x0025, 0x8028, 0x8029, 0x802A,
                              random.randrange(65536)])
        value = random.randbytes(random.choice([0, 1, 4, 8, 20, 33, 200]))
        length = len(value) if random.random() < 0.8 else random.randrange(65536)
        body += struct.pack("!HH", kind, length) + value + bytes(-len(value) % 4)
    length = len(body) if random.random() < 0.8 else random.randrange(65536)
    kind = random.choice([0x0001, 0x0011, 0x0101, 0x0111, random.randrange(0x4000)])
    return struct.pack("!HHI", kind, length, COOKIE) + random.randbytes(12) + body


def dtls(random: random.Random) -> bytes:
    """Looks like a DTLS record, often a ClientHello fragment."""
    body = random.randbytes(random.choice([0, 1, 12, 60, 300, 1200]))
    if random.random() < 0.5:
        total = random.choice([len(body), 1 << 23, 0, 5000])
        body = struct.pack("!B3sH3s3s", 1, total.to_bytes(3, "big"), random.randrange(4),
                           random.randrange(1 << 16).to_bytes(3, "big"),
                           len(body).to_bytes(3, "big")) + body
    length = len(body) if random.random() < 0.8 else random.randrange(65536)
    version = random.choice([0xFEFF, 0xFEFD, 0x0303, random.randrange(65536)])
    return struct.pack("!BHH6sH", random.randrange(20, 64), version, random.randrange(3),
                       random.randbytes(6), length & 0xFFFF) + body


def rtp(random: random.Random) -> bytes:
    """Looks like RTP: CSRC counts, extensions and padding that may not fit."""
    first = 0x80 | random.randrange(64)
    return struct.pack("!BBHII", first, random.randrange(256), random.randrange(65536),
                       random.randrange(1 << 32), random.randrange(1 << 32)) \
        + random.randbytes(random.choice([0, 1, 4, 40, 1200, 1460]))


def rtcp(random: random.Random) -> bytes:
    """Looks like a compound RTCP packet, lengths that lie now and then."""
    packet = b""
    for _ in range(random.randrange(1, 4)):
        body = random.randbytes(4 * random.randrange(8))
        words = len(body) // 4 if random.random() < 0.8 else random.randrange(65536)
        packet += struct.pack("!BBH", 0x80 | random.randrange(64), random.randrange(192, 224),
                              words) + body
    return packet


def noise(random: random.Random) -> bytes:
    return random.randbytes(random.choice([0, 1, 2, 3, 12, 20, 100, 1472]))


def rubbish(seed: int, count: int):
    source = random.Random(seed)
    for _ in range(count):
        yield source.choice([stun, dtls, rtp, rtcp, noise])(source)


async def prove_that_all_works(stage):
    """A host and a viewer, from the offer to decoded frames."""
    async with peers() as everyone:
        host = stage.host()
        publisher, subscriber = await watched(everyone, host, stage.viewer())
        await subscriber.until_decoded("video", 20)
        await subscriber.until_decoded("audio", 20)


class LogGrowth:
    """Asserts that rubbish is not logged packet by packet."""

    def __init__(self, server, limit: int = 50):
        self.server, self.limit = server, limit

    def __enter__(self):
        self.before = len(self.server.stderr_lines)

    def __exit__(self, *error):
        if error[0] is None:
            time.sleep(0.5)
            grown = self.server.stderr_lines[self.before:]
            assert len(grown) < self.limit, f"{len(grown)} lines: {grown[:3]} … {grown[-3:]}"


def test_rubbish_on_the_media_port(server, stage, run_async):
    with LogGrowth(server), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for index, datagram in enumerate(rubbish(seed=1, count=DATAGRAMS)):
            try:
                sender.sendto(datagram, server.media)
            except ConnectionRefusedError:
                pytest.fail("nobody listens on the media port any more")
            if index % 200 == 0:
                time.sleep(0.005)  # Slow enough that the kernel hands most of them over.
        assert server.is_running
        assert server.get("/healthz")[0] == 200
        run_async(prove_that_all_works(stage))


def test_rubbish_from_many_addresses(server, stage, run_async):
    """A table that is keyed by the source address must not grow with it."""
    with LogGrowth(server):
        for port_seed in range(300):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.bind((f"127.0.{port_seed % 200}.{1 + port_seed % 250}", 0))
                for datagram in rubbish(seed=port_seed, count=5):
                    sender.sendto(datagram, server.media)
        run_async(prove_that_all_works(stage))


def test_rubbish_from_a_peer_that_is_let_in(server, stage, run_async):
    """On the very path that ICE validated and DTLS secured; its own media must go on."""
    async def story():
        async with peers() as everyone:
            host = stage.host()
            publisher, subscriber = await watched(everyone, host, stage.viewer())
            await subscriber.until_decoded("video", 5)
            for index, datagram in enumerate(rubbish(seed=2, count=3_000)):
                # A forged DTLS alert in the clear may not end the association either.
                for peer in (publisher, subscriber):
                    await peer.inject(datagram or b"\0")
                if index % 50 == 0:
                    await asyncio.sleep(0.005)
            for peer in (publisher, subscriber):
                await peer.inject(bytes.fromhex("15fefd0000000000000099000202 28".replace(" ", "")))
            seen = subscriber.decoded("video")
            await subscriber.until_decoded("video", seen + 30)

    with LogGrowth(server):
        run_async(story())
        assert server.is_running


def test_a_handshake_that_never_ends_costs_nothing(server, stage, run_async):
    """Many sessions are opened and none ever connects; others still can."""
    hosts = [stage.host(f"ghost-{n}") for n in range(12)]
    urls = []
    with LogGrowth(server):
        for host in hosts:
            answer = http.offer(host.publish_url, str(Offer()), host)
            assert answer.status == 201, answer.body
            urls.append((http.resource_url(host.publish_url, answer), host))
        for url, host in urls:
            assert http.request("DELETE", url, token=host).status == 200
        run_async(prove_that_all_works(stage))


def raw_http(server, data: bytes, timeout: float = 3) -> bytes:
    parts = urllib.parse.urlsplit(server.http)
    with socket.create_connection((parts.hostname, parts.port), timeout=timeout) as connection:
        try:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            received = b""
            while chunk := connection.recv(65536):
                received += chunk
            return received
        except OSError:  # Closed while we still sent: no answer, which is one.
            return b""


@pytest.mark.parametrize("data", [
    pytest.param(b"", id="nothing"),
    pytest.param(b"\0" * 4096, id="zeros"),
    pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 200, id="TLS hello"),
    pytest.param(b"GET\r\n\r\n", id="no path"),
    pytest.param(b"GET / HTTP/9.9\r\n\r\n", id="version"),
    pytest.param(b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", id="long path"),
    pytest.param(
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 500_000 + b"\r\n\r\n", id="huge header"),
    pytest.param(
        b"GET / HTTP/1.1\r\n" + b"".join(b"X%d: y\r\n" % n for n in range(20_000)) + b"\r\n",
        id="many headers"),
    pytest.param(
        b"POST /CreateStage HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n", id="length -5"),
    pytest.param(
        b"POST /CreateStage HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
        id="length overflow"),
    pytest.param(
        b"POST /CreateStage HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
        b"Content-Length: 4\r\n\r\nfff\r\nx", id="both lengths"),
    pytest.param(b"POST /whip HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nv=0", id="cut off"),
    pytest.param(b"GET /samples/../../../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", id="dots"),
    pytest.param(
        b"GET /samples/%2e%2e/%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
        id="encoded dots"),
    pytest.param(b"GET /samples/host.html%00.js HTTP/1.1\r\nHost: x\r\n\r\n", id="NUL"),
    pytest.param(b"GET /tags/%ff%fe%00 HTTP/1.1\r\nHost: x\r\n\r\n", id="bad percent coding"),
])
def test_broken_http(server, data):
    with LogGrowth(server):
        answer = raw_http(server, data)
        assert b"root:" not in answer
        assert not answer or answer.startswith(b"HTTP/1.1 ")
        if answer:
            status = int(answer.split()[1])
            assert status < 600 and status != 500, answer[:200]
        assert server.get("/healthz")[0] == 200


def test_idle_connections_keep_nobody_out(server):
    parts = urllib.parse.urlsplit(server.http)
    held = [socket.create_connection((parts.hostname, parts.port)) for _ in range(300)]
    try:
        for connection in held[::2]:
            connection.sendall(b"POST /whip HTTP/1.1\r\nHost: x\r\n")
        assert server.get("/healthz")[0] == 200
    finally:
        for connection in held:
            connection.close()
