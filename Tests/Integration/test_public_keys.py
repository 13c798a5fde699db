"""Imported public keys, and the tokens that a backend signs itself."""

import hashlib
import time

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from harness import http
from harness.events import events
from harness.sdp import Offer
from harness.server import ACCOUNT, REGION, Server
from harness.stage import Stage, Token, client

ARN = f"arn:aws:ivs:{REGION}:{ACCOUNT}:public-key/"
SEND, RECEIVE = str(Offer()), str(Offer(direction="recvonly"))
MALFORMED = (401, 1, "TOKEN_MALFORMED")


class Backend:
    """Somebody with a key pair, who asks the server only once."""

    def __init__(self, api, curve=None):
        self.api = api
        self.private = ec.generate_private_key(curve or ec.SECP384R1())
        self.arn = ""

    @property
    def pem(self) -> str:
        return self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()

    @property
    def fingerprint(self) -> str:
        der = self.private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        return hashlib.sha256(der).digest()[:16].hex(":")

    def import_key(self, **options) -> dict:
        key = self.api.import_public_key(publicKeyMaterial=self.pem, **options)["publicKey"]
        self.arn = key["arn"]
        return key

    def token(self, stage: Stage, participant: str = "p_1", **changes) -> Token:
        """A token with every claim as the guide has it; ``None`` leaves one out."""
        now = int(time.time())
        claims = {
            "exp": now + 60, "iat": now, "jti": participant, "resource": stage.arn,
            "topic": stage.id, "events_url": stage.endpoints["events"],
            "whip_url": stage.endpoints["whip"], "user_id": "alice",
            "attributes": {"role": "host"}, "capabilities": {"allow_publish": True},
            "version": "1.0",
        } | changes
        claims = {name: value for name, value in claims.items() if value is not None}
        return Token(jwt.encode(
            claims, self.private, algorithm="ES384", headers={"kid": self.arn}))


@pytest.fixture
def backend(api):
    backend = Backend(api)
    yield backend
    if backend.arn:
        try:
            api.delete_public_key(arn=backend.arn)
        except api.exceptions.ResourceNotFoundException:
            pass


class TestKeys:
    def test_live_and_die(self, api, backend):
        key = backend.import_key(name="backend-1", tags={"team": "red"})
        assert key["arn"].startswith(ARN)
        assert key["name"] == "backend-1"
        assert key["tags"] == {"team": "red"}
        assert key["publicKeyMaterial"] == backend.pem
        assert key["fingerprint"] == backend.fingerprint
        assert api.get_public_key(arn=key["arn"])["publicKey"] == key
        summary = {name: key[name] for name in ("arn", "name", "tags")}
        pages = api.get_paginator("list_public_keys").paginate(
            PaginationConfig={"PageSize": 1})
        assert summary in [key for page in pages for key in page["publicKeys"]]
        api.delete_public_key(arn=key["arn"])
        for call in (api.get_public_key, api.delete_public_key):
            with pytest.raises(api.exceptions.ResourceNotFoundException):
                call(arn=key["arn"])

    def test_the_same_key_twice_is_a_conflict(self, api, backend):
        backend.import_key()
        with pytest.raises(api.exceptions.ConflictException) as refusal:
            api.import_public_key(publicKeyMaterial=backend.pem.replace("\n", "\r\n"))
        assert backend.arn in refusal.value.response["Error"]["Message"]

    def test_more_than_three_are_too_many(self, api):
        backends = [Backend(api) for _ in range(4)]
        try:
            for backend in backends[:3]:
                backend.import_key()
            with pytest.raises(api.exceptions.ServiceQuotaExceededException) as refusal:
                backends[3].import_key()
            assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 402
            assert "3" in refusal.value.response["Error"]["Message"]
        finally:
            for backend in backends[:3]:
                api.delete_public_key(arn=backend.arn)

    @pytest.mark.parametrize("pem", [
        pytest.param(lambda: "not a key", id="text"),
        pytest.param(lambda: Backend(None, ec.SECP256R1()).pem, id="P-256"),
        pytest.param(lambda: Backend(None, ec.SECP521R1()).pem, id="P-521"),
        pytest.param(lambda: Backend(None).pem[:-40], id="cut off"),
        pytest.param(lambda: Backend(None).private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption()).decode(), id="private"),
    ])
    def test_what_is_no_p384_key_is_refused(self, api, pem):
        with pytest.raises(api.exceptions.ValidationException) as refusal:
            api.import_public_key(publicKeyMaterial=pem())
        assert "publicKeyMaterial" in refusal.value.response["Error"]["Message"]


