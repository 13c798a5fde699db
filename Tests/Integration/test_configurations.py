"""Encoder, storage and ingest configurations, and tags of every kind of resource."""

import re

import pytest

from harness.server import ACCOUNT, REGION
from harness.stage import client, walk

PREFIX = f"arn:aws:ivs:{REGION}:{ACCOUNT}:"
KINDS = ("encoder", "storage", "ingest")
REQUIRED = {
    "encoder": {}, "storage": {"s3": {"bucketName": "recordings"}},
    "ingest": {"ingestProtocol": "RTMPS"},
}


class Kind:
    """The operations of one kind of configuration; what it makes is deleted at the end."""

    def __init__(self, api, kind: str):
        self.api, self.kind = api, kind
        self.made: list[str] = []

    def create(self, **members) -> dict:
        method = getattr(self.api, f"create_{self.kind}_configuration")
        made = method(**REQUIRED[self.kind] | members)[f"{self.kind}Configuration"]
        self.made.append(made["arn"])
        return made

    def get(self, arn: str) -> dict:
        answer = getattr(self.api, f"get_{self.kind}_configuration")(arn=arn)
        return answer[f"{self.kind}Configuration"]

    def page(self, **members) -> dict:
        return getattr(self.api, f"list_{self.kind}_configurations")(**members)

    def list(self, size: int = 100, **members) -> list[dict]:
        return walk(self.page, f"{self.kind}Configurations", size, **members)

    def delete(self, arn: str, **members):
        getattr(self.api, f"delete_{self.kind}_configuration")(arn=arn, **members)
        if arn in self.made:
            self.made.remove(arn)

    def clear(self):
        for arn in list(self.made):
            self.delete(arn)


@pytest.fixture(params=KINDS)
def kind(request, api):
    kind = Kind(api, request.param)
    yield kind
    kind.clear()


@pytest.fixture
def encoder(api):
    kind = Kind(api, "encoder")
    yield kind
    kind.clear()


@pytest.fixture
def storage(api):
    kind = Kind(api, "storage")
    yield kind
    kind.clear()


@pytest.fixture
def ingest(api):
    kind = Kind(api, "ingest")
    yield kind
    kind.clear()


class TestEveryKind:
    def test_lives_and_dies(self, api, kind):
        made = kind.create(name="name-1", tags={"team": "red"})
        assert re.fullmatch(f"{PREFIX}{kind.kind}-configuration/[0-9A-Za-z]{{12}}", made["arn"])
        assert made["name"] == "name-1" and made["tags"] == {"team": "red"}
        assert kind.get(made["arn"]) == made
        assert made["arn"] in [entry["arn"] for entry in kind.list()]
        kind.delete(made["arn"])
        for call in (kind.get, kind.delete):
            with pytest.raises(api.exceptions.ResourceNotFoundException):
                call(made["arn"])
        assert made["arn"] not in [entry["arn"] for entry in kind.list()]

    def test_names_need_not_be_unique_or_given(self, kind):
        first, second, nameless = kind.create(name="a"), kind.create(name="a"), kind.create()
        assert first["arn"] != second["arn"]
        assert nameless["name"] == "" and nameless["tags"] == {}

    def test_lists_turn_pages_in_the_order_of_creation(self, kind):
        before = [entry["arn"] for entry in kind.list()]
        made = [kind.create(name=f"n{number}")["arn"] for number in range(4)]
        for size in (1, 2, 3, 100):
            assert [entry["arn"] for entry in kind.list(size)] == before + made

    @pytest.mark.parametrize("members", [
        {"name": "two words"}, {"name": "x" * 129}, {"tags": {"aws:x": "y"}},
        {"tags": {f"k{number}": "" for number in range(51)}},
    ])
    def test_refuses(self, api, kind, members):
        with pytest.raises(api.exceptions.ValidationException):
            kind.create(**members)

    @pytest.mark.parametrize("members", [{"maxResults": 101}, {"nextToken": "AAAA"}])
    def test_refuses_wrong_pages(self, api, kind, members):
        with pytest.raises(api.exceptions.ValidationException):
            kind.page(**members)

    def test_tags(self, api, kind):
        arn = kind.create(tags={"a": "1"})["arn"]
        api.tag_resource(resourceArn=arn, tags={"b c": "zwei", "ü/:": "é"})
        expected = {"a": "1", "b c": "zwei", "ü/:": "é"}
        assert api.list_tags_for_resource(resourceArn=arn)["tags"] == expected
        assert kind.get(arn)["tags"] == expected
        api.untag_resource(resourceArn=arn, tagKeys=["a", "b c", "never"])
        assert kind.get(arn)["tags"] == {"ü/:": "é"}
        kind.delete(arn)
        for call in (
            lambda: api.list_tags_for_resource(resourceArn=arn),
            lambda: api.tag_resource(resourceArn=arn, tags={"a": "b"}),
            lambda: api.untag_resource(resourceArn=arn, tagKeys=["a"]),
        ):
            with pytest.raises(api.exceptions.ResourceNotFoundException):
                call()


