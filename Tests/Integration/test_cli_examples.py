"""The examples that the AWS CLI's own manual has for ivs-realtime, run against the server: the same
commands with other ARNs give answers with the same members."""

import itertools
import json
import pathlib
import re
import shlex

import awscli
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from harness import http
from harness.sdp import Offer
from harness.stage import Stage, client
from test_aws_cli import aws

MANUAL = pathlib.Path(awscli.__file__).parent / "examples" / "ivs-realtime"
BROWSER = ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
           "Chrome/142.0.0.0 Safari/537.36")
#: What the manual misspells, by file.
MISPRINTS = {
    "list-ingest-configurations": [("participnatId", "participantId")],
    "update-stage": [("60}} \"hls", "60}, \"hls"), (":false} \"hls", ":false, \"hls")],
}
#: Members of the manual's answers that this server does not have, and why.
NOT_HERE = {
    "rtmp", "rtmps",  # There is no ingest over RTMP yet.
    "recordingS3BucketName", "recordingS3Prefix",  # Participants are not recorded yet.
    "ispName",  # Not asked from anybody.
}
#: Members that are absent while there is nothing to say, by example.
ABSENT = {
    # Nobody has come yet.
    "create-stage": {"activeSessionId"},
    # The session goes on.
    "get-stage-session": {"endTime"}, "list-stage-sessions": {"endTime"},
}
#: Members that only replicated participants have, and what only they have: for them it takes media,
#: and a test of its own.
OF_REPLICAS = {
    "replicationState", "replicationType", "sourceStageArn", "sourceSessionId",
    "destinationStageArn", "destinationSessionId",
}
#: What there must be one of, so that there is something to list.
LISTED = {
    f"list-{kind}s": kind for kind in (
        "encoder-configuration", "storage-configuration", "ingest-configuration", "public-key",
        "composition")}
LISTED["list-stages"] = "other-stage"


def examples() -> list:
    """Every command of the manual with the members that its answer should have."""
    found = []
    for file in sorted(MANUAL.glob("*.rst")):
        text = file.read_text()
        commands = list(re.finditer(r"^    aws ivs-realtime (.*?)\n(?:\n|\S)", text, re.M | re.S))
        for number, (command, following) in enumerate(
                itertools.zip_longest(commands, commands[1:]), 1):
            line = re.sub(r" *\\ *\n *", " ", command[1])
            for wrong, right in MISPRINTS.get(file.stem, []):
                line, text = line.replace(wrong, right), text.replace(wrong, right)
            answer = text[command.end():following.start() if following else len(text)]
            members = set(re.findall(r'^ +"(\w+)":', answer, re.M))
            if "replica" in file.stem or members & OF_REPLICAS:
                continue
            name = file.stem if len(commands) == 1 else f"{file.stem}-{number}"
            expected = members - NOT_HERE - ABSENT.get(file.stem, set())
            found.append(pytest.param(line, expected, id=name))
    return found


