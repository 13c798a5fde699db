"""Chromium through Playwright and Firefox through WebDriver BiDi, behind one small interface."""

import base64
import contextlib
import itertools
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import threading
import time

from websockets.sync.client import connect

CHROMIUM = "/usr/bin/chromium"
FIREFOX = "/usr/bin/firefox-esr"

CHROMIUM_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--mute-audio",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-ui-for-media-stream",
    # The fake camera makes 20 pictures a second unless told otherwise.
    "--use-fake-device-for-media-stream=fps=30",
    # Candidates on loopback, so that a machine without another interface works too.
    "--allow-loopback-in-peer-connection",
    "--disable-background-timer-throttling", "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
]

FIREFOX_PREFERENCES = {
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.peerconnection.ice.loopback": True,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    "media.autoplay.default": 0,
    "media.peerconnection.video.start_bitrate": 2500,
    "media.peerconnection.video.min_bitrate_estimate": 2500,
    "network.manage-offline-status": False,
    # No OpenH264 download, no updates, no first-run pages: nothing that needs the network.
    "media.gmp-manager.updateEnabled": False,
    "app.update.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "toolkit.telemetry.enabled": False,
}


class Chromium:
    """A Chromium process. Each page has a context of its own: no shared storage or cache."""

    def __init__(self, playwright):
        self.browser = playwright.chromium.launch(
            executable_path=CHROMIUM, headless=True, args=CHROMIUM_FLAGS)

    def open(self, url: str, dark: bool = False) -> "ChromiumPage":
        context = self.browser.new_context(
            viewport={"width": 1280, "height": 800}, color_scheme="dark" if dark else "light")
        context.grant_permissions(["camera", "microphone"])
        return ChromiumPage(context.new_page(), url)

    def close(self):
        self.browser.close()


class ChromiumPage:
    def __init__(self, page, url: str):
        self.page = page
        self.console: list[str] = []
        page.on("console", lambda message: self.console.append(
            f"{message.type}: {message.text} {message.location.get('url', '')}"))
        page.on("pageerror", lambda error: self.console.append(f"error: {error}"))
        self.navigate(url)

    def navigate(self, url: str):
        self.page.goto(url, wait_until="load")

    def reload(self):
        self.page.reload(wait_until="load")

    def evaluate(self, function: str, argument=None):
        """Runs ``function``, a JavaScript function of one argument, and waits for its promise."""
        return self.page.evaluate(function, argument)

    def call(self, name: str, **arguments):
        """Calls ``window.peer.<name>`` of the test page."""
        return self.evaluate("([name, a]) => window.peer[name](a)", [name, arguments])

    def screenshot(self, path: pathlib.Path):
        self.page.screenshot(path=str(path))

    def close(self):
        self.page.context.close()


class Firefox:
    """A Firefox process with a profile of its own, driven over WebDriver BiDi."""

    def __init__(self):
        self.profile = pathlib.Path(tempfile.mkdtemp(prefix="rostrum-firefox-"))
        lines = [f'user_pref("{k}", {json.dumps(v)});' for k, v in FIREFOX_PREFERENCES.items()]
        (self.profile / "user.js").write_text("\n".join(lines) + "\n")
        self.process = subprocess.Popen(
            [FIREFOX, "--headless", "--no-remote", "--profile", str(self.profile),
             "--remote-debugging-port", "0"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            env={"HOME": str(self.profile), "PATH": "/usr/bin:/bin", "MOZ_HEADLESS": "1"})
        self.ids = itertools.count(1)
        try:
            self.socket = connect(self._address() + "/session", max_size=None, open_timeout=20)
            self.command("session.new", capabilities={})
        except BaseException:
            self.close()
            raise

    def _address(self, timeout: float = 40) -> str:
        found: list[str] = []
        ready = threading.Event()

        def read():
            # Reading on keeps the pipe from filling up.
            for line in self.process.stderr:
                if match := re.search(r"WebDriver BiDi listening on (ws://\S+)", line):
                    found.append(match[1])
                    ready.set()

        threading.Thread(target=read, daemon=True).start()
        if not ready.wait(timeout):
            raise RuntimeError(f"Firefox did not open its BiDi port within {timeout} s")
        return found[0]

    def command(self, method: str, timeout: float = 60, **params) -> dict:
        identifier = next(self.ids)
        self.socket.send(json.dumps({"id": identifier, "method": method, "params": params}))
        deadline = time.monotonic() + timeout
        while True:
            message = json.loads(self.socket.recv(timeout=max(0.1, deadline - time.monotonic())))
            if message.get("id") != identifier:
                continue  # An event, which nobody asked for.
            if message["type"] == "error":
                raise RuntimeError(f"{method}: {message['error']}: {message['message']}")
            return message["result"]

    def open(self, url: str) -> "FirefoxPage":
        return FirefoxPage(self, url)

    def close(self):
        with contextlib.suppress(Exception):
            self.command("session.end", timeout=5)
        with contextlib.suppress(Exception):
            self.socket.close()
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)
        shutil.rmtree(self.profile, ignore_errors=True)


class FirefoxPage:
    def __init__(self, browser: Firefox, url: str):
        self.browser = browser
        self.context = browser.command("browsingContext.create", type="tab")["context"]
        # A tab in the background is throttled.
        browser.command("browsingContext.activate", context=self.context)
        self.navigate(url)

    def navigate(self, url: str):
        self.browser.command(
            "browsingContext.navigate", context=self.context, url=url, wait="complete")

    def reload(self):
        self.browser.command("browsingContext.reload", context=self.context, wait="complete")

    def evaluate(self, function: str, argument=None):
        wrapped = f"async (a) => JSON.stringify((await ({function})(JSON.parse(a))) ?? null)"
        result = self.browser.command(
            "script.callFunction", functionDeclaration=wrapped, awaitPromise=True,
            target={"context": self.context},
            arguments=[{"type": "string", "value": json.dumps(argument)}])
        if result["type"] == "exception":
            raise RuntimeError(result["exceptionDetails"]["text"])
        return json.loads(result["result"]["value"])

    def call(self, name: str, **arguments):
        return self.evaluate("([name, a]) => window.peer[name](a)", [name, arguments])

    def screenshot(self, path: pathlib.Path):
        data = self.browser.command("browsingContext.captureScreenshot", context=self.context)
        path.write_bytes(base64.b64decode(data["data"]))

    def close(self):
        self.browser.command("browsingContext.close", context=self.context)
