"""The command line, which is public interface: what it says, and its exit codes."""

import json
import os
import re
import signal
import socket
import stat
import subprocess
import time

import pytest
from botocore.exceptions import ClientError

from harness.events import events
from harness.server import Server, binary, environment, run
from harness.stage import Stage, client

IDENTIFIER = re.compile(r"(?i)access.?key(?:.?id)?[\"']?\s*[=:]?\s*[\"']?([A-Za-z0-9_-]{8,})")
SECRET = re.compile(r"(?i)secret(?:.?access)?(?:.?key)?[\"']?\s*[=:]?\s*[\"']?([A-Za-z0-9/+_=-]{16,})")


def one_clear_line(result: subprocess.CompletedProcess[str], *words: str):
    """A refusal to start: non-zero, nothing on stdout, and one line that says what was wrong."""
    assert result.returncode not in (0, -signal.SIGSEGV, -signal.SIGILL, -signal.SIGTRAP), result
    lines = [line for line in result.stderr.splitlines() if line.strip()]
    # The argument parser adds its usage lines below the error.
    lines = [line for line in lines if not line.startswith(("Usage:", "  See "))]
    assert len(lines) == 1, result.stderr
    for word in words:
        assert word.lower() in lines[0].lower(), f"{word!r} is not in: {lines[0]}"
    assert "rostrum ready" not in result.stdout


@pytest.fixture
def unprivileged():
    """Makes a command run as nobody, since root reads everything."""
    if os.geteuid() != 0:
        return {}
    return {"user": 65534, "group": 65534, "extra_groups": []}


class TestInformation:
    def test_version(self):
        result = run("--version")
        assert result.returncode == 0
        assert re.search(r"\d+\.\d+\.\d+", result.stdout)

    @pytest.mark.parametrize("arguments", [
        ("--help",), ("serve", "--help"), ("keys", "--help"), ("demo", "--help"),
        ("load", "--help"), ("impair", "--help")])
    def test_help(self, arguments):
        result = run(*arguments)
        assert result.returncode == 0
        assert "USAGE" in result.stdout.upper()

    def test_help_names_every_flag_of_the_contract(self):
        text = run("serve", "--help").stdout
        for flag in (
            "--dev", "--config", "--data", "--host", "--port", "--media-port", "--media-address",
            "--workers", "--public-url", "--tls-cert", "--tls-key", "--region", "--account",
        ):
            assert flag in text, flag