class Kit:
    """Makes what an example speaks of, a new one for each ARN."""

    def __init__(self, server):
        self.server, self.api = server, client(server.http)
        self.made: dict[str, str] = {}
        self.stages: list[Stage] = []
        #: Of the compositions that are made.
        self.layout = "grid"
        self.host = None

    def arn(self, example: str, kind: str, is_destination: bool = False) -> str:
        """What stands for an example's ARN: the same for the same."""
        if kind == "stage" and not is_destination:
            return self.stage.arn
        if kind == "channel":
            return self.stage.arn.replace(":stage/", ":channel/")
        if example not in self.made:
            self.made[example] = self.make("other-stage" if kind == "stage" else kind)
        return self.made[example]

    def make(self, kind: str) -> str:
        return getattr(self, kind.replace("-", "_"))()

    @property
    def stage(self) -> Stage:
        """The stage that examples begin with; somebody is on it."""
        if not self.stages:
            self.stages.append(Stage(self.server, "stage1", self.api))
            self.host = self.stages[0].token("PUBLISH", "SUBSCRIBE", userId="bob")
            offer = str(Offer())
            answer = http.offer(self.host.publish_url, offer, self.host, User_Agent=BROWSER)
            assert answer.status == 201, answer.body
        return self.stages[0]

    @property
    def participant(self) -> str:
        return self.stage and self.host.participant

    @property
    def session(self) -> str:
        return self.api.get_stage(arn=self.stage.arn)["stage"]["activeSessionId"]

    def other_stage(self) -> str:
        assert self.stage, "which comes first"
        self.stages.append(Stage(self.server, "stage2", self.api))
        return self.stages[-1].arn

    def encoder_configuration(self) -> str:
        return self.api.create_encoder_configuration(name="test-ec")["encoderConfiguration"]["arn"]

    def storage_configuration(self) -> str:
        made = self.api.create_storage_configuration(s3={"bucketName": "amzn-s3-demo-bucket"})
        return made["storageConfiguration"]["arn"]

    def ingest_configuration(self) -> str:
        made = self.api.create_ingest_configuration(ingestProtocol="RTMPS")
        return made["ingestConfiguration"]["arn"]

    def public_key(self) -> str:
        return self.api.import_public_key(publicKeyMaterial=pem())["publicKey"]["arn"]

    def composition(self) -> str:
        recording = {"s3": {
            "storageConfigurationArn": self.arn("storage", "storage-configuration"),
            "encoderConfigurationArns": [self.arn("encoder", "encoder-configuration")],
            "thumbnailConfigurations": [{}]}}
        channel = {"channel": {
            "channelArn": self.arn("channel", "channel"),
            "encoderConfigurationArn": self.arn("encoder", "encoder-configuration")}}
        made = self.api.start_composition(
            stageArn=self.stage.arn, destinations=[channel, recording], layout={self.layout: {}})
        return made["composition"]["arn"]

    def clear(self):
        for stage in self.api.list_stages()["stages"]:
            self.api.delete_stage(arn=stage["arn"])
        for key in self.api.list_public_keys()["publicKeys"]:
            self.api.delete_public_key(arn=key["arn"])
        for kind in ("encoder", "storage", "ingest"):
            listed = getattr(self.api, f"list_{kind}_configurations")()
            for made in listed[f"{kind}Configurations"]:
                getattr(self.api, f"delete_{kind}_configuration")(arn=made["arn"])


def pem() -> str:
    return ec.generate_private_key(ec.SECP384R1()).public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode().strip()


@pytest.fixture
def kit(server):
    kit = Kit(server)
    yield kit
    kit.clear()


def members_of(value) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*map(members_of, value.values()))
    return set().union(*map(members_of, value)) if isinstance(value, list) else set()


def adapted(kit: Kit, command: str) -> list[str]:
    """The words of an example's command, with ARNs and ids of what there is."""
    words = shlex.split(command)
    for index, word in enumerate(words[1:], 1):
        option = words[index - 1]
        if option == "--session-id":
            words[index] = kit.session
        elif option == "--participant-id":
            words[index] = kit.participant
        else:
            word = word.replace("`cat public.pem`", pem())
            words[index] = re.sub(
                r"arn:aws:ivs:[a-z0-9-]+:\d+:([a-z-]+)/\w+",
                lambda arn: kit.arn(arn[0], arn[1], "destination" in option), word)
    return words


@pytest.mark.parametrize(("command", "members"), examples())
def test_example(kit, command, members):
    if "pipBehavior" in members:
        kit.layout = "pip"
    words = adapted(kit, command)
    if kind := LISTED.get(words[0]):
        kit.make(kind)
    result = aws(kit.server, shlex.join(words))
    assert result.returncode == 0, f"{shlex.join(words)}\n{result.stderr}"
    answer = json.loads(result.stdout) if result.stdout.strip() else {}
    assert members - members_of(answer) == set()
