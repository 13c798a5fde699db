"""aiortc on both sides: a WebRTC stack that is nobody's browser."""

import asyncio

import pytest

from harness import http
from harness.database import eventually_rows_with
from harness.events import events
from harness.metrics import Metrics
from harness.relay import relay
from harness.rtc import Publisher, Subscriber, eventually, peers, watched
from harness.sdp import Offer

pytestmark = pytest.mark.timeout(180)
PUBLISHERS = 12


@pytest.mark.parametrize("codec", ["VP8", "H264"])
def test_publisher_to_subscriber_without_header_extensions(stage, run_async, codec):
    """Offers with no extmap at all: streams are told apart by SSRC and payload type alone."""
    async def story():
        async with peers() as everyone:
            host, viewer = stage.host(), stage.viewer()
            publisher, subscriber = Publisher(codec), Subscriber()
            everyone += [publisher, subscriber]
            await publisher.publish(host)
            assert "a=extmap" not in publisher.answer.body
            await subscriber.subscribe(viewer, host)
            assert "a=extmap" not in subscriber.answer.body
            await subscriber.until_decoded("video", 60)
            await subscriber.until_decoded("audio", 100)
            (mid,) = subscriber.mids("video")
            assert subscriber.sizes[mid] == (320, 180)
            assert sum(subscriber.energy.values()) > 0.1, "a tone is not silence"

    run_async(story())


@pytest.mark.parametrize("codec", ["VP8", "H264"])
def test_whole_stage(stage, run_async, codec):
    async def story():
        async with peers() as everyone:
            subscriber = Subscriber(strip_extensions=False)
            publisher = Publisher(codec, strip_extensions=False)
            everyone += [subscriber, publisher]
            viewer, host = stage.viewer(), stage.host()
            await subscriber.subscribe(viewer)
            await publisher.publish(host)
            await subscriber.until_decoded("video", 30)
            await subscriber.until_decoded("audio", 50)

    run_async(story())


def test_viewer_that_came_first_is_served_by_a_key_frame_at_once(stage, run_async):
    """A late subscriber must not wait for the encoder's own key frame interval."""
    async def story():
        async with peers() as everyone:
            host = stage.host()
            publisher = Publisher("VP8")
            everyone.append(publisher)
            await publisher.publish(host)
            await asyncio.sleep(3)
            for _ in range(2):
                subscriber = Subscriber(audio=0)
                everyone.append(subscriber)
                await subscriber.subscribe(stage.viewer(), host)
                await subscriber.until_decoded("video", 1, timeout=3)

    run_async(story())


def test_sound_only_and_picture_only(stage, run_async):
    async def story():
        async with peers() as everyone:
            singer, mime = stage.host("singer"), stage.host("mime")
            sound, picture = Publisher(codec=None), Publisher(audio=False)
            everyone += [sound, picture]
            await sound.publish(singer)
            await picture.publish(mime)
            ears, eyes = Subscriber(video=0), Subscriber(audio=0)
            everyone += [ears, eyes]
            await ears.subscribe(stage.viewer(), singer)
            await eyes.subscribe(stage.viewer(), mime)
            await ears.until_decoded("audio", 50)
            await eyes.until_decoded("video", 30)

    run_async(story())


def test_delete_ends_a_subscription_and_leaves_the_others(stage, run_async):
    async def story():
        async with peers() as everyone:
            host = stage.host()
            publisher, stays, goes = Publisher(), Subscriber(), Subscriber()
            everyone += [publisher, stays, goes]
            await publisher.publish(host)
            await stays.subscribe(stage.viewer("stays"), host)
            await goes.subscribe(stage.viewer("goes"), host)
            await goes.until_decoded("video", 10)
            answer = await asyncio.to_thread(http.request, "DELETE", goes.resource, "", goes.token)
            assert answer.status == 200
            await asyncio.sleep(1)
            ended = await goes.received()
            went_on = stays.decoded("video")
            await asyncio.sleep(1)
            assert await goes.received() == ended, "packets after DELETE"
            assert stays.decoded("video") > went_on

    run_async(story())


def test_a_vanished_host_leaves_no_ghost(stage, run_async):
    """ICE consent (RFC 7675) runs out within 30 s and the stage shows it."""
    async def story():
        async with peers() as everyone:
            host = stage.host()
            publisher = Publisher(codec=None)
            await publisher.publish(host)
            with events(stage.viewer()) as socket:
                await asyncio.to_thread(
                    socket.until, "STAGE_STATE",
                    lambda state: any(
                        p["id"] == host.participant and p["isPublishing"]
                        for p in state["participants"]))
                # The network is gone: no DELETE, no DTLS close, no more answers.
                transport = publisher.pc.getTransceivers()[0].sender.transport.transport
                await transport._connection.close()
                await asyncio.to_thread(
                    socket.until, "STAGE_STATE",
                    lambda state: not any(
                        p["id"] == host.participant and p["isPublishing"]
                        for p in state["participants"]),
                    45)
            everyone.append(publisher)

    run_async(story())


