"""Browsers that watch over bad links. Only viewers are behind the link (``rostrum impair``): their pages
put the relay's port into the server's answer, and the host's do not.

The bounds are those of the product. All figures go to ``.test-output/impaired.json`` and, drawn, to
``.test-output/impaired-browsers.svg``.
"""

import json
import time

import pytest

import impaired_picture
from harness.impair import Impair
from test_chromium import playing
from test_latency import at

pytestmark = pytest.mark.timeout(300)

FREEZE_MS = 300
FIRST_FRAME_MS = 400
GLASS_MS = 300
LOSS_SECONDS = 60
#: How often what is seen is looked at: a machine that is busy with something else freezes pictures by itself.
ATTEMPTS = 2
#: When the rate falls and is back, and when all is over: in seconds after the viewer came.
FALLS, RISES, ENDS = 15, 30, 50
WIDE, NARROW = 2500, 600  # kbit/s


@pytest.fixture
def link(server):
    """Puts a link before the server, for whoever sends to its port."""
    links = []

    def link(*arguments) -> Impair:
        relay = Impair.udp(server.media, *arguments, host="0.0.0.0")
        links.append(relay.__enter__())
        return relay

    yield link
    for relay in links:
        relay.__exit__(None, None, None)


@pytest.fixture(params=["chromium", "firefox"])
def viewing(request):
    """A browser to watch with."""
    browser = request.getfixturevalue(request.param)
    browser.name = request.param
    return browser


@pytest.fixture(scope="module")
def results(output):
    """Figures by test and browser, with those of earlier runs, written and drawn at the end."""
    file = output / "impaired.json"
    results: dict[str, dict] = json.loads(file.read_text()) if file.exists() else {}
    yield results
    if results:
        file.write_text(json.dumps(results))
        (output / "impaired-browsers.svg").write_text(impaired_picture.draw(results))


@pytest.fixture
def say(capsys):
    def say(line: str):
        with capsys.disabled():
            print("\n" + line)
    return say


def gaps(frames: list[list[float]]) -> list[tuple[float, float]]:
    """How long each picture was shown, in ms, and since when."""
    return [(later[0] - earlier[0], earlier[0]) for earlier, later in zip(frames, frames[1:])]


def freezes(frames: list[list[float]]) -> int:
    """As ``freezeCount`` is defined (webrtc-stats), from the pictures that were shown: three times, or
    150 ms more than, the mean of the last 30."""
    count, recent = 0, []
    for gap, _ in gaps(frames):
        if len(recent) == 30:
            mean = sum(recent) / 30
            count += gap >= max(3 * mean, mean + 150)
            recent.pop(0)
        recent.append(gap)
    return count


def median_height(frames, begin: float, end: float) -> int:
    return int(at([height for when, height in frames if begin <= when < end] or [0], 0.5))


def simulcast(chromium, stage, pages, wait):
    """A Chromium host that sends all three layers in full."""
    host = stage.host()
    sender = pages.host(chromium, host, codec="VP8", layers=3)

    def layers() -> dict[str, int]:
        return {entry["rid"]: entry["height"] for entry in sender.call("report")["outbound"]
                if entry["kind"] == "video" and entry["frames"] > 30}

    wait(lambda: layers() == {"q": 180, "h": 360, "f": 720}, 60, "three layers")
    return host


def test_a_rate_that_falls_and_is_back(chromium, viewing, stage, pages, wait, link, say, results):
    host = simulcast(chromium, stage, pages, wait)
    for _ in range(ATTEMPTS):
        before, narrow, after, longest = watch_the_rate(
            viewing, stage, host, pages, link, say, results)
        if before == after == 720 and 0 < narrow < before and longest <= FREEZE_MS:
            break
    assert before == 720, "the viewer has the highest layer while there is room"
    assert 0 < narrow < before, "it goes down with the rate"
    assert longest <= FREEZE_MS, "and does not freeze"
    assert after == before, "and is back when the rate is"


def watch_the_rate(viewing, stage, host, pages, link, say, results) -> tuple[int, int, int, float]:
    """The lines before, while the link is narrow and after, and the longest gap in ms."""
    relay = link("--down-rate", f"{WIDE}kbit,{FALLS}s:{NARROW}kbit,{RISES}s:{WIDE}kbit",
                 "--delay", "20ms")
    viewer = pages.viewer(viewing, stage.viewer(), host, port=relay.port, watched=True)
    # The link begins with the first datagram, a moment ago.
    start = time.time() * 1000
    viewer.call("firstFrame")
    time.sleep(max(0, ENDS - (time.time() - start / 1000)))
    seen = viewer.call("seen")
    frames, samples = seen["frames"], seen["samples"]

    def second(number: float) -> float:
        return start + number * 1000

    before = median_height(frames, second(FALLS - 5), second(FALLS))
    narrow = median_height(frames, second(FALLS + 8), second(RISES))
    after = median_height(frames, second(ENDS - 5), second(ENDS))
    changes = [(gap, since) for gap, since in gaps(frames) if since >= second(FALLS - 5)]
    longest, since = max(changes)
    calm = max((gap for gap, when in gaps(frames) if second(10) <= when < second(FALLS - 1)),
               default=0)
    results.setdefault("step", {})[viewing.name] = {
        "rates": [[0, WIDE], [FALLS, NARROW], [RISES, WIDE], [ENDS, WIDE]],
        "frames": [[(when - start) / 1000, height] for when, height in frames],
        "samples": [[(sample["at"] - start) / 1000, sample["bytes"]] for sample in samples],
    }
    say(f"{WIDE}, {NARROW} and again {WIDE} kbit/s, {viewing.name}: {before}, {narrow} and {after} "
        f"lines; longest gap {longest:.0f} ms at {(since - start) / 1000:.1f} s (before: "
        f"{calm:.0f} ms), {freezes(frames)} freezes, "
        f"{sum(gap > FREEZE_MS for gap, _ in changes)} gaps over {FREEZE_MS} ms")
    viewer.close()
    pages.opened.remove(viewer)
    return before, narrow, after, longest


