"""The pair picker in a browser: guess, see three verdicts, go on, choose any other pair, start over."""

import pytest
import torch

from bertgpt.book.widgets import PairPicker

FIRSTS = ["She walked to the sea.", "He wrote a letter."]
SECONDS = ["It was cold there.", "It was never sent.", "Nothing of the kind."]
HOSTILE = "<img src=x onerror=alert(1)>"


def picker(firsts=FIRSTS, **traits):
    model = torch.tensor([[0.81, 0.2, 0.4], [0.6, 0.7, 0.1]])
    overlap = torch.tensor([[0.01, 0.3, 0.1], [0.0, 0.2, 0.1]])
    return PairPicker(firsts, SECONDS, [0, 1], model, overlap, threshold=0.05, **traits)


def said(page):
    lines = page.locator(".verdicts [data-who]")
    return {line.get_attribute("data-who"): line.get_attribute("data-says") for line in lines.all()}


def test_a_guess_brings_the_verdicts(show):
    page = show(picker(first=0, second=0))
    assert page.locator(".span").all_text_contents() == [FIRSTS[0], SECONDS[0]]
    assert said(page) == {} and "0.81" not in page.locator("figure").inner_text()
    page.get_by_role("button", name="No, it does not").click()
    assert said(page) == {"you": "not", "BERT": "next", "shared words": "not"}
    assert page.locator(".truth").get_attribute("data-truth") == "next"
    assert "0.81" in page.locator("[data-who=BERT]").inner_text()
    assert page.locator(".result").inner_text() == "After 1 pair: you 0, BERT 1, shared words 0 right."
    assert page.get_by_role("button", name="Yes, it follows").is_disabled()


def test_every_dealt_pair_shows_what_python_says(show):
    widget = picker()
    page = show(widget)
    dealt = []
    for _ in widget.deck:
        place = [int(field.input_value()) for field in page.locator("select").all()]
        dealt.append(place)
        page.get_by_role("button", name="Yes, it follows").click()
        word = {name: "next" if yes else "not" for name, yes in widget.verdicts(*place).items()}
        assert said(page) == {"you": "next", "BERT": word["BERT"], "shared words": word["overlap"]}
        assert page.locator(".truth").get_attribute("data-truth") == word["truth"]
        page.get_by_role("button", name="Next pair").click()
    assert dealt == widget.deck
    widget.guesses = [[*pair, True] for pair in dealt]
    right = widget.score()
    assert (f"you {right['you']}, BERT {right['BERT']}, shared words {right['overlap']} right"
            in page.locator(".result").inner_text())


def test_any_pair_can_be_chosen_and_all_forgotten(show):
    page = show(picker())
    page.get_by_label("The first text").select_option("1")
    page.get_by_label("The second text").select_option("2")
    assert page.locator(".span").all_text_contents() == [FIRSTS[1], SECONDS[2]]
    page.get_by_role("button", name="No, it does not").click()
    assert said(page)["BERT"] == "not"
    page.get_by_role("button", name="Start over").click()
    assert said(page) == {} and not page.get_by_role("button", name="Start over").is_visible()
    assert [int(field.input_value()) for field in page.locator("select").all()] == picker().deck[0]


def test_the_keyboard_reaches_every_control(show, reached_by_tab):
    page = show(picker())
    assert [text or kind for _, kind, _, text in reached_by_tab(page)][2:] == [
        "Yes, it follows", "No, it does not", "Next pair"]


@pytest.mark.parametrize("width", [1280, 360])
def test_it_fits_the_page_and_hostile_texts_are_text(show, width):
    page = show(picker([HOSTILE, "x" * 200]), width=width)
    for index in range(2):
        page.get_by_label("The first text").select_option(str(index))
        page.get_by_role("button", name="Yes, it follows").click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator(".bertgpt img").count() == 0
    page.get_by_label("The first text").select_option("0")
    assert page.locator(".span").first.text_content() == HOSTILE
