"""The sample pages as the server serves them: what a newcomer sees first."""

import json
import re

import pytest

pytestmark = pytest.mark.timeout(150)

# Moving pictures: the number of frames that any <video> of the page has shown.
FRAMES = """() => Math.max(0, ...[...document.querySelectorAll('video')].map((video) =>
    !video.videoWidth ? 0 : video.mozPaintedFrames // Firefox counts streams only there.
        ?? video.getVideoPlaybackQuality().totalVideoFrames))"""


def sample(server, name: str, token, **parameters) -> str:
    fragment = "&".join(f"{k}={v}" for k, v in {"token": token.text, **parameters}.items())
    return f"{server.http}/samples/{name}.html#{fragment}"


def shown(page) -> int:
    return page.evaluate(FRAMES)


def errors(page) -> list[str]:
    return [line for line in page.console if line.startswith("error") and "favicon" not in line]


def accessible(page):
    """What a screen reader needs: a language, a title, a main heading, and names on controls."""
    assert page.evaluate("() => document.documentElement.lang")
    assert page.evaluate("() => document.title")
    assert page.evaluate("() => document.querySelectorAll('h1').length") == 1
    nameless = page.evaluate("""() => [...document.querySelectorAll('button, select, input, a')]
        .filter((e) => e.checkVisibility() && !(e.textContent.trim() || e.ariaLabel || e.title
            || e.labels?.length || e.getAttribute('aria-labelledby')))
        .map((e) => e.outerHTML)""")
    assert nameless == []


@pytest.mark.parametrize("codec", ["h264", "vp8"])
def test_host_to_viewer(chromium, server, stage, pages, wait, output, codec):
    host = pages.open(chromium, sample(server, "host", stage.host("Ada"), autostart=1, codec=codec))
    viewer = pages.open(
        chromium, sample(server, "viewer", stage.viewer("Grace"), autostart=1), dark=True)
    wait(lambda: shown(host) > 10, 30, "the host's preview")
    wait(lambda: shown(viewer) > 60, 40, "moving pictures for the viewer")
    before = shown(viewer)
    wait(lambda: shown(viewer) > before + 30, 20, "that the pictures go on")
    host.screenshot(output / f"sample-host-{codec}.png")
    viewer.screenshot(output / f"sample-viewer-{codec}.png")
    for page in (host, viewer):
        assert errors(page) == []
        assert page.evaluate("() => typeof window.rostrum") == "object"
        accessible(page)


NETWORK = "excellent|good|normal|poor|down"


@pytest.mark.parametrize("browser", ["chromium", "firefox"])
def test_every_leg_and_network_is_shown(
        request, chromium, server, stage, pages, wait, output, browser):
    """The server measures its way to the host by RTCP XR, which both browsers answer unasked."""
    host = pages.open(
        request.getfixturevalue(browser),
        sample(server, "host", stage.host("Ada"), autostart=1, codec="vp8"))
    viewer = pages.open(chromium, sample(server, "viewer", stage.viewer("Grace"), autostart=1))
    legs = "() => [...document.querySelectorAll('#latency-legs b')].map((b) => b.textContent)"
    wait(lambda: len(viewer.evaluate(legs)) == 4
         and all(text.endswith(" ms") for text in viewer.evaluate(legs)), 45,
         "all four legs")
    way = viewer.evaluate(
        "() => rostrum.quality(rostrum.watching).publishers[0].hostToServerMs")
    assert 0 <= way < 100, "a host on this machine is near"
    facts = "() => document.getElementById('facts').innerText"
    wait(lambda: re.search(f"Your network\\s+({NETWORK})", viewer.evaluate(facts), re.I), 20)
    wait(lambda: re.search(f"Network\\s+({NETWORK})", host.evaluate(facts), re.I), 20)
    signal = "() => document.querySelector('.tile-signal').textContent"
    wait(lambda: re.fullmatch(f"Network: ({NETWORK})", viewer.evaluate(signal)), 20)
    layer = "() => rostrum.layer(rostrum.watching, rostrum.hosts()[0].id)"
    assert viewer.evaluate(layer)["reason"] in ("STARTED", "PUBLISHER")
    viewer.screenshot(output / f"sample-viewer-legs-{browser}.png")
    accessible(viewer)


