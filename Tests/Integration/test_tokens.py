"""Who may publish and subscribe: each refusal has its own status, code and name."""

import asyncio
import time

import pytest
from websockets.exceptions import InvalidStatus

from harness import http, keys
from harness.events import events
from harness.rtc import Publisher, peers
from harness.sdp import Offer
from harness.stage import Stage, Token

MALFORMED = (401, 1, "TOKEN_MALFORMED")
EXPIRED = (401, 2, "TOKEN_EXPIRED")
NOT_ALLOWED = (403, 8, "TOKEN_NOT_ALLOWED")
DISCONNECTED = (403, 10, "PARTICIPANT_DISCONNECTED")
STAGE_DELETED = (404, 9, "STAGE_DELETED")
LEEWAY = 30  # seconds of clock skew that the server forgives

SEND, RECEIVE = str(Offer()), str(Offer(direction="recvonly"))


@pytest.fixture(scope="module")
def short_lived(server):
    """A token of one minute, made before everything else here so that its end comes soon."""
    return Stage(server, "short-lived").token(duration=1, userId="short")


@pytest.fixture(autouse=True)
def _made_first(short_lived):
    pass


def publish(token) -> http.Response:
    return http.offer(token.publish_url, SEND, token)


def subscribe(token) -> http.Response:
    return http.offer(token.subscribe_url(), RECEIVE, token)


def refused_everywhere(token, by_claims_of=None):
    """What publishing, subscribing and the events socket answer; all three must agree."""
    urls = by_claims_of or token
    answers = {
        http.offer(urls.publish_url, SEND, token).refusal,
        http.offer(urls.subscribe_url(), RECEIVE, token).refusal,
    }
    assert len(answers) == 1, answers
    (answer,) = answers
    with pytest.raises(InvalidStatus) as refusal:
        with events(token, urls.events_url):
            pass
    assert refusal.value.response.status_code == answer[0]
    return answer


def test_a_token_says_what_clients_read_from_it(stage):
    token = stage.token("PUBLISH", userId="ada", attributes={"team": "red"})
    assert token.header["alg"] == "ES384"
    assert token.header["typ"] == "JWT"
    claims = token.claims
    assert claims["resource"] == stage.arn
    assert claims["topic"] == stage.id
    assert claims["whip_url"] == stage.endpoints["whip"]
    assert claims["events_url"] == stage.endpoints["events"]
    assert claims["version"] == "1.0"
    assert claims["user_id"] == "ada"
    assert claims["attributes"] == {"team": "red"}
    assert claims["capabilities"] == {"allow_publish": True}, "what is not granted is absent"
    assert claims["exp"] - claims["iat"] == 720 * 60
    assert len(claims["jti"]) == 12 and claims["jti"].isalnum()


def test_without_publish_cannot_publish(stage):
    assert publish(stage.viewer()).refusal == NOT_ALLOWED


def test_without_subscribe_cannot_subscribe(stage):
    assert subscribe(stage.host()).refusal == NOT_ALLOWED
    host = stage.host()
    assert http.offer(host.subscribe_url("AAAAAAAAAAAA"), RECEIVE, host).refusal == NOT_ALLOWED


def test_with_both_can_do_both(stage):
    token = stage.token()
    assert publish(token).status == 201
    assert subscribe(token).status == 201


def test_of_another_stage_is_refused(server, stage):
    other = Stage(server, "other")
    token = other.token()
    # The stage of the events socket stands in its path.
    with pytest.raises(InvalidStatus) as refusal:
        with events(token, stage.token().events_url):
            pass
    assert refusal.value.response.status_code == 403
    # A subscriber can't reach a publisher of a stage that its token is not for.
    host = stage.host()
    assert publish(host).status == 201
    assert http.offer(token.subscribe_url(host), RECEIVE, token).status in (403, 404)


def test_of_a_deleted_stage_is_refused(server):
    stage = Stage(server, "deleted")
    token = stage.token()
    stage.delete()
    assert refused_everywhere(token) == STAGE_DELETED


def test_of_a_disconnected_participant_is_refused(stage):
    joined, absent, bystander = stage.token(), stage.token(), stage.token()
    assert publish(joined).status == 201
    stage.disconnect(joined)
    stage.disconnect(absent)
    assert refused_everywhere(joined) == DISCONNECTED
    assert refused_everywhere(absent) == DISCONNECTED
    assert publish(bystander).status == 201