def test_loss_is_not_seen(chromium, viewing, stage, pages, wait, link, say, results):
    host = stage.host()
    pages.host(chromium, host, codec="VP8", kilobits=1500)
    # On the way to the viewer: how late a lost NACK is said again is up to the browser.
    relay = link("--down-loss", "3%", "--delay", "20ms")
    viewer = pages.viewer(viewing, stage.viewer(), host, port=relay.port, watched=True)
    wait(lambda: playing(viewer), 30, "decoded frames")
    time.sleep(5)  # The encoder and the jitter buffer settle.
    for _ in range(ATTEMPTS):
        freezes_seen = watch_the_loss(viewing, viewer, say, results)
        if freezes_seen == 0:
            break
    assert freezes_seen == 0


def watch_the_loss(viewing, viewer, say, results) -> int:
    """How often the picture froze while packets were lost."""
    first = viewer.call("seen")["samples"][-1]
    time.sleep(LOSS_SECONDS)
    seen = viewer.call("seen")
    last = seen["samples"][-1]
    frames = [frame for frame in seen["frames"] if frame[0] >= first["at"]]

    counted = None if last["freezes"] is None else last["freezes"] - first["freezes"]
    shown = len(frames) / LOSS_SECONDS
    results.setdefault("loss", {})[viewing.name] = {
        "freezes": counted, "seen": freezes(frames), "seconds": LOSS_SECONDS,
        "gap": max(gaps(frames))[0], "rate": shown}
    say(f"3 % loss, {viewing.name}, {LOSS_SECONDS} s: freezeCount {counted}, by the pictures "
        f"{freezes(frames)}; longest gap {max(gaps(frames))[0]:.0f} ms, {shown:.1f} pictures a second; "
        f"{last['nacks'] - first['nacks']} NACKs, {last['plis'] - first['plis']} PLIs")
    assert last["packets"] - first["packets"] > 50 * LOSS_SECONDS, "too little to judge"
    assert last["nacks"] > first["nacks"], "nothing was lost"
    return freezes(frames) if counted is None else counted


def test_the_first_picture(chromium, viewing, stage, pages, wait, link, say, results):
    """From the server's answer to the first picture, with a round trip of 50 ms."""
    host = stage.host()
    sender = pages.host(chromium, host, codec="VP8", kilobits=1500)
    wait(lambda: any(entry["frames"] > 60 for entry in sender.call("report")["outbound"]), 30)
    relay = link("--delay", "25ms")
    joins = []
    for _ in range(9):
        viewer = pages.viewer(viewing, stage.viewer(), host, port=relay.port, watched=True)
        joins.append(viewer.call("firstFrame"))
        viewer.close()
        pages.opened.remove(viewer)
        time.sleep(0.37)  # Not in step with the host's keyframes.
    times = [join["decoded"] for join in joins]
    parts = ", ".join(f"{name} {at([join[name] for join in joins], 0.5):.0f}"
                      for name in ("connected", "packet", "decoded", "shown"))
    results.setdefault("first", {})[viewing.name] = {"times": times}
    say(f"first picture at 50 ms of round trip, {viewing.name}: p50 {at(times, 0.5):.0f} ms, "
        f"{min(times):.0f} to {max(times):.0f} ms in {len(times)} joins; p50 of {parts} ms")
    assert at(times, 0.5) <= FIRST_FRAME_MS


def test_glass_to_glass(chromium, stage, pages, wait, link, say, results):
    host = stage.host()
    pages.host(chromium, host, source="clock", codec="VP8", kilobits=1500)
    relay = link("--delay", "20ms")
    viewer = pages.viewer(chromium, stage.viewer(), host, clock=True, port=relay.port)
    wait(lambda: playing(viewer), 30, "decoded frames")
    time.sleep(3)
    viewer.call("clock")
    time.sleep(20)
    seen = viewer.call("clock")
    latencies = seen["latencies"]
    results.setdefault("glass", {})["chromium"] = {"latencies": latencies}
    say(f"glass to glass over 40 ms of round trip: p50 {at(latencies, 0.5):.0f} ms, "
        f"p95 {at(latencies, 0.95):.0f} ms over {len(latencies)} frames")
    assert len(latencies) > 20 * 15, "too few frames to judge"
    assert at(latencies, 0.95) < GLASS_MS
