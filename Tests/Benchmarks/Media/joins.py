"""What a join costs the server while others watch."""

import dataclasses
import time

from lab import Lab, wait_for_viewers
from latency import PACKETS_SENT
from machine import say
from processes import Load, RunFailed, Server, cpu_seconds

WATCHERS = 300
JOINS = 1200
# A viewer that has joined waits up to half a second for its keyframe, and only then another comes.
AT_A_TIME = 100
# The others would watch so long; they are told to stop when the joins are done.
PATIENCE = 120


@dataclasses.dataclass
class Joins:
    """What a number of joins took."""

    joins_per_cpu_second: float
    joins_per_second: float
    # By those who watched all the time.
    lost: int
    # Of a packet, while nobody joined; 0 when nobody watched.
    nanoseconds_per_packet: float = 0


@dataclasses.dataclass
class Window:
    """What the server used, and forwarded, in some time."""

    seconds: float
    cpu_seconds: float
    packets: float


def alone(lab: Lab) -> Joins:
    """Viewers come and go, and nobody else is there."""
    with Server(lab.place) as server:
        with come_and_go(lab, server) as load:
            report = load.report()["joins"]
    return described(Joins(
        report["succeeded"] / positive(report["serverCPUSeconds"]), report["perSecond"], 0))


def measure(lab: Lab) -> Joins:
    """Others watch one stage, and viewers come and go on another.

    What is forwarded is no cost of a join, neither to those who watch nor to those who come. Its
    price is measured while only the former are there, before and afterwards, and what was forwarded
    during the joins is paid with it. What joins do to that price is theirs: less in one batch, and
    others' data in the caches.
    """
    watching = ["--viewers", WATCHERS, "--srtp", "gcm", "--warmup", 1]
    with Server(lab.place) as server:
        with Load(lab.place, server.target(), watching, lab.seconds + PATIENCE) as watchers:
            wait_for_viewers(server, watchers, WATCHERS)
            time.sleep(1.5)
            quiet = [watched(server, min(lab.seconds, 5))]
            with come_and_go(lab, server) as load:
                # They have begun when one of them is there.
                wait_for_viewers(server, load, WATCHERS + 1)
                crowded = watched(server, 2)
                report = load.report()["joins"]
            time.sleep(1)
            quiet.append(watched(server, min(lab.seconds, 5)))
            watchers.stop()
            lost = watchers.report()["steady"]["lost"]
    price = sum(each.cpu_seconds for each in quiet) / sum(each.packets for each in quiet)
    packets = crowded.packets / crowded.seconds * report["succeeded"] / report["perSecond"]
    cost = positive(report["serverCPUSeconds"] - packets * price)
    return described(
        Joins(report["succeeded"] / cost, report["perSecond"], lost, price * 1e9))


def positive(cost: float) -> float:
    if cost <= 0:
        raise RunFailed("joining cost no CPU time: the machine is too busy to tell")
    return cost


def described(found: Joins) -> Joins:
    say(f"  {found.joins_per_cpu_second:.0f} joins a CPU second, {found.joins_per_second:.0f} a "
        f"second of time, the others lost {found.lost}")
    return found


def watched(server: Server, seconds: float) -> Window:
    """Lets some time go by."""
    began, used, packets = time.monotonic(), cpu_seconds(server.pid), server.metrics()[PACKETS_SENT]
    time.sleep(seconds)
    return Window(
        time.monotonic() - began, cpu_seconds(server.pid) - used,
        server.metrics()[PACKETS_SENT] - packets)


def come_and_go(lab: Lab, server: Server) -> Load:
    """The generator, whose report has what the server used while they joined. Their tokens are there
    before, and what they watch is small: their joining is measured, and that they leave again."""
    arguments = [
        "--viewers", AT_A_TIME, "--cycles", JOINS, "--srtp", "gcm", "--video-bitrate", 100_000,
        "--fps", 10, "--no-audio", "--warmup", 0, "--server-pid", server.pid]
    return Load(lab.place, server.target(), arguments, 1)
