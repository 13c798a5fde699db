"""Random valid and invalid operations, against a model in memory and against the server on SQLite: the
same answers, and after `kill -9` at random points the same state."""

import random
import threading

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from harness.server import Server
from harness.shadow import Requests, Shadow, perform, snapshot
from harness.stage import client

pytestmark = pytest.mark.timeout(300)


@pytest.mark.parametrize("seed", range(4))
def test_the_same_answers_as_the_model(seed, tmp_path):
    server = Server("--data", str(tmp_path), name="property").wait_ready()
    try:
        api, shadow = client(server.http), Shadow()
        requests = Requests(seed, shadow)
        for number in range(250):
            perform(api, requests.draw())
            if number % 60 == 59:
                assert snapshot(api) == shadow.snapshot()
        assert snapshot(api) == shadow.snapshot()
        server.close()
    finally:
        server.kill()


@pytest.mark.parametrize("seed", range(100, 103))
def test_kill_at_random_points_loses_and_halves_nothing(seed, tmp_path):
    shadow, chance = Shadow(), random.Random(seed)
    requests = Requests(seed, shadow)
    for _ in range(8):
        server = Server("--data", str(tmp_path), name="property").wait_ready()
        try:
            api = client(server.http)
            assert snapshot(api) == shadow.snapshot(), "after a restart"
            for _ in range(chance.randrange(5, 25)):
                perform(api, requests.draw())
            interrupt(server, api, shadow, requests, chance)
        finally:
            server.kill()


def interrupt(server, api, shadow: Shadow, requests: Requests, chance: random.Random):
    """Kills the server while a request is under way. It happened whole, or not at all: which of the
    two is seen at the restart, and taken over."""
    request = requests.draw()
    operation, arguments, _ = request
    threading.Timer(chance.uniform(0, 0.004), server.kill).start()
    try:
        perform(api, request)
    except (BotoCoreError, ConnectionError, ClientError):
        restarted = Server(*server.command[server.command.index("--data"):], name="property")
        try:
            found = snapshot(client(restarted.wait_ready().http))
        finally:
            restarted.kill()
        before = shadow.snapshot()
        if found != before:
            adopt(shadow, before, found, operation, arguments)


def adopt(shadow: Shadow, before: dict, found: dict, operation: str, arguments: dict):
    """Checks that the difference is the whole effect of the one request, and takes it over."""
    gone, new = before.keys() - found.keys(), found.keys() - before.keys()
    changed = {arn for arn in before.keys() & found.keys() if before[arn] != found[arn]}
    what = f"{operation} {arguments}: gone {gone}, new {new}, changed {changed}"
    match operation.split("_")[0]:
        case "create" | "import":
            assert (len(new), gone, changed) == (1, set(), set()), what
            assert found[next(iter(new))]["name"] == arguments["name"], what
            assert found[next(iter(new))]["tags"] == arguments["tags"], what
        case "delete":
            assert (gone, new) == ({arguments["arn"]}, set()), what
            assert all(found[arn] == before[arn] | {"stage": ""} for arn in changed), what
        case _:
            assert (gone, new) == (set(), set()) and len(changed) == 1, what
    shadow.resources = found
