"""Every page of the built book, visited twice: on a phone over HTTP, and on a desk from a disk.

Each visit collects what that visit can show: no error and no request elsewhere (the fixtures see
to that), weight, width, colours, formulas, outputs, the names, sizes and keys of controls, and axe.
"""

import gzip
import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from overlaps import OVERLAPS
from widget_controls import check_keyboard, check_sizes

BOOK = Path(__file__).resolve().parents[2] / "_build" / "html"
FILES = [*BOOK.glob("chapters/**/*.html"), *BOOK.glob("*.html")]
NAMES = sorted(path.relative_to(BOOK).as_posix() for path in FILES)
PAGES = [name for name in NAMES if name != "index.html"]  # it only leads on to chapters/index.html

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What can differ on a phone and in the dark.
LOOKS = {
    "type": "rule",
    "values": ["color-contrast", "link-in-text-block", "target-size", "scrollable-region-focusable"],
}
WITH_CODE = "chapters/03_masks.html"  # code has the same colours elsewhere, and is slow to check
RUN = """async ([exclude, runOnly]) => {
  const options = { runOnly, resultTypes: ["violations"], preload: false };
  const { violations } = await axe.run({ include: [["html"]], exclude }, options);
  return violations.map((rule) => [rule.id, rule.nodes.length, rule.nodes[0].html.slice(0, 160)]);
}"""

PACKED = {".png", ".woff", ".woff2"}  # a server does not compress these once more
LANDING, CHAPTER = 150_000, 350_000  # bytes, compressed, before any click
# Scroll past every part of the page: a lazy picture comes when it is near the screen.
READ = """async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  for (let top = 0; top < document.documentElement.scrollHeight; top += 2 * innerHeight) {
    scrollTo({ top, behavior: "instant" });
    await frame();
    await frame();
  }
}"""
UNREAD = "[...document.images].some((image) => image.checkVisibility() && !image.complete)"
DRAWN = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
WIDE = """() => [...document.querySelectorAll("body *")]
  .filter((el) => el.getBoundingClientRect().right > innerWidth + 1)
  .slice(0, 3).map((el) => el.outerHTML.slice(0, 120))"""
CHOPPED = """(all) => all.filter((line) => line.checkVisibility()
  && line.getBoundingClientRect().height > 6.5 * parseFloat(getComputedStyle(line).lineHeight))
  .map((line) => line.innerText)"""
CUT = "(all) => all.filter((e) => e.scrollWidth > e.clientWidth + 1 {}).map((e) => e.innerText.slice(0, 80))"


def open_all(page):
    page.evaluate("""() => {
      document.documentElement.dataset.answers = "open";
      document.querySelectorAll("details").forEach((fold) => { fold.open = true; });
      document.querySelectorAll("button[data-script]").forEach((button) => button.click());
    }""")
    page.wait_for_function("!document.querySelector('button[data-script]')")
    page.evaluate("document.fonts.ready")
    page.evaluate(DRAWN)


def check_outputs(page):
    """The end of a printed line, where its numbers are, is never beyond the edge.

    Columns may have to be scrolled, since they stay columns (book_wide.py); then their edge fades.
    """
    cut = CUT.format('&& !(e.closest(".columns") && e.dataset.hidden)')
    assert page.locator("div.cell_output pre").evaluate_all(cut) == []


def check_weight(page, name, book, new_page):
    """The page with all its pictures is no heavier than it may be."""
    most = CHAPTER
    if name == "chapters/index.html":
        url, page, most = page.url, new_page(width=412, height=823), LANDING  # a used page lists its fonts, too
        page.goto(url)
    page.evaluate(READ)
    page.wait_for_function(f"!{UNREAD}")
    loaded = page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
    files = {unquote(urlsplit(url).path).lstrip("/") for url in loaded} | {name}
    data = {file: (book / file).read_bytes() for file in files if (book / file).is_file()}
    weights = {file: len(part if Path(file).suffix in PACKED else gzip.compress(part)) for file, part in data.items()}
    assert len(weights) > 5 and sum(weights.values()) <= most, weights


def barriers(page, name, rules) -> list:
    """Return what axe finds."""
    if not AXE.exists() and not os.environ.get("CI"):
        return []  # no npm: make node_modules/.installed
    if not page.evaluate("'axe' in window"):
        page.add_script_tag(path=AXE)
    page.evaluate("scrollTo(0, 0)")  # nothing lies under the header that stays
    return page.evaluate(RUN, [[] if name == WITH_CODE else [[".highlight pre"]], rules])


@pytest.mark.slow
@pytest.mark.parametrize("name", PAGES)
def test_a_page_on_a_phone(name, open_page, new_page, book):
    page = open_page(name, width=412, height=823)
    if name.startswith("chapters/"):
        check_weight(page, name, book, new_page)
    page.set_viewport_size({"width": 360, "height": 740})
    page.evaluate(DRAWN)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360, page.evaluate(WIDE)
    open_all(page)
    check_outputs(page)
    assert page.locator("div.cell_input .line").evaluate_all(CHOPPED) == []  # too narrow beside their indent
    page.set_viewport_size({"width": 375, "height": 667})
    page.evaluate(DRAWN)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375, page.evaluate(WIDE)
    assert page.evaluate(OVERLAPS) == []
    assert page.locator("div.math").evaluate_all(CUT.format("")) == []
    check_sizes(page)
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.wait_for_function("document.documentElement.dataset.theme === 'dark'")
    assert barriers(page, name, LOOKS) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", PAGES)
def test_a_page_on_a_desk(name, open_page, book):
    page = open_page(name, at=f"{book.as_uri()}/", reduced_motion="reduce")
    if name.startswith("chapters/"):
        assert len(page.get_attribute("meta[name=description]", "content")) > 20
        assert page.get_attribute("meta[property='og:image']", "content").startswith("https://")
        assert page.get_attribute("link[rel=icon]", "href").endswith(".svg")
        words = page.locator("article img").evaluate_all("all => all.map((image) => image.alt)")
        assert not [alt for alt in words if len(alt) < 10 or alt.startswith(("<Figure", "../", "_images"))]
        pictures = page.locator(".cell_output img").evaluate_all(
            "all => all.map((i) => [i.loading, Number(i.getAttribute('width')), Number(i.getAttribute('height'))])"
        )
        assert all(loading == "lazy" and width > 0 < height for loading, width, height in pictures)
    open_all(page)
    check_outputs(page)
    assert barriers(page, name, RULES) == []
    check_keyboard(page)
