"""The same work through Rostrum and through a Janus that is started here, in turn."""

import contextlib
import dataclasses
import pathlib
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

from lab import WARMUP, Lab, spread
from machine import package_version, say
from network import Loopback, VethPair, own_address
from processes import Load, RunFailed, Server, end, environment, pinned

PORT = 8088
ROOM = 1234
# A server that uses more of its CPU than this is overloaded.
BUSY = 0.9
# What is made when the machine has no address but loopback's, which Janus refuses.
SPARE_LINK, SPARE_ADDRESS = "rostrum-bench", "10.99.0.1"

GENERAL = """
general: {{
  configs_folder = "{folder}"
  debug_level = 2
}}
nat: {{
  # As Rostrum: checks of the client are answered, and none are made.
  ice_lite = true
  ice_enforce_list = "{address}"
}}
plugins: {{ disable = "{plugins}" }}
transports: {{ disable = "{transports}" }}
"""
HTTP = """
general: {{ json = "plain", base_path = "/janus", http = true, port = 8088, ip = "{host}" }}
admin: {{ admin_http = false }}
"""
VIDEOROOM = """
room-1234: { description = "bench", publishers = 12, bitrate = 8000000,
  audiocodec = "opus", videocodec = "h264,vp8" }
"""


@dataclasses.dataclass
class Contestant:
    """The figures of a server's rounds."""

    name: str
    nanoseconds: list[float] = dataclasses.field(default_factory=list)
    packets_per_second: list[float] = dataclasses.field(default_factory=list)
    lost: list[int] = dataclasses.field(default_factory=list)
    # From the publisher's stamp to the viewer's socket, in µs.
    p50: list[float] = dataclasses.field(default_factory=list)
    p99: list[float] = dataclasses.field(default_factory=list)
    # Of the one CPU.
    shares: list[float] = dataclasses.field(default_factory=list)

    def take(self, report: dict):
        self.nanoseconds.append(report["server"]["nanosecondsPerPacket"])
        self.packets_per_second.append(report["steady"]["packetsPerSecond"])
        self.lost.append(report["steady"]["lost"])
        self.p50.append(report["latencyMicroseconds"]["p50"])
        self.p99.append(report["latencyMicroseconds"]["p99"])
        self.shares.append(cpu_share(report))

    @property
    def median(self) -> float:
        return statistics.median(self.nanoseconds)

    @property
    def is_overloaded(self) -> bool:
        """Whether the work was more than one CPU carries: then a packet costs what it likes."""
        return max(self.lost) > 0 or statistics.median(self.shares) > BUSY

    def cells(self) -> list[str]:
        return [self.name, f"{self.median:,.0f}", f"±{spread(self.nanoseconds):.0%}",
                f"{min(self.nanoseconds):,.0f} to {max(self.nanoseconds):,.0f}",
                f"{1e9 / self.median:,.0f}", f"{statistics.median(self.shares):.0%}",
                f"{statistics.median(self.packets_per_second):,.0f}",
                str(max(self.lost)),
                f"{statistics.median(self.p50) / 1000:.1f} / {statistics.median(self.p99) / 1000:.1f}"]


HEADINGS = ["", "CPU ns a packet", "spread", "rounds", "packets/s/core", "of the CPU", "packets/s", "lost",
            "latency p50 / p99, ms"]


