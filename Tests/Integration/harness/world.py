"""What examples of commands name: two stages, hosts who publish, and one resource of each kind."""

import asyncio
import os
import pathlib
import subprocess
import sys
import threading

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from .rtc import Publisher
from .server import ACCOUNT, DEV_KEY, REGION, environment, until
from .stage import Stage, client


class World:
    aws = str(pathlib.Path(sys.executable).parent / "aws")

    def __init__(self, server, folder: pathlib.Path):
        self.api = client(server.http)
        self.folder = folder
        #: Of the compositions that are made.
        self.layout = "grid"
        self.stage = Stage(server, "examples")
        self.other = Stage(server, "destination")
        self.host = self.stage.host()
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self.second = self.stage.host("second")
        self.publishers = [self._run(self._publish(token)) for token in (self.host, self.second)]
        self.session = self._session()
        (folder / "public.pem").write_text(self._pem())
        (folder / "key.pem").write_text(self._pem())

    def _run(self, story):
        return asyncio.run_coroutine_threadsafe(story, self.loop).result(30)

    @staticmethod
    async def _publish(token) -> Publisher:
        # Made here, for aiortc takes the loop that it is made in.
        publisher = Publisher(None)
        await publisher.publish(token)
        return publisher

    def _session(self) -> str:
        """The session, once both hosts are seen publishing in it."""
        session = until(lambda: self.stage.active_session)
        until(lambda: len(self.api.list_participants(
            stageArn=self.stage.arn, sessionId=session,
            filterByPublished=True)["participants"]) == 2)
        return session

    @staticmethod
    def _pem() -> str:
        key = ec.generate_private_key(ec.SECP384R1()).public_key()
        return key.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()

    def close(self):
        for publisher in self.publishers:
            self._run(publisher.close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.stage.delete()
        self.other.delete()

    def make(self, kind: str) -> str:
        """A fresh resource's ARN."""
        api = self.api
        match kind:
            case "encoder-configuration":
                return api.create_encoder_configuration(name="e")["encoderConfiguration"]["arn"]
            case "storage-configuration":
                return api.create_storage_configuration(
                    name="s", s3={"bucketName": "bucket"})["storageConfiguration"]["arn"]
            case "ingest-configuration":
                return api.create_ingest_configuration(
                    ingestProtocol="RTMPS")["ingestConfiguration"]["arn"]
            case "public-key":
                return api.import_public_key(publicKeyMaterial=self._pem())["publicKey"]["arn"]
            case "composition":
                return self._composition()
            case "channel":
                return f"arn:aws:ivs:{REGION}:{ACCOUNT}:channel/abcdABCDefgh"
        raise AssertionError(f"no {kind} in the world")

    def some(self, kind: str) -> str:
        """The resource that there is, or a new one: what names a configuration keeps it."""
        if kind in ("encoder-configuration", "storage-configuration"):
            word = kind.partition("-")[0]
            there = getattr(self.api, f"list_{word}_configurations")()[f"{word}Configurations"]
            if there:
                return there[0]["arn"]
        return self.make(kind)

    def _composition(self) -> str:
        """One to a channel and to a bucket."""
        encoder = self.some("encoder-configuration")
        return self.api.start_composition(
            stageArn=self.stage.arn, layout={self.layout: {}}, destinations=[
                {"channel": {"channelArn": self.make("channel"),
                             "encoderConfigurationArn": encoder}},
                {"s3": {"storageConfigurationArn": self.some("storage-configuration"),
                        "encoderConfigurationArns": [encoder],
                        "thumbnailConfigurations": [{}]}}])["composition"]["arn"]

    def remove(self, kind: str, arn: str):
        """So that a quota is not reached; who is gone already is no error."""
        removal = {
            "encoder-configuration": self.api.delete_encoder_configuration,
            "storage-configuration": self.api.delete_storage_configuration,
            "ingest-configuration": self.api.delete_ingest_configuration,
            "public-key": self.api.delete_public_key,
        }.get(kind)
        if removal:
            try:
                removal(arn=arn)
            except (self.api.exceptions.ResourceNotFoundException,
                    self.api.exceptions.ConflictException):
                pass


def run(server, world: World, command: str) -> subprocess.CompletedProcess[str]:
    configuration = {
        "AWS_ACCESS_KEY_ID": DEV_KEY[0], "AWS_SECRET_ACCESS_KEY": DEV_KEY[1],
        "AWS_DEFAULT_REGION": REGION, "AWS_MAX_ATTEMPTS": "1", "AWS_PAGER": "",
        "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true", "AWS_ENDPOINT_URL": server.http,
        "AWS_DEFAULT_OUTPUT": "json",
    }
    return subprocess.run(
        ["bash", "-c", command], cwd=world.folder, capture_output=True, text=True, timeout=60,
        env=environment() | configuration)
