"""Every page of the built book: quiet, whole, readable on a phone, in the dark and from a disk."""

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest

import bertgpt

BOOK = Path(__file__).resolve().parents[2] / "_build" / "html"
FILES = [*BOOK.glob("chapters/*.html"), *BOOK.glob("*.html")]
NAMES = sorted(path.relative_to(BOOK).as_posix() for path in FILES)
PAGES = [name for name in NAMES if name != "index.html"]       # it only leads on to chapters/index.html
CHAPTERS = [name for name in PAGES if name.startswith("chapters/")]

WIDE = """() => [...document.querySelectorAll("body *")]
  .filter((el) => el.getBoundingClientRect().right > innerWidth + 1)
  .slice(0, 3).map((el) => el.outerHTML.slice(0, 120))"""


class Anchors(HTMLParser):
    """The ids of a page, and where its links lead."""

    def __init__(self, html: str):
        super().__init__()
        self.ids, self.links = set(), set()
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.ids.add(attrs.get("id") or attrs.get("name"))
        if tag in ("a", "img", "link", "script"):
            self.links.add(attrs.get("href") or attrs.get("src"))


def broken_links(name: str, pages: dict[str, Anchors], book: Path) -> list[str]:
    """Return the links of a page that stay inside the book and lead nowhere."""
    broken = []
    for link in filter(None, pages[name].links):
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        target = unquote(urlsplit(urljoin(f"http://book/{name}", link)).path).lstrip("/")
        if not (book / target).is_file():
            broken.append(link)
        elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].ids:
            broken.append(link)
    return broken


@pytest.fixture(scope="module")
def anchors(book):
    return {name: Anchors((book / name).read_text(encoding="utf-8")) for name in PAGES}


def test_the_book_has_pages():
    assert "chapters/index.html" in PAGES and "chapters/03_masks.html" in PAGES


def check_words(page):
    """A page describes itself, and its pictures to a reader who cannot see them."""
    assert len(page.get_attribute("meta[name=description]", "content")) > 20
    assert page.get_attribute("meta[property='og:image']", "content").startswith("https://")
    assert page.get_attribute("link[rel=icon]", "href").endswith(".svg")
    said = page.eval_on_selector_all("article img", "all => all.map((image) => image.alt)")
    assert not [words for words in said if len(words) < 10 or words.startswith(("<Figure", "../", "_images"))]


def brightness(page, of: str) -> float:
    colour = page.evaluate(f"getComputedStyle(document.body).{of}")
    return sum(float(part) for part in re.findall(r"[\d.]+", colour)[:3])


def check_dark(page):
    """The page follows the system from light to dark."""
    assert brightness(page, "backgroundColor") > 700 and brightness(page, "color") < 300
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.wait_for_function("document.documentElement.dataset.theme === 'dark'")
    assert brightness(page, "backgroundColor") < 120 and brightness(page, "color") > 500


def check_phone(page):
    """A phone needs no sideways scroll, and shows the titles of the pages before and after."""
    page.set_viewport_size({"width": 360, "height": 740})
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")   # drawn
    assert page.evaluate("document.documentElement.scrollWidth") <= 360, page.evaluate(WIDE)
    cut = page.eval_on_selector_all(".prev-next-title", """all => all.filter((title) => {
        const words = document.createRange();
        words.selectNodeContents(title);
        const box = words.getBoundingClientRect(), seen = title.closest("a").getBoundingClientRect();
        const lines = new Set([...words.getClientRects()].map((line) => Math.round(line.top))).size;
        const broken = lines > title.textContent.trim().split(" ").length;
        return box.left < seen.left || box.right > seen.right || broken;
    }).map((title) => title.textContent)""")
    assert cut == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_quiet_speaks_and_fits(name, open_page):
    page = open_page(name)
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.wait_for_load_state("networkidle")
    if name in CHAPTERS:
        check_words(page)
    check_dark(page)
    check_phone(page)


@pytest.mark.parametrize("name", PAGES)
def test_no_link_is_broken(name, anchors, book):
    assert broken_links(name, anchors, book) == []


