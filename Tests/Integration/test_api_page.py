"""The API page of the documentation shows what the server does, today.

``ROSTRUM_WRITE_API_PAGE=1`` (Scripts/make-api-page) writes it anew instead of comparing."""

import json
import os

import boto3
import pytest

from harness import api_page
from harness.operations import call
from harness.server import REGION
from harness.world import World, run

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def world(server, tmp_path_factory):
    world = World(server, tmp_path_factory.mktemp("page"))
    yield world
    world.close()


def answered(server, operation: str, body: dict) -> dict:
    """For operations that no SDK knows."""
    answer = call(server, operation, **body)
    assert answer.status == 200, (operation, answer.status, answer.body)
    return json.loads(answer.body or "{}")


def printed(server, world: World, command: str) -> str:
    result = run(server, world, f"{world.aws} ivs-realtime {command}")
    assert result.returncode == 0, f"{command}\n{result.stderr}"
    return result.stdout


def names(world: World) -> dict[str, str]:
    return {
        "stage": world.stage.arn, "other": world.other.arn, "session": world.session,
        "host": world.host.participant, "second": world.second.participant,
        "leaver": world.stage.viewer().participant,
        "disposable": world.api.create_stage(name="old")["stage"]["arn"],
        "key": world.make("public-key"), "ingest": world.make("ingest-configuration"),
        "encoder": world.make("encoder-configuration"),
        "spare_encoder": world.make("encoder-configuration"),
        "storage": world.make("storage-configuration"),
        "spare_storage": world.make("storage-configuration"),
        "channel": world.make("channel"), "composition": world.make("composition"),
    }


def test_the_page_names_every_operation():
    model = boto3.client("ivs-realtime", region_name=REGION).meta.service_model
    shown = [entry.name for entry in api_page.entries()]
    assert len(shown) == len(set(shown))
    assert set(model.operation_names) <= set(shown)


def test_the_page_is_what_the_server_prints(server, world):
    text = api_page.page(
        lambda command: printed(server, world, command),
        lambda operation, body: answered(server, operation, body), names(world), server.http)
    path = api_page.path()
    if os.environ.get("ROSTRUM_WRITE_API_PAGE"):
        path.write_text(text)
    assert path.read_text() == text, "Scripts/make-api-page writes it anew"
