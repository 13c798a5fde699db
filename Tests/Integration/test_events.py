"""The events socket."""

import asyncio
import json
import time

import pytest
from websockets.exceptions import InvalidStatus

from harness.events import events, participants
from harness.rtc import Publisher, Subscriber, peers, watched

pytestmark = pytest.mark.timeout(120)


def test_opens_with_the_whole_state(stage):
    viewer = stage.viewer("grace", attributes={"seat": "12"})
    with events(viewer) as socket:
        state = socket.until("STAGE_STATE")
        assert state["stageId"] == stage.id
        me = participants(state).get(viewer.participant)
        assert me, "the receiver itself is in it"
        assert me["userId"] == "grace"
        assert me["attributes"] == {"seat": "12"}
        assert me["isPublishing"] is False


def test_answers_ping(stage):
    with events(stage.viewer()) as socket:
        socket.send("PING")
        socket.until("PONG", timeout=3)


def test_ignores_what_it_does_not_know(stage):
    with events(stage.viewer()) as socket:
        socket.send("SOMETHING_NEW", {"x": [1, 2, {"y": None}]})
        socket.socket.send(json.dumps({"type": "PING", "payload": {}, "extra": True}))
        socket.until("PONG", timeout=3)


@pytest.mark.parametrize("text", ["", "hello", "[]", "{}", '{"type": 5}', "[" * 2000])
def test_survives_what_is_no_message(server, stage, text):
    viewer = stage.viewer()
    with events(viewer) as socket:
        socket.until("STAGE_STATE")
        socket.socket.send(text)
        time.sleep(0.2)
    with events(viewer) as socket:
        socket.send("PING")
        socket.until("PONG", timeout=3)


def test_shows_publishers_as_they_come_and_go(stage, run_async):
    async def story():
        host, viewer = stage.host("ada", attributes={"team": "red"}), stage.viewer()
        with events(viewer) as socket:
            state = await asyncio.to_thread(socket.until, "STAGE_STATE")
            assert host.participant not in participants(state)
            async with peers() as everyone:
                publisher = Publisher()
                everyone.append(publisher)
                await publisher.publish(host)
                state = await asyncio.to_thread(
                    socket.until, "STAGE_STATE",
                    lambda state: participants(state).get(host.participant, {}).get("isPublishing"))
                shown = participants(state)[host.participant]
                assert shown["userId"] == "ada" and shown["attributes"] == {"team": "red"}
                assert shown["audioMuted"] is False and shown["videoStopped"] is False
            await asyncio.to_thread(
                socket.until, "STAGE_STATE",
                lambda state: not participants(state).get(host.participant, {}).get("isPublishing"))

    run_async(story())


def test_viewers_are_not_shown_to_each_other(stage, run_async):
    with events(stage.viewer("one")) as first:
        first.until("STAGE_STATE")
        two = stage.viewer("two")
        with events(two) as second:
            second.until("STAGE_STATE")
            first.send("PING")
            first.until("PONG")
        assert all(
            two.participant not in participants(message["payload"])
            for message in first.seen if message["type"] == "STAGE_STATE")


def test_mute_is_told_to_everybody(stage, run_async):
    async def story():
        host, viewer = stage.host(), stage.viewer()
        async with peers() as everyone:
            publisher = Publisher(codec=None)
            everyone.append(publisher)
            await publisher.publish(host)
            with events(viewer) as watching, events(host) as acting:
                for muted, stopped in ((True, False), (True, True), (False, False)):
                    acting.send("MUTE", {"audioMuted": muted, "videoStopped": stopped})

                    def shows(state):
                        shown = participants(state).get(host.participant, {})
                        return (shown.get("audioMuted"), shown.get("videoStopped")) == \
                            (muted, stopped)

                    await asyncio.to_thread(watching.until, "STAGE_STATE", shows)

    run_async(story())


def test_slots_say_who_is_where(stage, run_async):
    async def story():
        viewer = stage.viewer()
        with events(viewer) as socket:
            async with peers() as everyone:
                subscriber = Subscriber(video=2, audio=2, strip_extensions=False)
                everyone.append(subscriber)
                await subscriber.subscribe(viewer)
                resource = subscriber.resource.rstrip("/").rsplit("/", 1)[1]
                hosts = [stage.host("one"), stage.host("two")]
                for count, host in enumerate(hosts, 1):
                    publisher = Publisher(strip_extensions=False)
                    everyone.append(publisher)
                    await publisher.publish(host)
                    wanted = {
                        (h.participant, kind) for h in hosts[:count] for kind in ("audio", "video")}
                    payload = await asyncio.to_thread(
                        socket.until, "SLOTS",
                        lambda payload: wanted <= {
                            (slot.get("participantId"), slot["kind"]) for slot in payload["slots"]},
                        20)
                    assert payload["resource"] == resource
                    mids = {slot["mid"] for slot in payload["slots"] if slot.get("participantId")}
                    assert len(mids) == 2 * count, "each in a slot of its own"
                    assert mids <= set(subscriber.mids("audio") + subscriber.mids("video"))
                await everyone.pop().close()
                await asyncio.to_thread(
                    socket.until, "SLOTS",
                    lambda payload: hosts[1].participant not in {
                        slot.get("participantId") for slot in payload["slots"]},
                    20)

    run_async(story())


def test_disconnecting_a_participant_tells_it_and_closes(stage, run_async):
    async def story():
        host = stage.host()
        async with peers() as everyone:
            publisher = Publisher(codec=None)
            everyone.append(publisher)
            await publisher.publish(host)
            with events(host) as socket:
                await asyncio.to_thread(socket.until, "STAGE_STATE")
                await asyncio.to_thread(stage.disconnect, host, "too loud")
                told = await asyncio.to_thread(socket.until, "DISCONNECTED")
                assert told["reason"]
                await asyncio.to_thread(socket.until_closed)
        with pytest.raises(InvalidStatus):
            with events(host):
                pass

    run_async(story())


def test_deleting_the_stage_tells_everybody(stage):
    with events(stage.viewer()) as socket:
        socket.until("STAGE_STATE")
        stage.delete()
        assert socket.until("DISCONNECTED")["reason"]
        socket.until_closed()


def test_too_many_messages_close_the_socket_with_1008(stage):
    with events(stage.viewer()) as socket:
        socket.until("STAGE_STATE")
        try:
            for _ in range(200):
                socket.send("PING")
        except Exception:  # Closed while we were still writing.
            pass
        assert socket.until_closed() == 1008


def test_a_message_over_16_kib_is_not_taken(stage):
    viewer = stage.viewer()
    with events(viewer) as socket:
        socket.until("STAGE_STATE")
        socket.send("PING", {"filler": "x" * 20_000})
        assert socket.until_closed() in (1008, 1009)
    with events(viewer) as socket:
        socket.send("PING", {"filler": "x" * 15_000})
        socket.until("PONG", timeout=3)


def test_the_latency_budget_is_told_per_viewer(stage, run_async):
    async def story():
        host, viewer = stage.host(), stage.viewer()
        with events(viewer) as socket:
            async with peers() as everyone:
                publisher, subscriber = await watched(everyone, host, viewer)
                told = await asyncio.to_thread(
                    socket.until, "QUALITY", lambda payload: "serverMs" in payload["latency"], 30)
                assert told["latency"]["budgetMs"] == 300
                assert 0 <= told["latency"]["serverMs"] < 300

    run_async(story())
