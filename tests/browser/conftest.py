"""The built book, served on this machine, in a browser that can reach no other host.

Fixtures for every test of this folder:

book        the folder with the built pages (built by `make book`, never by a test)
book_url    where it is served, ending in a slash
browser     one headless Chromium for the whole run, or the engine named in $ENGINE
used_page   one page for the whole run, emptied after each test: opening another takes longer than most tests
new_context new_context(viewport=...) -> a browser context, closed when the test ends
open_page   open_page("chapters/03_masks.html", width=360) -> used_page, which shows it;
            at=book.as_uri() + "/" opens the file itself
new_page    new_page(java_script_enabled=False) -> a page in a context of its own

With the last two a test fails at its end if a page logged an error or requested anything amiss.
"""

import functools
import http.server
import os
import shutil
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "_build" / "html"
BROWSERS = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
]  # a Mac has none on its PATH
PATIENCE = 240_000  # ms: what comes late on a busy machine comes all the same
MEDIA = {"media": "null", "color_scheme": "light", "reduced_motion": "no-preference", "forced_colors": "none"}
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
]


def pytest_collection_modifyitems(items):
    here, no_book = Path(__file__).parent, pytest.mark.skip(reason="no book is built: run `make book`")
    for item in items:
        if here in item.path.parents:
            item.add_marker("browser")
            needs_one = not {here / "widgets", here / "lab"} & set(item.path.parents)
            if needs_one and not BOOK.exists() and not os.environ.get("CI"):
                item.add_marker(no_book)
    items.sort(key=lambda item: here in item.path.parents)  # last: in .ci/run other tests share the cores at first


def find_browser() -> str | None:
    """Return a Chromium's path: $CHROMIUM, one on the PATH, a Mac's Chrome, or one that Playwright installed."""
    named = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if named:
        return named
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


class Quiet(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # which keeps a connection

    def log_message(self, *args):
        pass


@pytest.fixture(scope="session")
def book() -> Path:
    assert (BOOK / "index.html").exists(), "there is no book yet: run `make book`"
    return BOOK


@pytest.fixture(scope="session")
def book_url(book):
    handler = functools.partial(Quiet, directory=str(book))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="session")
def browser():
    engine = os.environ.get("ENGINE")  # Playwright's own: `playwright install webkit`, then ENGINE=webkit
    executable = engine or find_browser()
    if executable is None:
        message = "no Chromium: install one, or name it in $CHROMIUM"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = (
            getattr(playwright, engine).launch()
            if engine
            else playwright.chromium.launch(executable_path=executable, args=FLAGS)
        )
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def one_page(browser):
    context = browser.new_context()
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


@pytest.fixture
def used_page(one_page):
    yield one_page
    one_page.evaluate("try { localStorage.clear(); sessionStorage.clear(); } catch { /* about:blank has none */ }")
    one_page.mouse.move(0, 0)
    one_page.goto("about:blank")  # what still runs there ends with its page


@pytest.fixture
def new_context(browser):
    opened = []

    def make(**options):
        opened.append(browser.new_context(**options))
        opened[-1].set_default_timeout(PATIENCE)
        return opened[-1]

    yield make
    for context in opened:
        context.close()


class Watch:
    """Record what pages did that a page of this book must not do, until `end`."""

    def __init__(self):
        self.faults: list[str] = []
        self.listeners: list = []

    def watch(self, page, own: tuple[str, ...]):
        own = (*own, "data:", "blob:", "about:")
        fault = self.faults.append
        for event, listen in {
            "request": lambda request: request.url.startswith(own) or fault(f"requested: {request.url}"),
            "requestfailed": lambda request: request.failure == "net::ERR_ABORTED" or fault(f"failed: {request.url}"),
            "response": lambda response: response.status < 400 or fault(f"{response.status}: {response.url}"),
            "console": lambda message: message.type != "error" or fault(f"console: {message.text}"),
            "pageerror": lambda error: fault(f"uncaught: {error}"),
        }.items():
            self.listen(page, event, listen)
        page.faults = self.faults

    def listen(self, page, event: str, act):
        page.on(event, act)
        self.listeners.append((page, event, act))

    def end(self):
        for page, event, listen in self.listeners:
            page.remove_listener(event, listen)
        assert self.faults == []


@pytest.fixture
def watch():
    watch = Watch()
    yield watch
    watch.end()


@pytest.fixture
def new_page(new_context, book_url, watch):
    def make(width=1280, height=900, own=(), **options):
        page = new_context(viewport={"width": width, "height": height}, **options).new_page()
        watch.watch(page, (book_url, *own))
        return page

    return make


@pytest.fixture
def set_up(used_page):
    """set_up(width, height, reduced_motion="reduce") -> used_page, of that size and for that medium."""

    def set_(width, height, **media):
        used_page.set_viewport_size({"width": width, "height": height})
        used_page.emulate_media(**MEDIA | media)
        return used_page

    return set_


@pytest.fixture
def open_page(set_up, book_url, watch):
    def open_(name, width=1280, height=900, at=book_url, **media):
        page = set_up(width, height, **media)
        if not watch.listeners:
            watch.watch(page, (book_url, at))
        page.goto(at + name)
        return page

    return open_