@dataclasses.dataclass
class Comparison:
    """Both servers, and what they did."""

    work: str
    ours: Contestant
    theirs: Contestant

    @property
    def ratio(self) -> float:
        return self.theirs.median / self.ours.median

    def conclusion(self) -> str:
        text = (f"{self.theirs.name} takes {self.ratio:.1f} times the CPU time that {self.ours.name} "
                "takes for a packet (medians of the rounds).")
        busy = [each.name for each in (self.ours, self.theirs) if each.is_overloaded]
        if busy:
            text += (f" This does not count: the work was too much for {' and '.join(busy)}, which lost "
                     "packets or used the whole CPU; compare with fewer --viewers.")
        return text

    def text(self) -> str:
        lines = [HEADINGS, self.ours.cells(), self.theirs.cells()]
        widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
        rows = ["  ".join(cell.rjust(width) for cell, width in zip(line, widths)) for line in lines]
        return "\n".join([self.work, "", *rows, "", self.conclusion()])

    def markdown(self) -> str:
        lines = [HEADINGS, ["---"] + ["---:"] * (len(HEADINGS) - 1), self.ours.cells(),
                 self.theirs.cells()]
        rows = "\n".join("| " + " | ".join(line) + " |" for line in lines)
        return f"{self.work}\n\n{rows}\n\n{self.conclusion()}"


def compare(lab: Lab, viewers: int) -> Comparison:
    """Alternating rounds; the first of each is thrown away."""
    version = package_version("janus")
    if version is None:
        raise RunFailed("Janus is not installed: Scripts/bench --peer janus installs it")
    if is_taken(lab.place.network.address):
        raise RunFailed(f"something listens on port {PORT} already: end it, Janus needs the port")
    ours, theirs = Contestant("Rostrum"), Contestant(f"Janus {version}")
    with reachable_address(lab.place.network) as address:
        carried = warm_up(lab, address, viewers, theirs)
        for number in range(lab.rounds):
            for contestant, attempt in ((ours, through_rostrum), (theirs, through_janus)):
                report = attempt(lab, address, arguments(carried))
                tell(contestant.name, f"round {number + 1} of {lab.rounds}", report)
                contestant.take(report)
    work = (f"One publisher, H.264 of 1.5 Mbit/s and Opus, to {carried} viewers with AES-CM-SHA1, no "
            f"loss; {lab.rounds} rounds of {lab.seconds:g} s each, in turn, the first of each thrown "
            f"away; over {lab.place.network.name}; the server on CPU {lab.place.server}, the same generator on CPU "
            f"{lab.place.generator}.")
    if carried < viewers:
        work += f" {viewers} viewers were too many for {theirs.name} on one CPU."
    return Comparison(work, ours, theirs)


def arguments(viewers: int) -> list:
    return ["--publishers", 1, "--viewers", viewers, "--srtp", "cm", "--video-bitrate", 1_500_000,
            "--warmup", WARMUP]


def warm_up(lab: Lab, address: str, viewers: int, theirs: Contestant) -> int:
    """The rounds that are thrown away. Returns how many viewers Janus carries without loss: a server
    that is overloaded loses packets and repairs them, and what one costs then says nothing."""
    tell("Rostrum", "warming up", through_rostrum(lab, address, arguments(viewers)))
    while True:
        try:
            report = through_janus(lab, address, arguments(viewers))
            tell(theirs.name, "warming up", report)
            failure = None if carries(report) else "it loses packets or needs the whole CPU"
        except RunFailed as reason:
            failure = str(reason)
        if failure is None:
            return viewers
        if viewers < 20:
            raise RunFailed(f"{theirs.name} does not carry {viewers} viewers: {failure}")
        say(f"{viewers} viewers are too many for {theirs.name}: {failure}; trying {viewers // 2}")
        viewers //= 2


def carries(report: dict) -> bool:
    return report["steady"]["lost"] == 0 and cpu_share(report) <= BUSY


def cpu_share(report: dict) -> float:
    """Of one CPU."""
    server = report["server"]
    return (server["userSeconds"] + server["systemSeconds"]) / report["steady"]["seconds"]


def tell(name: str, which: str, report: dict):
    say(f"{name}, {which}: {report['server']['nanosecondsPerPacket']:.0f} ns a packet, "
        f"{report['steady']['packetsPerSecond']:.0f} packets/s, {cpu_share(report):.0%} of the CPU, "
        f"lost {report['steady']['lost']}")


