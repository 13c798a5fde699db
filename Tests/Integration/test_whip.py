"""WHIP (RFC 9725) and its subscribing sibling, request by request."""

import pytest

from harness import http, sdp
from harness.sdp import Offer

ORIGIN = "https://studio.example"
FRAGMENT = "application/trickle-ice-sdpfrag"


@pytest.fixture
def host(stage):
    return stage.host()


def publish(token, offer=None, **headers) -> http.Response:
    return http.offer(token.publish_url, str(offer or Offer()), token, **headers)


def candidate_fragment(offer: Offer, candidate: str) -> str:
    lines = [
        f"a=ice-ufrag:{offer.ice[0]}", f"a=ice-pwd:{offer.ice[1]}",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=mid:0", f"a=candidate:{candidate}",
        "a=end-of-candidates",
    ]
    return "\r\n".join(lines) + "\r\n"


class TestPublish:
    def test_is_answered_with_a_session(self, host):
        answer = publish(host)
        assert answer.status == 201, answer.body
        assert answer.header("Content-Type").startswith("application/sdp")
        assert answer.header("Location")
        assert answer.header("ETag").startswith('"'), "a strong entity tag"
        assert answer.body.startswith("v=0")

    def test_answer_is_one_that_any_client_can_use(self, host):
        answer = publish(host).body
        assert "a=ice-lite" in answer
        assert "a=group:BUNDLE 0 1" in answer
        for section in sdp.sections(answer):
            assert "a=recvonly" in section
            assert "a=rtcp-mux" in section
            assert "a=setup:passive" in section
            assert any(line.startswith("a=fingerprint:sha-256 ") for line in section) \
                or "a=fingerprint:sha-256 " in answer.split("m=")[0]
            assert any(line.startswith("a=candidate:") for line in section), \
                "candidates stand in every m-section"
            assert "a=end-of-candidates" in section

    def test_at_the_bare_whip_url_takes_the_participant_from_the_token(self, host):
        assert http.offer(host.whip_url, str(Offer()), host).status == 201

    def test_under_another_participants_path_is_refused(self, host, stage):
        other = stage.host("other")
        assert http.offer(other.publish_url, str(Offer()), host).status == 403

    @pytest.mark.parametrize("offer", [
        pytest.param(Offer(newline="\n"), id="LF line ends"),
        pytest.param(Offer(extensions=False), id="no extmap"),
        pytest.param(Offer(direction="sendrecv"), id="sendrecv"),
        pytest.param(Offer(codecs=("vp8",)), id="video only"),
        pytest.param(Offer(codecs=("h264",)), id="video only, H.264"),
        pytest.param(Offer(codecs=("opus",)), id="audio only"),
        pytest.param(Offer(codecs=("h264", "opus")), id="video first"),
        pytest.param(Offer(simulcast=True), id="simulcast"),
        pytest.param(Offer(setup="active"), id="setup active"),
    ])
    def test_is_lenient(self, host, offer):
        answer = publish(host, offer)
        assert answer.status == 201, answer.body
        assert len(sdp.sections(answer.body)) == len(offer.codecs)

    def test_a_simulcast_offer_is_accepted_with_all_layers(self, host):
        answer = publish(host, Offer(simulcast=True)).body
        assert "a=simulcast:recv q;h;f" in answer
        for rid in "qhf":
            assert f"a=rid:{rid} recv" in answer

    def test_any_payload_type_number_is_kept(self, host):
        offer = str(Offer()).replace("96", "35").replace("111", "63")
        answer = publish(host, offer)
        assert answer.status == 201, answer.body
        assert "a=rtpmap:35 VP8/90000" in answer.body
        assert "a=rtpmap:63 opus/48000/2" in answer.body

    @pytest.mark.parametrize("codecs", [("pcmu",), ("h265",), ("opus", "h265")])
    def test_without_a_common_codec_is_refused_whole(self, host, codecs):
        answer = publish(host, Offer(codecs=codecs))
        assert answer.refusal[:2] == (422, 7), answer.body
        assert "VP8" in answer.error["message"] or "opus" in answer.error["message"].lower(), \
            "the message names what would have worked"

    @pytest.mark.parametrize("offer", [
        pytest.param(Offer(direction="recvonly"), id="recvonly"),
        pytest.param(Offer(direction="inactive"), id="inactive"),
        pytest.param(Offer(bundle=False), id="no BUNDLE"),
        pytest.param(Offer(rtcp_mux=False), id="no rtcp-mux"),
        pytest.param(Offer(setup="passive"), id="setup passive"),
    ])
    def test_an_offer_that_cannot_work_is_refused(self, host, offer):
        answer = publish(host, offer)
        assert answer.status in (400, 422), answer.body
        assert answer.error["message"]


