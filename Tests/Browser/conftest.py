"""Fixtures: a server, the test pages, and the browsers."""

import functools
import http.server
import pathlib
import threading
import time

import pytest
from playwright.sync_api import sync_playwright

from browsers import CHROMIUM, FIREFOX, Chromium, Firefox
from harness.metrics import Metrics
from harness.server import Server, binary, output_directory
from harness.stage import Stage
from network import NoAddress, media_address

PAGES = pathlib.Path(__file__).parent / "pages"


def pytest_sessionstart(session):
    """Before any thread or browser is started: a process enters a namespace alone."""
    session.config.media_address = None
    session.config.no_address = ""
    if session.config.option.collectonly:
        return
    try:
        session.config.media_address = media_address()
    except NoAddress as reason:
        session.config.no_address = str(reason)


@pytest.fixture(scope="session")
def media(request) -> str:
    """The address that the server offers for media."""
    if request.config.media_address is None:
        pytest.skip(request.config.no_address)
    return request.config.media_address


def assert_understood(server: Server):
    """Nothing that a browser said of its network was thrown away: pictures would only be worse for it."""
    metrics = Metrics(server.get("/metrics")[1])
    for name, labels in (("rostrum_datagrams_refused_total", {"reason": "rtcp"}),
                         ("rostrum_media_refused_total", {"kind": "feedback"})):
        assert metrics.total(name, **labels) == 0, f"{name}{labels}"


@pytest.fixture(scope="module")
def server(request, tmp_path_factory, media):
    """A development server whose media every browser reaches."""
    try:
        path = binary()
    except FileNotFoundError as missing:
        pytest.fail(str(missing))
    assert path.exists(), f"ROSTRUM_BINARY={path} does not exist"
    server = Server(
        "--data", str(tmp_path_factory.mktemp("data")), "--media-address", media,
        name=request.module.__name__.rpartition(".")[2])
    try:
        server.wait_ready()
        yield server
        assert_understood(server)
        server.close()
    finally:
        server.kill()


@pytest.fixture
def stage(server):
    stage = Stage(server)
    yield stage
    stage.delete()


@pytest.fixture(scope="session")
def page_url():
    """The test page, from an origin that is not the server's: CORS is tested all along."""
    class Handler(http.server.SimpleHTTPRequestHandler):
        extensions_map = {".html": "text/html", ".js": "text/javascript"}

        def log_message(self, *arguments):
            pass

    site = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Handler, directory=str(PAGES)))
    threading.Thread(target=site.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{site.server_address[1]}/peer.html"
    site.shutdown()


@pytest.fixture(scope="session")
def playwright():
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def chromium(playwright):
    if not pathlib.Path(CHROMIUM).exists():
        pytest.skip(f"{CHROMIUM} is not installed: run Scripts/setup")
    browser = Chromium(playwright)
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def firefox():
    if not pathlib.Path(FIREFOX).exists():
        pytest.skip(f"{FIREFOX} is not installed: run Scripts/setup")
    browser = Firefox()
    yield browser
    browser.close()


class Pages:
    """Opens test pages, and closes them at the end of the test."""

    def __init__(self, url: str):
        self.url, self.opened = url, []

    def open(self, browser, url: str | None = None, **options):
        page = browser.open(url or self.url, **options)
        self.opened.append(page)
        return page

    def host(self, browser, token, **options):
        page = self.open(browser)
        page.session = page.call("publish", url=token.publish_url, token=token.text, **options)
        return page

    def viewer(self, browser, token, publisher=None, **options):
        page = self.open(browser)
        page.session = page.call(
            "subscribe", url=token.subscribe_url(publisher), token=token.text, **options)
        return page


@pytest.fixture
def pages(page_url):
    pages = Pages(page_url)
    yield pages
    for page in pages.opened:
        page.close()


@pytest.fixture
def wait():
    """Polls until a condition holds, and returns what it returned."""
    def wait(condition, timeout: float = 20, message: str = ""):
        deadline = time.monotonic() + timeout
        while not (value := condition()):
            assert time.monotonic() < deadline, f"{message or condition} after {timeout} s"
            time.sleep(0.25)
        return value
    return wait


@pytest.fixture(scope="session")
def output() -> pathlib.Path:
    return output_directory()
