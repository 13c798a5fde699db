"""What the server adds to a packet's way while it is half busy."""

import contextlib
import dataclasses
import statistics
import time

from lab import Lab, WARMUP, wait_for_viewers
from machine import say
from processes import Load, Server, Snapshot

# Packets a second of a publisher of 3 Mbit/s, 30 pictures a second.
RATE = 346
PACKETS_SENT = "rostrum_rtp_packets_sent_total"


@dataclasses.dataclass(frozen=True)
class Crowd:
    """Stages with publishers; everybody else on a stage watches all of it. Each is loaded by a
    generator of its own."""

    name: str
    stages: int
    publishers: int

    def viewers(self, nanoseconds: float) -> int:
        """How many on each stage make one CPU half busy."""
        wanted = 0.5e9 / nanoseconds / RATE / self.stages / self.publishers
        return max(1, min(round(wanted), 4000 // self.stages))


# All packets of a frame come at once and go to all viewers at once: what a packet waits for is the
# frame before it. The more publishers share the same load, the smaller these bursts are.
CROWDS = (Crowd("one publisher", 1, 1), Crowd("5 stages of 12 publishers", 5, 12))


@dataclasses.dataclass
class Found:
    """One run."""

    nanoseconds: float
    packets_per_second: float
    cpu_share: float
    lost: int
    # Quantiles in ms, by share: the bounds of their buckets.
    milliseconds: dict[float, float]


def measure(lab: Lab, crowd: Crowd, viewers: int) -> Found:
    arguments = ["--publishers", crowd.publishers, "--viewers", viewers, "--srtp", "gcm",
                 "--video-bitrate", 3_000_000, "--no-audio", "--warmup", WARMUP]
    with Server(lab.place) as server, contextlib.ExitStack() as stack:
        loads = []
        for number in range(crowd.stages):
            # They would go on for long; they are told to stop.
            loads.append(stack.enter_context(
                Load(lab.place, server.target(), arguments, lab.seconds + 120)))
            wait_for_viewers(server, loads[-1], viewers * (number + 1))
        time.sleep(WARMUP + 0.5)
        before = server.snapshot()
        time.sleep(lab.seconds)
        after = server.snapshot()
        for load in loads:
            load.stop()
        lost = sum(load.report()["steady"]["lost"] for load in loads)
    found = compared(before, after, lost)
    say(f"  {found.nanoseconds:.0f} ns a packet, {found.packets_per_second:.0f} packets/s, server "
        f"{found.cpu_share:.0%} of a CPU, p99 ≤ {found.milliseconds[0.99]:g} ms, lost {lost}")
    return found


def compared(before: Snapshot, after: Snapshot, lost: int) -> Found:
    seconds = after.at - before.at
    used = sum(after.threads.values()) - sum(before.threads.values())
    packets = after.metrics[PACKETS_SENT] - before.metrics[PACKETS_SENT]
    return Found(
        used * 1e9 / max(packets, 1), packets / seconds, used / seconds, lost,
        {share: quantile(before, after, share) for share in (0.5, 0.99, 0.999)})


def quantile(before: Snapshot, after: Snapshot, share: float) -> float:
    """In ms."""
    earlier = before.buckets()
    counts = {bound: count - earlier[bound] for bound, count in after.buckets().items()}
    wanted = share * max(counts.values())
    return min(bound for bound, count in counts.items() if count >= wanted) * 1000


def medians(rounds: list[Found]) -> dict[float, float]:
    return {share: statistics.median_low(each.milliseconds[share] for each in rounds)
            for share in rounds[0].milliseconds}
