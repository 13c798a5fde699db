"""What lies between the server and the generator."""

import contextlib
import json
import pathlib
import shutil
import subprocess
import time

from machine import say


class NetworkFailed(Exception):
    """A network that cannot be made here, with the reason."""


class Loopback:
    """This machine's own: the sender pays for the receiver's side of each message."""

    name = "loopback"
    address = "127.0.0.1"

    def inside(self, command: list[str]) -> list[str]:
        """The command as it runs on the generator's side."""
        return command


class VethPair:
    """Two ends of a cable, the generator's in a network namespace of its own.

    What arrives at the generator's end is received by a thread of the kernel on the generator's CPU
    (threaded NAPI), as another machine would: the server pays for its own side only, up to the wire.
    """

    name = "a veth pair"
    namespace = "rostrum-bench"
    ends = ("rostrum-a", "rostrum-b")
    address = "10.99.1.1"
    other = "10.99.1.2"

    def __init__(self, cpu: int):
        self._cpu = cpu

    def inside(self, command: list[str]) -> list[str]:
        return ["ip", "netns", "exec", self.namespace, *command]

    def __enter__(self):
        self._remove()
        near, far = self.ends
        try:
            run("ip", "netns", "add", self.namespace)
            run("ip", "link", "add", near, "type", "veth", "peer", "name", far,
                "netns", self.namespace)
            run("ip", "address", "add", f"{self.address}/24", "dev", near)
            run("ip", "link", "set", near, "up")
            self._run_inside("ip", "address", "add", f"{self.other}/24", "dev", far)
            self._run_inside("ip", "link", "set", far, "up")
            self._receive_apart(far)
        except NetworkFailed:
            self._remove()
            raise
        say(f"the server is at {self.address}, the generator in the namespace {self.namespace}")
        return self

    def __exit__(self, *_):
        self._remove()

    def _receive_apart(self, link: str):
        """Has a thread of the kernel on the generator's CPU receive what comes to a link."""
        # A veth has a NAPI of its own only when it coalesces.
        self._run_inside("ethtool", "-K", link, "gro", "on")
        self._run_inside("sh", "-c", f"echo 1 > /sys/class/net/{link}/threaded")
        for thread in kernel_threads(f"napi/{link}"):
            run("taskset", "--cpu-list", "--pid", str(self._cpu), str(thread))

    def _run_inside(self, *command: str):
        run(*self.inside(list(command)))

    def _remove(self):
        # The pair goes with either end, and the end with its namespace.
        for command in (["ip", "netns", "delete", self.namespace],
                        ["ip", "link", "delete", self.ends[0]]):
            subprocess.run(command, capture_output=True, check=False)


def run(*command: str):
    if shutil.which(command[0]) is None:
        raise NetworkFailed(f"{command[0]} is missing: Scripts/bench --network veth installs it")
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise NetworkFailed(f"{' '.join(command)}: {done.stderr.strip()}; this needs root")


def kernel_threads(prefix: str, patience: float = 2) -> list[int]:
    """Those whose name begins so; the kernel starts them a little after it is told to."""
    deadline = time.monotonic() + patience
    while True:
        found = []
        for process in pathlib.Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if process.name.isdecimal() and (process / "comm").read_text().startswith(prefix):
                    found.append(int(process.name))
        if found:
            return found
        if time.monotonic() > deadline:
            raise NetworkFailed(f"the kernel has no thread {prefix}: it may be too old (5.12 has it)")
        time.sleep(0.05)


def own_address() -> str | None:
    """An address of this machine that is not loopback's."""
    listed = subprocess.run(
        ["ip", "-json", "-4", "address", "show", "up", "scope", "global"], capture_output=True,
        text=True)
    links = json.loads(listed.stdout or "[]") if listed.returncode == 0 else []
    addresses = [info["local"] for link in links for info in link.get("addr_info", [])
                 if "local" in info]
    return addresses[0] if addresses else None
