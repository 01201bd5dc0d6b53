"""The built book, served on this machine, in a browser that may talk to nobody else.

Fixtures for every test of this folder:

book        the folder with the built pages (built by `make book`, never by a test)
book_url    where it is served, ending in a slash
browser     one headless Chromium for the whole run
open_page   open_page("chapters/03_masks.html", width=360, dark=True) -> a Playwright page;
            the test fails at its end if the page logged an error or asked for anything amiss
page        an empty page of the same kind, for page.goto(book_url + "...")
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
BROWSERS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome",
            "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"]                 # a Mac has none on its PATH
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]


def pytest_collection_modifyitems(items):
    here, no_book = Path(__file__).parent, pytest.mark.skip(reason="no book is built: run `make book`")
    for item in items:
        if here in item.path.parents:
            item.add_marker("browser")
            needs_one = not {here / "widgets", here / "lab"} & set(item.path.parents)
            if needs_one and not BOOK.exists() and not os.environ.get("CI"):
                item.add_marker(no_book)


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
    executable = find_browser()
    if executable is None:
        message = "no Chromium: install one, or name it in $CHROMIUM"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield chromium
        chromium.close()


class Watch:
    """What a page did that a page of this book must not do."""

    def __init__(self, context, own: tuple[str, ...]):
        self.faults: list[str] = []
        self.own = (*own, "data:", "blob:", "about:")
        context.route("**/*", self.gate)
        context.on("page", self.attend)

    def gate(self, route):
        if route.request.url.startswith(self.own):
            route.continue_()
        else:
            self.faults.append(f"asked elsewhere: {route.request.url}")
            route.abort()

    def attend(self, page):
        page.on("console", lambda message: self.faults.append(f"console: {message.text}")
                if message.type == "error" else None)
        page.on("pageerror", lambda error: self.faults.append(f"uncaught: {error}"))
        page.on("requestfailed", lambda request: self.faults.append(f"failed: {request.url}")
                if request.failure != "net::ERR_ABORTED" else None)     # given up by a page that leads elsewhere
        page.on("response", lambda response: self.faults.append(f"{response.status}: {response.url}")
                if response.status >= 400 else None)


@pytest.fixture
def new_page(browser, book_url):
    """Make watched pages; at the end of the test none may have done anything amiss."""
    opened = []

    def make(width=1280, height=900, dark=False, own=(), **options):
        context = browser.new_context(viewport={"width": width, "height": height},
                                      color_scheme="dark" if dark else "light", **options)
        context.set_default_timeout(10_000)
        watch = Watch(context, (book_url, *own))
        opened.append((context, watch))
        page = context.new_page()
        page.faults = watch.faults
        return page

    yield make
    for context, watch in opened:
        context.close()
        assert watch.faults == []


@pytest.fixture
def open_page(new_page, book_url):
    def open_(name, **options):
        page = new_page(**options)
        page.goto(book_url + name)
        return page

    return open_


@pytest.fixture
def page(new_page):
    return new_page()
