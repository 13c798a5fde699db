"""A publisher of one stage that is seen on another one, through real peers and the real API."""

import asyncio

import pytest

from harness import operations
from harness.events import events
from harness.rtc import Publisher, Subscriber, eventually, peers
from harness.server import until
from harness.stage import Stage, refusal

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def other(server):
    """A second stage."""
    stage = Stage(server, "other")
    yield stage
    try:
        stage.delete()
    except stage.api.exceptions.ResourceNotFoundException:
        pass


def triple(source: Stage, destination: Stage, host) -> dict:
    return {
        "sourceStageArn": source.arn, "destinationStageArn": destination.arn,
        "participantId": getattr(host, "participant", host)}


def replicas(source: Stage, host) -> list[dict]:
    return source.api.list_participant_replicas(
        sourceStageArn=source.arn, participantId=host.participant)["replicas"]


def participant(stage: Stage, host) -> dict:
    return stage.api.get_participant(
        stageArn=stage.arn, sessionId=stage.newest_session,
        participantId=host.participant)["participant"]


def listed(state: dict, host, **members) -> bool:
    """Whether a STAGE_STATE lists the host with these members."""
    return any(
        p["id"] == host.participant and all(p.get(k) == v for k, v in members.items())
        for p in state["participants"])


async def publishing(publisher: Publisher, host, stage: Stage):
    """Publishes, and returns when the stage knows that media arrives."""
    await publisher.publish(host)
    await eventually(
        lambda: asyncio.to_thread(lambda: participant(stage, host)["published"]), 10)


async def light_host(stage: Stage, everyone: list):
    """A host that publishes, with as little work as can be, and its token."""
    host, publisher = stage.host(), Publisher(codec=None, light=True)
    everyone.append(publisher)
    await publishing(publisher, host, stage)
    return host, publisher


def test_seen_on_the_other_stage_by_name_and_by_whole_stage(stage, other, run_async):
    async def story():
        async with peers() as everyone:
            host = stage.host("ada", attributes={"role": "host", "seat": "1"})
            publisher, home = Publisher(), Subscriber()
            one, whole = Subscriber(), Subscriber(strip_extensions=False)
            everyone += [publisher, home, one, whole]
            await whole.subscribe(other.viewer("whole"))
            await publishing(publisher, host, stage)
            await home.subscribe(stage.viewer("home"), host)
            await asyncio.to_thread(
                stage.api.start_participant_replication, **triple(stage, other, host),
                attributes={"seat": "7", "team": "red"})
            with events(other.viewer("watcher")) as socket:
                state = await asyncio.to_thread(
                    socket.until, "STAGE_STATE",
                    lambda state: listed(state, host, isPublishing=True))
            shown = next(p for p in state["participants"] if p["id"] == host.participant)
            assert shown["attributes"] == {"role": "host", "seat": "7", "team": "red"}
            assert shown["userId"] == "ada"
            assert shown["replica"] is True
            one_token = other.viewer("one")
            await one.subscribe(one_token, host)
            for viewer in (one, whole, home):
                await viewer.until_decoded("video", 30)
                await viewer.until_decoded("audio", 50)

            source, replica = participant(stage, host), participant(other, host)
            assert (source["replicationType"], source["replicationState"]) == ("SOURCE", "ACTIVE")
            assert (replica["replicationType"], replica["replicationState"]) == (
                "REPLICA", "ACTIVE")
            assert replica["sourceStageArn"] == stage.arn
            assert replica["published"] and replica["state"] == "CONNECTED"
            (entry,) = replicas(stage, host)
            assert entry["replicationState"] == "ACTIVE"
            assert entry["destinationStageArn"] == other.arn
            assert replica["sourceSessionId"] == entry["sourceSessionId"]
            (started,) = [
                e for e in stage.events_of(host) if e["name"] == "REPLICATION_STARTED"]
            assert started["destinationStageArn"] == other.arn
            assert started["destinationSessionId"] == entry["destinationSessionId"]
            await eventually(lambda: asyncio.to_thread(lambda: any(
                e["name"] == "SUBSCRIBE_STARTED" and e.get("replica") is True
                and e["remoteParticipantId"] == host.participant
                for e in other.events_of(one_token))), 10)

            await asyncio.to_thread(
                stage.api.stop_participant_replication, **triple(stage, other, host))
            await asyncio.sleep(1)
            ended = await whole.received() + await one.received()
            went_on = home.decoded("video")
            await asyncio.sleep(1)
            assert await whole.received() + await one.received() == ended, "packets after the stop"
            assert home.decoded("video") > went_on, "the source goes on"
            names = [e["name"] for e in other.events_of(host)]
            assert names == ["JOINED", "PUBLISH_STARTED", "PUBLISH_STOPPED", "LEFT"]
            assert all(e["replica"] is True for e in other.events_of(host))
            assert stage.events_of(host)[-1]["name"] == "REPLICATION_STOPPED"
            assert participant(stage, host)["replicationState"] == "STOPPED"
            assert participant(other, host)["replicationState"] == "STOPPED"
            assert replicas(stage, host)[0]["replicationState"] == "STOPPED"

    run_async(story())


