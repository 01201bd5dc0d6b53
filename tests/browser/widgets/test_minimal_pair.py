"""Your own minimal pair in a browser: the pairs on offer need no models, and a sentence of one's own asks them."""

import re

import pytest

from bertgpt_book.widgets.minimal_pair import MinimalPair, cut_pair, surprisals

PAIRS = ["The old woman/man slept.", "She saw/sees it.", "He was/were there."]
OWN = "The captain laughed/trombonist at him."


@pytest.fixture(scope="module")
def models(small_models):
    return small_models["littlebert"], small_models["littlegpt"]


def sums(page):
    numbers = re.findall(r"[\d.]+", page.locator("tfoot").inner_text())
    return [float(number) for number in numbers]


def totals(versions):
    return [sum(each["GPT"]) for each in versions] + [each["BERT"] for each in versions]


def test_a_pair_on_offer_and_a_sentence_of_ones_own(show, models, tokenizer):
    widget = MinimalPair(*models, tokenizer, PAIRS)
    page = show(widget, live=True)
    says, field = page.locator(".says"), page.get_by_role("textbox")
    height = page.locator("figure").bounding_box()["height"]
    for pair in widget.pairs:
        page.get_by_role("button", name=pair["text"]).click()
        assert sums(page) == pytest.approx(totals(pair["versions"]), abs=0.06)
        (gpt, gpt_rival, bert, bert_rival), (word, rival) = totals(pair["versions"]), pair["words"]
        assert says.inner_text() == (
            f"GPT prefers {word if gpt < gpt_rival else rival} by {abs(gpt - gpt_rival):.1f} nats, "
            f"BERT prefers {word if bert < bert_rival else rival} by {abs(bert - bert_rival):.1f} nats."
        )
        assert page.locator("figure").bounding_box()["height"] == height
    assert page.requested == []

    field.fill("The captain laughed at him.")
    page.get_by_text("Put a slash between the word and its rival").wait_for()
    field.fill(OWN)
    page.get_by_text("…rom").first.wait_for()
    before, *words, after = cut_pair(OWN)
    expected = [surprisals(*models, tokenizer, before, word, after) for word in words]
    assert sums(page) == pytest.approx(totals(expected), abs=0.15)
    assert page.locator("[aria-pressed=true]").count() == 0
    page.get_by_role("button", name=PAIRS[2]).click()
    assert field.input_value() == "" and sums(page) == pytest.approx(totals(widget.pairs[2]["versions"]), abs=0.06)