def test_the_menu_of_a_tile_chooses_a_layer_and_pauses(
        chromium, server, stage, pages, wait, output):
    pages.open(chromium, sample(server, "host", stage.host("Ada"), autostart=1, codec="vp8"))
    viewer = pages.open(chromium, sample(server, "viewer", stage.viewer("Grace"), autostart=1))
    wait(lambda: shown(viewer) > 60, 40, "moving pictures")
    layers = "() => rostrum.getLayers(rostrum.hosts()[0].id).map(({ label }) => label)"
    wait(lambda: viewer.evaluate(layers) == ["High", "Medium", "Low"], 40, "three layers")
    rid = "() => rostrum.getSelectedLayer(rostrum.hosts()[0].id)?.rid"
    detail = "() => document.querySelector('.tile-detail').textContent"
    # With the keyboard alone.
    viewer.page.focus(".tile-menu")
    viewer.page.keyboard.press("Enter")
    checked = "() => document.activeElement.textContent"
    wait(lambda: "Automatic" in viewer.evaluate(checked), 5, "the menu, at the choice made")
    viewer.screenshot(output / "sample-viewer-menu.png")
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "Enter"):
        viewer.page.keyboard.press(key)
    wait(lambda: viewer.evaluate(rid) == "low", 20, "the layer that was chosen")
    wait(lambda: viewer.evaluate(detail).startswith("Low · 3"), 20, "its size on the tile")
    assert "tile-menu" in viewer.evaluate("() => document.activeElement.className")
    viewer.page.keyboard.press("Enter")
    wait(lambda: viewer.evaluate(checked).startswith("Low"), 5)
    viewer.page.keyboard.press("Escape")
    viewer.page.click(".tile-menu")
    viewer.page.click("[role=menuitemcheckbox]:has-text('Pause')")
    paused = "() => document.querySelector('.tile-cover:not([hidden])')?.textContent"
    wait(lambda: "Paused by you" in (viewer.evaluate(paused) or ""), 10)
    wait(lambda: viewer.evaluate(rid) is None, 10, "that the server pauses")
    viewer.screenshot(output / "sample-viewer-paused.png")
    stopped = shown(viewer)
    viewer.page.wait_for_timeout(1500)
    assert shown(viewer) <= stopped + 5, "no pictures come while it is paused"
    accessible(viewer)
    viewer.page.click("text=Resume")
    wait(lambda: shown(viewer) > stopped + 20, 20, "pictures again")
    wait(lambda: viewer.evaluate(paused) is None, 10)
    # As if the server said that Ada speaks.
    viewer.evaluate("""() => {
        const active = rostrum.hosts()[0].id;
        const detail = { type: 'SPEAKERS', payload: { active, speaking: [active] } };
        rostrum.events.dispatchEvent(new CustomEvent('message', { detail }));
    }""")
    wait(lambda: viewer.evaluate("() => document.querySelector('.tile').dataset.speaking"), 5)
    assert errors(viewer) == []


def test_tiles_say_their_size(chromium, server, stage, pages, wait):
    pages.open(chromium, sample(server, "host", stage.host("Ada"), autostart=1, codec="vp8"))
    viewer = pages.open(chromium, sample(server, "viewer", stage.viewer("Grace"), autostart=1))
    said = []
    viewer.page.on("websocket", lambda socket: socket.on(
        "framesent", lambda text: said.append(text)))
    viewer.reload()

    def width() -> int:
        viewer.page.evaluate("() => 0")  # lets Playwright hear of frames
        sizes = [json.loads(text)["payload"]["shown"][0] for text in said if "VIEWPORT" in text]
        return sizes[-1]["width"] if sizes else 0

    wait(lambda: width() > 800, 30, "the size of a large tile")
    rid = "() => rostrum.getSelectedLayer(rostrum.hosts()[0]?.id)?.rid"
    wait(lambda: viewer.evaluate(rid) is not None, 30, "a picture")
    viewer.page.set_viewport_size({"width": 340, "height": 700})
    wait(lambda: 250 < width() <= 340, 10, "the size of a small one")
    wait(lambda: viewer.evaluate(rid) in ("low", "mid"), 20, "a smaller layer for it")


