"""A client of the events socket."""

import contextlib
import json
import time

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect


class Events:
    """One open socket. Everything received is kept in ``seen``."""

    def __init__(self, socket):
        self.socket = socket
        self.seen: list[dict] = []
        self.close_code: int | None = None

    def send(self, type: str, payload: dict | None = None):
        message = {"type": type} | ({} if payload is None else {"payload": payload})
        self.socket.send(json.dumps(message))

    def receive(self, timeout: float = 5) -> dict:
        message = json.loads(self.socket.recv(timeout=timeout))
        self.seen.append(message)
        return message

    def until(self, type: str, accept=lambda payload: True, timeout: float = 10) -> dict:
        """The payload of the next message of that type that ``accept`` takes."""
        deadline = time.monotonic() + timeout
        types = []
        while (left := deadline - time.monotonic()) > 0:
            try:
                message = self.receive(left)
            except TimeoutError:
                break
            types.append(message["type"])
            if message["type"] == type and accept(message.get("payload") or {}):
                return message.get("payload") or {}
        raise AssertionError(f"no such {type} within {timeout} s; got {types}, last {self.seen[-1:]}")

    def until_closed(self, timeout: float = 10) -> int | None:
        """Reads on until the server closes the socket, and returns the close code."""
        deadline = time.monotonic() + timeout
        try:
            while (left := deadline - time.monotonic()) > 0:
                self.receive(left)
        except ConnectionClosed as closed:
            self.close_code = closed.rcvd.code if closed.rcvd else None
            return self.close_code
        except TimeoutError:
            pass
        raise AssertionError(f"the socket is still open after {timeout} s")


@contextlib.contextmanager
def events(token, url: str | None = None, **options):
    """Opens the events socket with the token as the only subprotocol, as clients do."""
    with connect(
        url or token.events_url, subprotocols=[token.text], open_timeout=10, close_timeout=2,
        ping_interval=None, **options,
    ) as socket:
        assert socket.subprotocol == token.text, "the token must be echoed as the subprotocol"
        yield Events(socket)


def participants(payload: dict) -> dict[str, dict]:
    """A STAGE_STATE payload's participants by id."""
    return {participant["id"]: participant for participant in payload["participants"]}
