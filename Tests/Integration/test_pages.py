"""Long lists, walked by botocore's paginators while others write: no gap, and nothing twice."""

import contextlib
import sqlite3
import threading
import time

import pytest

from harness import http
from harness.sdp import Offer
from harness.server import Server
from harness.stage import Stage

pytestmark = pytest.mark.timeout(300)

STAGES, PARTICIPANTS, EVENTS = 1_000, 5_000, 50_000
#: Participants that share the events: each keeps 1,000 at most.
AUTHORS = 100


def walk(api, operation: str, member: str, size: int, **query) -> list[dict]:
    """Every entry. botocore has no paginator for a few operations: those pages are asked by hand."""
    if api.can_paginate(operation):
        pages = api.get_paginator(operation).paginate(
            **query, PaginationConfig={"PageSize": size})
    else:
        pages = turned(getattr(api, operation), maxResults=size, **query)
    return [entry for page in pages for entry in page[member]]


def turned(method, **query):
    """Page after page."""
    page = method(**query)
    while token := page.get("nextToken"):
        yield page
        page = method(nextToken=token, **query)
    yield page


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


def copies(database: sqlite3.Connection, table: str, where: str, rows):
    """Inserts the first row that ``where`` selects again, for each of ``rows`` with these changes."""
    database.row_factory = sqlite3.Row
    found = database.execute(f"SELECT * FROM {table} WHERE {where} LIMIT 1").fetchone()
    first = {name: found[name] for name in found.keys() if name != "position"}
    places = ", ".join("?" * len(first))
    database.executemany(
        f"INSERT INTO {table} ({', '.join(first)}) VALUES ({places})",
        (list((first | row).values()) for row in rows))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One that takes more stages than the default."""
    data = tmp_path_factory.mktemp("pages")
    server = Server("--data", data, "--quota", f"stages={10 * STAGES}", name="pages")
    server.data = data
    try:
        yield server.wait_ready()
        server.close()
    finally:
        server.kill()


@pytest.fixture(scope="module")
def show(server):
    """A stage on which a host is, and thousands have been: copies of what the host left."""
    stage = Stage(server, "show")
    host = stage.host("host")
    join(host)
    deadline = time.monotonic() + 10
    while not (session := stage.api.get_stage(arn=stage.arn)["stage"].get("activeSessionId")):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    stage.session = session
    name = stage.arn.rpartition("/")[2]
    of_host = f"stage = '{name}' AND participant = '{host.participant}'"
    # In one transaction, as the server itself writes.
    with contextlib.closing(sqlite3.connect(server.data / "rostrum.sqlite", timeout=30)) as database:
        deadline = time.monotonic() + 10
        while not database.execute(f"SELECT 1 FROM event WHERE {of_host}").fetchone():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        with database:
            database.execute("BEGIN IMMEDIATE")
            copies(database, "participant", f"stage = '{name}' AND id = '{host.participant}'",
                   ({"id": f"copy{index:08}"} for index in range(PARTICIPANTS)))
            last = database.execute(
                "SELECT max(sequence) FROM event WHERE stage = ?", [name]).fetchone()[0]
            # One after the other, so that nobody's events stand together.
            copies(database, "event", of_host, (
                {"sequence": last + 1 + index, "participant": f"copy{index % AUTHORS:08}",
                 "participantSequence": 1 + index // AUTHORS, "time": 1_700_000_000_000 + index}
                for index in range(EVENTS)))
    yield stage
    stage.delete()


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
        found = [stage["arn"] for stage in walk(api, "list_stages", "stages", 37)]
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
        found = [participant["participantId"] for participant in walk(
            api, "list_participants", "participants", 99,
            stageArn=show.arn, sessionId=show.session)]
    assert joined and len(found) == len(set(found))
    copied = {f"copy{index:08}" for index in range(PARTICIPANTS)}
    assert copied <= set(found)
    assert {entry for entry in found if entry.startswith("copy")} == copied


def test_events(show, server):
    """While the same participants' newest events are written."""
    name = show.arn.rpartition("/")[2]
    database = sqlite3.connect(server.data / "rostrum.sqlite", timeout=30, check_same_thread=False)
    rounds = iter(range(10_000))

    def write():
        turn = next(rounds)
        with database:
            database.execute("BEGIN IMMEDIATE")
            last = database.execute(
                "SELECT max(sequence) FROM event WHERE stage = ?", [name]).fetchone()[0]
            copies(database, "event", f"stage = '{name}'", (
                {"sequence": last + 1 + author, "participant": f"copy{author:08}",
                 "participantSequence": 100_000 + turn, "time": 1_800_000_000_000 + turn}
                for author in range(AUTHORS)))
        time.sleep(0.01)

    each = EVENTS // AUTHORS
    with contextlib.closing(database), beside(write):
        for author in range(AUTHORS):
            times = [round(event["eventTime"].timestamp() * 1000) for event in walk(
                show.api, "list_participant_events", "events", 83, stageArn=show.arn,
                sessionId=show.session, participantId=f"copy{author:08}")]
            assert times == sorted(set(times), reverse=True), "newest first, and none twice"
            old = [moment for moment in times if moment < 1_750_000_000_000]
            assert old == [
                1_700_000_000_000 + author + AUTHORS * index for index in reversed(range(each))]
    assert next(rounds) > 1, "others wrote"
