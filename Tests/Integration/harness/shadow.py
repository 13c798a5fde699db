"""An in-memory model of the API's durable resources, and a seeded source of requests, good and bad.

The model answers what the server must answer; ``snapshot`` of both must be equal at any time."""

import copy
import random
import string

from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from .stage import walk

UNKNOWN_ID = "zzzzzzzzzzzz"
QUOTAS = {"encoder-configuration": 20, "storage-configuration": 5, "public-key": 3,
          "ingest-configuration": 100, "stage": 1_000}
# Kind: the operations' name, the member of an answer, the list's member.
KINDS = {
    "stage": ("stage", "stage", "stages"),
    "encoder-configuration": (
        "encoder_configuration", "encoderConfiguration", "encoderConfigurations"),
    "storage-configuration": (
        "storage_configuration", "storageConfiguration", "storageConfigurations"),
    "ingest-configuration": ("ingest_configuration", "ingestConfiguration", "ingestConfigurations"),
    "public-key": ("public_key", "publicKey", "publicKeys"),
}
KEYS = [
    ec.derive_private_key(scalar, ec.SECP384R1()).public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    for scalar in range(2, 8)]


class Refused(Exception):
    def __init__(self, code: str):
        self.code = code


class Shadow:
    """ARN → what must be kept of it."""

    def __init__(self):
        self.resources: dict[str, dict] = {}

    def kind(self, arn: str) -> str:
        return arn.split(":")[5].split("/")[0]

    def of(self, kind: str) -> list[str]:
        return [arn for arn in self.resources if self.kind(arn) == kind]

    def require(self, arn: str) -> dict:
        if arn not in self.resources:
            raise Refused("ResourceNotFoundException")
        return self.resources[arn]

    def require_reference(self, arn: str):
        """As those operations say it that do not declare ``ResourceNotFoundException``."""
        if arn not in self.resources:
            raise Refused("ValidationException")

    def check_new(self, kind: str, name: str, tags: dict):
        check_name(name)
        check_tags(tags)
        if len(self.of(kind)) >= QUOTAS[kind]:
            raise Refused("ServiceQuotaExceededException")

    def snapshot(self) -> dict:
        return copy.deepcopy(self.resources)


def check_name(name):
    if len(name) > 128 or not all(c in string.ascii_letters + string.digits + "-_" for c in name):
        raise Refused("ValidationException")


def check_tags(tags):
    if len(tags) > 50 or any(
            not 1 <= len(key) <= 128 or len(value) > 256 or key.lower().startswith("aws:")
            for key, value in tags.items()):
        raise Refused("ValidationException")


