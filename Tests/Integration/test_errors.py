"""Every operation, provoked to each of the errors that any input can lead to: what is malformed, what
does not exist, and what the key may not do. Conflicts and quotas have tests of their own, beside what
they are about; a disk that fails (500) is tried in the Swift tests of ``StageService``."""

import boto3
import botocore.loaders
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from harness import database
from harness.server import ACCOUNT, REGION, access_key, serving, until
from harness.stage import client, refusal

MODEL = botocore.loaders.Loader().load_service_model("ivs-realtime", "service-2", "2020-07-14")
OPERATIONS, SHAPES = MODEL["operations"], MODEL["shapes"]


def arn(kind: str) -> str:
    """Well formed, and nobody's."""
    return f"arn:aws:ivs:{REGION}:{ACCOUNT}:{kind}/nobodysXXXXX"


#: Good values, by the name of the member.
GOOD = {
    "stageArn": arn("stage"), "sourceStageArn": arn("stage"), "resourceArn": arn("stage"),
    "destinationStageArn": arn("stage").replace("nobodys", "another"),
    "participantId": "nobodysXXXXX", "sessionId": "st-nobodysXXXXXX",
    "tags": {"a": "b"}, "tagKeys": ["a"], "ingestProtocol": "RTMPS", "s3": {"bucketName": "bucket"},
    "tokenId": "nobodysXXXXX", "destinations": [{"channel": {"channelArn": arn("channel")}}],
    "publicKeyMaterial": "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
}
#: Bad ones; of a request the first that it has.
BAD = {
    "arn": "x", "stageArn": "x", "sourceStageArn": "x", "resourceArn": "arn:aws:s3:::x",
    "publicKeyMaterial": "x", "s3": {"bucketName": "A"}, "ingestProtocol": "SRT",
    "tokenId": "", "maxResults": 0, "video": {"width": 1}, "name": "?",
}


def declaring(error: str) -> list[str]:
    return [name for name, operation in OPERATIONS.items()
            if error in {shape["shape"] for shape in operation.get("errors", [])}]


def kind(operation: str) -> str:
    """Of the resource that ``arn`` names: ``GetPublicKey`` gets a ``public-key``."""
    words = {"Stage": "stage", "PublicKey": "public-key", "Composition": "composition",
             **{f"{word}Configuration": f"{word.lower()}-configuration"
                for word in ("Encoder", "Storage", "Ingest")}}
    return next(kind for word, kind in words.items() if operation.endswith(word))


def request(operation: str) -> dict:
    """The required members, each with a good value."""
    required = SHAPES[OPERATIONS[operation]["input"]["shape"]].get("required", [])
    return {name: arn(kind(operation)) if name == "arn" else GOOD[name] for name in required}


def send(api, operation: str, body: dict) -> tuple[int, str]:
    return refusal(api._make_api_call, operation, body)


def unchecked(server, key: tuple[str, str]):
    """A client that sends what it is given, so that the server is what refuses."""
    return boto3.client(
        "ivs-realtime", endpoint_url=server.http, region_name=REGION,
        aws_access_key_id=key[0], aws_secret_access_key=key[1],
        config=Config(retries={"max_attempts": 0}, parameter_validation=False))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    data = tmp_path_factory.mktemp("errors")
    keys = {permission: access_key(data, "--permission", permission)
            for permission in ("all", "read", "tokens")}
    with serving(data, name="errors", dev=False) as server:
        server.keys = keys
        yield server


@pytest.mark.parametrize("operation", declaring("ValidationException"))
def test_malformed(server, operation):
    body = request(operation)
    members = SHAPES[OPERATIONS[operation]["input"]["shape"]]["members"]
    name = next(name for name in BAD if name in members)
    error = send(unchecked(server, server.keys["all"]), operation, body | {name: BAD[name]})
    assert error == (400, "ValidationException")


#: They declare it, and name nothing that could be missing.
NAMELESS = {"CreateEncoderConfiguration", "CreateStorageConfiguration"}


@pytest.mark.parametrize(
    "operation", [name for name in declaring("ResourceNotFoundException") if name not in NAMELESS])
def test_unknown(server, operation):
    api = client(server.http, server.keys["all"])
    assert send(api, operation, request(operation)) == (404, "ResourceNotFoundException")


OF_TOKENS = {"CreateParticipantToken", "DisconnectParticipant"}


@pytest.mark.parametrize(
    "operation", [name for name in OPERATIONS if not name.startswith(("Get", "List"))])
def test_not_permitted(server, operation):
    """Every key may read; the rest may neither one that may only read, nor one for tokens, but for
    what is about tokens."""
    for permission in ("read", "tokens"):
        if permission == "tokens" and operation in OF_TOKENS:
            continue
        api = unchecked(server, server.keys[permission])
        assert send(api, operation, request(operation)) == (403, "AccessDeniedException")


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    """A server whose database lost the tables that resources stand in."""
    with serving(tmp_path_factory.mktemp("broken"), name="broken") as server:
        with database.opened(server.data) as connection:
            connection.execute("DROP TABLE resourceLink")
            connection.execute("DROP TABLE resource")
        yield server


@pytest.mark.parametrize("operation", [
    name for name in declaring("InternalServerException") if "Configuration" in name])
def test_broken_database(broken, operation):
    """500 without a word of SQL; the log has them, and the server goes on."""
    api = client(broken.http)
    with pytest.raises(ClientError) as caught:
        api._make_api_call(operation, request(operation))
    error = caught.value.response
    assert error["Error"]["Code"] == "InternalServerException"
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert "resource" not in error["Error"]["Message"]
    # What the server has written may come a little after its answer.
    until(lambda: "no such table" in broken.stderr)
    assert broken.get("/healthz")[0] == 200
