"""Long lists, walked by botocore's paginators while others write: no gap, and nothing twice."""

import contextlib
import threading
import time

import pytest

from harness import http
from harness.database import copies, opened
from harness.sdp import Offer
from harness.server import serving, until
from harness.stage import Stage, walk

pytestmark = pytest.mark.timeout(300)

STAGES, PARTICIPANTS, EVENTS = 1_000, 5_000, 50_000
#: Participants that share the events: each keeps 1,000 at most.
AUTHORS = 100


def turned(api, operation: str, member: str, size: int, **query) -> list[dict]:
    """Every entry, by botocore's paginator; for the few operations that have none, page by page."""
    if not api.can_paginate(operation):
        return walk(getattr(api, operation), member, size, **query)
    pages = api.get_paginator(operation).paginate(**query, PaginationConfig={"PageSize": size})
    return [entry for page in pages for entry in page[member]]


@contextlib.contextmanager
def beside(write):
    """Calls ``write`` again and again in a thread while the block runs; it was called at least once
    before the block, and what it raises is raised at the end."""
    written, ended, errors = threading.Event(), threading.Event(), []

    def work():
        try:
            while not ended.is_set():
                write()
                written.set()
        except Exception as error:
            errors.append(error)
            written.set()

    writer = threading.Thread(target=work)
    writer.start()
    written.wait(30)
    try:
        yield
    finally:
        ended.set()
        writer.join(30)
    assert not errors, errors


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One that takes more stages than the default."""
    with serving(tmp_path_factory.mktemp("pages"), "--quota", f"stages={10 * STAGES}",
                 name="pages") as server:
        yield server


@pytest.fixture(scope="module")
def show(server):
    """A stage on which a host is, and thousands have been: copies of what the host left."""
    stage = Stage(server, "show")
    host = stage.host("host")
    join(host)
    session = until(lambda: stage.active_session)
    until(lambda: stage.events_of(host, session))
    stage.session = session
    of_host = f"stage = '{stage.id}' AND participant = '{host.participant}'"
    with opened(server.data) as connection:
        copies(connection, "participant",
               ({"id": f"copy{index:08}"} for index in range(PARTICIPANTS)),
               where=f"stage = '{stage.id}' AND id = '{host.participant}'")
        last = last_event(connection, stage)
        # One after the other, so that nobody's events stand together.
        copies(connection, "event", (
            {"sequence": last + 1 + index, "participant": f"copy{index % AUTHORS:08}",
             "participantSequence": 1 + index // AUTHORS, "time": 1_700_000_000_000 + index}
            for index in range(EVENTS)), where=of_host)
    yield stage
    stage.delete()


def last_event(connection, stage: Stage) -> int:
    return connection.execute(
        "SELECT max(sequence) FROM event WHERE stage = ?", [stage.id]).fetchone()[0]


def join(token) -> str:
    """The participant publishes, as far as the answer; returns its resource's address."""
    answer = http.offer(token.publish_url, str(Offer()), token)
    assert answer.status == 201, answer.body
    return http.resource_url(token.publish_url, answer)


def test_stages(api):
    made = [api.create_stage(name=f"stage-{index}")["stage"]["arn"] for index in range(STAGES)]
    passing: list[str] = []

    def write():
        arn = api.create_stage(name="passing")["stage"]["arn"]
        passing.append(arn)
        if len(passing) % 2:
            api.delete_stage(arn=arn)

    with beside(write):
        found = [stage["arn"] for stage in turned(api, "list_stages", "stages", 37)]
    assert len(found) == len(set(found))
    assert sorted(set(found) - set(passing)) == sorted(made)


def test_participants(show):
    """While others join the same session."""
    api, joined = show.api, []

    def write():
        token = show.host("newcomer")
        http.request("DELETE", join(token), token=token)
        joined.append(token.participant)

    with beside(write):
        found = [participant["participantId"] for participant in turned(
            api, "list_participants", "participants", 99,
            stageArn=show.arn, sessionId=show.session)]
    assert joined and len(found) == len(set(found))
    copied = {f"copy{index:08}" for index in range(PARTICIPANTS)}
    assert copied <= set(found)
    assert {entry for entry in found if entry.startswith("copy")} == copied


def test_events(show, server):
    """While the same participants' newest events are written."""
    rounds = iter(range(10_000))

    def write():
        turn = next(rounds)
        with opened(server.data) as connection:
            last = last_event(connection, show)
            copies(connection, "event", (
                {"sequence": last + 1 + author, "participant": f"copy{author:08}",
                 "participantSequence": 100_000 + turn, "time": 1_800_000_000_000 + turn}
                for author in range(AUTHORS)), where=f"stage = '{show.id}'")
        time.sleep(0.01)

    each = EVENTS // AUTHORS
    with beside(write):
        for author in range(AUTHORS):
            times = [round(event["eventTime"].timestamp() * 1000) for event in turned(
                show.api, "list_participant_events", "events", 83, stageArn=show.arn,
                sessionId=show.session, participantId=f"copy{author:08}")]
            assert times == sorted(set(times), reverse=True), "newest first, and none twice"
            old = [moment for moment in times if moment < 1_750_000_000_000]
            assert old == [
                1_700_000_000_000 + author + AUTHORS * index for index in reversed(range(each))]
    assert next(rounds) > 1, "others wrote"