class Requests:
    """Draws requests: each is the operation's name, its arguments, and what it does to the model.

    The effect is called with the answer (``None`` to only ask what must come): it raises
    ``Refused``, or changes the model."""

    def __init__(self, seed: int, shadow: Shadow):
        self.random = random.Random(seed)
        self.shadow = shadow

    def draw(self):
        return self.random.choices(
            [self.create_stage, self.update_stage, self.create_encoder, self.create_storage,
             self.create_ingest, self.update_ingest, self.import_key, self.delete, self.get,
             self.tag, self.untag, self.mint],
            weights=[6, 3, 3, 3, 3, 3, 2, 5, 3, 3, 2, 2])[0]()

    # Ingredients.

    def name(self) -> str:
        return self.random.choices(
            ["", "show", f"show-{self.random.randrange(1000)}", "a" * 128, "a" * 129, "no spaces",
             "ümlaut"], weights=[3, 5, 5, 1, 1, 1, 1])[0]

    def tags(self) -> dict:
        return self.random.choices(
            [{}, {"a": "1"}, {"a": "2", "b c": "ü ☃", "empty": ""}, {"aws:x": "1"},
             {"k": "v" * 257}, {f"k{i}": "" for i in range(self.random.choice([50, 51]))}],
            weights=[6, 4, 4, 1, 1, 1])[0]

    def arn(self, kind: str) -> str:
        """Of something that is there, mostly."""
        known = self.shadow.of(kind)
        if known and self.random.random() < 0.85:
            return self.random.choice(known)
        if self.random.random() < 0.7:
            return f"arn:aws:ivs:us-east-1:123456789012:{kind}/{UNKNOWN_ID}"
        return self.random.choice(["nonsense", f"arn:aws:s3:us-east-1:1:{kind}/x",
                                   "arn:aws:ivs:us-east-1:123456789012:other/x"])

    @staticmethod
    def check_arn(arn: str, kind: str):
        if not arn.startswith("arn:aws:ivs:") or f":{kind}/" not in arn:
            raise Refused("ValidationException")

    def recording(self) -> dict | None:
        if self.random.random() < 0.6:
            return None
        window = self.random.choice([0, 300, 301])
        storage = "" if self.random.random() < 0.3 else self.arn("storage-configuration")
        return {"storageConfigurationArn": storage, "recordingReconnectWindowSeconds": window}

    def kept_recording(self, recording: dict) -> dict:
        """What stands in answers after it was given."""
        arn = recording["storageConfigurationArn"]
        if arn:
            self.check_arn(arn, "storage-configuration")
        if recording["recordingReconnectWindowSeconds"] > 300:
            raise Refused("ValidationException")
        if not arn:
            return {"storageConfigurationArn": "", "recordingReconnectWindowSeconds": 0}
        return recording

    # Requests.

    def create_stage(self):
        name, tags, recording = self.name(), self.tags(), self.recording()
        arguments = {"name": name, "tags": tags}
        if recording:
            arguments["autoParticipantRecordingConfiguration"] = recording

        def effect(answer):
            check_name(name)
            check_tags(tags)
            kept = self.kept_recording(recording or {
                "storageConfigurationArn": "", "recordingReconnectWindowSeconds": 0})
            if kept["storageConfigurationArn"]:
                self.shadow.require_reference(kept["storageConfigurationArn"])
            if answer:
                self.shadow.resources[answer["stage"]["arn"]] = {
                    "name": name, "tags": tags, "recording": kept}
        return "create_stage", arguments, effect

    def update_stage(self):
        arn, name, recording = self.arn("stage"), self.name(), self.recording()
        arguments = {"arn": arn, "name": name}
        if recording:
            arguments["autoParticipantRecordingConfiguration"] = recording

        def effect(answer):
            self.check_arn(arn, "stage")
            check_name(name)
            kept = self.kept_recording(recording) if recording else None
            stage = self.shadow.require(arn)
            if kept and kept["storageConfigurationArn"]:
                self.shadow.require(kept["storageConfigurationArn"])
            if answer:
                stage["name"] = name
                if kept:
                    stage["recording"] = kept
        return "update_stage", arguments, effect

    def create_encoder(self):
        name, tags = self.name(), self.tags()
        width, height = self.random.choice([(1280, 720), (1920, 1080), (1921, 2), (1920, 1920),
                                            (641, 480)])

        def effect(answer):
            self.shadow_names(name, tags)
            if width > 1920 or width % 2 or width * height > 2_073_600:
                raise Refused("ValidationException")
            self.shadow.check_new("encoder-configuration", name, tags)
            if answer:
                self.shadow.resources[answer["encoderConfiguration"]["arn"]] = {
                    "name": name, "tags": tags, "video": {
                        "width": width, "height": height, "framerate": 30.0, "bitrate": 2_500_000}}
        return "create_encoder_configuration", {
            "name": name, "tags": tags, "video": {"width": width, "height": height}}, effect

    @staticmethod
    def shadow_names(name, tags):
        check_name(name)
        check_tags(tags)

    def create_storage(self):
        name, tags = self.name(), self.tags()
        bucket = self.random.choice(["shows", "a.b-c", "BAD_bucket", "UPPER-case"])

        def effect(answer):
            self.shadow_names(name, tags)
            if bucket != bucket.lower():
                raise Refused("ValidationException")
            self.shadow.check_new("storage-configuration", name, tags)
            if answer:
                self.shadow.resources[answer["storageConfiguration"]["arn"]] = {
                    "name": name, "tags": tags, "bucket": bucket}
        return "create_storage_configuration", {
            "name": name, "tags": tags, "s3": {"bucketName": bucket}}, effect

    def create_ingest(self):
        name, tags, insecure = self.name(), self.tags(), self.random.random() < 0.5
        protocol = self.random.choice(["RTMP", "RTMPS", "SRT"])
        stage = self.arn("stage") if self.random.random() < 0.5 else ""

        def effect(answer):
            self.shadow_names(name, tags)
            if stage:
                self.check_arn(stage, "stage")
            if protocol == "SRT" or (protocol == "RTMP" and not insecure):
                raise Refused("ValidationException")
            if stage:
                self.shadow.require_reference(stage)
            self.shadow.check_new("ingest-configuration", name, tags)
            if answer:
                made = answer["ingestConfiguration"]
                self.shadow.resources[made["arn"]] = {
                    "name": name, "tags": tags, "stage": stage, "protocol": protocol,
                    "streamKey": made["streamKey"], "participantId": made["participantId"]}
        return "create_ingest_configuration", {
            "name": name, "tags": tags, "ingestProtocol": protocol, "insecureIngest": insecure,
            "stageArn": stage}, effect

    def update_ingest(self):
        arn = self.arn("ingest-configuration")
        stage = self.arn("stage") if self.random.random() < 0.7 else ""

        def effect(answer):
            self.check_arn(arn, "ingest-configuration")
            if stage:
                self.check_arn(stage, "stage")
            ingest = self.shadow.require(arn)
            if stage:
                self.shadow.require(stage)
            if answer:
                ingest["stage"] = stage
        return "update_ingest_configuration", {"arn": arn, "stageArn": stage}, effect

    def import_key(self):
        name, tags = self.name(), self.tags()
        pem = self.random.choice([*KEYS, KEYS[0].replace("MHYw", "MHYx"), "no key"])

        def effect(answer):
            self.shadow_names(name, tags)
            if pem not in KEYS:
                raise Refused("ValidationException")
            if any(self.shadow.resources[arn]["pem"] == pem for arn in self.shadow.of("public-key")):
                raise Refused("ConflictException")
            self.shadow.check_new("public-key", name, tags)
            if answer:
                self.shadow.resources[answer["publicKey"]["arn"]] = {
                    "name": name, "tags": tags, "pem": pem}
        return "import_public_key", {
            "name": name, "tags": tags, "publicKeyMaterial": pem}, effect

    def delete(self):
        kind = self.random.choice(list(KINDS))
        arn = self.arn(kind)

        def effect(answer):
            self.check_arn(arn, kind)
            self.shadow.require(arn)
            if kind == "storage-configuration" and any(
                    self.shadow.resources[stage]["recording"]["storageConfigurationArn"] == arn
                    for stage in self.shadow.of("stage")):
                raise Refused("ConflictException")
            if answer is not None:
                del self.shadow.resources[arn]
                if kind == "stage":
                    for ingest in self.shadow.of("ingest-configuration"):
                        if self.shadow.resources[ingest]["stage"] == arn:
                            self.shadow.resources[ingest]["stage"] = ""
        return f"delete_{KINDS[kind][0]}", {"arn": arn}, effect

    def get(self):
        kind = self.random.choice(list(KINDS))
        arn = self.arn(kind)

        def effect(answer):
            self.check_arn(arn, kind)
            wanted = self.shadow.require(arn)
            if answer:
                assert kept(kind, answer[KINDS[kind][1]]) == wanted
        return f"get_{KINDS[kind][0]}", {"arn": arn}, effect

    def tag(self):
        kind = self.random.choice(list(KINDS))
        arn, tags = self.arn(kind), self.tags() or {"a": "3"}

        def effect(answer):
            self.check_taggable(arn)
            check_tags(tags)
            merged = self.shadow.require(arn)["tags"] | tags
            if len(merged) > 50:
                raise Refused("ValidationException")
            if answer is not None:
                self.shadow.resources[arn]["tags"] = merged
        return "tag_resource", {"resourceArn": arn, "tags": tags}, effect

    def untag(self):
        kind = self.random.choice(list(KINDS))
        arn, keys = self.arn(kind), self.random.choice([["a"], ["b c", "nobody"], ["k1", "k2"]])

        def effect(answer):
            self.check_taggable(arn)
            tags = self.shadow.require(arn)["tags"]
            if answer is not None:
                self.shadow.resources[arn]["tags"] = {
                    key: value for key, value in tags.items() if key not in keys}
        return "untag_resource", {"resourceArn": arn, "tagKeys": keys}, effect

    @staticmethod
    def check_taggable(arn: str):
        if not arn.startswith("arn:aws:ivs:"):
            raise Refused("ValidationException")
        # Any kind is well-formed here; one that does not exist is not found.

    def mint(self):
        arn, minutes = self.arn("stage"), self.random.choice([1, 720, 20160, 20161])

        def effect(_):
            self.check_arn(arn, "stage")
            if minutes > 20160:
                raise Refused("ValidationException")
            self.shadow.require(arn)
        return "create_participant_token", {"stageArn": arn, "duration": minutes}, effect


