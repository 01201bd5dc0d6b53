"""The head switcher in a browser: switch text, model, head and reading, and read what the head says."""

import pytest
import torch
from torch import nn

from bertgpt import GPT, BERTForPreTraining, TransformerConfig, load_tokenizer
from bertgpt.book.widgets import HeadSwitcher
from bertgpt.book.widgets.head_switcher import READINGS

TOKENIZER = load_tokenizer()
TEXTS = ["She walked slowly to the sea.", "Anne could not sleep"]
HOSTILE = "<img src=x onerror=alert(1)>"
TAGS = ["O", "B", "I"]
SIZES = dict(vocab_size=TOKENIZER.vocab_size, max_len=64, d_model=12, n_layers=1, n_heads=3, d_ff=20)


@pytest.fixture(scope="module")
def switcher():
    torch.manual_seed(2)
    models = {"BERT": BERTForPreTraining(TransformerConfig.bert(**SIZES)), "GPT": GPT(TransformerConfig.gpt(**SIZES))}
    for parameter in (p for model in models.values() for p in model.eval().parameters()):
        parameter.data += 0.3 * torch.randn_like(parameter)

    def layers(n):
        return {name: {reading: nn.Linear(12, n) for reading in READINGS} for name in models}

    tags = (TAGS, {name: nn.Linear(12, 3) for name in models}, {"BERT": "first", "GPT": "last"})
    tasks = {"sentiment": (["negative", "positive"], layers(2)), "genre": (["a", "b", HOSTILE], layers(3))}
    return lambda texts=TEXTS, senseless=(): HeadSwitcher(
        models, TOKENIZER, texts, tasks, tags, [HOSTILE, "It was " + "very " * 40], senseless)


def read(page):
    return page.locator("tbody tr").evaluate_all("rows => rows.map((row) => Number(row.dataset.value))")


def test_the_page_shows_what_python_computes(show, switcher):
    widget = switcher()
    page = show(widget)
    for widget.model in ("GPT", "BERT"):
        page.get_by_role("radio", name=widget.model).check()
        for widget.text in (1, 0):
            page.locator("select").select_option(str(widget.text))
            for widget.head, name in ((0, "sentiment"), (1, "genre"), (3, "answers")):
                page.get_by_role("radio", name=name).check()
                for widget.reading, label in (("first", "first token"), ("last", "last token"), ("mean", "average")):
                    page.get_by_role("radio", name=label).check()
                    assert read(page) == pytest.approx(widget.read(), abs=1e-9)
            widget.head = 2
            page.get_by_role("radio", name="names").check()
            under = page.locator(".token").evaluate_all("tokens => tokens.map((token) => token.dataset.under)")
            assert under == widget.read()
            assert page.get_by_role("radio", name="average").is_disabled() and not page.locator("table").is_visible()
            widget.head = 4
            page.get_by_role("radio", name="vocabulary").check()
            under = page.locator(".token").evaluate_all("tokens => tokens.map((token) => token.dataset.under)")
            assert under == [token for token, _ in widget.read()]


def test_tokens_stand_side_by_side_and_only_what_is_read_is_marked(show, switcher):
    page = show(switcher())
    page.add_style_tag(content=".row > * { width: 100%; }")       # a page's own style, as the book's theme has it
    assert page.locator(".strip .token").first.bounding_box()["width"] < 150
    n = page.locator(".token").count()
    assert page.locator(".token.odd").count() == n
    page.get_by_role("radio", name="first token").check()
    assert page.locator(".token").evaluate_all("all => all.map((token) => token.classList.contains('odd'))") == \
        [True] + [False] * (n - 1)


def test_a_head_that_has_nothing_to_say_is_greyed_with_its_reason(show, switcher):
    page = show(switcher(senseless=[{}, {"sentiment": "praises nothing", "answers": "asks <b>nothing</b>"}]))
    assert page.locator("input[name=head]:disabled").count() == 0 and page.locator("fieldset .about").inner_text() == ""
    page.locator("select").select_option("1")
    assert page.locator("input[name=head]:disabled").evaluate_all("all => all.map((each) => each.value)") == ["0", "3"]
    assert page.get_by_role("radio", name="genre").is_checked()                 # the first head that fits
    assert page.locator("fieldset .about").inner_text() == \
        "Not here: sentiment (praises nothing), answers (asks <b>nothing</b>)."
    page.locator("select").select_option("0")
    assert page.get_by_role("radio", name="sentiment").is_enabled()


def test_the_keyboard_reaches_every_control(show, reached_by_tab, switcher):
    page = show(switcher())
    kinds = [kind or tag for tag, kind, _, _ in reached_by_tab(page)]
    assert kinds == ["select-one", "text", "radio", "radio", "radio"]
    page.get_by_role("radio", name="sentiment").focus()
    page.keyboard.press("ArrowDown")
    assert page.get_by_role("radio", name="genre").is_checked()


@pytest.mark.parametrize("width", [1280, 360])
def test_it_fits_the_page_and_hostile_text_is_text(show, switcher, width):
    page = show(switcher([HOSTILE, "word " * 60]), width=width)
    for text in ("0", "1"):
        page.locator("select").select_option(text)
        for head in ("genre", "answers", "vocabulary"):
            page.get_by_role("radio", name=head).check()
            assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator(".bertgpt img").count() == 0
    assert page.locator("option").first.text_content() == HOSTILE


OWN = "Anne walked, café-ward, to [MASK] Uppercross!"


def test_of_a_text_of_ones_own_every_head_says_what_it_would_say_of_a_stored_one(show, small_models):
    """The engine reads it, and the layers that were fitted in Python: as in Python, with the page's own numbers."""
    torch.manual_seed(5)
    models = {name: small_models[f"tiny{name.lower()}"] for name in ("BERT", "GPT")}
    layers = {name: {reading: nn.Linear(16, 3) for reading in READINGS} for name in models}
    tags = (TAGS, {name: nn.Linear(16, 3) for name in models}, {"BERT": "first", "GPT": "last"})
    given = (models, TOKENIZER, [TEXTS[0], OWN], {"mood": (["a", "b", "c"], layers)}, tags, TEXTS)
    twin = HeadSwitcher(*given, text=1)
    page = show(HeadSwitcher(*given, [{"mood": "has none"}, {}]), live=True)
    assert page.get_by_role("radio", name="mood").is_disabled()
    page.get_by_label("Or your own text").fill(OWN)
    page.locator(f"figure[data-own='{OWN}']").wait_for()
    for twin.model in models:
        page.get_by_role("radio", name=twin.model).check()
        assert page.locator(".piece").all_inner_texts() == twin.looks[twin.model][1]["tokens"]
        for twin.head, name in ((0, "mood"), (2, "answers")):
            page.get_by_role("radio", name=name).check()
            for twin.reading, label in (("first", "first token"), ("last", "last token"), ("mean", "average")):
                page.get_by_role("radio", name=label).check()
                assert read(page) == pytest.approx(twin.read(), abs=0.02)
        for twin.head, name in ((1, "names"), (3, "vocabulary")):
            page.get_by_role("radio", name=name).check()
            under = page.locator(".token").evaluate_all("tokens => tokens.map((token) => token.dataset.under)")
            said = twin.read()
            assert under == (said if name == "names" else [token for token, _ in said])
            assert name == "vocabulary" or {"", *TAGS} >= set(under) > {""}
    page.get_by_label("Or your own text").fill("")                   # the page's text again, which has no mood
    page.locator("figure[data-own='']").wait_for()
    assert page.get_by_role("radio", name="mood").is_disabled()
