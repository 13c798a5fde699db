"""Starts and stops the binary under test, and keeps what it says."""

import contextlib
import os
import pathlib
import re
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
READY = re.compile(r"^rostrum ready http=(?P<http>\S+) media=udp:(?P<host>\S+):(?P<port>\d+)$")
CREATED = re.compile(r"access key id\s+(\S+)\nsecret access key\s+(\S+)")
REGION = "us-east-1"
ACCOUNT = "123456789012"
DEV_KEY = ("rostrum-dev", "rostrum-dev-secret")


def binary() -> pathlib.Path:
    """The server under test: ``ROSTRUM_BINARY``, else what the last build left."""
    if given := os.environ.get("ROSTRUM_BINARY"):
        return pathlib.Path(given)
    built = [REPOSITORY / ".build" / kind / "rostrum" for kind in ("release", "debug")]
    for candidate in built:
        if candidate.exists():
            return candidate
    raise FileNotFoundError("no rostrum binary: build it, or set ROSTRUM_BINARY")


def output_directory() -> pathlib.Path:
    """Where logs, reports and screenshots go."""
    path = pathlib.Path(os.environ.get("ROSTRUM_TEST_OUTPUT", REPOSITORY / ".test-output"))
    path.mkdir(parents=True, exist_ok=True)
    return path


def environment() -> dict[str, str]:
    """Our environment without what would configure the server behind the test's back."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("ROSTRUM_", "AWS_"))}


def access_key(data, *arguments: str) -> tuple[str, str]:
    """Makes a key with ``rostrum keys create``; returns its id and its secret."""
    result = run("keys", "create", "--data", data, *arguments)
    assert result.returncode == 0, result.stderr
    return CREATED.search(result.stdout).groups()


@contextlib.contextmanager
def serving(data, *arguments: str, **options):
    """A server with its data there, which still runs at the end, and ends well on SIGTERM."""
    server = Server("--data", str(data), *arguments, **options)
    server.data = pathlib.Path(data)
    try:
        yield server.wait_ready()
        server.close()
    finally:
        server.kill()


def until(condition, timeout: float = 10, interval: float = 0.1):
    """The first value of ``condition`` that is true."""
    deadline = time.monotonic() + timeout
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {timeout} s"
        time.sleep(interval)
    return value


def run(*arguments: str, timeout: float = 20, **options) -> subprocess.CompletedProcess[str]:
    """Runs ``rostrum ARGUMENT…`` to its end."""
    return subprocess.run(
        [str(binary()), *map(str, arguments)],
        capture_output=True, text=True, timeout=timeout, env=environment(), **options,
    )


class Server:
    """One ``rostrum serve`` process."""

    def __init__(self, *arguments: str, name: str = "server", dev: bool = True):
        self.name = name
        self.stdout_lines: list[str] = []
        self.stderr_lines: list[str] = []
        command = [str(binary()), "serve", "--port", "0", "--media-port", "0"]
        command += ["--region", REGION, "--account", ACCOUNT]
        if dev:
            command.append("--dev")
        elif "--api-rate" not in arguments:
            # Tests are quicker than backends may be.
            command += ["--api-rate", "off"]
        command += map(str, arguments)
        self.command = command
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace",
            env=environment(),
        )
        self._ready = threading.Event()
        self._log = (output_directory() / f"{name}.stderr.log").open("a")
        self._readers = [
            threading.Thread(target=self._read_stdout, daemon=True),
            threading.Thread(target=self._read_stderr, daemon=True),
        ]
        for reader in self._readers:
            reader.start()
        self.http = ""
        self.media: tuple[str, int] = ("", 0)

    def _read_stdout(self):
        for line in self.process.stdout:
            line = line.rstrip("\n")
            self.stdout_lines.append(line)
            if match := READY.match(line):
                self.http = match["http"]
                self.media = (match["host"].strip("[]"), int(match["port"]))
                self._ready.set()
        self._ready.set()

    def _read_stderr(self):
        for line in self.process.stderr:
            self.stderr_lines.append(line.rstrip("\n"))
            self._log.write(line)
            self._log.flush()

    @property
    def stderr(self) -> str:
        return "\n".join(self.stderr_lines)

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    def wait_ready(self, timeout: float = 20) -> "Server":
        self._ready.wait(timeout)
        if not self.http:
            self.kill()
            raise AssertionError(
                f"no ready line within {timeout} s from {' '.join(self.command)}\n"
                f"stdout: {self.stdout_lines}\nstderr:\n{self.stderr}"
            )
        return self

    def get(self, path: str, timeout: float = 5) -> tuple[int, str]:
        """Status and body of a plain GET."""
        try:
            with urllib.request.urlopen(self.http + path, timeout=timeout) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(errors="replace")

    def terminate(self, timeout: float = 20) -> int:
        """SIGTERM, and the exit code."""
        if self.is_running:
            self.process.send_signal(signal.SIGTERM)
        return self._wait(timeout)

    def kill(self) -> int:
        """SIGKILL: what a power cut looks like to the database."""
        if self.is_running:
            self.process.kill()
        return self._wait(10)

    def _wait(self, timeout: float) -> int:
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)
            raise AssertionError(f"did not end within {timeout} s of the signal") from None
        for reader in self._readers:
            reader.join(2)
        return code

    def close(self):
        """Ends the server as an operator would, and asserts that it went well."""
        assert self.is_running, f"the server died (exit {self.process.poll()}):\n{self.tail()}"
        began = time.monotonic()
        code = self.terminate()
        took = time.monotonic() - began
        assert code == 0, f"exit {code} after SIGTERM:\n{self.tail()}"
        assert took < 15, f"SIGTERM took {took:.1f} s"
        crashed = [line for line in self.stderr_lines if "Fatal error" in line or "💣" in line]
        assert not crashed, crashed

    def tail(self, lines: int = 40) -> str:
        return "\n".join(self.stderr_lines[-lines:])
