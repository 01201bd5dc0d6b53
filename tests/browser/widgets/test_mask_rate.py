"""The mask-rate slider in a browser: slide, choose another text, read what was asked and answered."""

import pytest
import torch

from bertgpt import BERTForPreTraining, TransformerConfig, load_tokenizer
from bertgpt.widgets import MaskRate

TOKENIZER = load_tokenizer()
TEXTS = [" She walked slowly to the sea, and the wind blew.", " Anne could not sleep."]
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(1)
    sizes = dict(d_model=12, n_layers=1, n_heads=3, d_ff=20)
    config = TransformerConfig.bert(vocab_size=TOKENIZER.vocab_size, max_len=80, **sizes)
    return BERTForPreTraining(config).eval()


def kinds(page):
    rows = page.locator("tbody tr")
    return rows.evaluate_all("all => all.map((row) => [Number(row.dataset.place), row.dataset.kind])")


def test_the_page_shows_what_python_holds(show, model):
    widget = MaskRate(model, TOKENIZER, TEXTS, draws=2)
    page = show(widget)
    for widget.text in (0, 3):
        page.locator("select").select_option(str(widget.text))
        for widget.rate in (5, 15, 80):
            page.locator("input[type=range]").fill(str(widget.rate))
            assert kinds(page) == [[row[0], row[2]] for row in widget.shown()]
            assert page.locator("figure").get_attribute("data-rate") == str(widget.rate)
            assert page.locator(".masked-text .asked").count() == len(widget.shown())
            assert page.locator("tr[data-right=true]").count() == widget.tally()["right"]
            first = page.locator("tbody tr").first
            assert [answer.inner_text().split(" ")[0] for answer in first.locator(".answer").all()] == [
                token for token, _ in widget.shown()[0][3]]
            assert page.locator(".status").inner_text().startswith(f"{len(widget.shown())} of ")


def test_the_keyboard_moves_the_slider(show, reached_by_tab, model):
    page = show(MaskRate(model, TOKENIZER, TEXTS))
    assert [kind for _, kind, _, _ in reached_by_tab(page)][:2] == ["select-one", "range"]
    before = page.locator("tbody tr").count()
    page.get_by_label("Mask rate in per cent").focus()
    page.keyboard.press("End")
    assert page.locator("figure").get_attribute("data-rate") == "100"
    assert page.locator("tbody tr").count() > before
    page.keyboard.press("ArrowLeft")
    assert page.locator("figure").get_attribute("data-rate") == "95"


def test_one_text_needs_no_picker(show, model):
    page = show(MaskRate(model, TOKENIZER, TEXTS[1:]))
    assert not page.locator("select").is_visible()


@pytest.mark.parametrize("width", [1280, 360])
def test_it_fits_the_page_and_hostile_tokens_are_text(show, model, width):
    page = show(MaskRate(model, TOKENIZER, [HOSTILE, " word" * 40], rates=(40, 80), rate=80), width=width)
    for text in ("0", "1"):
        page.locator("select").select_option(text)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator(".bertgpt img").count() == 0
    assert page.locator("option").first.text_content() == HOSTILE
