"""A receiver of webhooks, as a backend would write it, that can be told to misbehave."""

import base64
import contextlib
import hashlib
import hmac
import http.server
import json
import socket
import threading
import time


def verify(secret: str, headers, body: bytes, now: float | None = None) -> str:
    """Checks a message as the Standard Webhooks specification says, and returns its id."""
    identifier, timestamp = headers["webhook-id"], headers["webhook-timestamp"]
    assert abs((now or time.time()) - int(timestamp)) < 300, "an old message"
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{identifier}.{timestamp}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    given = [part.split(",", 1) for part in headers["webhook-signature"].split(" ")]
    assert any(
        version == "v1" and hmac.compare_digest(signature, expected)
        for version, signature in given), "a wrong signature"
    return identifier


class Receiver:
    """Takes messages on a port of its own until it is told otherwise: see ``mood``."""

    def __init__(self, port: int = 0):
        if not port:
            with socket.create_server(("127.0.0.1", 0)) as probe:
                port = probe.getsockname()[1]
        self.port = port
        self.url = f"http://127.0.0.1:{port}/hook"
        self.secret: str | None = None
        # What is done with the next messages: "take", "refuse" (500), "stall" (no answer), "lose"
        # (take it, and answer 500), "gone" (410).
        self.mood = "take"
        # Every message that was taken, repeats included.
        self.taken: list[dict] = []
        self.attempts = 0
        self.lost = 0
        self.lock = threading.Lock()
        self.server = None
        self.wake = threading.Event()

    def start(self) -> "Receiver":
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                receiver.handle(self)

            def log_message(self, *arguments):
                pass

        class Quiet(http.server.ThreadingHTTPServer):
            allow_reuse_address = True
            daemon_threads = True

            def handle_error(self, request, address):
                pass

        self.wake.clear()
        self.server = Quiet(("127.0.0.1", self.port), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()
        return self

    def stop(self):
        """As when its process is killed: the port is closed."""
        if self.server:
            self.wake.set()
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def handle(self, handler):
        body = handler.rfile.read(int(handler.headers["content-length"]))
        with self.lock:
            mood = self.mood
            self.attempts += 1
        if mood == "stall":
            # Longer than any sender waits, unless the receiver goes away before.
            self.wake.wait(30)
            handler.close_connection = True
            return
        if mood in ("take", "lose"):
            assert handler.headers["content-type"].startswith("application/json")
            message = json.loads(body)
            if self.secret:
                assert verify(self.secret, handler.headers, body) == message["id"]
            with self.lock:
                self.taken.append(message)
                self.lost += mood == "lose"
        status = {"take": 204, "gone": 410}.get(mood, 500)
        handler.send_response(status)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    @property
    def ids(self) -> list[str]:
        with self.lock:
            return [message["id"] for message in self.taken]

    def until(self, condition, timeout: float = 30):
        """Waits until it holds for what was taken."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            with self.lock:
                taken = list(self.taken)
            if condition(taken):
                return taken
            time.sleep(0.05)
        raise AssertionError(f"after {timeout} s: {[name(message) for message in taken]}")


def name(message: dict) -> str:
    return message["detail"]["event_name"]


def stage_of(message: dict) -> str:
    return message["resources"][0].rsplit("/", 1)[1]


def first_of_each(messages: list[dict]) -> list[dict]:
    """The messages without their repeats, in the order of their first coming."""
    seen, first = set(), []
    for message in messages:
        if message["id"] not in seen:
            seen.add(message["id"])
            first.append(message)
    return first


@contextlib.contextmanager
def receiver(port: int = 0):
    receiver = Receiver(port).start()
    try:
        yield receiver
    finally:
        receiver.stop()
