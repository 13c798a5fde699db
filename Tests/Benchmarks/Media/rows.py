"""The rows of the table: which work each runs, and what is asked of it."""

import dataclasses
import json
import pathlib
import statistics
import subprocess
import tempfile

import churn
import joins
import latency
from lab import Lab, Run, Work, median_run, spread
from machine import say
from processes import RunFailed, environment, pinned

# A viewer of row c takes so many packets a second: 1.37 Mbit/s of picture, and sound.
VIEWER_RATE = 187


@dataclasses.dataclass(frozen=True)
class Goal:
    """What is asked of a figure: what it must be, and what it should be."""

    must: float
    should: float
    unit: str
    places: int = 1

    @property
    def wants_more(self) -> bool:
        return self.should > self.must

    def reaches(self, value: float, bound: float) -> bool:
        return value >= bound if self.wants_more else value <= bound

    def verdict(self, value: float) -> str:
        if self.reaches(value, self.should):
            return "goal met"
        return "met" if self.reaches(value, self.must) else "MISSED"

    def text(self, value: float) -> str:
        return f"{value:,.{self.places}f} {self.unit}".rstrip()

    def __str__(self) -> str:
        sign = "≥" if self.wants_more else "≤"
        return f"{sign} {self.must:,g} / {self.should:,g} {self.unit}".rstrip()


@dataclasses.dataclass
class Result:
    """A line of the table."""

    row: str
    work: str
    goal: Goal
    value: float | None = None
    # These have no meaning in some rows.
    packets_per_second: float | None = None
    nanoseconds: float | None = None
    lost: int | None = None
    remarks: list[str] = dataclasses.field(default_factory=list)
    details: dict = dataclasses.field(default_factory=dict)

    @property
    def per_core(self) -> float | None:
        return 1e9 / self.nanoseconds if self.nanoseconds else None

    @property
    def figure(self) -> str:
        return "none" if self.value is None else self.goal.text(self.value)

    @property
    def verdict(self) -> str:
        return "not measured" if self.value is None else self.goal.verdict(self.value)


def of_runs(row: str, work: str, goal: Goal, runs: list[Run], value=None) -> Result:
    """A line from rounds. `value` makes the figure of a median run; else it is µs a packet."""
    run = median_run(runs)
    result = Result(
        row, work, goal, value(run) if value else run.nanoseconds / 1000,
        packets_per_second=run.packets_per_second, nanoseconds=run.nanoseconds,
        lost=max(each.lost for each in runs))
    times = [each.nanoseconds for each in runs]
    result.details = {
        "nanosecondsPerPacket": times, "serverCPUShare": run.cpu_share,
        "userNanoseconds": run.report["server"]["userNanosecondsPerPacket"],
        "systemNanoseconds": run.report["server"]["systemNanosecondsPerPacket"],
        "generatorCPUShare": run.generator_share, "waitedShare": run.waited_share,
        "threadShares": run.thread_shares,
        "publishedPerSecond": run.report["steady"]["published"] / run.report["steady"]["seconds"]}
    result.remarks = doubts(row, runs, run)
    return result


def doubts(row: str, runs: list[Run], run: Run) -> list[str]:
    """What speaks against a figure."""
    found = []
    if (differ := spread([each.nanoseconds for each in runs])) > 0.15:
        found.append(f"{row}: the rounds differ by ±{differ:.0%}: the machine was not quiet")
    if (waited := max(each.waited_share for each in runs)) > 0.1:
        found.append(f"{row}: the server was ready, but had no CPU, for {waited:.0%} of the time")
    if run.generator_share > 0.85:
        found.append(f"{row}: the generator used {run.generator_share:.0%} of its CPU: what is "
                     "lost, it may have lost")
    return found


def video(bitrate: int, *more) -> tuple:
    return ("--video-bitrate", bitrate, *more)


WORK_A = Work(viewers=300, media=video(3_000_000, "--no-audio"))
WORK_B = Work(viewers=100, media=video(1_500_000), srtp="cm")
WORK_C = Work(viewers=500, media=video(1_370_000))
WORK_D = Work(viewers=300, publishers=10, media=("--no-video",))
# 15 pictures a second and no sound (row d has that), so that all goes through half a core.
WORK_F = Work(viewers=200, publishers=12,
              media=video(600_000, "--layers", 3, "--fps", 15, "--no-audio"))
WORK_G = Work(viewers=600, media=video(1_500_000, "--no-audio"))
WORK_G_TWO = dataclasses.replace(WORK_G, workers=2, pinned=False)


