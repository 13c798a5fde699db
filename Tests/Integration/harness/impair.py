"""A bad network before the server: ``rostrum impair`` as a process."""

import json
import re
import signal
import subprocess
import threading

from .server import binary, environment

READY = re.compile(r"^rostrum impair ready (?:listen=udp:(?P<host>\S+):(?P<port>\d+) .*|a=.*)$")


class Impair:
    """``with Impair("--to", …) as link:`` and afterwards ``link.report``."""

    def __init__(self, *arguments, prefix: tuple[str, ...] = ()):
        self.command = [*prefix, str(binary()), "impair", "--json", "-", *map(str, arguments)]
        self.port = 0
        self.report: dict = {}
        self.lines: list[str] = []

    @classmethod
    def udp(cls, server: tuple[str, int], *arguments, host: str = "127.0.0.1") -> "Impair":
        """A relay on a free port."""
        return cls("--listen", f"{host}:0", "--to", f"{server[0]}:{server[1]}", *arguments)

    def __enter__(self) -> "Impair":
        self.process = subprocess.Popen(
            self.command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=environment())
        # With the report on standard output, all else is on standard error.
        for line in self.process.stderr:
            self.lines.append(line.rstrip("\n"))
            if match := READY.match(self.lines[-1]):
                self.port = int(match["port"] or 0)
                break
        else:
            raise AssertionError(f"{' '.join(self.command)}: {self.lines}")
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        return self

    def _read(self):
        for line in self.process.stderr:
            self.lines.append(line.rstrip("\n"))

    def __exit__(self, *exception):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        output = self.process.stdout.read()
        code = self.process.wait(10)
        self.reader.join(5)
        if exception[0] is None:
            assert code == 0, (code, self.lines)
            self.report = json.loads(output)