def kept(kind: str, resource: dict) -> dict:
    """Of an answer, what the model keeps."""
    found = {"name": resource.get("name", ""), "tags": resource.get("tags", {})}
    match kind:
        case "stage":
            recording = resource["autoParticipantRecordingConfiguration"]
            found["recording"] = {
                key: recording[key]
                for key in ("storageConfigurationArn", "recordingReconnectWindowSeconds")}
        case "encoder-configuration":
            found["video"] = resource["video"]
        case "storage-configuration":
            found["bucket"] = resource["s3"]["bucketName"]
        case "ingest-configuration":
            found |= {"stage": resource["stageArn"], "protocol": resource["ingestProtocol"],
                      "streamKey": resource["streamKey"],
                      "participantId": resource["participantId"]}
        case "public-key":
            found["pem"] = resource["publicKeyMaterial"]
    return found


def snapshot(api) -> dict:
    """Everything that the server has, by its lists and its single answers."""
    found = {}
    for kind, (name, member, members) in KINDS.items():
        for summary in walk(getattr(api, f"list_{name}s"), members, 100):
            arn = summary["arn"]
            assert arn not in found, f"{arn} is listed twice"
            found[arn] = kept(kind, getattr(api, f"get_{name}")(arn=arn)[member])
    return found


def perform(api, request) -> None:
    """Makes the request of the server and of the model: both must answer the same."""
    operation, arguments, effect = request
    expected = None
    try:
        effect(None)
    except Refused as refused:
        expected = refused.code
    try:
        answer = getattr(api, operation)(**arguments)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        assert code == expected, f"{operation} {arguments}: {code}, and not {expected}: {error}"
        return
    assert expected is None, f"{operation} {arguments} was answered, and not refused: {expected}"
    effect(answer)
