"""The processes of a run: the server, on CPUs of its own, and `rostrum load` on another."""

import contextlib
import dataclasses
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time
import urllib.request

from network import Loopback, VethPair

READY = re.compile(r"^rostrum ready http=(\S+) media=")
CREATED = re.compile(r"access key id\s+(\S+)\nsecret access key\s+(\S+)")
SAMPLE = re.compile(r"^(\w+(?:\{[^}]*\})?) (\S+)$", re.M)


class RunFailed(Exception):
    """A run that has no figures, with the reason."""


@dataclasses.dataclass(frozen=True)
class Place:
    """Which CPUs belong to whom, what lies between them, and where the binary is."""

    binary: pathlib.Path
    everywhere: tuple[int, ...]
    network: Loopback | VethPair = Loopback()

    @property
    def server(self) -> int:
        return self.everywhere[0]

    @property
    def generator(self) -> int:
        return self.everywhere[-1]


def environment(**more: str) -> dict[str, str]:
    """Ours, without what would configure the server behind the benchmark's back."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("ROSTRUM_", "AWS_"))}
    return kept | more


def pinned(cpus: tuple[int, ...], command: list) -> list[str]:
    """The command on these CPUs only, its threads included."""
    return ["taskset", "--cpu-list", ",".join(map(str, cpus)), *map(str, command)]


def end(process: subprocess.Popen, patience: float = 20):
    """Ends a process as an operator would, and by force when that does not help."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def cpu_seconds(pid: int) -> float:
    """What all threads of a process have used, from the scheduler, in user and kernel mode."""
    return sum(thread_seconds(pid).values())


def thread_seconds(pid: int) -> dict[str, float]:
    """CPU seconds of the threads of a process, those of one name together."""
    sums: dict[str, float] = {}
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        # A thread may end while we look.
        with contextlib.suppress(OSError):
            name = (task / "comm").read_text().strip()
            used = int((task / "schedstat").read_text().split()[0]) / 1e9
            sums[name] = sums.get(name, 0) + used
    return sums


@dataclasses.dataclass
class Snapshot:
    """A server's own counters, and its CPU time, at one moment."""

    at: float
    metrics: dict[str, float]
    threads: dict[str, float]

    def buckets(self) -> dict[float, float]:
        """The cumulative counts of what the server adds to a packet, by their bounds in seconds."""
        name = 'rostrum_server_latency_seconds_bucket{le="'
        return {float(key[len(name):-2]): value for key, value in self.metrics.items()
                if key.startswith(name)}


class Server:
    """`rostrum serve` on an empty directory of its own, as it runs in production."""

    def __init__(self, place: Place, *, workers: int = 1, cpus: tuple[int, ...] | None = None,
                 address: str | None = None):
        address = address or place.network.address
        self._directory = tempfile.TemporaryDirectory(prefix="rostrum-bench-")
        data = pathlib.Path(self._directory.name) / "data"
        made = subprocess.run(
            [place.binary, "keys", "create", "--data", data], capture_output=True, text=True,
            check=True, env=environment())
        self.key = CREATED.search(made.stdout).groups()
        self._log = (pathlib.Path(self._directory.name) / "log").open("w+")
        self.process = subprocess.Popen(
            pinned(cpus or (place.server,), [
                place.binary, "serve", "--data", data, "--host", address, "--port", "0",
                "--media-port", "0", "--media-address", address, "--workers", workers,
                "--api-rate", "off", "--log-level", "warning"]),
            stdout=subprocess.PIPE, stderr=self._log, text=True, env=environment())
        ready = READY.match(self.process.stdout.readline())
        if not ready:
            raise RunFailed(f"the server did not start: {self._tail()}")
        self.http = ready[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        end(self.process)
        self.process.stdout.close()
        self._log.close()
        self._directory.cleanup()

    def _tail(self) -> str:
        end(self.process)
        self._log.seek(0)
        return self._log.read()[-500:].strip()

    @property
    def pid(self) -> int:
        return self.process.pid

    def target(self) -> list[str]:
        """The arguments of `rostrum load` that lead here."""
        return ["--endpoint", self.http, "--access-key", self.key[0], "--secret-key", self.key[1]]

    def metrics(self) -> dict[str, float]:
        """All samples of /metrics, by name and labels."""
        with urllib.request.urlopen(self.http + "/metrics", timeout=10) as response:
            return {name: float(value) for name, value in SAMPLE.findall(response.read().decode())}

    def snapshot(self) -> Snapshot:
        return Snapshot(time.monotonic(), self.metrics(), thread_seconds(self.pid))

    def viewers(self) -> float:
        """How many are connected; told at most half a second late."""
        return self.metrics()['rostrum_peer_connections{role="viewer"}']


class Load:
    """`rostrum load` on the generator's CPU."""

    def __init__(self, place: Place, target: list, arguments: list, seconds: float):
        self._directory = tempfile.TemporaryDirectory(prefix="rostrum-load-")
        self._json = pathlib.Path(self._directory.name) / "report.json"
        self.process = subprocess.Popen(
            place.network.inside(pinned((place.generator,), [
                place.binary, "load", *target, *arguments, "--cpu", place.generator,
                "--steady", seconds, "--json", self._json])),
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace",
            env=environment())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        end(self.process)
        self.process.stderr.close()
        self._directory.cleanup()

    @property
    def runs(self) -> bool:
        return self.process.poll() is None

    def stop(self):
        """Ends the measured window now; its report counts."""
        self.process.send_signal(signal.SIGINT)

    def report(self, patience: float = 180) -> dict:
        """Waits for the end. - Raises: ``RunFailed`` when not every viewer got video."""
        try:
            _, said = self.process.communicate(timeout=patience)
        except subprocess.TimeoutExpired:
            raise RunFailed(f"the generator did not end within {patience:.0f} s") from None
        if self.process.returncode != 0 or not self._json.exists():
            raise RunFailed(said.strip()[-300:] or f"the generator ended with {self.process.returncode}")
        return json.loads(self._json.read_text())
