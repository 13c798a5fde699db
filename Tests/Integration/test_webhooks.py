"""What happens on a stage reaches the backend: webhooks, the stream, and the command line beside a
server that runs."""

import asyncio
import json
import random
import re
import time
import urllib.error
import urllib.request

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from harness.events import events
from harness.receiver import first_of_each, name, receiver, stage_of
from harness.rtc import Publisher, peers
from harness.server import ACCOUNT, DEV_KEY, REGION, Server, run
from harness.stage import Stage, client

pytestmark = pytest.mark.timeout(240)

# What a viewer who comes and goes makes.
VISIT = ["Participant Joined", "Participant Left"]


def command(*arguments: str, data) -> str:
    result = run(*arguments, "--data", str(data))
    assert result.returncode == 0, result.stderr
    return result.stdout


def add(target, data, *kinds: str) -> str:
    """Adds a webhook for a receiver, and returns its id."""
    arguments = [word for kind in kinds for word in ("--kind", kind)]
    output = command("webhooks", "add", target.url, *arguments, data=data)
    target.secret = re.search(r"whsec_\S+", output)[0]
    return re.search(r"wh-\w+", output)[0]


def visit(stage, user: str = "grace"):
    """Somebody comes and goes."""
    with events(stage.viewer(user)) as socket:
        socket.until("STAGE_STATE")


def metric(server, line: str) -> float:
    page = server.get("/metrics")[1]
    return float(re.search(rf"^{re.escape(line)} (\S+)$", page, re.M)[1])


@pytest.fixture
def own(tmp_path):
    """A server of the test's own that can be killed and started again."""
    servers = []

    def start() -> Server:
        server = Server("--data", str(tmp_path), name="webhooks")
        server.data = tmp_path
        servers.append(server)
        return server.wait_ready()

    yield start
    for server in servers:
        server.kill()


@pytest.fixture
def hook(server):
    """A receiver whose webhook is removed at the end."""
    with receiver() as target:
        target.identifier = add(target, server.data)
        yield target
        run("webhooks", "remove", target.identifier, "--data", str(server.data))


class TestMessages:
    def test_a_visit(self, server, stage, hook):
        visit(stage, "grace")
        messages = hook.until(lambda taken: len(taken) >= 3)
        assert [name(message) for message in messages] == ["Session Started", *VISIT]
        started, joined, left = messages
        for message in messages:
            assert message["version"] == "0"
            assert message["source"] == "aws.ivs"
            assert message["account"] == ACCOUNT and message["region"] == REGION
            assert message["resources"] == [stage.arn]
            assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", message["id"])
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z", message["time"])
        assert started["detail-type"] == "Rostrum Session Update"
        assert joined["detail-type"] == "Rostrum Participant Update"
        detail = joined["detail"]
        assert detail["session_id"] == started["detail"]["session_id"]
        assert detail["user_id"] == "grace"
        assert detail["participant_id"] == left["detail"]["participant_id"]
        assert detail["event_time"] == joined["time"]

    def test_a_publication(self, stage, hook, run_async):
        host = stage.host("ada")

        async def story():
            async with peers() as everyone:
                publisher = Publisher()
                everyone.append(publisher)
                await publisher.publish(host)
                await asyncio.sleep(2)

        def published(taken):
            return any(name(message) == "Participant Unpublished" for message in taken)

        run_async(story())
        messages = hook.until(published)
        told = [m for m in messages if m["detail-type"] == "IVS Stage Update"]
        assert [name(m) for m in told] == ["Participant Published", "Participant Unpublished"]
        for message in told:
            assert set(message["detail"]) == {
                "session_id", "event_name", "event_time", "user_id", "participant_id"}
            assert message["detail"]["user_id"] == "ada"
            assert message["detail"]["participant_id"] == host.participant

    def test_only_the_kinds_that_are_wanted(self, server, stage):
        with receiver() as target:
            identifier = add(target, server.data, "Rostrum Session Update")
            visit(stage)
            target.until(lambda taken: taken)
            time.sleep(1)
            assert {m["detail-type"] for m in target.taken} == {"Rostrum Session Update"}
            run("webhooks", "remove", identifier, "--data", str(server.data))


