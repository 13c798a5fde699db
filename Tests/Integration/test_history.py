"""Sessions, participants and what happened to them; limits, exchanged tokens, moderation."""

import asyncio

import pytest
from botocore.exceptions import ClientError

from harness.events import events, participants
from harness.operations import call
from harness.rtc import Bars, Publisher, Subscriber, eventually, peers, watched
from harness.server import Server, serving, until
from harness.stage import Stage, walk

pytestmark = pytest.mark.timeout(180)


def names(stage, token, session: str | None = None) -> list[str]:
    return [event["name"] for event in stage.events_of(token, session)]


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    """A server whose sessions end at once, and which takes small pictures only."""
    with serving(tmp_path_factory.mktemp("quick"), "--session-linger", "0",
                 "--max-publish-height", "240", name="quick") as server:
        yield server


def test_a_show_leaves_its_history(stage, run_async):
    async def story():
        host, viewer = stage.host("ada", attributes={"team": "red"}), stage.viewer("bob")
        async with peers() as everyone:
            everyone.append(await Publisher().publish(host))
            everyone.append(await Subscriber().subscribe(viewer, host))
            await everyone[1].until_decoded("video", 3)
        return host, viewer

    host, viewer = run_async(story())
    session = stage.active_session
    assert len(session) == 16 and session.startswith("st-")
    shown = stage.api.get_stage_session(stageArn=stage.arn, sessionId=session)["stageSession"]
    assert shown["sessionId"] == session and "endTime" not in shown
    listed = stage.api.list_stage_sessions(stageArn=stage.arn, maxResults=1)["stageSessions"]
    assert listed == [shown]

    assert names(stage, host, session) == ["JOINED", "PUBLISH_STARTED", "PUBLISH_STOPPED", "LEFT"]
    watched = stage.events_of(viewer, session)
    assert [event["name"] for event in watched] == [
        "JOINED", "SUBSCRIBE_STARTED", "SUBSCRIBE_STOPPED", "LEFT"]
    assert watched[1]["remoteParticipantId"] == host.participant
    assert "remoteParticipantId" not in watched[0]

    people = stage.api.list_participants(stageArn=stage.arn, sessionId=session)["participants"]
    assert [one["participantId"] for one in people] == [host.participant, viewer.participant]
    one = stage.api.get_participant(
        stageArn=stage.arn, sessionId=session, participantId=host.participant)["participant"]
    assert one["userId"] == "ada" and one["attributes"] == {"team": "red"}
    assert one["state"] == "DISCONNECTED" and one["published"] is True
    assert one["protocol"] == "WHIP" and one["replicationType"] == "NONE"
    assert one["recordingState"] == "DISABLED"
    assert people[1]["published"] is False


def test_pages_have_no_gap_and_no_repeat(stage):
    tokens = [stage.viewer(f"v{index}") for index in range(25)]
    for token in tokens:
        with events(token) as socket:
            socket.until("STAGE_STATE")
    session = stage.active_session
    found = walk(
        stage.api.list_participants, "participants", 4, stageArn=stage.arn, sessionId=session)
    assert [one["participantId"] for one in found] == [token.participant for token in tokens]
    named = walk(
        stage.api.list_participants, "participants", 4, stageArn=stage.arn, sessionId=session,
        filterByUserId="v7")
    assert [one["participantId"] for one in named] == [tokens[7].participant]
    with pytest.raises(ClientError, match="ValidationException"):
        stage.api.list_participants(
            stageArn=stage.arn, sessionId=session, filterByUserId="v7", filterByPublished=True)


def test_sessions_end_and_begin_anew(quick):
    stage = Stage(quick)
    viewer = stage.viewer()
    sessions = []
    for _ in range(3):
        with events(viewer) as socket:
            socket.until("STAGE_STATE")
            sessions.append(stage.active_session)
        until(lambda: stage.active_session is None)
    listed = walk(stage.api.list_stage_sessions, "stageSessions", 2, stageArn=stage.arn)
    assert [one["sessionId"] for one in listed] == sessions[::-1]
    for one in listed:
        assert one["endTime"] >= one["startTime"]
        assert names(stage, viewer, one["sessionId"]) == ["JOINED", "LEFT"]


