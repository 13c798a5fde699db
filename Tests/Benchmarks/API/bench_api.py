"""What an API request costs: requests a second and core, and how long they take. Prints figures, and
judges nothing: machines are shared and noisy.

Only the standard library: it runs wherever the server does."""

import argparse
import asyncio
import dataclasses
import datetime
import hashlib
import hmac
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Integration"))

from harness.database import copies, opened  # noqa: E402
from harness.server import CREATED  # noqa: E402

REGION = "us-east-1"


@dataclasses.dataclass(frozen=True)
class Key:
    """An access key that signs requests (Signature V4)."""

    id: str
    secret: str

    def request(self, host: str, operation: str, body: dict) -> bytes:
        """A whole signed HTTP request."""
        content = json.dumps(body).encode()
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        headers = {"content-type": "application/json", "host": host, "x-amz-date": now}
        names = ";".join(headers)
        canonical = "\n".join([
            "POST", f"/{operation}", "", *(f"{name}:{value}" for name, value in headers.items()),
            "", names, hashlib.sha256(content).hexdigest()])
        scope = f"{now[:8]}/{REGION}/ivs/aws4_request"
        text = "\n".join([
            "AWS4-HMAC-SHA256", now, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        key = b"AWS4" + self.secret.encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        signature = hmac.digest(key, text.encode(), "sha256").hex()
        # As long as what botocore sends.
        head = [
            f"POST /{operation} HTTP/1.1", f"Host: {host}", "Content-Type: application/json",
            "User-Agent: Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux md/arch#x86_64",
            f"X-Amz-Date: {now}", "Accept-Encoding: identity",
            "amz-sdk-invocation-id: 1abf655b-6313-407e-8370-944492bb1fd3",
            "amz-sdk-request: attempt=1",
            f"Authorization: AWS4-HMAC-SHA256 Credential={self.id}/{scope}, "
            f"SignedHeaders={names}, Signature={signature}",
            f"Content-Length: {len(content)}"]
        return "\r\n".join(head).encode() + b"\r\n\r\n" + content


class Server:
    """`rostrum serve` on a directory of its own, as it runs in production."""

    def __init__(self, binary: pathlib.Path, data: pathlib.Path):
        self.binary, self.data = binary, data
        made = subprocess.run(
            [binary, "keys", "create", "--data", data], capture_output=True, text=True, check=True)
        self.key = Key(*CREATED.search(made.stdout).groups())

    def start(self, core: int | None = None) -> float:
        """Starts it, on one core only when one is given, and returns the seconds to the ready line."""
        everywhere = os.sched_getaffinity(0)
        if core is not None:
            # Threads inherit it. From outside, only those that run already could be moved.
            os.sched_setaffinity(0, {core})
        began = time.monotonic()
        self.process = subprocess.Popen(
            [self.binary, "serve", "--data", self.data, "--port", "0", "--media-port", "0",
             "--region", REGION, "--api-rate", "off", "--log-level", "warning"],
            stdout=subprocess.PIPE, text=True)
        os.sched_setaffinity(0, everywhere)
        line = self.process.stdout.readline()
        took = time.monotonic() - began
        self.host = urllib.parse.urlsplit(re.search(r"http=(\S+)", line)[1]).netloc
        return took

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)

    def cpu(self) -> float:
        """Seconds of CPU that it has used, in user and kernel mode."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2]
        user, system = fields.split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


class Connection(asyncio.Protocol):
    """Keeps one request in flight, and says when its answer is whole."""

    def __init__(self):
        self.buffer, self.answer = b"", None

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data: bytes):
        self.buffer += data
        head, separator, body = self.buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        length = int(re.search(rb"(?i)content-length: *(\d+)", head)[1])
        if len(body) >= length:
            self.buffer = b""
            answer, self.answer = self.answer, None
            answer.set_result((int(head[9:12]), body))

    def connection_lost(self, error):
        if self.answer:
            self.answer.set_exception(error or ConnectionError("closed"))

    async def call(self, request: bytes) -> bytes:
        self.answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        status, body = await self.answer
        if status != 200:
            raise SystemExit(f"the server answered {status}: {body.decode()}")
        return body


async def connect(server: Server) -> Connection:
    host, port = server.host.rsplit(":", 1)
    loop = asyncio.get_running_loop()
    return (await loop.create_connection(Connection, host, int(port)))[1]


async def saturate(server: Server, requests: list[bytes], clients: int, seconds: float):
    """Every client sends as fast as it is answered. Returns requests and seconds of CPU."""
    connections = [await connect(server) for _ in range(clients)]
    count, end = 0, time.monotonic() + seconds

    async def client(connection: Connection, index: int):
        nonlocal count
        while time.monotonic() < end:
            await connection.call(requests[index % len(requests)])
            index += clients
            count += 1

    used = server.cpu()
    await asyncio.gather(*(client(c, index) for index, c in enumerate(connections)))
    used = server.cpu() - used
    for connection in connections:
        connection.transport.close()
    return count, used


async def pace(server: Server, requests: list[bytes], rate: float, clients: int, seconds: float):
    """Sends at a steady rate, whatever the answers do. Returns what each took, from when it was due:
    a request that had to wait for a connection waited for the server."""
    idle: asyncio.Queue[Connection] = asyncio.Queue()
    for _ in range(clients):
        idle.put_nowait(await connect(server))
    times: list[float] = []

    async def send(request: bytes, due: float):
        connection = await idle.get()
        await connection.call(request)
        times.append(time.monotonic() - due)
        idle.put_nowait(connection)

    began, tasks = time.monotonic(), set()
    for index in range(int(rate * seconds)):
        due = began + index / rate
        if (left := due - time.monotonic()) > 0:
            await asyncio.sleep(left)
        task = asyncio.create_task(send(requests[index % len(requests)], due))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)
    return sorted(times)


def quantile(times: list[float], q: float) -> float:
    """In milliseconds."""
    return times[min(len(times) - 1, int(q * len(times)))] * 1000


async def tokens(server: Server, where: str, options):
    call = await connect(server)
    made = await call.call(server.key.request(server.host, "CreateStage", {"name": "bench"}))
    arn = json.loads(made)["stage"]["arn"]
    requests = [
        server.key.request(server.host, "CreateParticipantToken", {
            "stageArn": arn, "userId": f"user-{index}", "capabilities": ["SUBSCRIBE"],
            "attributes": {"displayName": f"Viewer {index}"}, "duration": 60})
        for index in range(500)]
    await saturate(server, requests, options.clients, 1)
    count, used = await saturate(server, requests, options.clients, options.seconds)
    print(f"CreateParticipantToken, {where}: {count / options.seconds:.0f} a second, "
          f"{count / used:.0f} for a second of CPU ({used / count * 1e6:.0f} us each), "
          f"{options.clients} clients", flush=True)
    times = await pace(server, requests, options.rate, options.clients, options.seconds)
    print(f"CreateParticipantToken, {where}, at {options.rate} a second: p50 {quantile(times, .5):.2f} ms, "
          f"p99 {quantile(times, .99):.2f} ms, slowest {times[-1] * 1000:.2f} ms", flush=True)


def cold_start(server: Server, options):
    """How long it is to the ready line with many stages: copies of the first one."""
    server.stop()
    prefix = f"arn:aws:ivs:{REGION}:000000000000:stage/"
    ids = [f"bench{index:07}" for index in range(options.stages)]
    with opened(server.data) as connection:
        copies(connection, "stage", ({"id": name, "arn": prefix + name} for name in ids))
    took = server.start()
    print(f"Cold start with {options.stages} stages: {took * 1000:.0f} ms to the ready line",
          flush=True)


SESSION = "st-benchbenchben"


def store_participants(server: Server, stage: str, count: int):
    """Stores a session with so many participants, of whom every hundredth publishes."""
    with opened(server.data) as connection:
        # It ended just now: old history is pruned.
        connection.execute(
            "INSERT INTO session (stage, id, startedAt, endedAt) VALUES (?, ?, 1, ?)",
            [stage, SESSION, int(time.time() * 1000)])
        connection.execute("DELETE FROM participant")
        connection.execute(
            "INSERT INTO participant (stage, id, session, userID, attributes, isConnected,"
            " hasPublished, firstJoinedAt, isRevoked, client)"
            " VALUES (?, 'first', ?, 'user', '{}', 0, 0, 1, 0, '{}')", [stage, SESSION])
        copies(connection, "participant", (
            {"id": f"bench{index:07}", "userID": f"u{index % 500}",
             "hasPublished": int(index % 100 == 0)} for index in range(count)))


async def turn(connection: Connection, server: Server, **query) -> tuple[list[float], int]:
    """Turns the pages of a list of participants, 500 at most. Returns the seconds that each took, in
    order, and the entries."""
    times, token, count = [], {}, 0
    while len(times) < 500:
        request = server.key.request(
            server.host, "ListParticipants", {"sessionId": SESSION, "maxResults": 100} | query | token)
        began = time.monotonic()
        page = json.loads(await connection.call(request))
        times.append(time.monotonic() - began)
        count += len(page["participants"])
        if "nextToken" not in page:
            break
        token = {"nextToken": page["nextToken"]}
    return sorted(times), count


async def pages(server: Server, options):
    """How long a page of a long list takes."""
    listed = server.key.request(server.host, "ListStages", {"maxResults": 1})
    arn = json.loads(await (await connect(server)).call(listed))["stages"][0]["arn"]
    server.stop()
    store_participants(server, arn.rpartition("/")[2], options.participants)
    server.start()
    connection = await connect(server)
    for query in ({}, {"filterByPublished": True}, {"filterByUserId": "u7"}):
        times, count = await turn(connection, server, stageArn=arn, **query)
        print(f"ListParticipants of {', '.join([str(options.participants), *query])}: "
              f"{len(times)} pages with {count}, p50 {quantile(times, .5):.2f} ms, "
              f"p99 {quantile(times, .99):.2f} ms, slowest {times[-1] * 1000:.2f} ms a page",
              flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("binary", type=pathlib.Path, help="the server, built for release")
    parser.add_argument("--seconds", type=float, default=5, help="of each measurement")
    parser.add_argument("--clients", type=int, default=16, help="connections at one time")
    parser.add_argument("--rate", type=int, default=1500, help="requests a second for the latency")
    parser.add_argument("--stages", type=int, default=10_000, help="stored, for the cold start")
    parser.add_argument(
        "--participants", type=int, default=10_000, help="of a stage, for its pages")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rostrum-bench-") as directory:
        server = Server(options.binary, pathlib.Path(directory))
        try:
            cores = sorted(os.sched_getaffinity(0))
            if len(cores) > 1:
                server.start(core=cores[-1])
                # The clients are in nobody's way.
                os.sched_setaffinity(0, cores[:-1])
                asyncio.run(tokens(server, "server on one core", options))
                os.sched_setaffinity(0, cores)
                server.stop()
            server.start()
            asyncio.run(tokens(server, f"all on {len(cores)} cores", options))
            cold_start(server, options)
            asyncio.run(pages(server, options))
        finally:
            server.stop()


if __name__ == "__main__":
    main()