class TestTrouble:
    def test_a_receiver_that_was_away(self, stage, hook):
        hook.stop()
        for number in range(3):
            visit(stage, f"user-{number}")
        hook.start()
        messages = hook.until(lambda taken: len(first_of_each(taken)) >= 7)
        assert [name(m) for m in messages] == ["Session Started", *VISIT * 3]

    def test_a_stall_holds_up_its_own_stage_only(self, server, stage, hook):
        hook.mood = "stall"
        visit(stage)
        deadline = time.monotonic() + 20
        while hook.attempts == 0 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert hook.attempts, "it was tried"
        hook.mood = "take"
        other = Stage(server)
        visit(other)
        hook.until(lambda taken: [name(m) for m in taken] == ["Session Started", *VISIT], 8)
        assert {stage_of(m) for m in hook.taken} == {other.id}, "the first one is still stalled"
        messages = hook.until(lambda taken: len(taken) >= 6, 40)
        assert [name(m) for m in messages if stage_of(m) == stage.id] == ["Session Started", *VISIT]
        other.delete()

    def test_what_is_gone_is_buried_and_replayed(self, server, stage, hook):
        hook.mood = "gone"
        visit(stage)
        deadline = time.monotonic() + 20
        lines = []
        while len(lines) < 3 and time.monotonic() < deadline:
            lines = command("events", "dead", "list", data=server.data).splitlines()
            time.sleep(0.2)
        assert len(lines) == 3 and all("410" in line for line in lines)
        assert not hook.taken
        assert metric(server, 'rostrum_webhook_messages_total{outcome="dead"}') >= 3
        hook.mood = "take"
        first = lines[0].split()[0]
        assert "1 delivery" in command("events", "dead", "replay", first, data=server.data)
        hook.until(lambda taken: [m["id"] for m in taken] == [first])
        assert "2 deliveries" in command("events", "dead", "replay", "--all", data=server.data)
        messages = hook.until(lambda taken: len(taken) == 3)
        assert [name(m) for m in messages] == ["Session Started", *VISIT]
        assert not command("events", "dead", "list", data=server.data)

    def test_every_message_arrives_whatever_happens(self, own):
        """A receiver that fails, stalls, answers 500 and restarts; a server that is killed."""
        dice = random.Random(7)
        server = own()
        with receiver() as target:
            add(target, server.data)
            # It is noticed within two seconds; what happened before is not for it.
            time.sleep(2.5)
            stages = [Stage(server, f"stage-{number}") for number in range(3)]
            visits, kills = 24, 0
            for number in range(visits):
                target.mood = dice.choice(["take", "take", "refuse", "lose", "stall"])
                if dice.random() < 0.2:
                    target.stop()
                    target.start()
                visit(dice.choice(stages), f"user-{number}")
                time.sleep(dice.random())
                if number % 8 == 5:
                    server.kill()
                    server, kills = own(), kills + 1
                    for stage in stages:
                        stage.api = client(server.http)
                        stage.endpoints = stage.api.get_stage(arn=stage.arn)["stage"]["endpoints"]
            target.mood = "take"
            written = notifications(server)
            everything = [m["id"] for _, m in written]
            target.until(lambda taken: {m["id"] for m in taken} >= set(everything), 90)
            joined = [m for _, m in written if name(m) == "Participant Joined"]
            assert target.attempts > len(target.taken), "there was trouble"
            assert len(joined) == visits, "nothing was lost on the way to the outbox"
            for stage in stages:
                order = [m["id"] for _, m in written if stage_of(m) == stage.id]
                came = [m["id"] for m in target.taken if stage_of(m) == stage.id]
                assert [m["id"] for m in first_of_each(target.taken) if stage_of(m) == stage.id] \
                    == order
                assert sorted(came, key=order.index) == came, "no repeat after a successor"
            repeats = len(target.taken) - len(everything)
            # Those whose answers were lost, and what was under way when the server was killed:
            # at most one for each stage.
            assert repeats <= target.lost + kills * len(stages), (repeats, target.lost, kills)
            assert server.close() is None


def notifications(server) -> list[tuple[int, dict]]:
    lines = command("events", "list", "--limit", "10000", data=server.data).splitlines()
    return [(int(line.split(" ", 1)[0]), json.loads(line.split(" ", 1)[1])) for line in lines]