def test_a_broken_link_is_seen(tmp_path):
    (tmp_path / "a.html").write_text("<p id=x>")
    pages = {"a.html": Anchors("<p id=x><a href='#x'></a><a href='#y'></a><a href='b.html'></a>")}
    assert sorted(broken_links("a.html", pages, tmp_path)) == ["#y", "b.html"]


def test_the_switch_chooses_the_colours(open_page):
    page = open_page("chapters/03_masks.html")
    switch = page.get_by_role("button", name="Colour mode")
    seen = set()
    for _ in range(3):
        switch.click()
        seen.add((page.get_attribute("html", "data-mode"), page.get_attribute("html", "data-theme")))
    assert {mode for mode, _ in seen} == {"auto", "light", "dark"}
    assert ("dark", "dark") in seen


@pytest.mark.parametrize("dark", [False, True])
def test_a_first_visitors_page_has_its_colours_before_it_has_a_body(dark, page, book_url):
    page.add_init_script("""window.late = [];
      new MutationObserver((all) => all.forEach(({ oldValue, target }) => {
        if (document.body && oldValue !== target.dataset.theme) late.push([oldValue, target.dataset.theme]);
      })).observe(document, { subtree: true, attributeFilter: ["data-theme"], attributeOldValue: true });
    """)
    page.emulate_media(color_scheme="dark" if dark else "light")
    page.goto(book_url + "chapters/03_masks.html")
    assert page.get_attribute("html", "data-theme") == ("dark" if dark else "light")
    assert page.evaluate("late") == []


def test_icons_are_drawn_without_a_font(open_page):
    page = open_page("chapters/03_masks.html")
    arrow = page.locator(".fa-download").first
    assert "data:image/svg" in arrow.evaluate("el => getComputedStyle(el).maskImage")
    assert arrow.bounding_box()["width"] > 10


def test_a_chapter_is_run_in_colab_or_taken_along_in_one_click(open_page):
    page = open_page("chapters/03_masks.html")
    link = page.get_by_role("link", name="Run in Colab")
    assert link.is_visible()
    assert link.get_attribute("href").endswith(f"/blob/v{bertgpt.__version__}/chapters/03_masks.ipynb")
    page.locator(".article-header-buttons .dropdown-toggle").click()
    with page.expect_download() as waited:
        page.get_by_role("link", name="Notebook").click()
    assert waited.value.suggested_filename == "03_masks.ipynb"


def test_one_search_button_opens_one_box_and_finds(open_page, book_url):
    page = open_page("chapters/03_masks.html")
    buttons = page.locator(".search-button__button:visible")
    assert buttons.count() == 1
    buttons.click()
    box = page.locator("dialog input[type=search]")
    box.fill("attention")
    box.press("Enter")
    page.wait_for_url("**/search.html?q=attention**")
    page.locator("#search-results li a").first.wait_for()
    page.wait_for_load_state("networkidle")


@pytest.mark.parametrize("query, first", [("causal mask", "03 The mask"), ("leak meter", "05 Two models"),
                                          ("temperature", "10 Decoding"), ("strawberry", "01 Tokens")])
def test_the_search_leads_to_the_chapter_that_makes_a_thing(open_page, query, first):
    page = open_page(f"search.html?q={query}")
    link = page.locator("#search-results li a").first
    link.wait_for()
    assert first in link.inner_text()
    page.wait_for_load_state("networkidle")


def test_the_setup_is_not_found(open_page):
    page = open_page("search.html?q=pip")
    page.locator("#search-results").wait_for()
    page.wait_for_load_state("networkidle")
    found = page.locator("#search-results li").all_inner_texts()
    assert not [text for text in found if text[:2].isdigit() and "%pip" in text]


def test_a_formula_needs_no_script_and_a_font_only_where_it_stands(open_page, book):
    with_math = {name for name in CHAPTERS if "<math" in (book / name).read_text(encoding="utf-8")}
    assert with_math and with_math != set(CHAPTERS)
    for name in (min(with_math), min(set(CHAPTERS) - with_math)):
        page = open_page(name)
        page.evaluate("document.fonts.ready")
        page.wait_for_load_state("networkidle")
        loaded = page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
        assert any("math.woff" in url for url in loaded) == (name in with_math)
        assert not [url for url in loaded if "mathjax" in url or "fontawesome" in url]


