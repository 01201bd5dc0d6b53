"""The token strips in a browser: all readers at once, a text, a token pointed at, a walk with the keys."""

from bertgpt import load_tokenizer
from bertgpt_book.widgets import TokenStrips

READERS = {"BERT": load_tokenizer("google-bert/bert-base-uncased"), "GPT": load_tokenizer()}
TEXTS = ["Today, I went unhappily.", ("How are you?", "Fine 🙂.")]


def strip(page, reader):
    return page.get_by_role("region", name=reader, exact=True)


def pieces(page, reader):
    return strip(page, reader).locator(".piece").all_text_contents()


def readout(page):
    return page.locator(".readout").inner_text()


def test_every_reader_shows_its_tokens_and_only_bert_a_frame_and_segments(show):
    widget = TokenStrips(READERS, TEXTS)
    page = show(widget)
    for index in range(len(TEXTS)):
        page.locator("select").select_option(str(index))
        for reader in READERS:
            assert pieces(page, reader) == [row[0] for row in widget.strips[reader][index]]
            ids = strip(page, reader).locator(".token").evaluate_all("all => all.map((token) => +token.dataset.id)")
            assert ids == [row[1] for row in widget.strips[reader][index]]
    segments = page.locator(".token .segment").all_text_contents()
    assert segments[0] == "segment 0" and segments[-1] == "segment 1"
    heading = strip(page, "BERT").locator(".heading").inner_text()
    assert "3 special, 1 unknown" in heading  # [CLS] and two [SEP]; [UNK] stands for text
    assert strip(page, "GPT").locator(".segment").count() == 0
    assert pieces(page, "GPT").count("<eos>") == 2 and "[CLS]" not in pieces(page, "GPT")


def test_a_token_is_read_out_where_one_points_or_walks(show):
    page = show(TokenStrips(READERS, [*TEXTS, "a"]))
    strip(page, "GPT").locator(".token").nth(2).hover()
    assert readout(page) == "GPT, token 3: od · id 810 · bytes 6F 64 · goes on with it"
    assert strip(page, "GPT").locator(".token[aria-selected=true]").count() == 1
    strip(page, "BERT").locator(".token").first.press("ArrowRight")
    assert readout(page).startswith("BERT, token 2: today")
    for key in ("End", "ArrowRight"):
        page.keyboard.press(key)
        assert "[SEP]" in readout(page)
    page.keyboard.press("Home")
    assert readout(page).startswith("BERT, token 1: [CLS] · id 101")
    strip(page, "GPT").locator(".token").last.hover()
    page.locator("select").select_option("2")  # a shorter strip keeps a token in reach
    assert strip(page, "GPT").locator(".token[tabindex='0']").inner_text().startswith("a")


def test_the_page_splits_the_readers_own_text_as_python_does_until_the_field_is_empty(show):
    readers = {"BERT": READERS["BERT"], "GPT-2": load_tokenizer("openai-community/gpt2"), "GPT": load_tokenizer()}
    page, python = show(TokenStrips(readers, ["Today."]), live=True), TokenStrips(readers, ["Today."])
    assert not page.locator("select").is_visible()  # one text needs no picker
    page.get_by_label("Your own text").fill("She's unhappy?")
    page.get_by_label("and a second one").fill("Fine 🙂.")
    python.own = ["She's unhappy?", "Fine 🙂."]
    page.wait_for_function(
        "(n) => document.querySelectorAll('section[data-reader=BERT] .token').length === n",
        arg=len(python.own_strips["BERT"]),
    )
    for name in readers:
        assert pieces(page, name) == [row[0] for row in python.own_strips[name]]
    page.get_by_label("and a second one").fill("")
    page.get_by_label("Your own text").fill("")
    page.wait_for_function("document.querySelectorAll('section[data-reader=BERT] .token').length === 4")
    assert pieces(page, "BERT")[1] == "today"  # the stored text is back