class Stream:
    """A reader of Server-Sent Events."""

    def __init__(self, server, query: str = "", last: str | None = None, bearer: bool = False):
        url = f"{server.http}/notifications" + (f"?{query}" if query else "")
        request = AWSRequest("GET", url)
        if bearer:
            request.headers["Authorization"] = f"Bearer {DEV_KEY[0]}:{DEV_KEY[1]}"
        else:
            SigV4Auth(Credentials(*DEV_KEY), "ivs", REGION).add_auth(request)
        if last is not None:
            request.headers["Last-Event-ID"] = last
        self.response = urllib.request.urlopen(
            urllib.request.Request(url, headers=dict(request.headers)), timeout=25)
        assert self.response.headers["Content-Type"] == "text/event-stream"

    def read(self, count: int) -> list[tuple[str, dict]]:
        """The next so many: their ids and messages."""
        found, identifier = [], ""
        while len(found) < count:
            line = self.response.readline().decode().rstrip("\n")
            if line.startswith("id: "):
                identifier = line[4:]
            elif line.startswith("data: "):
                found.append((identifier, json.loads(line[6:])))
        return found

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.response.close()


class TestStream:
    @pytest.mark.parametrize("bearer", [False, True])
    def test_what_happens_from_now_on(self, server, stage, bearer):
        with Stream(server, f"stage={stage.arn.replace(':', '%3A').replace('/', '%2F')}",
                    bearer=bearer) as stream:
            visit(stage)
            messages = stream.read(3)
        assert [name(m) for _, m in messages] == ["Session Started", *VISIT]
        assert all(m["resources"] == [stage.arn] for _, m in messages)

    def test_it_goes_on_where_it_was(self, server, stage):
        with Stream(server, "after=0") as stream:
            visit(stage, "one")
            while True:
                [(identifier, message)] = stream.read(1)
                if message["detail"].get("user_id") == "one":
                    break
        visit(stage, "two")
        with Stream(server, "after=0", last=identifier) as stream:
            messages = stream.read(3)
        assert [(name(m), m["detail"]["user_id"]) for _, m in messages] == [
            ("Participant Left", "one"), ("Participant Joined", "two"),
            ("Participant Left", "two")]
        numbers = [int(identifier) for identifier, _ in messages]
        assert numbers == sorted(set(numbers)) and numbers[0] > int(identifier)

    def test_it_survives_a_restart(self, own):
        server = own()
        stage = Stage(server)
        visit(stage, "one")
        with Stream(server, "after=0") as stream:
            first = stream.read(3)
            server.kill()
        server = own()
        with Stream(server, last=first[1][0]) as stream:
            [again] = stream.read(1)
        assert again == first[2]

    def test_the_server_ends_though_somebody_listens(self, own):
        server = own()
        with Stream(server):
            server.close()

    @pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer rostrum-dev:wrong"}])
    def test_nobody_listens_without_a_key(self, server, headers):
        request = urllib.request.Request(f"{server.http}/notifications", headers=headers)
        with pytest.raises(urllib.error.HTTPError) as refusal:
            urllib.request.urlopen(request, timeout=5)
        assert refusal.value.code == 403


class TestCommands:
    def test_a_secret_is_shown_once(self, server):
        output = command("webhooks", "add", "http://127.0.0.1:9/hook", data=server.data)
        secret = re.search(r"whsec_\S+", output)[0]
        identifier = re.search(r"wh-\w+", output)[0]
        listed = command("webhooks", "list", data=server.data)
        assert identifier in listed and "http://127.0.0.1:9/hook" in listed
        assert "whsec" not in listed
        for path in server.data.iterdir():
            assert secret.removeprefix("whsec_").encode() not in path.read_bytes(), path
        assert identifier in command("webhooks", "remove", identifier, data=server.data)
        assert identifier not in command("webhooks", "list", data=server.data)

    @pytest.mark.parametrize("arguments, word", [
        (("webhooks", "add", "ftp://a"), "https://"),
        (("webhooks", "add", "http://a", "--kind", "IVS Stage Updates"), "IVS Stage Update"),
        (("webhooks", "remove", "wh-nobody"), "wh-nobody"),
        (("events", "dead", "replay"), "--all"),
        (("events", "dead", "replay", "nothing"), "nothing"),
    ])
    def test_what_is_wrong_is_said(self, server, arguments, word):
        result = run(*arguments, "--data", str(server.data))
        assert result.returncode != 0
        assert word in result.stderr

    def test_the_log_of_messages(self, server, stage):
        visit(stage, "ada")
        lines = command("events", "list", "--stage", stage.arn, data=server.data).splitlines()
        messages = [json.loads(line.split(" ", 1)[1]) for line in lines]
        assert [name(m) for m in messages][:2] == ["Session Started", "Participant Joined"]
        assert all(stage_of(m) == stage.id for m in messages)
