"""Hosts send what somebody watches: layers rest, and come back."""

import time

import pytest

from test_samples import errors, sample, shown

pytestmark = pytest.mark.timeout(200)

# The rids that a host's sender is to send; "" for a picture that is sent once.
ACTIVE = """() => (window.rostrum?.publishing?.peer?.getTransceivers()
    .find(({receiver}) => receiver.track.kind === 'video')?.sender.getParameters().encodings ?? [])
    .filter(({active}) => active !== false).map(({rid}) => rid ?? '')"""
# What it has sent of each.
BYTES = """async () => Object.fromEntries([...(await rostrum.publishing.peer.getStats()).values()]
    .filter(({type, kind}) => type === 'outbound-rtp' && kind === 'video')
    .map(({rid, bytesSent}) => [rid ?? '', bytesSent]))"""
RID = "() => rostrum.getSelectedLayer(rostrum.hosts()[0].id)?.rid"
LAYERS = "() => rostrum.getLayers(rostrum.hosts()[0].id).map(({rid}) => rid)"
# Asks for a layer, and says how many milliseconds later the viewer gets it.
COMES_BACK = """(rid) => new Promise((resolve) => {
    const asked = performance.now();
    rostrum.addEventListener('layerselected', ({detail}) => {
        if (detail.layer?.rid === rid) resolve(performance.now() - asked);
    });
    rostrum.preferLayer(rostrum.hosts()[0].id, rid);
})"""


def watch_one_layer(viewer, rid: str):
    viewer.evaluate(f"() => rostrum.preferLayer(rostrum.hosts()[0].id, '{rid}')")


@pytest.mark.parametrize("browser", ["chromium", "firefox"])
def test_layers_that_nobody_watches_rest(
        request, chromium, server, stage, pages, wait, output, browser):
    host = pages.open(
        request.getfixturevalue(browser),
        sample(server, "host", stage.host("Ada"), autostart=1, codec="vp8"))
    viewer = pages.open(chromium, sample(server, "viewer", stage.viewer("Grace"), autostart=1))
    wait(lambda: shown(viewer) > 60, 40, "moving pictures")
    wait(lambda: len(viewer.evaluate(LAYERS)) == 3, 40, "three layers")
    watch_one_layer(viewer, "low")
    wait(lambda: host.evaluate(ACTIVE) == ["low"], 30, "that the others rest")
    # A frame or two may be under way.
    time.sleep(0.5)
    before, seen = host.evaluate(BYTES), shown(viewer)
    time.sleep(3)
    after = host.evaluate(BYTES)
    assert after["low"] > before["low"]
    assert after["hi"] == before["hi"] and after["mid"] == before["mid"]
    wait(lambda: shown(viewer) > seen + 30, 20, "that the picture goes on")
    assert viewer.evaluate(LAYERS) == ["hi", "mid", "low"], "what rests can be had"
    host.screenshot(output / f"publishing-rests-{browser}.png")
    took = viewer.evaluate(COMES_BACK, "hi")
    print(f"{browser}: a layer that rested came back in {took:.0f} ms")
    # A tenth of a second; a host that is too busy to begin again counts as stopped for a while.
    assert took < 30_000
    assert viewer.evaluate(RID) == "hi"
    assert "hi" in host.evaluate(ACTIVE)
    wait(lambda: host.evaluate(ACTIVE) == ["hi"], 30, "that the lowest rests")
    assert errors(viewer) == []


@pytest.mark.parametrize("simulcast", [True, False])
def test_a_host_without_viewers_rests(chromium, server, stage, pages, wait, simulcast):
    host = pages.open(chromium, sample(server, "host", stage.host("Ada"), codec="vp8"))
    wait(lambda: shown(host) > 10, 30, "the host's preview")
    if not simulcast:
        host.page.uncheck("#simulcast")
    host.page.click("#live")
    wait(lambda: host.evaluate(ACTIVE) != [], 20, "that it begins")
    wait(lambda: host.evaluate(ACTIVE) == [], 30, "that it rests")
    before = host.evaluate(BYTES)
    time.sleep(1.5)
    assert host.evaluate(BYTES) == before
    assert host.evaluate("() => rostrum.publishing.state") == "connected"
    viewer = pages.open(chromium, sample(server, "viewer", stage.viewer("Grace"), autostart=1))
    wait(lambda: shown(viewer) > 30, 20, "moving pictures for who comes")
    assert host.evaluate("() => rostrum.publishing.state") == "connected"
    assert errors(host) == [] and errors(viewer) == []


def test_a_host_that_loses_its_socket_sends_everything(chromium, server, stage, pages, wait):
    host = pages.open(
        chromium, sample(server, "host", stage.host("Ada"), autostart=1, codec="vp8"))
    wait(lambda: host.evaluate(ACTIVE) != [], 20, "that it begins")
    wait(lambda: host.evaluate(ACTIVE) == [], 30, "that it rests")
    host.page.context.set_offline(True)
    host.evaluate("() => rostrum.events.close()")
    wait(lambda: sorted(host.evaluate(ACTIVE)) == ["hi", "low", "mid"], 10, "everything")
    host.page.context.set_offline(False)
