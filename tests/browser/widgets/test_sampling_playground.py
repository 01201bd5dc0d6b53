"""The sampling playground in a browser: turn the knobs, draw with a seed, read what is cut and what was drawn."""

import re

import pytest
import torch

from bertgpt import GPT, TransformerConfig, generate, load_tokenizer
from bertgpt.book.widgets import SamplingPlayground
from bertgpt.book.widgets.sampling_playground import look_ahead, shares

TOKENIZER = load_tokenizer()
TEXTS = [" She walked slowly to the sea", " Anne could not sleep."]
HOSTILE = "<img src=x onerror=alert(1)>"
TOP = 12


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(1)
    sizes = dict(d_model=12, n_layers=1, n_heads=3, d_ff=20)
    gpt = GPT(TransformerConfig.gpt(vocab_size=TOKENIZER.vocab_size, max_len=80, **sizes)).eval()
    with torch.no_grad():
        gpt.lm_head.decoder.weight.mul_(15)
    return gpt


def playground(model, **traits):
    return SamplingPlayground(model, TOKENIZER, TEXTS, places=3, top=TOP, **traits)


def read(page, name):
    return page.locator("tbody tr").evaluate_all(f"rows => rows.map((row) => Number(row.dataset.{name}))")


def turn(page, label, value):
    page.get_by_label(label, exact=False).fill(str(value))


def test_the_page_shows_what_python_computes(show, model):
    widget = playground(model)
    page = show(widget)
    assert widget.place == 2 and "sea" in page.locator(".so-far").inner_text()
    for widget.temperature, widget.top_k, widget.top_p in ((0.7, 0, 1.0), (1.5, 5, 1.0), (1.0, 0, 0.3), (0.0, 0, 1.0)):
        turn(page, "Temperature", widget.temperature)
        turn(page, "Top-k", widget.top_k or TOP + 1)
        turn(page, "Top-p", widget.top_p)
        before, kept = widget.shown()
        assert read(page, "before") == pytest.approx(before) and read(page, "p") == pytest.approx(kept)
        assert page.locator("tr.cut").count() == kept.count(0)
        assert f"{sum(share > 0 for share in kept[:-1])} of {TOP} tokens" in page.locator(".status").inner_text()


def test_draws_are_counted_and_can_be_repeated(show, model):
    widget = playground(model, seed=5)
    page = show(widget)
    page.get_by_role("button", name="Draw", exact=True).click()
    widget.draws = 1
    assert read(page, "drawn") == widget.tally()
    assert page.locator("tr.latest").get_attribute("data-row") == str(widget.tally().index(1))
    page.get_by_role("button", name="Draw 100").click()
    widget.draws = 101
    first = read(page, "drawn")
    assert first == widget.tally() and "Draw 101" in page.locator(".status").inner_text()
    page.get_by_label("Seed").fill("6")
    page.get_by_label("Seed").press("Tab")
    assert read(page, "drawn") != first
    page.get_by_label("Seed").fill("5")
    page.get_by_label("Seed").press("Tab")
    assert read(page, "drawn") == first
    turn(page, "Top-k", 1)
    assert read(page, "drawn") == [101] + [0] * TOP
    page.get_by_role("button", name="Start again").click()
    assert set(read(page, "drawn")) == {0} and page.locator("tr.latest").count() == 0


def test_another_text_or_place_shows_another_distribution(show, model):
    widget = playground(model)
    page = show(widget)
    page.locator("select").select_option("1")
    widget.text = 1
    assert read(page, "before") == pytest.approx(widget.shown()[0])
    turn(page, "Place", 1)
    widget.place = 0
    assert read(page, "before") == pytest.approx(widget.shown()[0])
    assert "in the text: sleep" in page.locator(".so-far").inner_text()


def test_the_keyboard_reaches_every_control(show, reached_by_tab, model):
    page = show(playground(model))
    kinds = [kind or tag for tag, kind, _, _ in reached_by_tab(page)]
    assert kinds == ["select-one", "text", "range", "range", "range", "range", "number", "button", "button", "checkbox",
                     "button", "button", "div"]
    page.get_by_label("Temperature").focus()
    page.keyboard.press("Home")
    assert read(page, "p")[0] == 1
    assert page.get_by_label("Temperature").get_attribute("aria-valuetext") == "0, greedy"
    page.get_by_role("button", name="Draw", exact=True).press("Enter")
    assert read(page, "drawn")[0] == 1