class TestRefusalToStart:
    def test_wrong_flag(self):
        one_clear_line(run("serve", "--no-such-flag"), "--no-such-flag")

    def test_wrong_value(self):
        one_clear_line(run("serve", "--port", "http"), "port")
        one_clear_line(run("serve", "--dev", "--port", "70000"), "port")

    def test_taken_port(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            result = run("serve", "--dev", "--port", str(port), "--media-port", "0")
            one_clear_line(result, str(port))

    def test_taken_media_port(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
            result = run("serve", "--dev", "--port", "0", "--media-port", str(port))
            one_clear_line(result, str(port))

    def test_unreadable_data_directory(self, tmp_path, unprivileged):
        tmp_path.chmod(0o755)
        data = tmp_path / "data"
        data.mkdir(mode=0o700)
        if unprivileged:
            # The binary may live below a directory that only its owner may enter.
            probe = subprocess.run([str(binary()), "--version"], capture_output=True, **unprivileged)
            if probe.returncode != 0:
                pytest.skip("another user may not run the binary where it lies")
        else:
            data.chmod(0)
        result = run("serve", "--dev", "--port", "0", "--media-port", "0", "--data", str(data),
                     **unprivileged)
        one_clear_line(result, str(data))

    def test_data_directory_that_is_a_file(self, tmp_path):
        file = tmp_path / "file"
        file.write_text("x")
        result = run("serve", "--dev", "--port", "0", "--media-port", "0", "--data", str(file))
        one_clear_line(result, str(file))

    def test_database_that_is_none(self, tmp_path):
        with_database = Server("--data", str(tmp_path), name="cli").wait_ready()
        with_database.close()
        files = [file for file in tmp_path.rglob("*")
                 if file.is_file() and file.read_bytes()[:6] == b"SQLite"]
        assert files, "the data directory holds a database"
        for file in files:
            file.write_bytes(b"this is no database " * 400)
        result = run("serve", "--dev", "--port", "0", "--media-port", "0", "--data", str(tmp_path))
        one_clear_line(result, files[0].name)

    def test_bad_configuration_key(self, tmp_path):
        file = tmp_path / "rostrum.json"
        file.write_text('{"prot": 7700}')
        result = run("serve", "--dev", "--port", "0", "--media-port", "0", "--config", str(file))
        one_clear_line(result, "prot")

    def test_configuration_file_that_is_missing_or_broken(self, tmp_path):
        file = tmp_path / "rostrum.json"
        arguments = ("serve", "--dev", "--port", "0", "--media-port", "0", "--config", str(file))
        one_clear_line(run(*arguments), str(file))
        file.write_text("{")
        one_clear_line(run(*arguments), str(file))

    def test_dev_on_an_address_that_others_reach(self):
        result = run("serve", "--dev", "--host", "0.0.0.0", "--port", "0", "--media-port", "0")
        one_clear_line(result, "--dev")

    def test_certificate_without_key(self, tmp_path):
        result = run("serve", "--dev", "--port", "0", "--media-port", "0",
                     "--tls-cert", str(tmp_path / "cert.pem"))
        one_clear_line(result, "tls")


class TestConfiguration:
    def start(self, arguments: list[str], variables: dict[str, str]) -> subprocess.Popen:
        return subprocess.Popen(
            [str(binary()), "serve", "--dev", *arguments], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment() | variables)

    def ready_port(self, process: subprocess.Popen) -> int:
        try:
            line = process.stdout.readline()
            assert line.startswith("rostrum ready "), line
            return int(re.search(r"http=http://127\.0\.0\.1:(\d+)", line)[1])
        finally:
            process.terminate()
            process.wait(15)
            process.stdout.close()

    def test_flags_win_over_environment_over_file(self, tmp_path):
        ports = []
        for _ in range(3):
            with socket.create_server(("127.0.0.1", 0)) as free:
                ports.append(free.getsockname()[1])
        file = tmp_path / "rostrum.json"
        file.write_text(f'{{"port": {ports[0]}}}')
        base = ["--media-port", "0", "--config", str(file)]
        assert self.ready_port(self.start(base, {})) == ports[0]
        variables = {"ROSTRUM_PORT": str(ports[1])}
        assert self.ready_port(self.start(base, variables)) == ports[1]
        assert self.ready_port(self.start([*base, "--port", str(ports[2])], variables)) == ports[2]


class TestKeys:
    def create(self, data) -> tuple[str, str]:
        result = run("keys", "create", "--data", str(data))
        assert result.returncode == 0, result.stderr
        identifier, secret = IDENTIFIER.search(result.stdout), SECRET.search(result.stdout)
        assert identifier and secret, f"no key in: {result.stdout}"
        return identifier[1], secret[1]

    def allowed(self, server, key: tuple[str, str]) -> bool:
        try:
            client(server.http, key).list_stages()
            return True
        except ClientError as error:
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 403
            return False

    def serve(self, data) -> Server:
        return Server("--data", str(data), name="keys", dev=False).wait_ready()

    def test_are_created_listed_and_revoked(self, tmp_path):
        first, second = self.create(tmp_path), self.create(tmp_path)
        assert first != second
        listed = run("keys", "list", "--data", str(tmp_path))
        assert listed.returncode == 0
        assert first[0] in listed.stdout and second[0] in listed.stdout
        assert first[1] not in listed.stdout + listed.stderr, "a secret is shown once"
        server = self.serve(tmp_path)
        try:
            assert self.allowed(server, first) and self.allowed(server, second)
            assert not self.allowed(server, ("rostrum-dev", "rostrum-dev-secret"))
        finally:
            server.close()
        revoked = run("keys", "revoke", first[0], "--data", str(tmp_path))
        assert revoked.returncode == 0, revoked.stderr
        assert first[0] not in run("keys", "list", "--data", str(tmp_path)).stdout
        server = self.serve(tmp_path)
        try:
            assert not self.allowed(server, first)
            assert self.allowed(server, second)
        finally:
            server.close()

    def test_revoking_an_unknown_key_is_an_error(self, tmp_path):
        self.create(tmp_path)
        one_clear_line(run("keys", "revoke", "AKNOBODY00000000", "--data", str(tmp_path)),
                       "AKNOBODY00000000")

    def test_first_start_makes_one_and_says_how_to_use_it(self, tmp_path):
        server = self.serve(tmp_path)
        # Standard error is its own pipe: only at the end has everything come that was said.
        server.close()
        said = server.stderr + "\n".join(server.stdout_lines)
        for path in tmp_path.rglob("*"):
            if path.is_file():
                assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, f"{path} is open to others"
        identifier = IDENTIFIER.search(said)
        assert identifier, f"the first start does not say which key it made:\n{said}"
        listed = run("keys", "list", "--data", str(tmp_path)).stdout
        assert identifier[1] in listed
        again = self.serve(tmp_path)
        again.close()
        assert run("keys", "list", "--data", str(tmp_path)).stdout == listed, "only the first start"


class TestEnding:
    def test_sigterm_tells_the_viewers_and_exits_0_in_grace(self):
        server = Server(name="ending").wait_ready()
        stage = Stage(server)
        with events(stage.viewer()) as socket:
            socket.until("STAGE_STATE")
            began = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            told = socket.until("DISCONNECTED")
            assert told.get("reason"), told
            socket.until_closed()
        assert server.terminate() == 0
        assert time.monotonic() - began < 12

    def test_sigint_ends_it_too(self):
        server = Server(name="ending").wait_ready()
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(15) == 0

    def test_ready_line_is_the_only_thing_on_standard_output(self):
        server = Server(name="ending").wait_ready()
        Stage(server)
        server.close()
        assert len(server.stdout_lines) == 1, server.stdout_lines

    def test_json_logs(self):
        server = Server("--log-format", "json", name="json-logs").wait_ready()
        server.close()
        assert server.stderr_lines
        for line in server.stderr_lines:
            entry = json.loads(line)
            assert entry["message"] and entry["level"], line
