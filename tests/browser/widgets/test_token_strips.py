"""The token strips in a browser: all readers below one another, a text, a token pointed at, a walk with the keys."""

import pytest

from bertgpt import load_tokenizer
from bertgpt.book.widgets import TokenStrips

READERS = {"BERT": load_tokenizer("google-bert/bert-base-uncased"), "GPT": load_tokenizer()}
TEXTS = ["Today, I went unhappily.", ("How are you?", "Fine 🙂.")]
HOSTILE = "<img src=x onerror=alert(1)>"


def strip(page, reader):
    return page.locator(f"section[data-reader={reader}]")


def pieces(page, reader):
    return strip(page, reader).locator(".piece").all_text_contents()


def read_out(page):
    return page.locator(".readout").inner_text()


def test_the_page_shows_what_python_holds(show):
    widget = TokenStrips(READERS, TEXTS)
    page = show(widget)
    for index in range(len(TEXTS)):
        page.locator("select").select_option(str(index))
        for reader in READERS:
            assert pieces(page, reader) == [row[0] for row in widget.strips[reader][index]]
            ids = strip(page, reader).locator(".token").evaluate_all(
                "all => all.map((token) => Number(token.dataset.id))")
            assert ids == [row[1] for row in widget.strips[reader][index]]


def test_only_bert_has_a_frame_and_segments(show):
    page = show(TokenStrips(READERS, TEXTS, text=1))
    segments = page.locator(".token .segment").all_text_contents()
    assert segments[0] == "segment 0" and segments[-1] == "segment 1"
    heading = strip(page, "BERT").locator(".heading").inner_text()
    assert "3 special, 1 unknown" in heading                   # [CLS] and two [SEP]; [UNK] stands for text
    assert strip(page, "GPT").locator(".segment").count() == 0
    assert pieces(page, "GPT").count("<eos>") == 2 and "[CLS]" not in pieces(page, "GPT")


def test_pointing_at_a_token_reads_it_out(show):
    page = show(TokenStrips(READERS, TEXTS))
    strip(page, "GPT").locator(".token").nth(2).hover()
    assert read_out(page) == "GPT, token 3: od · id 543 · bytes 6F 64 · goes on with it"
    assert strip(page, "GPT").locator(".token[aria-selected=true]").count() == 1


def test_the_keyboard_walks_along_a_strip(show, reached_by_tab):
    page = show(TokenStrips(READERS, TEXTS))
    kinds = [kind for _, kind, _, _ in reached_by_tab(page)]
    assert kinds == ["select-one", "text", "text", "", ""]     # one stop for all tokens of a strip
    strip(page, "BERT").locator(".token").first.focus()
    page.keyboard.press("ArrowRight")
    assert read_out(page).startswith("BERT, token 2: today")
    page.keyboard.press("End")
    assert "[SEP]" in read_out(page)
    page.keyboard.press("ArrowRight")
    assert "[SEP]" in read_out(page)
    page.keyboard.press("Home")
    assert read_out(page).startswith("BERT, token 1: [CLS] · id 101")


def test_a_shorter_strip_keeps_a_token_in_reach(show):
    page = show(TokenStrips(READERS, ["a b c d e f", "a"]))
    strip(page, "GPT").locator(".token").last.hover()
    page.locator("select").select_option("1")
    assert strip(page, "GPT").locator(".token[tabindex='0']").inner_text().startswith("a")


def test_one_text_needs_no_picker(show):
    page = show(TokenStrips(READERS, ["Today."]))
    assert not page.locator("select").is_visible()


@pytest.mark.parametrize("width", [1280, 360])
def test_it_fits_the_page_and_hostile_tokens_are_text(show, width):
    page = show(TokenStrips(READERS, [HOSTILE, "x" * 90, "word " * 30]), width=width)
    for index in range(3):
        page.locator("select").select_option(str(index))
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator(".bertgpt img").count() == 0
    assert page.locator("option").first.text_content() == HOSTILE


def test_the_page_cuts_the_reader_s_own_text_as_python_does(show):
    readers = {"BERT": READERS["BERT"], "GPT-2": load_tokenizer("openai-community/gpt2"), "GPT": load_tokenizer()}
    page, python = show(TokenStrips(readers, ["Today."]), live=True), TokenStrips(readers, ["Today."])
    page.get_by_label("Your own text").fill("She's unhappy?")                       # "Or" only beside a choice
    page.get_by_label("and a second one").fill("Fine 🙂.")
    python.own = ["She's unhappy?", "Fine 🙂."]
    page.wait_for_function("(n) => document.querySelectorAll('section[data-reader=BERT] .token').length === n",
                           arg=len(python.own_strips["BERT"]))
    for name in readers:
        section = page.get_by_role("region", name=name, exact=True)
        assert section.locator(".piece").all_text_contents() == [row[0] for row in python.own_strips[name]]


def test_emptying_the_field_brings_the_stored_text_back(show):
    page = show(TokenStrips(READERS, TEXTS), live=True)
    page.get_by_label("Or your own text").fill("She slept.")
    page.wait_for_function("() => document.querySelectorAll('section[data-reader=BERT] .token').length === 5")
    page.get_by_label("Or your own text").fill("")
    assert pieces(page, "BERT")[1] == "today"
