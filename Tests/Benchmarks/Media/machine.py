"""What the figures were measured on."""

import os
import pathlib
import platform
import re
import subprocess
import sys
import time


def say(text: str):
    """Progress goes to standard error: standard output is for the figures."""
    print(f"bench: {text}", file=sys.stderr, flush=True)


def processor() -> str:
    """The model that the kernel names."""
    found = re.search(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    return found[1].strip() if found else platform.machine()


def package_version(name: str) -> str | None:
    """The installed version of a Debian package; ``None`` when it is not there."""
    try:
        found = subprocess.run(
            ["dpkg-query", "--show", "--showformat=${db:Status-Abbrev} ${Version}", name],
            capture_output=True, text=True)
    except FileNotFoundError:
        return None
    status, _, version = found.stdout.partition(" ")
    return version.strip() if status.startswith("ii") else None


def engine() -> str:
    """What SRTP is computed with: the server measures both at its start, and takes the faster."""
    openssl = package_version("libssl3") or "of unknown version"
    ipsec = package_version("libipsec-mb-dev")
    return f"OpenSSL {openssl}" + (f" and libipsec_mb {ipsec}" if ipsec else "")


def describe() -> str:
    """One line on the machine."""
    cores = len(os.sched_getaffinity(0))
    load = ", ".join(f"{value:.2f}" for value in os.getloadavg())
    return (f"{processor()}, {cores} CPUs, Linux {platform.release()}, load average {load} at the "
            f"start, {engine()}")


def warn_of_company():
    """Says so when something else runs: CPU time a packet grows with shared caches, too."""
    before = cpu_times()
    time.sleep(1)
    busy, load = share(before, cpu_times(), IDLE), os.getloadavg()[0]
    if busy > 0.05:
        say(f"WARNING: something else uses {busy:.0%} of this machine: the figures will be worse than "
            "they should be")
    elif load > 1:
        say(f"WARNING: the load average is {load:.2f}: if that was not a build, what ran may come again, "
            "and make the figures worse")


# The places of these times in /proc/stat (proc(5)).
IDLE, STOLEN = (3, 4), (7,)


def cpu_times() -> list[int]:
    """What the CPUs have spent their time on, in ticks since the machine started."""
    return [int(word) for word in pathlib.Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]


def share(before: list[int], after: list[int], kinds: tuple[int, ...]) -> float:
    """Of the time in between: how much was stolen, or was not idle."""
    spent = [late - early for early, late in zip(before, after)]
    found = sum(spent[kind] for kind in kinds) / max(1, sum(spent))
    return 1 - found if kinds is IDLE else found
