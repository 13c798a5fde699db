"""Compositions: durable, complete in their answers, and honest about what is not there yet."""

import datetime
import re

import pytest

from harness.server import ACCOUNT, REGION, Server
from harness.stage import Stage, client, walk

PREFIX = f"arn:aws:ivs:{REGION}:{ACCOUNT}:"
CHANNEL = PREFIX + "channel/abcABCdefDEg"
GRID = {
    "featuredParticipantAttribute": "", "omitStoppedVideo": False, "videoAspectRatio": "VIDEO",
    "videoFillMode": "", "gridGap": 2, "participantOrderAttribute": "",
}
PIP = {
    "featuredParticipantAttribute": "", "omitStoppedVideo": False, "videoFillMode": "COVER",
    "gridGap": 0, "pipParticipantAttribute": "", "pipBehavior": "STATIC", "pipOffset": 0,
    "pipPosition": "BOTTOM_RIGHT", "participantOrderAttribute": "",
}


class Kit:
    """What a composition needs."""

    def __init__(self, server):
        self.api = client(server.http)
        self.stage = Stage(server, "composed", self.api)
        made = self.api.create_encoder_configuration()["encoderConfiguration"]
        self.encoder: str = made["arn"]
        made = self.api.create_storage_configuration(s3={"bucketName": "recordings"})
        self.storage: str = made["storageConfiguration"]["arn"]

    @property
    def s3(self) -> dict:
        return {"s3": {
            "storageConfigurationArn": self.storage, "encoderConfigurationArns": [self.encoder]}}

    @property
    def channel(self) -> dict:
        return {"channel": {"channelArn": CHANNEL, "encoderConfigurationArn": self.encoder}}

    def start(self, **members) -> dict:
        members.setdefault("stageArn", self.stage.arn)
        members.setdefault("destinations", [self.s3])
        return self.api.start_composition(**members)["composition"]

    def get(self, composition: dict) -> dict:
        return self.api.get_composition(arn=composition["arn"])["composition"]

    def clear(self):
        self.stage.delete()
        self.api.delete_encoder_configuration(arn=self.encoder)
        self.api.delete_storage_configuration(arn=self.storage)


@pytest.fixture(scope="module")
def kit(server):
    kit = Kit(server)
    yield kit
    # Nothing is in the way: what has failed uses nothing.
    kit.clear()


def test_it_starts_and_fails_and_says_so(kit):
    started = kit.start(destinations=[kit.channel, kit.s3], tags={"show": "1"})
    assert re.fullmatch(PREFIX + "composition/[0-9A-Za-z]{12}", started["arn"])
    assert started["state"] == "STARTING" and "endTime" not in started
    assert started["stageArn"] == kit.stage.arn and started["tags"] == {"show": "1"}
    assert started["layout"] == {"grid": GRID}
    age = datetime.datetime.now(datetime.timezone.utc) - started["startTime"]
    assert abs(age) < datetime.timedelta(seconds=10)

    channel, s3 = started["destinations"]
    assert channel["state"] == s3["state"] == "STARTING"
    assert channel["configuration"] == {"name": ""} | kit.channel
    assert s3["configuration"]["s3"] == kit.s3["s3"] | {"recordingConfiguration": {
        "format": "HLS", "hlsConfiguration": {"targetSegmentDurationSeconds": 2}}}
    resource = started["arn"].rsplit("/", 1)[1]
    prefix = f"{kit.stage.id}/{resource}/{s3['id']}/composite"
    assert s3["detail"] == {"s3": {"recordingPrefix": prefix}}
    assert "detail" not in channel

    failed = kit.get(started)
    assert failed["state"] == "FAILED" and failed["endTime"] >= failed["startTime"]
    assert [d["state"] for d in failed["destinations"]] == ["FAILED", "FAILED"]
    assert [d["id"] for d in failed["destinations"]] == [channel["id"], s3["id"]]
    assert failed["layout"] == started["layout"] and failed["tags"] == started["tags"]
    assert all(d["endTime"] for d in failed["destinations"])


def test_stopping_what_has_ended_changes_nothing(kit):
    started = kit.start()
    kit.api.stop_composition(arn=started["arn"])
    assert kit.get(started)["state"] == "FAILED"


def test_layouts_are_complete(kit):
    given = {"grid": {"gridGap": 0, "videoFillMode": "CONTAIN"}}
    assert kit.start(layout=given)["layout"] == {"grid": GRID | given["grid"]}
    given = {"pip": {"featuredParticipantAttribute": "abcdefg", "pipWidth": 320}}
    assert kit.start(layout=given)["layout"] == {"pip": PIP | given["pip"]}


def test_recordings_are_complete(kit):
    s3 = kit.s3["s3"] | {
        "recordingConfiguration": {"hlsConfiguration": {"targetSegmentDurationSeconds": 5}},
        "thumbnailConfigurations": [{"targetIntervalSeconds": 10}],
    }
    (destination,) = kit.start(destinations=[{"name": "rec", "s3": s3}])["destinations"]
    assert destination["configuration"]["name"] == "rec"
    made = destination["configuration"]["s3"]
    assert made["recordingConfiguration"] == {
        "format": "HLS", "hlsConfiguration": {"targetSegmentDurationSeconds": 5}}
    assert made["thumbnailConfigurations"] == [
        {"targetIntervalSeconds": 10, "storage": ["SEQUENTIAL"]}]


