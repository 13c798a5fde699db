"""What a join costs the server while others watch."""

import dataclasses
import time

from lab import Lab, wait_for_viewers
from machine import say
from processes import Load, RunFailed, Server, cpu_seconds

WATCHERS = 300
JOINS = 600
AT_A_TIME = 30
# The others would watch so long; they are told to stop when the joins are done.
PATIENCE = 120


@dataclasses.dataclass
class Joins:
    """What a number of joins took."""

    joins_per_cpu_second: float
    joins_per_second: float
    # By those who watched all the time.
    lost: int


def measure(lab: Lab) -> Joins:
    """Others watch one stage, and viewers come and go on another."""
    watching = ["--viewers", WATCHERS, "--srtp", "gcm", "--warmup", 1]
    with Server(lab.place) as server:
        with Load(lab.place, server.target(), watching, lab.seconds + PATIENCE) as watchers:
            wait_for_viewers(server, watchers, WATCHERS)
            time.sleep(1.5)
            idle = rate_of(server, min(lab.seconds, 5))
            joins = come_and_go(lab, server)["joins"]
            watchers.stop()
            lost = watchers.report()["steady"]["lost"]
    cost = joins["serverCPUSeconds"] - idle * joins["succeeded"] / joins["perSecond"]
    if cost <= 0:
        raise RunFailed("joining cost no CPU time: the machine is too busy to tell")
    found = Joins(joins["succeeded"] / cost, joins["perSecond"], lost)
    say(f"  {found.joins_per_cpu_second:.0f} joins a CPU second, {found.joins_per_second:.0f} a "
        f"second of time, the others lost {lost}")
    return found


def rate_of(server: Server, seconds: float) -> float:
    """CPU seconds a second that the server needs for those who watch."""
    used, began = cpu_seconds(server.pid), time.monotonic()
    time.sleep(seconds)
    return (cpu_seconds(server.pid) - used) / (time.monotonic() - began)


def come_and_go(lab: Lab, server: Server) -> dict:
    """The generator's report, with what the server used while they joined. Their tokens are there
    before, and what they watch is small: their joining is measured, and that they leave again."""
    arguments = [
        "--viewers", AT_A_TIME, "--cycles", JOINS, "--srtp", "gcm", "--video-bitrate", 100_000,
        "--fps", 10, "--no-audio", "--warmup", 0, "--server-pid", server.pid]
    with Load(lab.place, server.target(), arguments, 1) as load:
        return load.report()
