"""Access keys and the master key: what each may do, how they are stored, and how they go."""

import sqlite3
import stat
import time

import pytest
from botocore.exceptions import ClientError

from harness.server import Server, access_key, run
from harness.stage import client

def listed(data) -> dict[str, list[str]]:
    """The rows of `rostrum keys list` by id."""
    lines = run("keys", "list", "--data", data).stdout.splitlines()
    return {row[0]: row[1:] for row in (line.split() for line in lines[1:])}


def serve(data, *arguments) -> Server:
    return Server("--data", str(data), *arguments, name="keys", dev=False).wait_ready()


def error(call, **arguments) -> dict | None:
    try:
        call(**arguments)
    except ClientError as failure:
        return failure.response
    return None


def refused_in_one_line(result, *words: str):
    assert result.returncode != 0
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.stderr
    for word in words:
        assert word in lines[0], lines[0]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return tmp_path_factory.mktemp("keys")


@pytest.fixture(scope="module")
def server(data):
    server = serve(data)
    try:
        yield server
        server.close()
    finally:
        server.kill()


class TestPermissions:
    def test_each_takes_its_operations(self, data, server):
        every = client(server.http, access_key(data))
        arn = every.create_stage(name="permissions")["stage"]["arn"]
        reader = client(server.http, access_key(data, "--permission", "read"))
        minter = client(server.http, access_key(data, "--permission", "tokens"))
        for api in (reader, minter, every):
            assert api.get_stage(arn=arn)["stage"]["arn"] == arn
            api.list_tags_for_resource(resourceArn=arn)
        token = minter.create_participant_token(stageArn=arn)["participantToken"]
        minter.disconnect_participant(stageArn=arn, participantId=token["participantId"])
        for api, permission, call, arguments in [
            (reader, "tokens", "create_participant_token", {"stageArn": arn}),
            (reader, "all", "delete_stage", {"arn": arn}),
            (minter, "all", "create_stage", {"name": "x"}),
            (minter, "all", "tag_resource", {"resourceArn": arn, "tags": {"a": "b"}}),
        ]:
            answer = error(getattr(api, call), **arguments)
            assert answer["Error"]["Code"] == "AccessDeniedException"
            assert answer["ResponseMetadata"]["HTTPStatusCode"] == 403
            assert f"'{permission}'" in answer["Error"]["Message"], answer["Error"]
        every.delete_stage(arn=arn)

    def test_names_and_permissions_are_listed(self, data):
        key, _ = access_key(data, "--name", "back-end_1.x", "--permission", "tokens")
        assert listed(data)[key][:2] == ["back-end_1.x", "tokens"]
        for arguments in (["--name", "a b"], ["--name", "x" * 129], ["--permission", "write"]):
            result = run("keys", "create", "--data", data, *arguments)
            assert result.returncode == 64 and arguments[0] in result.stderr


class TestRevoking:
    def test_counts_within_a_second_in_a_running_server(self, data, server):
        key = access_key(data)
        api = client(server.http, key)
        api.list_stages()
        assert run("keys", "revoke", key[0], "--data", data).returncode == 0
        time.sleep(1.1)
        answer = error(api.list_stages)
        assert answer["Error"]["Code"] == "UnrecognizedClientException"
        assert key[0] not in listed(data)

    def test_last_use_is_seen(self, data, server):
        key = access_key(data)
        assert listed(data)[key[0]][-1] == "never"
        client(server.http, (key[0], "x" * 40))
        assert error(client(server.http, (key[0], "x" * 40)).list_stages)
        assert listed(data)[key[0]][-1] == "never", "a wrong signature is no use"
        client(server.http, key).list_stages()
        deadline = time.monotonic() + 5
        while listed(data)[key[0]][-1] == "never" and time.monotonic() < deadline:
            time.sleep(0.1)
        assert listed(data)[key[0]][-1].startswith("20")