class TestBrokenOffers:
    @pytest.mark.parametrize("body", [
        pytest.param("", id="empty"),
        pytest.param("hello", id="no SDP"),
        pytest.param("v=0\r\n", id="one line"),
        pytest.param("\x00\xff" * 100, id="binary"),
        pytest.param("v=0\r\n" + "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n" * 500, id="500 m-lines"),
        pytest.param("a=" + "x" * 60_000, id="one long line"),
    ])
    def test_are_refused_in_words(self, host, body):
        answer = http.offer(host.publish_url, body, host)
        assert answer.status in (400, 422), answer.body
        assert answer.error["message"]

    def test_truncated_anywhere_never_break_the_server(self, host, server):
        whole = str(Offer(simulcast=True))
        for end in range(0, len(whole), 37):
            assert publish(host, whole[:end] or " ").status in (201, 400, 422, 429)
        assert server.get("/healthz")[0] == 200

    def test_oversized_is_413(self, host):
        answer = http.offer(host.publish_url, str(Offer()) + "a=x:y\r\n" * 400_000, host)
        assert answer.status == 413

    @pytest.mark.parametrize("type", ["application/json", "text/plain", None])
    def test_another_content_type_is_415(self, host, type):
        assert publish(host, Content_Type=type).status == 415

    def test_without_a_token_is_401(self, host):
        answer = http.offer(host.publish_url, str(Offer()), None)
        assert answer.refusal[:2] == (401, 1)


class TestCORS:
    @pytest.mark.parametrize("path", ["", "/publish/x", "/subscribe", "/subscribe/x"])
    def test_preflight(self, server, stage, path):
        url = stage.endpoints["whip"] + path
        answer = http.request(
            "OPTIONS", url, Origin=ORIGIN, Access_Control_Request_Method="POST",
            Access_Control_Request_Headers="authorization,content-type")
        assert answer.status in (200, 204)
        assert answer.header("Access-Control-Allow-Origin") in ("*", ORIGIN)
        allowed = answer.header("Access-Control-Allow-Headers").lower()
        assert "authorization" in allowed and "content-type" in allowed
        assert "if-match" in allowed or allowed == "*"
        methods = answer.header("Access-Control-Allow-Methods")
        assert all(method in methods for method in ("POST", "PATCH", "DELETE"))

    def test_options_says_what_may_be_posted(self, host):
        answer = http.request("OPTIONS", host.publish_url, token=host)
        assert answer.status in (200, 204)
        assert "application/sdp" in answer.header("Accept-Post")

    def test_answers_expose_what_a_page_must_read(self, host):
        answer = publish(host, Origin=ORIGIN)
        assert answer.header("Access-Control-Allow-Origin") in ("*", ORIGIN)
        exposed = answer.header("Access-Control-Expose-Headers").lower()
        assert all(name in exposed for name in ("location", "link", "etag"))

    def test_refusals_can_be_read_by_a_page_too(self, host):
        answer = http.offer(host.publish_url, "v=0", host, Origin=ORIGIN)
        assert answer.header("Access-Control-Allow-Origin") in ("*", ORIGIN)


