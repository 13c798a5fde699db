"""Firefox on one side, Chromium on the other: VP8, which Firefox has without a download."""

import pytest

from test_chromium import heard, playing, rises

pytestmark = pytest.mark.timeout(180)


def between(hosting, viewing, stage, pages, wait, layers: int):
    host = stage.host()
    pages.host(hosting, host, codec="VP8", layers=layers)
    receiver = pages.viewer(viewing, stage.viewer(), host)
    (video,) = wait(lambda: playing(receiver), 40, "decoded frames")
    rises(receiver, wait, video["mid"], by=60)
    wait(lambda: heard(receiver), 20, "audio energy")


def test_firefox_host_to_chromium_viewer(firefox, chromium, stage, pages, wait):
    between(firefox, chromium, stage, pages, wait, layers=1)


def test_firefox_host_with_three_layers(firefox, chromium, stage, pages, wait):
    between(firefox, chromium, stage, pages, wait, layers=3)


def test_chromium_host_to_firefox_viewer(firefox, chromium, stage, pages, wait):
    between(chromium, firefox, stage, pages, wait, layers=3)


def test_firefox_views_the_whole_stage(firefox, chromium, stage, pages, wait):
    viewer = stage.viewer()
    receiver = pages.viewer(firefox, viewer, video=2, audio=2)
    assert receiver.call("events", url=viewer.events_url, token=viewer.text)
    for count, name in enumerate(("first", "second"), 1):
        pages.host(chromium, stage.host(name), codec="VP8")
        wait(lambda: playing(receiver, count), 40, f"{count} hosts")
    assert receiver.call("report")["negotiations"] == 1


def test_firefox_offers_h264_to_nobody_and_is_told_so(firefox, chromium, stage, pages, wait):
    """This build of Firefox decodes no H.264: a clear refusal, and no black picture."""
    host = stage.host()
    sender = pages.host(chromium, host, codec="H264")
    wait(lambda: any(entry["packets"] > 50 for entry in sender.call("report")["outbound"]), 20)
    probe = pages.open(firefox)
    codecs = probe.evaluate(
        "() => RTCRtpReceiver.getCapabilities('video').codecs.map((c) => c.mimeType)")
    if "video/H264" in codecs:
        pytest.skip("this Firefox has an H.264 decoder")
    with pytest.raises(RuntimeError, match="422"):
        viewer = stage.viewer()
        probe.call("subscribe", url=viewer.subscribe_url(host), token=viewer.text, audio=0)