@pytest.mark.parametrize(("name", "limit"), [("encoder", 20), ("storage", 5), ("ingest", 100)])
def test_quota(api, name, limit):
    kind = Kind(api, name)
    try:
        there = len(kind.list())
        for _ in range(limit - there):
            kind.create()
        with pytest.raises(api.exceptions.ServiceQuotaExceededException) as refusal:
            kind.create()
        assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 402
        assert str(limit) in refusal.value.response["Error"]["Message"]
    finally:
        kind.clear()


class TestEncoder:
    def test_has_defaults(self, encoder):
        video = {"width": 1280, "height": 720, "framerate": 30.0, "bitrate": 2_500_000}
        assert encoder.create()["video"] == video
        assert encoder.create(video={"framerate": 60})["video"] == video | {"framerate": 60.0}
        portrait = {"width": 1080, "height": 1920, "framerate": 29.97, "bitrate": 8_500_000}
        assert encoder.create(video=portrait)["video"] == portrait

    @pytest.mark.parametrize("video", [
        {"width": 1921}, {"width": 641}, {"height": 361}, {"width": 1920, "height": 1082},
        {"framerate": 60.5}, {"bitrate": 8_500_001},
    ])
    def test_refuses(self, api, encoder, video):
        with pytest.raises(api.exceptions.ValidationException) as refusal:
            encoder.create(video=video)
        assert "video." in refusal.value.response["Error"]["Message"]


class TestStorage:
    @pytest.mark.parametrize("bucket", ["Bucket", "a_b", "x" * 64])
    def test_refuses(self, api, storage, bucket):
        with pytest.raises(api.exceptions.ValidationException):
            storage.create(s3={"bucketName": bucket})

    def test_a_stage_that_records_keeps_it(self, api, storage):
        arn = storage.create()["arn"]
        stage = api.create_stage(autoParticipantRecordingConfiguration={
            "storageConfigurationArn": arn, "mediaTypes": ["AUDIO_ONLY"]})["stage"]
        recording = stage["autoParticipantRecordingConfiguration"]
        assert recording["storageConfigurationArn"] == arn
        assert recording["mediaTypes"] == ["AUDIO_ONLY"]
        assert recording["hlsConfiguration"] == {"targetSegmentDurationSeconds": 6}
        with pytest.raises(api.exceptions.ConflictException) as refusal:
            storage.delete(arn)
        assert stage["arn"] in refusal.value.response["Error"]["Message"]
        off = api.update_stage(
            arn=stage["arn"],
            autoParticipantRecordingConfiguration={"storageConfigurationArn": ""})["stage"]
        assert off["autoParticipantRecordingConfiguration"]["mediaTypes"] == ["AUDIO_VIDEO"]
        storage.delete(arn)
        with pytest.raises(api.exceptions.ResourceNotFoundException):
            api.update_stage(
                arn=stage["arn"],
                autoParticipantRecordingConfiguration={"storageConfigurationArn": arn})
        with pytest.raises(api.exceptions.ValidationException):
            api.create_stage(
                autoParticipantRecordingConfiguration={"storageConfigurationArn": arn})
        api.delete_stage(arn=stage["arn"])

    def test_a_deleted_stage_does_not_keep_it(self, api, storage):
        arn = storage.create()["arn"]
        stage = api.create_stage(autoParticipantRecordingConfiguration={
            "storageConfigurationArn": arn})["stage"]
        api.delete_stage(arn=stage["arn"])
        storage.delete(arn)


