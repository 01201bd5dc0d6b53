"""Pages with widgets in Firefox: every widget starts, nothing is logged as an error, no text lies over other text.

Playwright drives only a Firefox that it has built itself; this one is driven by what every Firefox has, WebDriver BiDi.
"""

import itertools
import json
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest
import websocket
from overlaps import OVERLAPS

BOOK = Path(__file__).resolve().parents[2] / "_build" / "html"
PAGES = sorted(path.name for path in BOOK.glob("chapters/*.html") if b"data-bertgpt=" in path.read_bytes())
BROWSERS = ["firefox-esr", "firefox", "/Applications/Firefox.app/Contents/MacOS/firefox"]
# What Firefox says of a formula when a piece of the page ends in its middle; test_math.py counts the children.
HALF_A_FORMULA = "Invalid markup: Incorrect number of children"
OPEN = """async () => {
  if (document.readyState !== "complete") await new Promise((done) => addEventListener("load", done));
  document.documentElement.dataset.answers = "open";
  document.querySelectorAll("details").forEach((fold) => { fold.open = true; });
  document.querySelectorAll("button[data-script]").forEach((button) => button.click());
  const waiting = () => document.querySelectorAll("[data-bertgpt]:not([data-started])").length;
  for (let tries = 0; waiting() && tries < 100; tries += 1) await new Promise((done) => setTimeout(done, 100));
  await document.fonts.ready;
  return waiting();
}"""


class Firefox:
    """One window of a headless Firefox."""

    def __init__(self, profile: Path):
        server, begun = profile / "WebDriverBiDiServer.json", time.monotonic()
        while not (server.exists() and server.stat().st_size):
            assert time.monotonic() < begun + 240, "Firefox does not start"
            time.sleep(0.1)
        port = json.loads(server.read_text())["ws_port"]
        self.socket = websocket.create_connection(f"ws://127.0.0.1:{port}/session", timeout=240, suppress_origin=True)
        self.numbers, self.errors = itertools.count(), []
        self.call("session.new", capabilities={})
        self.call("session.subscribe", events=["log.entryAdded"])
        self.window = self.call("browsingContext.getTree")["contexts"][0]["context"]

    def call(self, method: str, **params):
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("method") == "log.entryAdded" and message["params"]["level"] == "error":
                text = message["params"]["text"]
                if not text.startswith(HALF_A_FORMULA):
                    self.errors.append(text)
            if message.get("id") == number:
                assert message["type"] == "success", message
                return message["result"]

    def show(self, width: int, height: int, url: str | None = None):
        self.call("browsingContext.setViewport", context=self.window, viewport={"width": width, "height": height})
        if url:
            self.call("browsingContext.navigate", context=self.window, url=url, wait="complete")

    def read(self, script: str):
        """Call a function of the page: what JSON can hold comes back."""
        result = self.call(
            "script.evaluate",
            expression=f"Promise.resolve(({script})()).then(JSON.stringify)",
            target={"context": self.window},
            awaitPromise=True,
        )
        assert result["type"] == "success", result["exceptionDetails"]["text"]
        return json.loads(result["result"]["value"])


@pytest.fixture(scope="module")
def firefox(tmp_path_factory):
    program = os.environ.get("FIREFOX") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        message = "no Firefox: install firefox-esr, or name one in $FIREFOX"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    profile = tmp_path_factory.mktemp("profile")
    with subprocess.Popen(
        [program, "--headless", "--profile", profile, "--remote-debugging-port", "0"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield Firefox(profile)
        finally:
            process.terminate()


@pytest.mark.slow
@pytest.mark.parametrize("name", PAGES)
def test_a_page_in_firefox(name, firefox, book_url):
    firefox.errors.clear()
    firefox.show(1400, 900, f"{book_url}chapters/{name}")
    assert firefox.read(OPEN) == 0
    for width in (1400, 375):
        firefox.show(width, 900)
        assert firefox.read(OVERLAPS) == [], width
    assert firefox.errors == []