def test_both_ways_at_once(stage, other, run_async):
    """A battle: each stage's host is seen on the other's, and each viewer sees both."""
    async def story():
        async with peers() as everyone:
            red, blue = stage.host("red"), other.host("blue")
            for host, home in ((red, stage), (blue, other)):
                publisher = Publisher()
                everyone.append(publisher)
                await publishing(publisher, host, home)
            for source, destination, host in ((stage, other, red), (other, stage, blue)):
                await asyncio.to_thread(
                    stage.api.start_participant_replication, **triple(source, destination, host))
            for home in (stage, other):
                viewer = Subscriber(video=2, audio=2, strip_extensions=False)
                everyone.append(viewer)
                await viewer.subscribe(home.viewer())
                await eventually(
                    lambda: all(viewer.frames.get(mid, 0) > 10 for mid in viewer.mids("video")),
                    20, lambda: f"{viewer.frames}")

    run_async(story())


def test_what_is_muted_at_the_source_is_muted_there(server, stage, other, run_async):
    async def story():
        async with peers() as everyone:
            host = stage.host()
            publisher, viewer = Publisher(), Subscriber()
            everyone += [publisher, viewer]
            await publishing(publisher, host, stage)
            await asyncio.to_thread(
                stage.api.start_participant_replication, **triple(stage, other, host))
            await viewer.subscribe(other.viewer(), host)
            await viewer.until_decoded("video", 10)

            def mute(where: Stage, video: bool) -> int:
                return operations.call(
                    server, "MuteParticipant", stageArn=where.arn,
                    participantId=host.participant, video=video).status

            with events(other.viewer("watcher")) as socket:
                assert await asyncio.to_thread(mute, stage, True) == 200
                await asyncio.to_thread(
                    socket.until, "STAGE_STATE",
                    lambda state: listed(
                        state, host, videoStopped=True, mutedByModerator=["video"]))
                await asyncio.sleep(0.5)
                held_back = await viewer.received("video")
                await asyncio.sleep(1)
                assert await viewer.received("video") == held_back
                assert await asyncio.to_thread(mute, other, False) == 404, "not its own stage"
                assert await asyncio.to_thread(mute, stage, False) == 200
                seen = viewer.decoded("video")
                await viewer.until_decoded("video", seen + 10)

    run_async(story())


def test_host_that_comes_back_within_the_window(stage, other, run_async):
    async def story():
        async with peers() as everyone:
            host = stage.host()
            publisher, viewer = Publisher(), Subscriber(strip_extensions=False)
            everyone += [publisher, viewer]
            await publishing(publisher, host, stage)
            await asyncio.to_thread(
                stage.api.start_participant_replication, **triple(stage, other, host),
                reconnectWindowSeconds=60)
            await viewer.subscribe(other.viewer())
            await viewer.until_decoded("video", 10)
            await publisher.close()
            await asyncio.sleep(2)
            assert replicas(stage, host)[0]["replicationState"] == "ACTIVE"
            seen = viewer.decoded("video")
            again = Publisher()
            everyone.append(again)
            await again.publish(host)
            await viewer.until_decoded("video", seen + 10)
            assert participant(stage, host)["replicationType"] == "SOURCE"
            assert participant(stage, host)["replicationState"] == "ACTIVE"

    run_async(story())