class TestForged:
    """Each claim set below would be accepted if it were signed."""

    @pytest.fixture
    def honest(self, stage):
        return stage.token()

    def test_nothing_at_all(self, honest):
        assert http.offer(honest.publish_url, SEND, None).refusal[:2] == MALFORMED[:2]

    @pytest.mark.parametrize("text", [
        "x", "..", "a.b.c", "a.b.c.d", "x" * 20_000, "eyJhbGciOiJFUzM4NCJ9.e30.AA", "%00"])
    def test_rubbish(self, honest, text):
        answer = http.offer(honest.publish_url, SEND, text)
        assert answer.status in (400, 401, 431)
        if answer.status == 401:
            assert answer.refusal == MALFORMED

    @pytest.mark.parametrize("algorithm", ["none", "None", "NONE", ""])
    def test_without_a_signature(self, honest, algorithm):
        forged = Token(keys.unsigned(honest.header | {"alg": algorithm}, honest.claims))
        assert refused_everywhere(forged, honest) == MALFORMED

    def test_header_of_an_honest_token_with_no_signature(self, honest):
        forged = Token(keys.unsigned(honest.header, honest.claims))
        assert refused_everywhere(forged, honest) == MALFORMED

    def test_hs256_with_the_public_key_as_the_secret(self, stage, honest):
        key = keys.public_key(honest.text, stage.token().text)
        for secret in keys.public_forms(key):
            for algorithm in ("HS256", "HS384"):
                header = honest.header | {"alg": algorithm}
                digest = algorithm.replace("HS", "sha")
                forged = keys.hmac_signed(header, honest.claims, secret, digest)
                assert http.offer(honest.publish_url, SEND, forged).refusal == MALFORMED

    def test_with_another_key(self, honest):
        forged = Token(keys.ecdsa_signed(honest.header, honest.claims))
        assert refused_everywhere(forged, honest) == MALFORMED

    def test_with_an_unknown_key_id(self, honest):
        arn = f"{honest.claims['resource'].split('stage/')[0]}public-key/AAAAAAAAAAAA"
        forged = Token(keys.ecdsa_signed(honest.header | {"kid": arn}, honest.claims))
        assert refused_everywhere(forged, honest) == MALFORMED

    def test_with_the_key_in_the_header(self, honest):
        """A verifier that trusts `jwk` or `jku` lets everybody in."""
        from cryptography.hazmat.primitives.asymmetric import ec

        key = ec.generate_private_key(ec.SECP384R1())
        numbers = key.public_key().public_numbers()
        jwk = {
            "kty": "EC", "crv": "P-384",
            "x": keys.encode(numbers.x.to_bytes(48, "big")),
            "y": keys.encode(numbers.y.to_bytes(48, "big")),
        }
        header = {"alg": "ES384", "typ": "JWT", "jwk": jwk, "jku": "http://127.0.0.1:1/keys"}
        forged = Token(keys.ecdsa_signed(header, honest.claims, key))
        assert refused_everywhere(forged, honest) == MALFORMED

    def test_with_more_capabilities_than_were_signed(self, stage):
        viewer = stage.viewer()
        header, _, signature = viewer.text.split(".")
        claims = viewer.claims | {"capabilities": {"allow_publish": True, "allow_subscribe": True}}
        forged = f"{header}.{keys.encode(claims)}.{signature}"
        assert http.offer(viewer.publish_url, SEND, forged).refusal == MALFORMED


def test_expiry_refuses_newcomers_and_ejects_nobody(short_lived, run_async):
    """The one-minute token publishes, runs out, and then opens nothing; its publisher stays."""
    async def story():
        async with peers() as everyone:
            host = Publisher(codec=None)
            everyone.append(host)
            await host.publish(short_lived)
            ends = short_lived.claims["exp"] + LEEWAY + 2
            assert ends - time.time() < 120
            await asyncio.sleep(max(0, ends - time.time()))
            refusal = await asyncio.to_thread(subscribe, short_lived)
            assert refusal.refusal == EXPIRED
            assert "expired" in refusal.error["message"].lower()
            assert host.pc.connectionState == "connected"
            before = await host.sent("audio")
            await asyncio.sleep(1)
            assert await host.sent("audio") > before
        assert await asyncio.to_thread(refused_everywhere, short_lived) == EXPIRED

    run_async(story())