class TestRates:
    def test_who_calls_too_often_is_told_when_to_come_back(self, tmp_path):
        server = serve(tmp_path, "--api-rate", "other=2")
        try:
            first, second = access_key(tmp_path), access_key(tmp_path)
            api = client(server.http, first)
            answers = [error(api.list_stages) for _ in range(8)]
            refused = [answer for answer in answers if answer]
            assert refused and not answers[0]
            for answer in refused:
                assert answer["Error"]["Code"] == "ThrottlingException"
                assert answer["ResponseMetadata"]["HTTPStatusCode"] == 429
                assert answer["ResponseMetadata"]["HTTPHeaders"]["retry-after"] == "1"
            assert error(client(server.http, second).list_stages) is None
            time.sleep(1)
            assert error(api.list_stages) is None
            server.close()
        finally:
            server.kill()

    def test_the_rates_are_those_of_ivs(self, tmp_path):
        server = serve(tmp_path, "--api-rate", "tokens=50")
        try:
            api = client(server.http, access_key(tmp_path))
            answers = [error(api.get_stage, arn="arn:aws:ivs:us-east-1:123456789012:stage/x")
                       for _ in range(30)]
            codes = [answer["Error"]["Code"] for answer in answers]
            assert codes[:10] == ["ResourceNotFoundException"] * 10
            assert "ThrottlingException" in codes
        finally:
            server.kill()


class TestMasterKey:
    def test_the_database_alone_gives_no_secret_away(self, tmp_path):
        _, secret = access_key(tmp_path)
        server = serve(tmp_path)
        server.close()
        for file in tmp_path.iterdir():
            assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0, file
            content = file.read_bytes()
            assert secret.encode() not in content, file
            assert b"PRIVATE KEY" not in content, file

    def test_missing_or_wrong_it_is_one_clear_line(self, tmp_path):
        key = access_key(tmp_path)
        file = tmp_path / "master.key"
        kept = file.read_text()
        arguments = ("serve", "--data", tmp_path, "--port", "0", "--media-port", "0")
        file.unlink()
        refused_in_one_line(run(*arguments), str(file), "--master-key-file")
        assert not file.exists(), "it is never made anew"
        refused_in_one_line(run("keys", "list", "--data", tmp_path), str(file))
        file.write_text("A" * 43 + "=\n")
        refused_in_one_line(run(*arguments), str(file), "--master-key-file")
        file.write_text("rubbish")
        refused_in_one_line(run(*arguments), str(file), "base64")
        elsewhere = tmp_path / "elsewhere.key"
        elsewhere.write_text(kept)
        server = serve(tmp_path, "--master-key-file", str(elsewhere))
        try:
            client(server.http, key).list_stages()
            server.close()
        finally:
            server.kill()

    def test_rotation(self, tmp_path):
        key = access_key(tmp_path)
        server = serve(tmp_path)
        try:
            result = run("keys", "rotate-master", "--data", tmp_path)
            refused_in_one_line(result, str(tmp_path))
            server.close()
        finally:
            server.kill()
        before = (tmp_path / "master.key").read_text()
        assert run("keys", "rotate-master", "--data", tmp_path).returncode == 0
        assert (tmp_path / "master.key").read_text() != before
        server = serve(tmp_path)
        try:
            client(server.http, key).list_stages()
            server.close()
        finally:
            server.kill()

    def test_secrets_of_earlier_versions_are_sealed_at_the_first_start(self, tmp_path):
        serve(tmp_path).close()
        key = ("RSTRAAAAAAAAAAAAAAAA", "0123456789abcdefghijABCDEFGHIJ0123456789")
        database = sqlite3.connect(tmp_path / "rostrum.sqlite")
        (table,) = [name for (name,) in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'") if name.startswith("setting")]
        database.execute(f"DELETE FROM {table}")
        database.execute(
            f"INSERT INTO {table} (key, value) VALUES (?, ?)",
            (f"access-key/{key[0]}", f'{{"createdAt":1750000000000,"secret":"{key[1]}"}}'))
        database.commit()
        database.close()
        (tmp_path / "master.key").unlink()
        server = serve(tmp_path)
        try:
            client(server.http, key).create_stage()
            server.close()
        finally:
            server.kill()
        assert (tmp_path / "master.key").exists()
        database = sqlite3.connect(tmp_path / "rostrum.sqlite")
        rows = dict(database.execute(f"SELECT key, value FROM {table}"))
        database.close()
        assert rows[f"access-key/{key[0]}"].startswith("sealed1.")
