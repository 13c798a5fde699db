"""The sample pages as the server serves them: what a newcomer sees first."""

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
