"""/healthz and /metrics: what an operator's monitoring reads."""

import re
import time

import pytest

from harness.metrics import Metrics
from harness.rtc import peers, watched

# What must be there, whatever else is: a pattern for the name, and its type.
WANTED = {
    "stages": (r"rostrum_stages\w*", "gauge"),
    "participants": (r"rostrum_participants\w*", "gauge"),
    "packets in": (r"rostrum_\w*packets\w*(received|in)\w*|rostrum_\w*(received|in)\w*packets\w*",
                   "counter"),
    "packets out": (r"rostrum_\w*packets\w*(sent|out)\w*|rostrum_\w*(sent|out)\w*packets\w*",
                    "counter"),
    "bytes in": (r"rostrum_\w*bytes\w*(received|in)\w*|rostrum_\w*(received|in)\w*bytes\w*",
                 "counter"),
    "bytes out": (r"rostrum_\w*bytes\w*(sent|out)\w*|rostrum_\w*(sent|out)\w*bytes\w*", "counter"),
    "NACK": (r"rostrum_\w*nacks?\w*", "counter"),
    "PLI": (r"rostrum_\w*(plis?|keyframe_requests)\w*", "counter"),
    "latency": (r"rostrum_\w*latency\w*", "histogram"),
    "CPU": (r"\w*cpu\w*", "counter"),
}


def scrape(server) -> Metrics:
    status, text = server.get("/metrics")
    assert status == 200
    return Metrics(text)


def named(metrics: Metrics, what: str) -> list[str]:
    pattern, kind = WANTED[what]
    return [
        name for name, type in metrics.types.items()
        if re.fullmatch(pattern, name) and type == kind]


def test_healthz(server):
    assert server.get("/healthz")[0] == 200


@pytest.mark.parametrize("what", WANTED)
def test_has(server, what):
    metrics = scrape(server)
    assert named(metrics, what), f"no {what} in {sorted(metrics.types.items())}"


def test_is_well_formed(server):
    metrics = scrape(server)
    for line in metrics.text.splitlines():
        assert not line or line.startswith("#") or Metrics(line).samples, line
    assert metrics.text.endswith("\n")
    helped = {line.split()[2] for line in metrics.text.splitlines() if line.startswith("# HELP")}
    assert set(metrics.types) <= helped, "every metric says what it is"


def test_no_label_grows_with_users(server, stage):
    """A label per participant or stage would grow without bound."""
    host = stage.host()
    metrics = scrape(server)
    assert host.participant not in metrics.text and stage.id not in metrics.text


def test_counts_what_is_forwarded(server, stage, run_async):
    async def story():
        async with peers() as everyone:
            host = stage.host()
            publisher, subscriber = await watched(everyone, host, stage.viewer())
            await subscriber.until_decoded("video", 30)

    before = scrape(server)
    run_async(story())
    time.sleep(1.5)  # Workers hand their counts over once a second.
    after = scrape(server)
    for what in ("packets in", "packets out", "bytes in", "bytes out"):
        gained = [after.total(name) - before.total(name) for name in named(after, what)]
        assert max(gained) > 30, (what, gained)
    (latency,) = named(after, "latency")[:1]
    assert after.total(f"{latency}_count") > before.total(f"{latency}_count")
    buckets = after.buckets(latency)
    assert buckets[-1][0] == float("inf")
    assert [count for _, count in buckets] == sorted(count for _, count in buckets)
