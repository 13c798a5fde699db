"""What is left in memory of those who came and went."""

import dataclasses
import pathlib
import re

from lab import Lab
from machine import say
from processes import Load, Server

# What remembers tokens and pages of the database has filled its places after so many: of 34,000 joins the
# first 10,000 after 4,000 left 3.5 MB behind, the next 1.2, and the last 0.6.
FIRST = 20_000
JOINS = 20_000
AT_A_TIME = 60


@dataclasses.dataclass
class Churn:
    """Resident bytes of the server, before and after."""

    before: int
    after: int
    joins_per_second: float

    @property
    def growth(self) -> float:
        """In percent."""
        return (self.after - self.before) / self.before * 100


def measure(lab: Lab) -> Churn:
    """Viewers come to a stage with one publisher and leave once they have their keyframe."""
    with Server(lab.place) as server:
        come_and_go(lab, server, FIRST)
        before = resident_bytes(server.pid)
        report = come_and_go(lab, server, JOINS)
        found = Churn(before, resident_bytes(server.pid), report["joins"]["perSecond"])
    say(f"  {found.before / 1e6:.1f} MB before, {found.after / 1e6:.1f} MB after {JOINS} joins, "
        f"{found.joins_per_second:.0f} a second")
    return found


def come_and_go(lab: Lab, server: Server, count: int) -> dict:
    arguments = ["--viewers", AT_A_TIME, "--cycles", count, "--srtp", "gcm", "--video-bitrate",
                 300_000, "--fps", 15, "--warmup", 0]
    with Load(lab.place, server.target(), arguments, 1) as load:
        return load.report(patience=900)


def resident_bytes(pid: int) -> int:
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"^VmRSS:\s+(\d+) kB", status, re.M)[1]) * 1024