def test_a_crash_leaves_nobody_connected(tmp_path):
    first = Server("--data", tmp_path, name="crash")
    second = None
    try:
        stage = Stage(first.wait_ready())
        viewer = stage.viewer()
        with events(viewer) as socket:
            socket.until("STAGE_STATE")
            session = stage.active_session
            first.kill()
        second = Server("--data", tmp_path, name="crash").wait_ready()
        stage.api = Stage(second).api
        ended = until(lambda: stage.api.get_stage_session(
            stageArn=stage.arn, sessionId=session)["stageSession"].get("endTime"))
        (one,) = stage.api.list_participants(
            stageArn=stage.arn, sessionId=session)["participants"]
        assert one["state"] == "DISCONNECTED"
        assert names(stage, viewer, session) == ["JOINED", "LEFT"]
        assert stage.events_of(viewer, session)[1]["eventTime"] <= ended
        assert stage.active_session is None
        second.close()
    finally:
        first.kill()
        if second:
            second.kill()


def test_a_large_picture_ends_the_publication(quick, run_async):
    stage = Stage(quick)

    async def story():
        host = stage.host()
        with events(host) as socket:
            await asyncio.to_thread(socket.until, "STAGE_STATE")
            async with peers() as everyone:
                publisher = Publisher()
                everyone.append(publisher)
                publisher.pc.getTransceivers()[0].sender.replaceTrack(Bars(640, 360))
                await publisher.publish(host)
                error = await asyncio.to_thread(socket.until, "ERROR", timeout=20)
                assert error["name"] == "RESOLUTION_EXCEEDED" and error["code"] == 4
                assert publisher.resource.endswith(error["resource"])
                await asyncio.to_thread(
                    socket.until, "STAGE_STATE",
                    lambda state: host.participant not in participants(state)
                    or not participants(state)[host.participant]["isPublishing"])
                session = stage.active_session
        found = stage.events_of(host, session)
        assert [event["name"] for event in found][:4] == [
            "JOINED", "PUBLISH_STARTED", "PUBLISH_ERROR", "PUBLISH_STOPPED"]
        assert found[2]["errorCode"] == "RESOLUTION_EXCEEDED"

    run_async(story())


def test_muted_and_unpublished_by_the_backend(server, stage, run_async):
    async def story():
        host, viewer = stage.host(), stage.viewer()
        with events(host) as socket:
            async with peers() as everyone:
                publisher, watcher = await watched(everyone, host, viewer)
                await watcher.until_decoded("video", 3)

                def moderate(operation, **members):
                    return call(
                        server, operation, stageArn=stage.arn, participantId=host.participant,
                        **members)

                answer = await asyncio.to_thread(moderate, "MuteParticipant", video=True)
                assert (answer.status, answer.body) == (200, "{}")
                shown = await asyncio.to_thread(
                    socket.until, "STAGE_STATE",
                    lambda state: participants(state)[host.participant]["videoStopped"])
                assert participants(shown)[host.participant]["mutedByModerator"] == ["video"]
                await asyncio.sleep(1)
                frames, sounds = watcher.decoded("video"), watcher.decoded("audio")
                await asyncio.sleep(1)
                assert watcher.decoded("video") == frames, "nothing more is passed on"
                assert watcher.decoded("audio") > sounds, "and the sound goes on"

                answer = await asyncio.to_thread(moderate, "MuteParticipant", video=False)
                assert answer.status == 200
                await watcher.until_decoded("video", frames + 5)

                answer = await asyncio.to_thread(
                    moderate, "UnpublishParticipant", reason="Time is up")
                assert answer.status == 200
                error = await asyncio.to_thread(socket.until, "ERROR")
                assert error["name"] == "UNPUBLISHED" and error["message"] == "Time is up"
                # The token still opens the stage.
                again = Publisher()
                everyone.append(again)
                await again.publish(host)
                nobody = await asyncio.to_thread(moderate, "MuteParticipant")
                assert nobody.status == 400

    run_async(story())
    absent = call(
        server, "MuteParticipant", stageArn=stage.arn, participantId="nobody", audio=True)
    assert absent.status == 404 and absent.error["__type"] == "ResourceNotFoundException"


