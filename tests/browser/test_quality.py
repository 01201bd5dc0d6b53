"""Every page of the built book by other measures: no barrier that axe knows, no more bytes than it may weigh."""

import gzip
import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from test_pages import CHAPTERS, PAGES

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """(rules) => axe.run(document, { runOnly: rules, resultTypes: ["violations"] }).then((found) =>
  found.violations.map((rule) => [rule.id, rule.nodes.length, rule.nodes[0].html.slice(0, 160)]))"""
PACKED = {".png", ".woff", ".woff2"}                      # a server does not compress these once more
LANDING, CHAPTER = 150_000, 350_000                       # bytes, compressed, before any click
# Past every part of the page, as one reads: a lazy picture comes when it is near the screen, not when jumped over.
READ = """async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  for (let top = 0; top < document.documentElement.scrollHeight; top += innerHeight) {
    scrollTo({ top, behavior: "instant" });
    await frame();
    await frame();
  }
}"""
UNREAD = "[...document.images].filter((image) => image.checkVisibility() && !image.complete).map((image) => image.src)"


def barriers(page) -> list:
    page.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")   # drawn
    if not page.evaluate("'axe' in window"):
        page.add_script_tag(path=AXE)
    return page.evaluate(RUN, RULES)


@pytest.mark.slow
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_no_barrier(name, open_page):
    if not AXE.exists() and not os.environ.get("CI"):
        pytest.skip("no axe: make node_modules/.installed")
    page = open_page(name, reduced_motion="reduce")
    found = {"light": barriers(page)}
    page.emulate_media(color_scheme="dark")
    page.wait_for_function("document.documentElement.dataset.theme === 'dark'")
    found["dark"] = barriers(page)
    page.set_viewport_size({"width": 375, "height": 740})
    found["phone"] = barriers(page)
    assert not any(found.values()), found


def weight(path: Path) -> int:
    data = path.read_bytes()
    return len(data if path.suffix in PACKED else gzip.compress(data))


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_page_weighs_no_more_than_it_may(name, new_page, book_url, book):
    page, loaded = new_page(width=412, height=823), set()
    page.on("response", lambda response: loaded.add(unquote(urlsplit(response.url).path).lstrip("/")))
    page.goto(book_url + name)
    page.wait_for_load_state("networkidle")
    page.evaluate(READ)
    page.wait_for_function(f"!{UNREAD}.length")
    page.wait_for_load_state("networkidle")
    weights = {file: weight(book / file) for file in loaded if (book / file).is_file()}
    assert sum(weights.values()) <= (LANDING if name == "chapters/index.html" else CHAPTER), weights


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_quiet_from_a_disk(name, new_page, book):
    page = new_page(own=("file://",))
    page.goto((book / name).as_uri())
    page.wait_for_load_state("load")


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_picture_keeps_its_place_and_comes_when_it_is_near(name, open_page):
    page = open_page(name)
    attributes = page.eval_on_selector_all(
        ".cell_output img", "all => all.map((i) => [i.loading, i.getAttribute('width'), i.getAttribute('height')])")
    assert all(loading == "lazy" and int(width) > 0 < int(height) for loading, width, height in attributes)
