"""The sampling playground in a browser: turn the knobs, draw with a seed, read what is cut and what was drawn."""

import re

import pytest
import torch
from small_widgets import TEXTS, WORDS

from bertgpt import generate

TOP = 12


def read(page, name):
    return page.locator("tbody tr").evaluate_all(f"rows => rows.map((row) => +row.dataset.{name})")


def turn(page, label, value):
    page.get_by_label(label, exact=False).fill(str(value))


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def status(page):
    return page.locator(".status").inner_text()


@torch.inference_mode()
def next_probs(gpt, ids, temperature=1.0) -> list[float]:
    """Compute the probabilities of the TOP most probable next tokens, and of all others together."""
    p = (gpt(torch.tensor([ids]))[0, -1] / temperature).softmax(-1).sort(descending=True).values  # (V,)
    return [*p[:TOP].tolist(), p[TOP:].sum().item()]


def test_the_page_shows_the_probabilities_of_the_settings_text_and_position(show, small, small_models):
    page, gpt = show(small("sampling playground")), small_models["littlegpt"]
    assert "sea" in page.locator(".so-far").inner_text()
    assert status(page) == f"{TOP} of {TOP} tokens can be drawn, and all of the others."
    turn(page, "Temperature", 1.5)
    turn(page, "Top-k", 5)
    assert read(page, "before") == pytest.approx(next_probs(gpt, WORDS.encode(TEXTS[0]), 1.5), abs=1e-3)
    assert page.locator("tr.cut").count() == TOP + 1 - 5
    assert status(page) == f"5 of {TOP} tokens can be drawn, and none of the others."
    turn(page, "Temperature", 1)
    page.locator("select").select_option("1")
    turn(page, "Place", 1)
    assert read(page, "before") == pytest.approx(next_probs(gpt, WORDS.encode(TEXTS[1])[:-2]), abs=1e-3)
    assert "in the text: sleep" in page.locator(".so-far").inner_text()


def test_draws_are_counted_follow_the_probabilities_and_can_be_repeated(show, small):
    page = show(small("sampling playground", seed=5, draws=4900))
    button(page, "Draw 100").click()
    first = read(page, "drawn")
    assert [n / 5000 for n in first] == pytest.approx(read(page, "p"), abs=0.03)
    button(page, "Draw").click()
    latest = int(page.locator("tr.latest").get_attribute("data-row"))
    assert [b - a for a, b in zip(first, read(page, "drawn"))] == [int(row == latest) for row in range(TOP + 1)]
    assert "Draw 5001" in status(page)
    drawn = read(page, "drawn")
    for seed in ("3", "5"):
        page.get_by_label("Seed").fill(seed)
        page.get_by_label("Seed").press("Tab")
        assert (read(page, "drawn") == drawn) == (seed == "5")
    turn(page, "Top-k", 1)
    assert read(page, "drawn") == [5001] + [0] * TOP
    button(page, "Start again").click()
    assert set(read(page, "drawn")) == {0} and page.locator("tr.latest").count() == 0


# ---- with the engine


def own(page, text):
    page.get_by_label("Or your own beginning").fill(text)
    page.locator("figure[data-written='0']").wait_for()


def test_the_readers_text_is_read_by_the_model_and_continued(show, small, small_models):
    gpt, ids = small_models["littlegpt"], WORDS.encode(" Anne walked")
    page = show(small("sampling playground"), live=True)
    own(page, "Anne")  # which begins a little cooler
    assert page.get_by_label("Temperature").input_value() == "0.6"
    assert read(page, "before") == pytest.approx(next_probs(gpt, ids[:1], 0.6), abs=1e-3)
    turn(page, "Temperature", 1)
    own(page, "Anne walked")  # what the reader chooses stays
    page.locator(".so-far", has_text="Anne walked").wait_for()
    assert read(page, "before") == pytest.approx(next_probs(gpt, ids), abs=1e-3)
    assert re.search(rf"It read {len(ids) - 1} tokens?, 1 came from the cache", status(page))  # no letter is read twice
    turn(page, "Temperature", 0)
    button(page, "Append and go on").click()
    page.locator("figure[data-written='1']").wait_for()
    assert re.search(r"It read 1 token, \d+ came from the cache", status(page))
    page.get_by_label("with a KV cache").uncheck()
    button(page, "Write 20 tokens").click()
    page.locator("figure[data-written='21']").wait_for()
    assert "It read all " in status(page)
    written = generate(gpt, torch.tensor([ids]), 21, temperature=0)[0, -21:]
    assert page.locator(".so-far .new").text_content() == WORDS.decode(written)
    page.locator("select").select_option("1")  # back to a stored text
    assert page.locator(".so-far .new").text_content() == ""
    own(page, "word " * 61)
    button(page, "Write 20 tokens").click()
    page.get_by_text("tokens are too many: this model reads 64 at most").wait_for()