def test_exchanging_a_minted_token_for_one_of_somebody_else_is_refused(stage):
    host, other = stage.host(), stage.host("other")
    with events(host) as socket:
        socket.until("STAGE_STATE")
        socket.send("EXCHANGE_TOKEN", {"token": other.text})
        error = socket.until("ERROR")
        assert error["name"] == "TOKEN_NOT_ALLOWED" and error["request"] == "EXCHANGE_TOKEN"
        assert "jti" in error["message"]
        # The same one once more is as good as a new one.
        socket.send("EXCHANGE_TOKEN", {"token": host.text})
        answer = socket.until("TOKEN_EXCHANGED")
        assert answer["capabilities"] == ["PUBLISH"] and answer["userId"] == "host"
    session = stage.active_session
    found = stage.events_of(host, session)
    assert [event["name"] for event in found] == ["JOINED", "TOKEN_EXCHANGED", "LEFT"]
    assert found[1]["previousToken"] == found[1]["newToken"]
    assert found[1]["newToken"]["capabilities"] == ["PUBLISH"]


def test_a_self_signed_token_is_exchanged(stage, run_async):
    from test_public_keys import Backend

    backend = Backend(stage.api)
    backend.import_key()
    try:
        def token(user, **capabilities):
            return backend.token(
                stage, "p_1", user_id=user, attributes={"name": user}, capabilities=capabilities)

        first = token("ada", allow_publish=True)
        viewer = stage.viewer()

        async def story():
            with events(first) as socket, events(viewer) as watcher:
                async with peers() as everyone:
                    publisher = await Publisher().publish(first)
                    everyone.append(publisher)
                    await asyncio.to_thread(
                        watcher.until, "STAGE_STATE",
                        lambda state: participants(state).get("p_1", {}).get("isPublishing"))
                    second = token("eve", allow_publish=True, allow_subscribe=True)
                    socket.send("EXCHANGE_TOKEN", {"token": second.text})
                    await asyncio.to_thread(socket.until, "TOKEN_EXCHANGED")
                    shown = await asyncio.to_thread(
                        watcher.until, "STAGE_STATE",
                        lambda state: participants(state)["p_1"]["userId"] == "eve")
                    assert participants(shown)["p_1"]["attributes"] == {"name": "eve"}
                    third = token("eve", allow_subscribe=True)
                    socket.send("EXCHANGE_TOKEN", {"token": third.text})
                    await asyncio.to_thread(socket.until, "TOKEN_EXCHANGED")
                    await asyncio.to_thread(
                        watcher.until, "STAGE_STATE",
                        lambda state: not participants(state).get("p_1", {}).get("isPublishing"))
                    refused = await Publisher().negotiate(third.publish_url, third)
                    assert refused.refusal[::2] == (403, "TOKEN_NOT_ALLOWED")
            await eventually(
                lambda: "LEFT" in names(stage, first, stage.active_session), 10)

        run_async(story())
        assert names(stage, first, stage.active_session) == [
            "JOINED", "PUBLISH_STARTED", "TOKEN_EXCHANGED", "TOKEN_EXCHANGED",
            "PUBLISH_STOPPED", "PUBLISH_ERROR", "LEFT"]
    finally:
        stage.api.delete_public_key(arn=backend.arn)
