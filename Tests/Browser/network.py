"""The address that the server offers to browsers.

Firefox gathers no candidate without a default route and takes none on loopback from the server, so
media needs an address of a real interface. The machine's own serves where there is one. Where there
is none (a sandbox with only loopback), the test process moves into a network namespace with a veth
pair, and everything that it starts is in there with it.
"""

import ctypes
import os
import socket
import subprocess

ADDRESS, GATEWAY = "10.99.0.1", "10.99.0.254"
CLONE_NEWNET = 0x40000000


class NoAddress(Exception):
    """Neither an address nor a namespace; says why."""


def own_address() -> str | None:
    """The address that the default route leaves from. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("198.51.100.1", 9))
        except OSError:
            return None
        address = probe.getsockname()[0]
    return None if address.startswith("127.") else address


def enter_namespace() -> str:
    """Moves this process into a namespace of its own, with an address and a default route."""
    if os.geteuid() != 0:
        raise NoAddress("no default route, and only root may make a network namespace")
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        error = os.strerror(ctypes.get_errno())
        raise NoAddress(f"no default route, and no network namespace: {error}")
    for command in (
        "ip link set lo up",
        "ip link add d0 type veth peer name d1",
        f"ip addr add {ADDRESS}/24 dev d0",
        "ip link set d0 up",
        "ip link set d1 up",
        f"ip route add default via {GATEWAY} dev d0 onlink",
    ):
        try:
            subprocess.run(command.split(), check=True, capture_output=True, text=True)
        except (OSError, subprocess.CalledProcessError) as error:
            detail = getattr(error, "stderr", "") or error
            raise NoAddress(f"the network namespace could not be set up: {command}: {detail}")
    return ADDRESS


def media_address() -> str:
    """An address that every browser reaches the server at."""
    if os.environ.get("ROSTRUM_TEST_NAMESPACE") != "1" and (address := own_address()):
        return address
    return enter_namespace()
