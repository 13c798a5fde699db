"""``rostrum impair``: a bad link between programs that know nothing of it."""

import json
import os
import pathlib
import socket
import struct
import subprocess
import sys
import threading
import time

import pytest

from harness.impair import Impair
from harness.server import Server, run

ECHO = """
import socket, sys
peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
peer.bind((sys.argv[1], 9000))
print("ready", flush=True)
while True:
    data, source = peer.recvfrom(2048)
    peer.sendto(data, source)
"""


class Echo:
    """A server that sends everything back."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.bind(("127.0.0.1", 0))
        self.address = self.socket.getsockname()
        #: Who sent to it.
        self.sources: set[tuple[str, int]] = set()
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        while True:
            data, source = self.socket.recvfrom(2048)
            if not data:
                return
            self.sources.add(source)
            self.socket.sendto(data, source)

    def close(self):
        self.socket.sendto(b"", self.address)
        self.thread.join(5)
        self.socket.close()


@pytest.fixture
def echo():
    echo = Echo()
    yield echo
    echo.close()


def round_trips(port: int, count: int, interval: float, size: int = 200, host="127.0.0.1"):
    """Sends at a steady pace. The number of each datagram that came back, and its time in ms."""
    back: list[tuple[int, float]] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect((host, port))
        client.setblocking(False)

        def receive():
            while True:
                try:
                    data = client.recv(2048)
                except OSError:
                    return
                number, sent = struct.unpack_from("!Id", data)
                back.append((number, (time.monotonic() - sent) * 1000))

        start = time.monotonic()
        for number in range(count):
            while time.monotonic() < start + number * interval:
                receive()
                time.sleep(0.0005)
            client.send(struct.pack("!Id", number, time.monotonic()).ljust(size, b"."))
        deadline = time.monotonic() + 2
        while len(back) < count and time.monotonic() < deadline:
            receive()
            time.sleep(0.001)
    return back


def median(values) -> float:
    values = sorted(values)
    return values[len(values) // 2]


def test_the_way_takes_what_it_should(echo, capsys):
    with Impair.udp(echo.address, "--delay", "20ms") as link:
        times = [time for _, time in round_trips(link.port, 1000, 0.002)]
    late = link.report["latenessMicroseconds"]
    with capsys.disabled():
        print(f"\nimpair: 20 ms each way: p50 {median(times):.2f} ms; late by p50 {late['p50']:.0f}, "
              f"p95 {late['p95']:.0f} µs; {link.report['cpuMicrosecondsPerPacket']:.1f} µs a packet")
    assert len(times) == 1000 and min(times) >= 40
    assert link.report["up"]["delivered"] == link.report["down"]["delivered"] == 1000
    assert link.report["up"]["bytes"] == 1000 * 228


def test_clients_are_told_apart(echo):
    with Impair.udp(echo.address, "--each") as link:
        for _ in range(3):
            assert len(round_trips(link.port, 5, 0.001)) == 5
    assert len(echo.sources) == 3
    assert link.report["clients"] == link.report["clientsSeen"] == 3


def test_loss_is_the_same_with_the_same_seed(echo):
    def survivors(seed: int) -> list[int]:
        with Impair.udp(
                echo.address, "--up-loss", "30%", "--seed", seed, "--quiet") as link:
            numbers = [number for number, _ in round_trips(link.port, 400, 0.001)]
        assert link.report["up"]["lost"] == 400 - len(numbers)
        assert len(link.lines) == 1
        return numbers

    first = survivors(1)
    assert 220 < len(first) < 340
    assert survivors(1) == first != survivors(2)


def test_a_rate_with_a_step(echo):
    """300 packets of 228 bytes in a second are 547 kbit/s: too much for the second half."""
    with Impair.udp(
            echo.address, "--down-rate", "2mbit,500ms:100kbit", "--queue", "50ms") as link:
        back = round_trips(link.port, 300, 1 / 300)
    assert link.report["up"]["delivered"] == 300
    early = [number for number, _ in back if number < 140]
    assert early == list(range(140))
    assert 10 < link.report["down"]["dropped"] < 150
    assert max(time for _, time in back) > 30


def test_packets_overtake_each_other_only_when_told(echo):
    def order(*arguments: str) -> list[int]:
        with Impair.udp(echo.address, "--jitter", "10ms", *arguments) as link:
            return [number for number, _ in round_trips(link.port, 200, 0.001)]

    assert order() == list(range(200))
    mixed = order("--reorder")
    assert sorted(mixed) == list(range(200)) != mixed


def test_it_ends_by_itself_and_writes_a_file(tmp_path):
    report = tmp_path / "report.json"
    result = run("impair", "--listen", "127.0.0.1:0", "--duration", "1.3s", "--json", report)
    assert result.returncode == 0
    assert result.stdout.startswith("rostrum impair ready listen=udp:127.0.0.1:")
    assert result.stderr == "waiting for the first packet\n"
    assert '"clientsSeen" : 0' in report.read_text()


def test_a_server_that_offers_the_relay(tmp_path):
    """Publishers and viewers find the port that --media-address has, and the server behind it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with Impair.udp(("127.0.0.1", port), "--delay", "10ms", "--down-loss", "1%") as link:
        server = Server(
            "--media-port", port, "--media-address", f"127.0.0.1:{link.port}", name="impair")
        try:
            server.wait_ready()
            assert server.media == ("127.0.0.1", link.port)
            result = run("load", "--endpoint", server.http, "--viewers", 2, "--steady", 2,
                         "--json", "-", timeout=60)
            assert result.returncode == 0, result.stderr
            server.close()
        finally:
            server.kill()
    latency = json.loads(result.stdout)["latencyMicroseconds"]
    assert latency["p50"] >= 20_000, "to the server and from it, 10 ms each"
    assert link.report["clientsSeen"] == 3
    assert link.report["down"]["lost"] > 0 == link.report["up"]["lost"]