class TestIngest:
    def test_has_a_key_and_a_participant(self, ingest):
        made = ingest.create()
        resource = made["arn"].rsplit("/", 1)[1]
        assert re.fullmatch(
            f"rt_{ACCOUNT}_{REGION}_{resource}_[0-9A-Za-z]{{30}}", made["streamKey"])
        assert re.fullmatch("[0-9A-Za-z]{12}", made["participantId"])
        assert made["stageArn"] == "" and made["state"] == "INACTIVE" and made["userId"] == ""
        assert not made["redundantIngest"] and "redundantIngestCredentials" not in made
        (entry,) = [entry for entry in ingest.list() if entry["arn"] == made["arn"]]
        assert "streamKey" not in entry and "tags" not in entry

    def test_keeps_what_it_is_given(self, ingest, stage):
        given = {
            "name": "studio", "stageArn": stage.arn, "userId": "üser", "attributes": {"k": "v"},
            "redundantIngest": True, "tags": {"t": "1"},
        }
        made = ingest.create(ingestProtocol="RTMP", insecureIngest=True, **given)
        assert {name: made[name] for name in given} == given
        first, second = made["redundantIngestCredentials"]
        assert first == {"streamKey": made["streamKey"], "participantId": made["participantId"]}
        assert second["streamKey"] != first["streamKey"]
        assert second["participantId"] != first["participantId"]

    def test_takes_the_protocol_as_the_cli_s_example_writes_it(self, ingest):
        assert ingest.create(ingestProtocol="rtmps")["ingestProtocol"] == "RTMPS"

    @pytest.mark.parametrize("members", [
        {"ingestProtocol": "SRT"}, {"ingestProtocol": "RTMP"},
        {"ingestProtocol": "RTMP", "insecureIngest": False},
        {"attributes": {"k": "x" * 1024}}, {"userId": "x" * 129},
        {"stageArn": PREFIX + "stage/AAAAAAAAAAAA"},
    ])
    def test_refuses(self, api, ingest, members):
        with pytest.raises(api.exceptions.ValidationException):
            ingest.create(**members)

    def test_moves_from_stage_to_stage(self, api, ingest, stage):
        made = ingest.create()

        def update(**members) -> dict:
            answer = api.update_ingest_configuration(arn=made["arn"], **members)
            return answer["ingestConfiguration"]

        attached = update(stageArn=stage.arn)
        assert attached == made | {"stageArn": stage.arn}
        redundant = update(redundantIngest=True)
        assert len(redundant["redundantIngestCredentials"]) == 2
        assert update(redundantIngest=False) == attached
        assert update(stageArn="") == made
        with pytest.raises(api.exceptions.ResourceNotFoundException):
            update(stageArn=PREFIX + "stage/AAAAAAAAAAAA")
        with pytest.raises(api.exceptions.ResourceNotFoundException):
            api.update_ingest_configuration(
                arn=PREFIX + "ingest-configuration/AAAAAAAAAAAA", stageArn="")

    def test_is_found_by_its_stage_and_state(self, api, ingest, stage):
        mine = [ingest.create(stageArn=stage.arn)["arn"] for _ in range(3)]
        ingest.create()
        found = ingest.list(2, filterByStageArn=stage.arn)
        assert [entry["arn"] for entry in found] == mine
        found = ingest.list(2, filterByStageArn=stage.arn, filterByState="INACTIVE")
        assert [entry["arn"] for entry in found] == mine
        assert ingest.list(filterByState="ACTIVE") == []
        pages = api.get_paginator("list_ingest_configurations").paginate(
            filterByStageArn=stage.arn, PaginationConfig={"PageSize": 1})
        assert [e["arn"] for page in pages for e in page["ingestConfigurations"]] == mine

    def test_leaves_a_stage_that_goes_or_that_its_participant_is_sent_from(self, api, ingest):
        stage = api.create_stage()["stage"]["arn"]
        made = [ingest.create(stageArn=stage) for _ in range(2)]
        api.disconnect_participant(stageArn=stage, participantId=made[0]["participantId"])
        assert ingest.get(made[0]["arn"])["stageArn"] == ""
        assert ingest.get(made[1]["arn"])["stageArn"] == stage
        api.delete_stage(arn=stage)
        assert ingest.get(made[1]["arn"])["stageArn"] == ""

    def test_force_is_for_those_in_use(self, ingest):
        ingest.delete(ingest.create()["arn"], force=True)


def test_configurations_survive_a_power_cut(tmp_path):
    from harness.server import Server

    server = Server("--data", str(tmp_path), name="configurations").wait_ready()
    made = []
    try:
        api = client(server.http)
        for name in KINDS:
            kind = Kind(api, name)
            made.append((name, kind.create(name="kept", tags={"k": "v"})))
            gone = kind.create()
            kind.delete(gone["arn"])
        server.kill()
        server = Server("--data", str(tmp_path), name="configurations").wait_ready()
        api = client(server.http)
        for name, configuration in made:
            kind = Kind(api, name)
            assert kind.get(configuration["arn"]) == configuration
            assert [entry["arn"] for entry in kind.list()] == [configuration["arn"]]
        server.close()
    finally:
        server.kill()