def test_a_term_says_what_it_means_to_mouse_and_keyboard(open_page):
    page = open_page("chapters/03_masks.html")
    term, box = page.locator("a.glossary-term").first, page.get_by_role("tooltip")
    term.hover()
    assert box.inner_text() == term.get_attribute("data-definition")
    page.keyboard.press("Escape")
    assert not box.is_visible()
    term.focus()
    assert box.is_visible() and term.get_attribute("aria-describedby") == box.get_attribute("id")
    term.press("Enter")
    page.wait_for_url("**/glossary.html#term-**")


def test_from_a_disk_a_page_works_and_search_finds(new_page, book):
    page = new_page(own=("file://",))
    page.goto((book / "chapters" / "03_masks.html").as_uri())
    page.wait_for_load_state("load")
    page.locator(".search-button__button:visible").click()
    page.locator("dialog input[type=search]").fill("boolean")
    page.keyboard.press("Enter")
    page.locator("#search-results li a").first.wait_for()
    found = page.eval_on_selector_all("#search-results li a", "all => all.map((link) => link.href)")
    assert any("03_masks" in link for link in found)


def test_the_landing_page_is_two_clicks_from_the_mask(open_page):
    page = open_page("index.html")
    page.wait_for_url("**/chapters/index.html")
    page.locator("nav.bd-links a[href*='03_masks']").click()
    page.wait_for_url("**/03_masks.html*")


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("name", [name for name in CHAPTERS if re.match(r"chapters/\d\d_", name)])
def test_a_page_shows_all_that_a_cell_printed(name, width, open_page):
    """The end of a line, where its numbers are, is never beyond the edge: no output has to be scrolled sideways.

    Columns may have to, since they stay columns (book_wide.py); then their edge fades.
    """
    page = open_page(name, width=width)
    page.evaluate("() => document.documentElement.querySelectorAll('details').forEach((fold) => { fold.open = true })")
    outputs = page.locator("div.cell_output pre")
    assert outputs.count() > 3
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")     # observed
    cut = """all => all.filter((e) => e.scrollWidth > e.clientWidth + 1 && !(e.closest(".columns") && e.dataset.hidden))
      .map((e) => e.innerText.slice(0, 80))"""
    assert outputs.evaluate_all(cut) == []


@pytest.mark.parametrize("name", [name for name in CHAPTERS if re.match(r"chapters/\d\d_", name)])
def test_on_a_phone_no_formula_is_cut(name, open_page):
    page = open_page(name, width=375)
    page.evaluate("""() => {
      document.documentElement.dataset.answers = "open";
      document.querySelectorAll("details").forEach((fold) => { fold.open = true });
    }""")
    page.evaluate("document.fonts.ready")
    cut = "all => all.filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.innerText.slice(0, 80))"
    assert page.locator("div.math").evaluate_all(cut) == []


def test_the_pair_is_on_a_phones_first_screen(open_page):
    """The sentence, the two buttons that flip, and the likeliest word of each model, without scrolling."""
    page = open_page("index.html", width=375, height=640)
    page.wait_for_url("**/chapters/index.html")
    pair = page.locator("[data-bertgpt=Pair]")
    pair.locator("figure").wait_for()
    page.evaluate("document.fonts.ready")
    bottoms = {part: pair.locator(part).evaluate_all("all => all.map((e) => e.getBoundingClientRect().bottom)")
               for part in (".sentence", ".flip", ".guesses li:first-child")}
    assert [len(found) for found in bottoms.values()] == [1, 2, 2] and page.evaluate("scrollY") == 0
    assert all(0 < bottom <= 640 for found in bottoms.values() for bottom in found), bottoms


def test_a_request_elsewhere_is_refused_and_recorded(new_page, book_url):
    page = new_page()
    page.goto(book_url + "chapters/changelog.html")
    with page.expect_event("requestfailed"), page.expect_event("console"):       # or they would come after the end
        page.evaluate("fetch('https://example.org/x').catch(() => 0)")
    assert any("example.org" in fault for fault in page.faults)
    page.faults.clear()