class TestRefusals:
    def test_a_taken_port(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind(("127.0.0.1", 0))
            result = run("impair", "--listen", f"127.0.0.1:{taken.getsockname()[1]}")
        assert result.returncode == 69 and "--listen" in result.stderr

    def test_what_is_no_share(self):
        result = run("impair", "--loss", "3")
        assert result.returncode == 64 and "3% or 0.03" in result.stderr

    def test_a_namespace_that_is_not_there(self):
        result = run("impair", "--tun-a", "ra@no-such", "--tun-b", "rb@nor-this")
        assert result.returncode == 69
        assert "ip netns add" in result.stderr or "root" in result.stderr


@pytest.fixture
def namespaces():
    """Two network namespaces with nothing but loopback."""
    if os.geteuid() != 0 or not pathlib.Path("/dev/net/tun").exists():
        pytest.skip("only root may make network namespaces and TUN devices")
    names = [f"rostrum-{os.getpid()}-{side}" for side in "ab"]
    made = []
    try:
        for name in names:
            result = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True)
            if result.returncode != 0:
                pytest.skip(f"no network namespaces: {result.stderr.strip()}")
            made.append(name)
        yield names
    finally:
        for name in made:
            subprocess.run(["ip", "netns", "del", name], check=False)


def test_between_two_namespaces(namespaces, capsys):
    a, b = namespaces
    program = "import sys; sys.path.insert(0, {!r}); import test_impair as t; " \
        "print([time for _, time in t.round_trips(9000, 500, 0.002, host='10.98.0.2')])"
    with Impair(
            "--tun-a", f"ra@{a},10.98.0.1/24", "--tun-b", f"rb@{b},10.98.0.2/24",
            "--delay", "15ms") as link:
        server = subprocess.Popen(
            ["ip", "netns", "exec", b, sys.executable, "-c", ECHO, "10.98.0.2"],
            stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout.readline() == "ready\n"
            client = subprocess.run(
                ["ip", "netns", "exec", a, sys.executable, "-c",
                 program.format(str(pathlib.Path(__file__).parent))],
                capture_output=True, text=True, timeout=30, check=True,
                env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)})
        finally:
            server.kill()
            server.wait()
    times = [float(time) for time in client.stdout.strip("[]\n").split(",")]
    late = link.report["latenessMicroseconds"]
    with capsys.disabled():
        print(f"\nimpair, TUN: 15 ms each way: p50 {median(times):.2f} ms; late by p50 "
              f"{late['p50']:.0f}, p95 {late['p95']:.0f} µs; "
              f"{link.report['cpuMicrosecondsPerPacket']:.1f} µs a packet")
    assert len(times) == 500 and min(times) >= 30
    assert link.report["down"]["delivered"] >= 500