def through_rostrum(lab: Lab, address: str, arguments: list) -> dict:
    with Server(lab.place, address=address) as server:
        return loaded(lab, [*server.target(), "--server-pid", server.pid], arguments)


def through_janus(lab: Lab, address: str, arguments: list) -> dict:
    with Janus(lab, address) as server:
        target = ["--janus", f"{server.url}/janus", "--janus-room", ROOM,
                  "--server-pid", server.process.pid]
        return loaded(lab, target, arguments)


def loaded(lab: Lab, target: list, arguments: list) -> dict:
    with Load(lab.place, target, arguments, lab.seconds) as load:
        return load.report()


class Janus:
    """A Janus with a configuration of its own: one room, and nothing that a room does not need."""

    def __init__(self, lab: Lab, address: str):
        self._directory = tempfile.TemporaryDirectory(prefix="rostrum-janus-")
        folder = pathlib.Path(self._directory.name)
        host = lab.place.network.address
        self.url = f"http://{host}:{PORT}"
        configure(folder, host, address)
        self._log = (folder / "log").open("w+")
        self.process = subprocess.Popen(
            pinned((lab.place.server,), ["janus", "-F", folder]), stdout=self._log,
            stderr=self._log, stdin=subprocess.DEVNULL, env=environment())

    def __enter__(self):
        deadline = time.monotonic() + 20
        while not answers(self.url):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self._log.seek(0)
                said = self._log.read()[-500:].strip()
                self.__exit__()
                raise RunFailed(f"Janus did not start: {said}")
            time.sleep(0.1)
        return self

    def __exit__(self, *_):
        end(self.process)
        self._log.close()
        self._directory.cleanup()


def configure(folder: pathlib.Path, host: str, address: str):
    (folder / "janus.jcfg").write_text(GENERAL.format(
        folder=folder, address=address, plugins=others("plugins", "videoroom"),
        transports=others("transports", "http")))
    (folder / "janus.transport.http.jcfg").write_text(HTTP.format(host=host))
    (folder / "janus.plugin.videoroom.jcfg").write_text(VIDEOROOM)


def others(kind: str, wanted: str) -> str:
    """The names of all installed modules but one, as Janus wants them."""
    found = {path.name for path in pathlib.Path("/usr/lib").glob(f"*/janus/{kind}/libjanus_*.so")}
    return ",".join(sorted(found - {f"libjanus_{wanted}.so"}))


def is_taken(host: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((host, PORT)) == 0


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/janus/info", timeout=2):
            return True
    except (urllib.error.URLError, OSError):
        return False


@contextlib.contextmanager
def reachable_address(network: Loopback | VethPair):
    """An address that is not loopback's; one for the time being when this machine has none."""
    if not isinstance(network, Loopback):
        yield network.address
        return
    if found := own_address():
        say(f"both serve media on {found}, this machine's own address: Janus refuses loopback")
        yield found
        return
    say(f"there is no address but loopback, which Janus refuses: making {SPARE_LINK} with "
        f"{SPARE_ADDRESS}, until the end")
    make_link()
    try:
        yield SPARE_ADDRESS
    finally:
        subprocess.run(["ip", "link", "delete", SPARE_LINK], check=False)


def make_link():
    kinds = (["type", "dummy"], ["type", "veth", "peer", "name", f"{SPARE_LINK}-1"])
    if not any(ip("link", "add", SPARE_LINK, *kind) for kind in kinds):
        raise RunFailed("no link can be made: run this as root, or on a machine with an address")
    if not (ip("address", "add", f"{SPARE_ADDRESS}/24", "dev", SPARE_LINK)
            and ip("link", "set", SPARE_LINK, "up")):
        raise RunFailed(f"{SPARE_LINK} cannot be given an address")
    # A veth is up when its other end is.
    ip("link", "set", f"{SPARE_LINK}-1", "up")


def ip(*arguments: str) -> bool:
    return subprocess.run(["ip", *arguments], capture_output=True).returncode == 0
