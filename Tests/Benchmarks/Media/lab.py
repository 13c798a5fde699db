"""Runs works, several times each, and keeps what came out."""

import dataclasses
import statistics
import time

from machine import say
from processes import Load, Place, RunFailed, Server, Snapshot

# Between the last viewer's keyframe and the measured window.
WARMUP = 1.0


@dataclasses.dataclass(frozen=True)
class Work:
    """What the generator is told to do, and how the server runs."""

    viewers: int
    media: tuple = ()
    publishers: int = 1
    srtp: str = "gcm"
    workers: int = 1
    # On the server's CPU only, or on all.
    pinned: bool = True

    def arguments(self) -> list:
        return ["--publishers", self.publishers, "--viewers", self.viewers, "--srtp", self.srtp,
                "--warmup", WARMUP, *self.media]


@dataclasses.dataclass
class Run:
    """One run: the generator's report, and what the server counted within its window."""

    report: dict
    before: Snapshot
    after: Snapshot

    @property
    def nanoseconds(self) -> float:
        return self.report["server"]["nanosecondsPerPacket"]

    @property
    def packets_per_second(self) -> float:
        return self.report["steady"]["packetsPerSecond"]

    @property
    def lost(self) -> int:
        return self.report["steady"]["lost"]

    @property
    def cpu_share(self) -> float:
        """Of one CPU; more than 1 when the server used several."""
        server = self.report["server"]
        return (server["userSeconds"] + server["systemSeconds"]) / self.report["steady"]["seconds"]

    @property
    def waited_share(self) -> float:
        """How much of the time its threads were ready to run and had no CPU."""
        return self.report["server"]["waitedSeconds"] / self.report["steady"]["seconds"]

    @property
    def generator_share(self) -> float:
        return self.report["generator"]["cpuShare"]

    @property
    def grown_bytes(self) -> int:
        """What the server's memory grew by with all that are there."""
        server = self.report["server"]
        return server["residentBytesLoaded"] - server["residentBytesBefore"]

    def busy(self, thread: str) -> float:
        """CPU seconds of a thread between the snapshots."""
        return self.after.threads.get(thread, 0) - self.before.threads.get(thread, 0)

    @property
    def thread_shares(self) -> dict[str, float]:
        """What the threads used of a CPU, by their names; those that did nothing left out."""
        seconds = self.after.at - self.before.at
        shares = {name: self.busy(name) / seconds for name in self.after.threads}
        return {name: round(share, 4) for name, share in shares.items() if share > 0.0005}


def median_run(runs: list[Run]) -> Run:
    """That of the median CPU time; the better one of the middle two."""
    return sorted(runs, key=lambda run: run.nanoseconds)[(len(runs) - 1) // 2]


def spread(values: list[float]) -> float:
    """Half the range, as a share of the median."""
    middle = statistics.median(values)
    return (max(values) - min(values)) / 2 / middle if middle else 0.0


class Lab:
    """Where works are run. What was run for one row is not run again for another."""

    def __init__(self, place: Place, seconds: float, rounds: int):
        self.place, self.seconds, self.rounds = place, seconds, rounds
        self._done: dict[Work, list[Run]] = {}

    def runs(self, name: str, work: Work) -> list[Run]:
        """All rounds of a work, each with a server of its own."""
        return self.alternate(name, [work])[0]

    def alternate(self, name: str, works: list[Work]) -> list[list[Run]]:
        """The rounds of works that are to be compared, in turn: what disturbs one disturbs all."""
        for number in range(self.rounds):
            for work in works:
                done = self._done.setdefault(work, [])
                if len(done) > number:
                    continue
                say(f"{name}: round {number + 1} of {self.rounds}"
                    + (f", {work.workers} workers" if work.workers > 1 else ""))
                done.append(self.run(work, self.seconds))
        return [self._done[work] for work in works]

    def run(self, work: Work, seconds: float) -> Run:
        """One run; another when it fails, because machines are shared."""
        try:
            return self._attempt(work, seconds)
        except RunFailed as failure:
            say(f"again, since {failure}")
            return self._attempt(work, seconds)

    def _attempt(self, work: Work, seconds: float) -> Run:
        cpus = (self.place.server,) if work.pinned else self.place.everywhere
        with Server(self.place, workers=work.workers, cpus=cpus) as server:
            target = [*server.target(), "--server-pid", server.pid]
            with Load(self.place, target, work.arguments(), seconds) as load:
                wait_for_viewers(server, load, work.viewers)
                time.sleep(WARMUP)
                before = server.snapshot()
                # Ends within the generator's window.
                time.sleep(max(0.5, seconds - 1.2))
                after = server.snapshot()
                report = load.report()
        run = Run(report, before, after)
        say(f"  {run.nanoseconds:.0f} ns a packet, {run.packets_per_second:.0f} packets/s, "
            f"server {run.cpu_share:.0%} of a CPU, generator {run.generator_share:.0%}, "
            f"lost {run.lost}")
        return run


def wait_for_viewers(server: Server, load: Load, count: int):
    """Returns when all are connected, or when the generator has ended, which says why itself."""
    deadline = time.monotonic() + 120
    while load.runs and server.viewers() < count:
        if time.monotonic() > deadline:
            raise RunFailed(f"{server.viewers():.0f} of {count} viewers connected within 120 s")
        time.sleep(0.1)
