"""The AWS CLI's own examples for ``ivs-realtime``, run as they stand but for the names of resources:
each must answer with the members that the documentation shows."""

import json
import re

import pytest

from harness.examples import Example, examples, paths
from harness.world import World, run

ARN = re.compile(r"arn:aws:ivs:[\w-]+:\d+:([\w-]+)/\w+")

# Shown members that an answer of ours may lack, and why.
NO_RTMP = {"stage.endpoints.rtmp": "no RTMP ingest yet", "stage.endpoints.rtmps": "the same"}
NO_HEADERS = {
    "accessControlAllowOrigin": "no page of another origin asks",
    "accessControlExposeHeaders": "the same", "strictTransportSecurity": "there is no TLS here",
}
ABSENT = {
    "get-participant": {
        "participant.ispName": "no database of providers' addresses",
        "participant.recordingS3BucketName": "the participant is not recorded",
        "participant.recordingS3Prefix": "the participant is not recorded",
        "participant.replicationState": "shown for a participant that is replicated",
        "participant.sdkVersion": "aiortc says nothing of itself",
        "participant.browserName": "aiortc is no browser", "participant.browserVersion": "the same",
        "participant.osName": "the same", "participant.osVersion": "the same",
    },
    "list-participants": {
        f"participants[].{name}": "shown for a participant that is replicated"
        for name in ("replicationState", "sourceStageArn", "sourceSessionId", "replicationType")
    },
    "list-participant-events": {
        f"events[].{name}": "shown for a participant that is replicated"
        for name in ("destinationStageArn", "destinationSessionId")
    },
    "create-stage": {**NO_RTMP, "stage.activeSessionId": "nobody has come yet"},
    "get-stage": NO_RTMP,
    "update-stage": NO_RTMP,
    "start-participant-replication": NO_HEADERS,
    "stop-participant-replication": NO_HEADERS,
    "list-stage-sessions": {"stageSessions[].endTime": "a session that goes on has none"},
    "get-stage-session": {"stageSession.endTime": "a session that goes on has none"},
    "list-compositions": {
        "compositions[].endTime": "a composition that goes on has none",
        "compositions[].destinations[].endTime": "the same",
        "compositions[].destinations[].startTime": "a destination that never started has none",
    },
    "get-composition": {
        "composition.destinations[].startTime": "a destination that never started has none",
        "composition.destinations[].detail": "no recording was made", "composition.endTime": "",
        "composition.destinations[].detail.s3": "", "composition.destinations[].endTime": "",
        "composition.destinations[].detail.s3.recordingPrefix": "",
    },
    "start-composition": {
        "composition.destinations[].detail": "no recording was made yet",
        "composition.destinations[].detail.s3": "",
        "composition.destinations[].detail.s3.recordingPrefix": "",
    },
}


def fill(world: World, example: Example, made: dict[str, str]) -> str:
    """The command with this world's names in it."""
    is_disposable = example.operation == "delete-stage"

    def name(match: re.Match) -> str:
        kind = match[1]
        if kind == "stage":
            if is_disposable:
                return world.api.create_stage(name="x")["stage"]["arn"]
            return world.stage.arn
        if kind not in made:
            is_kept = not example.operation.startswith("delete-")
            made[kind] = world.some(kind) if is_kept else world.make(kind)
        return made[kind]

    command = example.command.replace("aws ivs-realtime", world.aws + " ivs-realtime", 1)
    command = re.sub(
        r"(--destination-stage-arn) \S+", lambda found: f"{found[1]} @@other@@", command)
    command = ARN.sub(name, command).replace("@@other@@", world.other.arn)
    participant = (
        world.stage.viewer().participant if example.operation == "disconnect-participant"
        else world.host.participant)
    command = re.sub(r"(--participant-id) \S+", rf"\1 {participant}", command)
    return re.sub(r"(--session-id) \S+", rf"\1 {world.session}", command)


@pytest.fixture(scope="module")
def world(server, tmp_path_factory):
    world = World(server, tmp_path_factory.mktemp("examples"))
    yield world
    world.close()


@pytest.fixture(scope="module")
def replication(world):
    """The examples of replication come in the order of the alphabet: list before start."""
    return {"sourceStageArn": world.stage.arn, "destinationStageArn": world.other.arn,
            "participantId": world.host.participant}


@pytest.mark.parametrize("example", examples(), ids=str)
def test_example(server, world, replication, example):
    made: dict[str, str] = {}
    prepare(world, replication, example)
    try:
        result = run(server, world, fill(world, example, made))
        assert result.returncode == 0, result.stderr
        got = json.loads(result.stdout) if result.stdout.strip() else {}
        missing = paths(example.output or {}) - paths(got)
        missing -= ABSENT.get(example.operation, {}).keys()
        # Tags and attributes are names that somebody chose.
        missing = {path for path in missing if ".tags." not in path and "attributes." not in path}
        assert not missing, f"{sorted(missing)} of the documentation are not in {got}"
    finally:
        for kind, arn in made.items():
            world.remove(kind, arn)
        if example.operation == "import-public-key":
            for key in world.api.list_public_keys()["publicKeys"]:
                world.remove("public-key", key["arn"])


def prepare(world: World, replication: dict, example: Example):
    """Makes that there is something to list, to stop or to start."""
    operation = example.operation
    world.layout = "pip" if "composition.layout.pip" in paths(example.output or {}) else "grid"
    if operation in ("stop-participant-replication", "list-participant-replicas"):
        try:
            world.api.start_participant_replication(**replication)
        except world.api.exceptions.ConflictException:
            pass
    if operation == "start-participant-replication":
        try:
            world.api.stop_participant_replication(**replication)
        except world.api.exceptions.ResourceNotFoundException:
            pass
    if operation.startswith("list-"):
        kind = {"list-encoder-configurations": "encoder-configuration",
                "list-storage-configurations": "storage-configuration",
                "list-ingest-configurations": "ingest-configuration",
                "list-public-keys": "public-key", "list-compositions": "composition"}.get(operation)
        if kind:
            world.make(kind)


def test_every_operation_has_an_example():
    assert len({example.operation for example in examples()}) >= 36