def one_publisher(lab: Lab) -> list[Result]:
    text = "one publisher, 3 Mbit/s of 1,200-byte packets, to 300 viewers, AES-GCM"
    return [of_runs("a", text, Goal(2.5, 1.6, "µs", 2), lab.runs("row a", WORK_A))]


def as_peers(lab: Lab) -> list[Result]:
    text = "one publisher, 1.5 Mbit/s and sound, to 100 viewers, AES-CM-SHA1: as peers are measured"
    return [of_runs("b", text, Goal(3.0, 2.0, "µs", 2), lab.runs("row b", WORK_B))]


def viewers_a_core(lab: Lab) -> list[Result]:
    text = "viewers a core, computed: one publisher, 1.37 Mbit/s and sound, to 500 viewers"
    goal = Goal(2_000, 3_000, "viewers", 0)
    result = of_runs("c", text, goal, lab.runs("row c", WORK_C),
                     lambda run: 1e9 / run.nanoseconds / VIEWER_RATE)
    result.remarks.append(
        f"c: viewers a core = 1 / (CPU time a packet × {VIEWER_RATE} packets a second)")
    return [result]


def speakers(lab: Lab) -> list[Result]:
    text = "10 speakers, sound only, to 300 listeners; packets a core computed"
    goal = Goal(350_000, 600_000, "packets/s", 0)
    return [of_runs("d", text, goal, lab.runs("row d", WORK_D), lambda run: 1e9 / run.nanoseconds)]


def added_latency(lab: Lab) -> list[Result]:
    guess = median_run(lab.runs("row a, for row e", WORK_A)).nanoseconds
    return [latency_of(lab, crowd, crowd.viewers(guess)) for crowd in latency.CROWDS]