class TestSession:
    @pytest.fixture
    def offer(self):
        return Offer()

    @pytest.fixture
    def session(self, host, offer):
        """A session's URL and its entity tag."""
        answer = publish(host, offer)
        assert answer.status == 201, answer.body
        return http.resource_url(host.publish_url, answer), answer.header("ETag")

    def patch(self, url, body, token, **headers):
        headers.setdefault("Content_Type", FRAGMENT)
        return http.request("PATCH", url, body, token, **headers)

    def test_takes_trickled_candidates(self, session, host, offer):
        url, tag = session
        for candidate in (
            "1 1 udp 2122260223 192.0.2.7 50000 typ host",
            "2 1 tcp 1518280447 192.0.2.7 9 typ host tcptype active",
            "3 1 udp 2122260223 3f5c9d8e-6f3a-4d3a-9d5e-0a1b2c3d4e5f.local 50001 typ host",
        ):
            answer = self.patch(url, candidate_fragment(offer, candidate), host, If_Match=tag)
            assert answer.status == 204, answer.body
            assert not answer.header("ETag")

    def test_trickle_without_if_match_is_428(self, session, host, offer):
        body = candidate_fragment(offer, "1 1 udp 1 192.0.2.7 50000 typ host")
        assert self.patch(session[0], body, host).status == 428

    def test_trickle_with_a_stale_tag_is_412(self, session, host, offer):
        body = candidate_fragment(offer, "1 1 udp 1 192.0.2.7 50000 typ host")
        assert self.patch(session[0], body, host, If_Match='"stale"').status == 412

    def test_patch_of_another_type_is_415(self, session, host):
        answer = self.patch(session[0], "{}", host, Content_Type="application/json",
                            If_Match=session[1])
        assert answer.status == 415

    def test_malformed_patch_is_refused(self, session, host):
        answer = self.patch(session[0], "hello", host, If_Match=session[1])
        assert answer.status in (400, 422)

    def test_ice_restart_gives_new_credentials_and_a_new_tag(self, session, host):
        url, tag = session
        restarted = Offer()
        body = candidate_fragment(restarted, "1 1 udp 1 192.0.2.7 50000 typ host")
        answer = self.patch(url, body, host, If_Match="*")
        assert answer.status == 200, answer.body
        assert answer.header("Content-Type").startswith(FRAGMENT)
        assert answer.header("ETag") not in ("", tag)
        assert "a=ice-ufrag:" in answer.body and "a=ice-pwd:" in answer.body
        stale = self.patch(url, candidate_fragment(restarted, "1 1 udp 1 192.0.2.7 1 typ host"),
                           host, If_Match=tag)
        assert stale.status == 412, "the old tag is stale now"

    def test_is_ended_by_delete(self, session, host):
        assert http.request("DELETE", session[0], token=host).status == 200
        assert http.request("DELETE", session[0], token=host).status == 404

    def test_delete_ignores_the_entity_tag(self, session, host):
        assert http.request("DELETE", session[0], token=host, If_Match='"x"').status == 200

    def test_of_somebody_else_cannot_be_touched(self, session, stage, offer):
        stranger = stage.host("stranger")
        assert http.request("DELETE", session[0], token=stranger).status in (403, 404)
        assert http.request("DELETE", session[0]).status == 401
        body = candidate_fragment(offer, "1 1 udp 1 192.0.2.7 50000 typ host")
        assert self.patch(session[0], body, stranger, If_Match=session[1]).status in (403, 404)

    def test_unknown_is_404(self, session, host):
        gone = session[0].rsplit("/", 1)[0] + "/AAAAAAAAAAAA"
        assert http.request("DELETE", gone, token=host).status == 404

    @pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "POST"])
    def test_other_methods_are_refused_politely(self, session, host, method):
        assert http.request(method, session[0], token=host).status < 500


class TestSubscribe:
    RECEIVE = dict(direction="recvonly")

    def test_to_nobody_is_404(self, stage):
        viewer = stage.viewer()
        answer = http.offer(
            viewer.subscribe_url("AAAAAAAAAAAA"), str(Offer(**self.RECEIVE)), viewer)
        assert answer.status == 404
        assert answer.error["message"]

    def test_to_the_whole_stage_works_before_anybody_publishes(self, stage):
        viewer = stage.viewer()
        codecs = ("opus", "vp8", "opus", "vp8", "opus", "vp8")
        answer = http.offer(
            viewer.subscribe_url(), str(Offer(codecs=codecs, **self.RECEIVE)), viewer)
        assert answer.status == 201, answer.body
        sections = sdp.sections(answer.body)
        assert len(sections) == 6
        assert all("a=sendonly" in section for section in sections)

    def test_an_offer_that_only_sends_is_refused(self, stage):
        viewer = stage.viewer()
        answer = http.offer(viewer.subscribe_url(), str(Offer(direction="sendonly")), viewer)
        assert answer.status in (400, 422)
