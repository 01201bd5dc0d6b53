"""What all pages of the book share: colours, header, search."""

import pytest
from set_address import PLACEHOLDER

import bertgpt

CHAPTER, LIGHT = "chapters/03_masks.html", "chapters/changelog.html"  # a long page, and a short one


def test_the_header_leads_to_colab_a_download_and_other_colours(open_page):
    page = open_page(CHAPTER)
    link = page.get_by_role("link", name="Run in Colab")
    hosted = PLACEHOLDER not in link.get_attribute("href")
    assert link.is_visible() and page.get_by_text("No public address yet").is_visible() != hosted
    assert link.get_attribute("href").endswith(f"/blob/v{bertgpt.__version__}/chapters/03_masks.ipynb")
    assert page.get_by_text("Source repository").count() == hosted
    assert (link.get_attribute("class") is not None) == hosted  # what leads nowhere is no button
    page.locator(".article-header-buttons .dropdown-toggle").click()
    with page.expect_download() as waited:
        page.get_by_role("link", name="Notebook").click()
    assert waited.value.suggested_filename == "03_masks.ipynb"
    assert "Notebook" not in open_page(LIGHT).locator(".article-header-buttons").text_content()  # it has none

    switch, seen = page.get_by_role("button", name="Colour mode"), set()
    for _ in range(3):
        switch.click()
        seen.add((page.get_attribute("html", "data-mode"), page.get_attribute("html", "data-theme")))
    assert {mode for mode, _ in seen} == {"auto", "light", "dark"} and ("dark", "dark") in seen


def search(open_page, query) -> list[str]:
    page = open_page(f"search.html?q={query}")
    page.locator(".search-summary:not(:empty)").wait_for(state="attached")  # it is through
    return page.locator("#search-results li a").all_inner_texts()


def test_the_search_leads_to_the_chapter_that_makes_a_thing(open_page):
    for query, first in (
        ("causal mask", "03 The mask"),
        ("next word", "09 Next-token prediction"),
        ("embedding", "01 Tokens"),
        ("ModernBERT", "25 What changed since"),
        ("what is BERT", "00 Two readers"),
        ("KV cache", "12 Decoding"),
        ("tokenizer", "01 Tokens"),
        ("prompt engineering", "17 Prompts"),
    ):
        names = search(open_page, query)
        assert names[0].startswith(first), (query, names[:3])
        assert len(names) == len(set(names)) and sum(name.startswith(first) for name in names) <= 3


def test_a_reader_of_today_finds_the_words_of_today(open_page):
    questions = "The questions people really ask"
    words = "ChatGPT RAG T5 few-shot LLM diffusion prompt hallucination".split()
    words = dict.fromkeys([*words, "attention sink", "reversal curse", "is GPT an encoder with a mask"], questions)
    for word, where in (words | {"LoRA": "24 A real model"}).items():
        names = search(open_page, word)
        assert any(name.startswith(where) for name in names[:3]), (word, names[:3])


def test_a_hit_is_named_by_its_section_and_quotes_it(open_page):
    page = open_page("search.html?q=leak meter")
    hit = page.locator("#search-results li").first
    hit.locator(".context").wait_for()
    page_name, section = hit.locator("a").inner_text().split(" › ")
    assert page_name == "05 Two models" and section in hit.locator(".context").inner_text()
    page.wait_for_function("document.querySelectorAll('#search-results li:not(:has(.context))').length === 0")
    quoted = page.locator("#search-results .context").all_inner_texts()
    assert any("instrument for seeing" in text for text in quoted)  # a term brings its definition
    assert not [text for text in quoted if "The answer:" in text]  # and nothing what a gate hides


def test_from_a_disk_the_search_finds(open_page, book):
    page = open_page(LIGHT, at=f"{book.as_uri()}/")
    page.locator(".search-button__button:visible").click()
    page.locator("dialog input[type=search]").fill("boolean")
    page.keyboard.press("Enter")
    page.locator("#search-results li a").first.wait_for()
    found = page.locator("#search-results li a").evaluate_all("all => all.map((link) => link.href)")
    assert any("03_masks" in link for link in found)


@pytest.mark.parametrize("width, height", [(1400, 900), (375, 667)])
def test_the_landing_pages_first_screen_holds_the_widget_down_to_its_verdict(width, height, open_page):
    page = open_page("index.html", width=width, height=height)
    page.wait_for_url("**/chapters/index.html")
    pair = page.locator("[data-bertgpt=Pair]")
    pair.locator("figure").wait_for()
    page.evaluate("document.fonts.ready")
    for name, side in (("BERT", "the left only"), ("GPT", "both sides")):
        pair.get_by_role("region", name=name, exact=True).get_by_role("radio", name=side).check()
    pair.get_by_role("radio", name="and laughed").check()
    bottoms = {
        part: page.locator(part).evaluate_all("all => all.map((e) => e.getBoundingClientRect().bottom)")
        for part in ("article h1", "h1 + p", ".bertgpt .line", ".drawn", ".verdict")
    }
    assert len(bottoms[".drawn"]) == 2 and page.evaluate("scrollY") == 0
    assert all(0 < bottom <= height for bottom in (found[-1] for found in bottoms.values())), bottoms
    size = {
        part: pair.locator(part).evaluate("(e) => parseFloat(getComputedStyle(e).fontSize)")
        for part in (".verdict", ".next")
    }
    assert size[".verdict"] > 18 > size[".next"]
    assert not page.locator("nav.bd-links, .bd-sidebar-secondary").count()  # one column


def test_each_card_of_the_landing_page_leads_to_a_widget_on_the_screen(open_page):
    width, height = 375, 667  # where there is least room
    page = open_page("chapters/index.html", width=width, height=height)
    links = page.locator(".moving-card a").evaluate_all("all => all.map((link) => link.getAttribute('href'))")
    for link, kind in zip(links, ("TrainYourOwn", "LiveMaskExplorer", "ClozeGame"), strict=True):
        page = open_page(f"chapters/{link}", width=width, height=height)
        page.locator(f"[data-bertgpt={kind}] figure").wait_for()
        page.wait_for_function(
            "(kind) => { const { top } = document.querySelector(`[data-bertgpt=${kind}]`).getBoundingClientRect();"
            "return 0 <= top && top < innerHeight / 3; }",
            arg=kind,
        )
        if kind == "TrainYourOwn":  # it has begun
            page.get_by_text("is training").wait_for()
        if kind == "LiveMaskExplorer":  # a cell that is clicked moves a number
            said = page.locator("[data-bertgpt=LiveMaskExplorer] .about-sums")
            before = said.inner_text()
            page.locator("td[data-t='1'][data-s='0']").click()
            assert said.inner_text() != before


def test_who_comes_back_finds_the_way_on_and_what_is_done(open_page):
    page = open_page("chapters/index.html")
    assert page.locator(".go-on, .chapter-done").count() == 0
    open_page("chapters/02_attention.html")
    page.evaluate("localStorage.setItem('bertgpt:done', JSON.stringify({ '00_two_readers': true }))")
    page = open_page("chapters/index.html")
    assert page.locator("table .chapter-done").count() == 1
    assert "all questions answered" in page.get_by_role("row", name="00").inner_text()
    page.get_by_role("link", name="Go on with 02 Attention").click()
    page.wait_for_url("**/02_attention.html")
