"""A blank after more or less of a text, in a browser: the slider and the buttons show the guesses at their length."""

import torch

from bertgpt import load_tokenizer
from bertgpt_book.widgets import LeftSide


def test_the_slider_and_the_buttons_show_the_guesses_at_a_length(show):
    tokenizer = load_tokenizer()
    ids, (stop, sea) = tokenizer.encode(" She walked to the"), tokenizer.encode(". sea")
    logits = torch.zeros(len(ids), tokenizer.vocab_size)
    logits[:, stop] = 12.0
    logits[2, sea] = 15.0
    page = show(LeftSide(ids, logits, tokenizer, top=2, stops=[2, 3]))
    guess, rows = page.locator("[role=status]"), page.locator("tbody tr")
    assert guess.inner_text() == "[SEP] at position 3: “.”"
    page.get_by_role("slider").fill("4")
    assert guess.inner_text() == "[SEP] at position 6: “.”"
    assert "She walked to the [MASK] [SEP]" in page.inner_text("form")
    page.get_by_role("button", name="3").click()
    assert guess.inner_text() == "[SEP] at position 5: “sea”" and rows.first.inner_text().split()[0] == "sea"
    assert page.locator("mark").inner_text().split() == ["walked", "to", "the"]
    assert page.get_by_role("button", pressed=True).all_inner_texts() == ["3"]