def test_a_host_whose_address_changes_goes_on(server, stage, run_async):
    """A new network, the same ICE credentials: the next consent check says who it is, and what the
    server sends goes to where the host is now. It is one publication all along."""
    async def story():
        async with relay() as nat, peers() as everyone:
            host = stage.host()
            publisher, subscriber = Publisher("VP8", via=nat), Subscriber()
            everyone += [publisher, subscriber]
            await publisher.publish(host)
            await subscriber.subscribe(stage.viewer(), host)
            await subscriber.until_decoded("video", 30)
            await nat.move()
            pictures, sounds = subscriber.decoded("video"), subscriber.decoded("audio")
            # Consent checks are 4 to 6 s apart; sound needs nothing else.
            await subscriber.until_decoded("audio", sounds + 100, 12)
            # Pictures need a keyframe, and that the wish for it reaches the host.
            await subscriber.until_decoded("video", pictures + 60, 25)
            late = Subscriber(audio=0)
            everyone.append(late)
            await late.subscribe(stage.viewer(), host)
            await late.until_decoded("video", 10)
            forgotten = nat.forgotten
            await asyncio.sleep(2)
            assert nat.forgotten == forgotten, "the server still sends to the former address"
            _, page = await asyncio.to_thread(server.get, "/metrics")
            assert Metrics(page).total("rostrum_peer_connections", role="publisher") == 1
        return host.participant

    participant = run_async(story())
    starts = eventually_rows_with(server.data, "PUBLISH_STARTED", participant)
    assert len(starts) == 1, starts


def test_twelve_publishers_and_no_more(server, stage, run_async):
    """The thirteenth is told why, it is on record, and the twelve go on undisturbed."""
    async def story():
        async with peers() as everyone:
            listener = Subscriber(video=0, audio=PUBLISHERS, strip_extensions=False)
            everyone.append(listener)
            await listener.subscribe(stage.viewer())
            hosts = [stage.host(f"host-{n}") for n in range(PUBLISHERS)]
            publishers = [Publisher(codec=None, light=True) for _ in hosts]
            everyone.extend(publishers)
            for publisher, host in zip(publishers, hosts):
                await publisher.publish(host)
            await eventually(
                lambda: len(listener.frames) == PUBLISHERS, 30,
                lambda: f"sound in {len(listener.frames)} of {PUBLISHERS} slots")

            one_too_many = stage.host("thirteenth")
            answer = await asyncio.to_thread(
                http.offer, one_too_many.publish_url, str(Offer()), one_too_many)
            assert answer.refusal == (403, 6, "STAGE_AT_CAPACITY")
            assert "12" in answer.error["message"]
            recorded = await asyncio.to_thread(
                eventually_rows_with, server.data, "QUOTA_EXCEEDED", one_too_many.participant)
            assert any("PUBLISH_ERROR" in row for row in recorded), recorded

            before = dict(listener.frames)
            await asyncio.sleep(2)
            gained = {mid: listener.frames[mid] - before[mid] for mid in before}
            # 50 packets a second; half leaves room for a busy machine.
            assert len(gained) == PUBLISHERS and min(gained.values()) > 50, gained

            await publishers[0].close()
            replacement = Publisher(codec=None, light=True)
            everyone.append(replacement)
            await replacement.publish(one_too_many)

    run_async(story())


def test_what_participants_did_is_recorded(server, stage, run_async):
    async def story():
        host, viewer = stage.host(), stage.viewer()
        async with peers() as everyone:
            publisher, subscriber = await watched(everyone, host, viewer)
            await subscriber.until_decoded("video", 10)
        return host.participant, viewer.participant

    host, viewer = run_async(story())
    for participant, names in (
        (host, ["JOINED", "PUBLISH_STARTED", "PUBLISH_STOPPED", "LEFT"]),
        (viewer, ["JOINED", "SUBSCRIBE_STARTED", "SUBSCRIBE_STOPPED", "LEFT"]),
    ):
        for name in names:
            # LEFT comes some time after the last session, in case the participant comes back.
            assert eventually_rows_with(server.data, name, participant, timeout=45), \
                (name, participant)
    assert any(host in row for row in eventually_rows_with(
        server.data, "SUBSCRIBE_STARTED", viewer)), "the remote participant is recorded too"


def test_refusals_are_recorded(server, stage):
    host, viewer = stage.host(), stage.viewer()
    assert http.offer(viewer.publish_url, str(Offer()), viewer).status == 403
    receive = str(Offer(direction="recvonly"))
    assert http.offer(host.subscribe_url(), receive, host).status == 403
    assert http.offer(viewer.subscribe_url("AAAAAAAAAAAA"), receive, viewer).status == 404
    for error, participant in (
        ("INSUFFICIENT_CAPABILITIES", viewer), ("INSUFFICIENT_CAPABILITIES", host),
        ("PUBLISHER_NOT_FOUND", viewer),
    ):
        assert eventually_rows_with(server.data, error, participant.participant), error
