"""A stage and its tokens, made through the API with boto3."""

import base64
import dataclasses
import json

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from .model import watch
from .server import DEV_KEY, REGION


def client(http: str, key: tuple[str, str] = DEV_KEY, region: str = REGION):
    """A real SDK client for the server, without retries that would hide an error, and with every
    answer held against the service's model."""
    return watch(boto3.client(
        "ivs-realtime", endpoint_url=http, region_name=region,
        aws_access_key_id=key[0], aws_secret_access_key=key[1],
        config=Config(retries={"max_attempts": 0}, connect_timeout=5, read_timeout=10),
    ))


def walk(method, member: str, size: int, **query) -> list[dict]:
    """Every entry of a list, page by page."""
    found, token = [], {}
    while True:
        page = method(maxResults=size, **query, **token)
        assert len(page[member]) <= size
        found += page[member]
        if "nextToken" not in page:
            return found
        token = {"nextToken": page["nextToken"]}


def refusal(call, *arguments, **members) -> tuple[int, str]:
    """Status and code of the error that a client's method is answered with."""
    with pytest.raises(ClientError) as caught:
        call(*arguments, **members)
    answer = caught.value.response
    assert answer["Error"]["Message"], f"{answer['Error']['Code']} says nothing"
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


@dataclasses.dataclass
class Token:
    """A participant token, and what its payload says."""

    text: str

    @property
    def header(self) -> dict:
        return self._part(0)

    @property
    def claims(self) -> dict:
        return self._part(1)

    @property
    def participant(self) -> str:
        return self.claims["jti"]

    @property
    def whip_url(self) -> str:
        return self.claims["whip_url"]

    @property
    def publish_url(self) -> str:
        return f"{self.whip_url}/publish/{self.participant}"

    @property
    def events_url(self) -> str:
        return f"{self.claims['events_url']}/{self.claims['topic']}"

    def subscribe_url(self, publisher: "Token | str | None" = None) -> str:
        """To one publisher, or to the whole stage."""
        if publisher is None:
            return f"{self.whip_url}/subscribe"
        return f"{self.whip_url}/subscribe/{getattr(publisher, 'participant', publisher)}"

    def _part(self, index: int) -> dict:
        text = self.text.split(".")[index]
        return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


class Stage:
    """A stage on a server under test."""

    def __init__(self, server, name: str = "test", api=None):
        self.api = api or client(server.http)
        answer = self.api.create_stage(name=name)
        self.arn: str = answer["stage"]["arn"]
        self.endpoints: dict = answer["stage"]["endpoints"]
        self.id = self.arn.rsplit("/", 1)[1]

    def token(self, *capabilities: str, **options) -> Token:
        """A token with these capabilities (both when none is given)."""
        if capabilities:
            options["capabilities"] = list(capabilities)
        answer = self.api.create_participant_token(stageArn=self.arn, **options)
        return Token(answer["participantToken"]["token"])

    def host(self, user: str = "host", **options) -> Token:
        return self.token("PUBLISH", userId=user, **options)

    def viewer(self, user: str = "viewer", **options) -> Token:
        return self.token("SUBSCRIBE", userId=user, **options)

    def disconnect(self, token: Token, reason: str = "test"):
        self.api.disconnect_participant(
            stageArn=self.arn, participantId=token.participant, reason=reason)

    def delete(self):
        self.api.delete_stage(arn=self.arn)

    @property
    def active_session(self) -> str | None:
        return self.api.get_stage(arn=self.arn)["stage"].get("activeSessionId")

    @property
    def newest_session(self) -> str:
        sessions = self.api.list_stage_sessions(stageArn=self.arn, maxResults=1)["stageSessions"]
        return sessions[0]["sessionId"]

    def events_of(self, token: Token, session: str | None = None) -> list[dict]:
        """What happened to a participant in a session (the newest), oldest first."""
        answer = self.api.list_participant_events(
            stageArn=self.arn, sessionId=session or self.newest_session,
            participantId=token.participant)
        return answer["events"][::-1]