class TestSelfSignedTokens:
    def test_publish_subscribe_and_listen(self, backend, stage):
        backend.import_key()
        host = backend.token(stage)
        assert http.offer(host.publish_url, SEND, host).status == 201
        viewer = backend.token(stage, "p_2", capabilities={"allow_subscribe": True})
        assert http.offer(viewer.subscribe_url(), RECEIVE, viewer).status == 201
        with events(viewer):
            pass

    def test_capabilities_are_those_of_the_token(self, backend, stage):
        backend.import_key()
        viewer = backend.token(stage, capabilities={"allow_subscribe": True})
        answer = http.offer(viewer.publish_url, SEND, viewer)
        assert answer.refusal[:2] == (403, 8)

    @pytest.mark.parametrize("changes", [
        {"exp": None}, {"iat": None}, {"jti": None}, {"resource": None}, {"topic": None},
        {"events_url": None}, {"whip_url": None}, {"capabilities": None}, {"version": None},
        {"version": "2.0"}, {"topic": "another"}, {"jti": "a b"}, {"jti": "x" * 65},
        {"events_url": "wss://global.events.live-video.net"},
        {"whip_url": "https://example.com/whip"}, {"attributes": {"a": "x" * 1024}},
        {"user_id": "x" * 129},
    ], ids=lambda changes: "-".join(f"{name}={str(value)[:12]}" for name, value in changes.items()))
    def test_every_claim_counts(self, backend, stage, changes):
        backend.import_key()
        good = backend.token(stage)
        token = backend.token(stage, **changes)
        assert http.offer(good.publish_url, SEND, token).refusal == MALFORMED

    def test_a_token_lives_at_most_14_days(self, backend, stage):
        backend.import_key()
        now = int(time.time())
        longest = backend.token(stage, exp=now + 14 * 86_400, iat=now)
        assert http.offer(longest.publish_url, SEND, longest).status == 201
        longer = backend.token(stage, exp=now + 14 * 86_400 + 1, iat=now)
        assert http.offer(longer.publish_url, SEND, longer).refusal == MALFORMED

    def test_a_key_that_is_not_imported_signs_nothing(self, api, backend, stage):
        backend.import_key()
        stranger = Backend(api)
        for arn in (backend.arn, ARN + "AAAAAAAAAAAA", ""):
            stranger.arn = arn
            token = stranger.token(stage)
            assert http.offer(token.publish_url, SEND, token).refusal == MALFORMED
        stranger.arn = ""

    def test_deleting_the_key_ends_its_tokens_and_nobody_s_session(self, api, backend, stage):
        backend.import_key()
        host, late = backend.token(stage), backend.token(stage, "late")
        answer = http.offer(host.publish_url, SEND, host)
        assert answer.status == 201
        api.delete_public_key(arn=backend.arn)
        assert http.offer(late.publish_url, SEND, late).refusal == MALFORMED
        # Its own session still hears the host.
        session = http.resource_url(host.publish_url, answer)
        assert http.request("DELETE", session, token=host).status == 200

    def test_keys_outlive_a_restart(self, tmp_path):
        server = Server("--data", str(tmp_path), name="keys").wait_ready()
        stage, backend = Stage(server), Backend(client(server.http))
        backend.import_key()
        gone = Backend(backend.api)
        gone.import_key()
        backend.api.delete_public_key(arn=gone.arn)
        server.kill()
        port = server.http.rsplit(":", 1)[1]
        server = Server("--data", str(tmp_path), "--port", port, name="keys").wait_ready()
        try:
            token = backend.token(stage)
            assert http.offer(token.publish_url, SEND, token).status == 201
            dead = gone.token(stage, "dead")
            assert http.offer(dead.publish_url, SEND, dead).refusal == MALFORMED
        finally:
            server.close()


class TestConnectionTokens:
    def test_are_revoked(self, api):
        api.revoke_connection_token(tokenId="ct_1-x")
        api.revoke_connection_token(tokenId="ct_1-x")
        with pytest.raises(api.exceptions.ValidationException):
            api.revoke_connection_token(tokenId="not an id")