def test_hosts_hear_how_their_viewers_fare(chromium, server, stage, pages, wait, output):
    host = pages.open(chromium, sample(server, "host", stage.host("Ada"), autostart=1, codec="vp8"))
    viewer = pages.open(chromium, sample(server, "viewer", stage.viewer("Grace"), autostart=1))
    told = "() => rostrum.quality(rostrum.watching)?.latency.jitterBufferMs"
    wait(lambda: viewer.evaluate(told) is not None, 40, "what the viewer's browser measures")
    facts = "() => document.getElementById('facts').innerText"
    wait(lambda: re.search(r"Viewers\s+1, typically \d", host.evaluate(facts)), 30)
    host.screenshot(output / "sample-host-viewers.png")


def test_a_stopped_camera_is_released_and_taken_again(
        chromium, server, stage, pages, wait, output):
    host = pages.open(
        chromium, sample(server, "host", stage.host("Ada"), autostart=1, codec="vp8"))
    viewer = pages.open(chromium, sample(server, "viewer", stage.viewer("Grace"), autostart=1))
    wait(lambda: shown(viewer) > 30, 40, "moving pictures")
    cameras = """() => document.getElementById('preview').srcObject.getVideoTracks()
        .filter((track) => track.readyState === 'live').length"""
    sending = """() => rostrum.publishing.peer.getSenders()
        .filter(({ track }) => track?.kind === 'video').length"""
    level = "() => parseFloat(document.querySelector('#level span').style.width)"
    wait(lambda: host.evaluate(level) > 5, 15, "the fake microphone's beep")
    host.evaluate("() => document.getElementById('camera').click()")
    wait(lambda: host.evaluate(cameras) == 0 and host.evaluate(sending) == 0, 10)
    wait(lambda: "Camera stopped" in viewer.evaluate("() => document.body.innerText"), 10)
    host.screenshot(output / "sample-host-camera-stopped.png")
    before = shown(viewer)
    host.evaluate("() => document.getElementById('camera').click()")
    wait(lambda: host.evaluate(cameras) == 1 and host.evaluate(sending) == 1, 10)
    wait(lambda: shown(viewer) > before + 30, 20, "the picture again")
    # Stopped before going live: the place for the picture is kept.
    for button in ("live", "camera"):
        host.evaluate(f"() => document.getElementById('{button}').click()")
    wait(lambda: host.evaluate(cameras) == 0, 10)
    host.evaluate("() => document.getElementById('live').click()")
    wait(lambda: host.evaluate("() => rostrum.publishing?.state") == "connected", 20)
    before = shown(viewer)
    host.evaluate("() => document.getElementById('camera').click()")
    wait(lambda: shown(viewer) > before + 30, 30, "a picture that came later")
    assert errors(host) == []


@pytest.mark.parametrize("name", ["host", "viewer"])
def test_page_without_a_token_says_what_to_do(chromium, server, pages, output, name):
    page = pages.open(chromium, f"{server.http}/samples/{name}.html")
    text = page.evaluate("() => document.body.innerText")
    assert "token" in text.lower()
    page.screenshot(output / f"sample-{name}-empty.png")
    accessible(page)


def test_a_refused_token_is_explained(chromium, server, stage, pages, wait, output):
    viewer = stage.viewer()
    page = pages.open(chromium, sample(server, "host", viewer, autostart=1))
    wait(lambda: "PUBLISH" in page.evaluate("() => document.body.innerText").upper(), 15)
    page.screenshot(output / "sample-host-refused.png")


def test_viewer_works_in_firefox(firefox, chromium, server, stage, pages, wait, output):
    pages.open(chromium, sample(server, "host", stage.host("Ada"), autostart=1, codec="vp8"))
    viewer = pages.open(firefox, sample(server, "viewer", stage.viewer("Grace"), autostart=1))
    wait(lambda: shown(viewer) > 60, 40, "moving pictures in Firefox")
    viewer.screenshot(output / "sample-viewer-firefox.png")


def test_narrow_screen_does_not_scroll_sideways(chromium, server, stage, pages):
    for name in ("host", "viewer"):
        page = pages.open(chromium, f"{server.http}/samples/{name}.html")
        page.page.set_viewport_size({"width": 360, "height": 740})
        assert page.evaluate(
            "() => document.documentElement.scrollWidth <= innerWidth + 1"), name