def latency_of(lab: Lab, crowd: latency.Crowd, viewers: int) -> Result:
    found = []
    for number in range(lab.rounds):
        say(f"row e, {crowd.name}: round {number + 1} of {lab.rounds}")
        found.append(latency.measure(lab, crowd, viewers))
    each = f"{viewers} viewers" + (" each" if crowd.stages > 1 else "")
    middle = sorted(found, key=lambda run: run.nanoseconds)[(len(found) - 1) // 2]
    times = latency.medians(found)
    result = Result(
        "e", f"added latency (p99), half busy: {crowd.name}, 3 Mbit/s each, {each}",
        Goal(1.0, 0.4, "ms", 2), times[0.99], packets_per_second=middle.packets_per_second,
        nanoseconds=middle.nanoseconds, lost=max(run.lost for run in found))
    result.details = {"rounds": [dataclasses.asdict(run) for run in found]}
    result.remarks.append(
        f"e, {crowd.name}: p50 ≤ {times[0.5]:g}, p99 ≤ {times[0.99]:g}, p99.9 ≤ {times[0.999]:g} ms "
        f"(bounds of buckets, from /metrics), server {middle.cpu_share:.0%} of a CPU")
    return result


def whole_stage(lab: Lab) -> list[Result]:
    text = "12 publishers with 3 layers, 0.8 Mbit/s each, to 200 viewers who watch all"
    return [of_runs("f", text, Goal(2.5, 1.8, "µs", 2), lab.runs("row f", WORK_F))]


def two_workers(lab: Lab) -> list[Result]:
    ones, twos = lab.alternate("row g", [WORK_G, WORK_G_TWO])
    text = "two workers against one: one publisher, 1.5 Mbit/s, to 600 viewers"
    result = of_runs("g", text, Goal(1.85, 1.95, "x", 2), twos)
    one, two = median_run(ones), median_run(twos)
    result.value = 2 * one.nanoseconds / two.nanoseconds
    result.lost = max(run.lost for run in ones + twos)
    first, second = two.busy("media-0"), two.busy("media-1")
    balance = min(first, second) / max(first, second, 1e-9)
    result.details |= {"oneWorkerNanoseconds": one.nanoseconds, "balance": balance}
    result.remarks.append(
        f"g: computed from CPU time, 2 × {one.nanoseconds:.0f} ns with one worker / "
        f"{two.nanoseconds:.0f} ns with two; the threads used {first:.2f} and {second:.2f} s, "
        f"balance {balance:.2f}")
    return [result]


def memory(lab: Lab) -> list[Result]:
    """What rows c and f have measured, too, beside the same with half as many viewers: what a viewer
    adds. What publishers take is there once, however many watch."""
    return [memory_of(lab, "one publisher", WORK_C, Goal(100, 60, "kB", 0)),
            memory_of(lab, "twelve publishers", WORK_F, Goal(250, 150, "kB", 0))]


def memory_of(lab: Lab, publishers: str, work: Work, goal: Goal) -> Result:
    half = dataclasses.replace(work, viewers=work.viewers // 2)
    fewer, all = lab.alternate(f"row h, {publishers}", [half, work])
    small = statistics.median(run.grown_bytes for run in fewer)
    large = statistics.median(run.grown_bytes for run in all)
    each = (large - small) / (work.viewers - half.viewers)
    result = Result("h", f"memory a viewer of {publishers} adds", goal, each / 1000)
    result.details = {"bytes": {half.viewers: small, work.viewers: large}}
    result.remarks.append(
        f"h, {publishers}: {small / 1e6:.1f} MB with {half.viewers} viewers, {large / 1e6:.1f} MB with "
        f"{work.viewers}; without any {(small - each * half.viewers) / 1e6:.1f} MB, most of it what is "
        "kept of each layer for those who lost it")
    return result


def joining(lab: Lab) -> list[Result]:
    text = "joins a CPU second of the server, while 300 others watch"
    found, alone = [], []
    for number in range(lab.rounds):
        say(f"row i: round {number + 1} of {lab.rounds}")
        found.append(joins.measure(lab))
        alone.append(joins.alone(lab))
    result = Result("i", text, Goal(400, 1_000, "joins", 0))
    result.value = statistics.median(each.joins_per_cpu_second for each in found)
    result.lost = max(each.lost for each in found)
    result.details = {"rounds": [dataclasses.asdict(each) for each in found],
                      "alone": [dataclasses.asdict(each) for each in alone]}
    price = statistics.median(each.nanoseconds_per_packet for each in found)
    by_itself = statistics.median(each.joins_per_cpu_second for each in alone)
    result.remarks.append(
        f"i: the 300 lost {result.lost} packets; "
        f"{statistics.median(each.joins_per_second for each in found):.0f} joins a second of time. "
        f"CPU time of the whole server, less {price:,.0f} ns for each packet that was forwarded "
        "meanwhile: what one costs while the 300 watch and nobody joins. "
        f"With nobody watching {by_itself:.0f} joins a CPU second, their own media included")
    return [result]


def coming_and_going(lab: Lab) -> list[Result]:
    say(f"row k: {churn.JOINS} joins")
    found = churn.measure(lab)
    result = Result("k", f"memory that {churn.JOINS:,} joins and leaves leave behind",
                    Goal(2, 0.5, "%", 2), found.growth)
    result.details = dataclasses.asdict(found)
    result.remarks.append(
        f"k: {found.before / 1e6:.1f} MB before, after a first {churn.FIRST:,}; "
        f"{found.after / 1e6:.1f} MB after; {found.joins_per_second:.0f} joins a second")
    return [result]


def exact(lab: Lab) -> list[Result]:
    """What the in-process benchmark counts: the same on every machine."""
    report = forwarding(lab)
    return [exact_of(name, figures, report)
            for name, figures in sorted(report["profiles"].items())]


def exact_of(name: str, figures: dict, report: dict) -> Result:
    text = f"allocations a forwarded packet, {report['viewers']} viewers, {name}"
    parts = figures["nanoseconds"]
    result = Result("j", text, Goal(0, 0, "", 4), figures["allocationsPerPacket"],
                    nanoseconds=parts["whole"], details=figures)
    result.remarks.append(
        f"j, {name}: {figures['sendCallsPerPacket']:.4f} sendmmsg calls a packet, "
        f"{figures['datagramsPerMessage']:.1f} datagrams a message; in ns: "
        + ", ".join(f"{part} {parts[part]:.0f}" for part in PARTS))
    return result


PARTS = ("receive", "open", "rewrite", "seal", "send")


def forwarding(lab: Lab) -> dict:
    """Runs the forwarding benchmark on the server's CPU."""
    binary = lab.place.binary.with_name("ForwardingBenchmark")
    if not binary.exists():
        raise RunFailed(f"{binary} is missing: swift build --product ForwardingBenchmark")
    say("row j: the forwarding benchmark")
    with tempfile.TemporaryDirectory(prefix="rostrum-bench-") as directory:
        path = pathlib.Path(directory) / "report.json"
        done = subprocess.run(
            pinned((lab.place.server,), [binary, "--json", path]), capture_output=True, text=True,
            env=environment(), timeout=300)
        if done.returncode != 0:
            raise RunFailed(f"the forwarding benchmark failed: {done.stderr[-300:]}")
        return json.loads(path.read_text())


ROWS = {
    "a": one_publisher, "b": as_peers, "c": viewers_a_core, "d": speakers, "e": added_latency,
    "f": whole_stage, "g": two_workers, "h": memory, "i": joining, "j": exact, "k": coming_and_going,
}