@pytest.mark.parametrize("ending", ["leave", "disconnect source", "disconnect replica",
                                    "delete source", "delete destination"])
def test_what_ends_it(stage, other, run_async, ending):
    async def story():
        async with peers() as everyone:
            host, publisher = await light_host(stage, everyone)
            # None of these but the first one is for a reconnect window to wait out.
            await asyncio.to_thread(
                stage.api.start_participant_replication, **triple(stage, other, host),
                reconnectWindowSeconds=0 if ending == "leave" else 300)
            with events(other.viewer()) as socket:
                if ending != "delete destination":
                    await asyncio.to_thread(
                        socket.until, "STAGE_STATE",
                        lambda state: listed(state, host, isPublishing=True))
                match ending:
                    case "leave":
                        await publisher.close()
                    case "disconnect source":
                        await asyncio.to_thread(stage.disconnect, host)
                    case "disconnect replica":
                        await asyncio.to_thread(other.disconnect, host)
                    case "delete source":
                        await asyncio.to_thread(stage.delete)
                    case "delete destination":
                        await asyncio.to_thread(other.delete)
                if ending != "delete destination":
                    await asyncio.to_thread(
                        socket.until, "STAGE_STATE", lambda state: not listed(state, host))
            if ending == "disconnect replica":
                assert stage.events_of(host)[-1]["name"] == "REPLICATION_STOPPED"
                assert participant(stage, host)["state"] == "CONNECTED"
            if ending in ("delete source", "delete destination"):
                # What belongs to a stage goes with it.
                assert replicas(stage, host) == []
            else:
                until(lambda: replicas(stage, host)[0]["replicationState"] == "STOPPED")

    run_async(story())


def test_what_is_refused(server, stage, other, run_async):
    async def story():
        async with peers() as everyone:
            host, silent = stage.host(), stage.host("silent")
            publisher = Publisher(codec=None, light=True)
            everyone.append(publisher)
            start, stop = stage.api.start_participant_replication, \
                stage.api.stop_participant_replication
            assert refusal(start, **triple(stage, other, silent)) == (
                404, "ResourceNotFoundException")
            with events(silent):
                assert refusal(start, **triple(stage, other, silent)) == (409, "ConflictException")
            assert refusal(stop, **triple(stage, other, host)) == (404, "ResourceNotFoundException")
            await publishing(publisher, host, stage)
            assert refusal(start, **triple(stage, stage, host)) == (400, "ValidationException")
            assert refusal(
                start, **triple(stage, other, host), attributes={"k": "v" * 1024}) == (
                    400, "ValidationException")
            assert refusal(start, **triple(stage, other, host), reconnectWindowSeconds=301) == (
                400, "ValidationException")
            nowhere = triple(stage, other, host) | {"destinationStageArn": other.arn[:-4] + "none"}
            assert refusal(start, **nowhere) == (404, "ResourceNotFoundException")
            start(**triple(stage, other, host))
            assert refusal(start, **triple(stage, other, host)) == (409, "ConflictException")
            more = [Stage(server, f"more-{n}") for n in range(5)]
            for destination in more[:4]:
                start(**triple(stage, destination, host))
            assert refusal(start, **triple(stage, more[4], host)) == (
                402, "ServiceQuotaExceededException")
            pages = stage.api.get_paginator("list_participant_replicas").paginate(
                sourceStageArn=stage.arn, participantId=host.participant,
                PaginationConfig={"PageSize": 2})
            found = [r["destinationStageArn"] for page in pages for r in page["replicas"]]
            assert found == [s.arn for s in (other, *more[:4])]
            for destination in more:
                destination.delete()

    run_async(story())


def test_a_full_stage_takes_no_replica(stage, other, run_async):
    async def story():
        async with peers() as everyone:
            host, _ = await light_host(stage, everyone)
            hosts = [other.host(f"host-{n}") for n in range(12)]
            for one in hosts:
                everyone.append(await Publisher(codec=None, light=True).publish(one))
            start = stage.api.start_participant_replication
            assert refusal(start, **triple(stage, other, host)) == (
                402, "ServiceQuotaExceededException")
            await everyone.pop().close()
            await asyncio.to_thread(start, **triple(stage, other, host))

    run_async(story())
