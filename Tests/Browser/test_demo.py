"""`rostrum demo`: the first thing that a newcomer runs."""

import re
import signal
import subprocess

import pytest

from harness.server import REPOSITORY, binary, environment

pytestmark = pytest.mark.timeout(150)

# How many pictures each video of the viewer's page has shown.
FRAMES = """() => [...document.querySelectorAll('video')].filter((video) => video.videoWidth)
    .map((video) => video.getVideoPlaybackQuality().totalVideoFrames)"""


@pytest.fixture
def demo(output):
    log = (output / "demo.log").open("w+")
    process = subprocess.Popen(
        [str(binary()), "demo", "--port", "7790", "--media-port", "0",
         "--clips", str(REPOSITORY / ".clips")],
        stdout=log, stderr=subprocess.STDOUT, env=environment())
    try:
        yield process, lambda: (output / "demo.log").read_text()
    finally:
        process.kill()


def test_the_viewer_link_shows_moving_pictures_and_sound(demo, chromium, pages, wait, output):
    process, said = demo
    wait(lambda: said().count("is live") == 2, 40, "two hosts to be live")
    link = re.search(r"http://\S+/samples/viewer\.html#\S+", said()).group()
    page = pages.open(chromium, f"{link}&autostart=1")
    wait(lambda: sorted(page.evaluate(FRAMES))[-2:][0] > 60 if len(page.evaluate(FRAMES)) > 1
         else False, 40, "pictures of both hosts")
    page.screenshot(output / "demo-viewer.png")
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) == 0