def test_a_seed_that_is_no_number_becomes_one(show, model):
    page = show(playground(model))
    for typed, kept in (("-3", "0"), ("99999999999", "4294967295"), ("2.6", "3"), ("", "0")):
        page.get_by_label("Seed").fill(typed)
        page.get_by_label("Seed").press("Tab")
        assert page.get_by_label("Seed").input_value() == kept


@pytest.mark.parametrize("width", [1280, 360])
def test_it_fits_the_page_and_hostile_tokens_are_text(show, model, width):
    page = show(SamplingPlayground(model, TOKENIZER, [HOSTILE, " word" * 60], top=TOP), width=width)
    for text in ("0", "1"):
        page.locator("select").select_option(text)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator(".bertgpt img").count() == 0
    assert page.locator("option").first.text_content() == HOSTILE


def test_the_status_says_what_can_be_drawn(show, model):
    page = show(playground(model))
    status = page.locator(".status")
    assert status.inner_text() == f"{TOP} of {TOP} tokens can be drawn, and all of the others."
    turn(page, "Top-k", 5)
    assert status.inner_text() == f"5 of {TOP} tokens can be drawn, and none of the others."


# ---- with the engine


def own(page, text):
    page.get_by_label("Or your own beginning").fill(text)
    page.locator("figure[data-written='0']").wait_for()


def test_a_text_of_ones_own_is_read_by_the_model_and_written_on(show, model, small_models):
    gpt = small_models["tinygpt"]
    page = show(playground(model), live=True)
    own(page, "Anne walked")
    expected = look_ahead(gpt, TOKENIZER, " Anne walked", places=1, top=TOP)[0]
    assert page.locator("tbody th").all_inner_texts()[:TOP] == expected["tokens"]
    before, _ = shares(expected["logits"], expected["rest"], 1.0, 0, 1.0)
    assert read(page, "before") == pytest.approx(before, abs=1e-3)
    turn(page, "Temperature", 0)
    page.get_by_role("button", name="Append and go on").click()
    page.locator("figure[data-written='1']").wait_for()
    assert re.search(r"It read 1 token, \d+ came from the cache", page.locator(".status").inner_text())
    page.get_by_label("with a KV cache").uncheck()
    page.get_by_role("button", name="Write 20 tokens").click()
    page.locator("figure[data-written='21']").wait_for()
    assert "It read all " in page.locator(".status").inner_text()
    ids = generate(gpt, torch.tensor([TOKENIZER.encode(" Anne walked")]), 21, temperature=0)[0]
    assert page.locator(".so-far .new").text_content() == TOKENIZER.decode(ids[-21:])
    page.locator("select").select_option("1")                  # back to a stored text
    assert page.locator(".so-far .new").text_content() == ""


def test_a_stored_text_can_be_written_on_the_same_seed_writes_the_same_and_it_can_be_stopped(show, model):
    page = show(playground(model, seed=3), live=True)
    texts = []
    for _ in range(2):
        page.locator("select").select_option("1")
        page.get_by_role("button", name="Append and go on").click()
        page.locator("figure[data-written='1']").wait_for()
        texts.append(page.locator(".so-far .new").text_content())
    assert texts[0] == texts[1] != ""
    # At the third token, however fast they come.
    page.locator("figure").evaluate("""(figure) => new MutationObserver(() => {
      const stop = [...figure.querySelectorAll("button")].find((button) => button.textContent === "Stop");
      if (Number(figure.dataset.written) >= 3) stop?.click();
    }).observe(figure, { attributes: true })""")
    page.get_by_role("button", name="Write 20 tokens").click()
    page.locator("figure:is([data-written='3'], [data-written='4'])").wait_for()
    page.get_by_role("button", name="Write 20 tokens").wait_for()
    assert int(page.locator("figure").get_attribute("data-written")) < 21


def test_what_fails_is_said_in_words_and_the_stored_text_stays(show, model):
    page = show(playground(model), live=True)
    own(page, "word " * 61)
    page.get_by_role("button", name="Write 20 tokens").click()
    page.get_by_text("tokens are too many: this model reads 64 at most").wait_for()