@pytest.mark.parametrize("members", [
    pytest.param(lambda kit: {"destinations": [{"name": "none"}]}, id="neither"),
    pytest.param(lambda kit: {"destinations": [kit.s3 | kit.channel]}, id="both in one"),
    pytest.param(lambda kit: {"destinations": [kit.s3, kit.s3]}, id="two recordings"),
    pytest.param(lambda kit: {"destinations": [kit.channel] * 2}, id="two channels"),
    pytest.param(lambda kit: {"destinations": [kit.s3, kit.channel, kit.s3]}, id="three"),
    pytest.param(lambda kit: {"layout": {"grid": {}, "pip": {}}}, id="two layouts"),
    pytest.param(lambda kit: {"layout": {"pip": {"pipPosition": "MIDDLE"}}}, id="pipPosition"),
    pytest.param(lambda kit: {"idempotencyToken": "a b"}, id="idempotencyToken"),
    pytest.param(lambda kit: {"idempotencyToken": "x" * 65}, id="long idempotencyToken"),
    pytest.param(lambda kit: {"stageArn": kit.encoder}, id="stageArn"),
])
def test_refuses(kit, members):
    with pytest.raises(kit.api.exceptions.ValidationException):
        kit.start(**members(kit))


@pytest.mark.parametrize("members", [
    pytest.param(lambda kit: {"stageArn": PREFIX + "stage/AAAAAAAAAAAA"}, id="stage"),
    pytest.param(lambda kit: {"destinations": [{"s3": kit.s3["s3"] | {
        "storageConfigurationArn": PREFIX + "storage-configuration/AAAAAAAAAAAA"}}]},
        id="storage"),
    pytest.param(lambda kit: {"destinations": [{"s3": kit.s3["s3"] | {
        "encoderConfigurationArns": [PREFIX + "encoder-configuration/AAAAAAAAAAAA"]}}]},
        id="encoder"),
    pytest.param(lambda kit: {"destinations": [{"channel": {
        "channelArn": CHANNEL.replace(REGION, "eu-west-9")}}]}, id="channel elsewhere"),
])
def test_what_it_needs_must_exist(kit, members):
    with pytest.raises(kit.api.exceptions.ResourceNotFoundException):
        kit.start(**members(kit))


def test_unknown_ones_are_404(kit):
    for call in (kit.api.get_composition, kit.api.stop_composition):
        with pytest.raises(kit.api.exceptions.ResourceNotFoundException):
            call(arn=PREFIX + "composition/AAAAAAAAAAAA")


def test_a_repeated_request_starts_nothing_new(kit):
    first = kit.start(idempotencyToken="show-1")
    assert kit.start(idempotencyToken="show-1")["arn"] == first["arn"]
    assert kit.start(idempotencyToken="show-2")["arn"] != first["arn"]
    with pytest.raises(kit.api.exceptions.ConflictException):
        kit.start(idempotencyToken="show-1", tags={"another": "one"})


def test_lists_are_filtered_and_turn_pages(kit, server):
    stage = Stage(server, "listed", kit.api)
    recorded = kit.start(stageArn=stage.arn)["arn"]
    live = kit.start(
        stageArn=stage.arn, destinations=[{"channel": {"channelArn": CHANNEL}}])["arn"]

    def listed(**filters) -> list[str]:
        return [entry["arn"] for entry in walk(
            kit.api.list_compositions, "compositions", 1, **filters)]

    assert listed(filterByStageArn=stage.arn) == [recorded, live]
    assert listed(
        filterByStageArn=stage.arn, filterByEncoderConfigurationArn=kit.encoder) == [recorded]
    everything = listed()
    assert everything[-2:] == [recorded, live] and len(everything) == len(set(everything))
    (entry, _) = kit.api.list_compositions(filterByStageArn=stage.arn)["compositions"]
    assert entry["state"] == "FAILED"
    assert set(entry["destinations"][0]) == {"id", "state", "endTime"}
    stage.delete()


def test_tags(kit):
    arn = kit.start(tags={"a": "1"})["arn"]
    kit.api.tag_resource(resourceArn=arn, tags={"b": "2"})
    kit.api.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert kit.api.list_tags_for_resource(resourceArn=arn)["tags"] == {"b": "2"}
    assert kit.api.get_composition(arn=arn)["composition"]["tags"] == {"b": "2"}


def test_it_survives_a_power_cut(tmp_path):
    server = Server("--data", str(tmp_path), name="compositions").wait_ready()
    try:
        kit = Kit(server)
        failed = kit.get(kit.start(idempotencyToken="once"))
        server.kill()
        server = Server("--data", str(tmp_path), name="compositions").wait_ready()
        kit.api = client(server.http)
        assert kit.get(failed) == failed
        assert kit.start(idempotencyToken="once")["arn"] == failed["arn"]
        server.close()
    finally:
        server.kill()
