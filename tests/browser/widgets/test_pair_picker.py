"""The pair picker in a browser: guess, see three verdicts, take the next pair, choose any other, start over."""

import torch

from bertgpt_book.widgets import PairPicker

FIRSTS = ["She walked to the sea.", "He wrote a letter."]
SECONDS = ["It was cold there.", "It was never sent.", "Nothing of the kind."]
MODEL = torch.tensor([[0.81, 0.2, 0.4], [0.6, 0.7, 0.1]])
OVERLAP = torch.tensor([[0.01, 0.3, 0.1], [0.0, 0.2, 0.1]])


def picker(firsts=FIRSTS, **traits):
    return PairPicker(firsts, SECONDS, [0, 1], MODEL, OVERLAP, threshold=0.05, **traits)


def verdicts(page):
    lines = page.locator(".verdicts [data-who]")
    return dict(lines.evaluate_all("all => all.map(({ dataset }) => [dataset.who, dataset.says])"))


def shown(page):
    return [int(field.input_value()) for field in page.locator("select").all()]


def test_the_dealt_pairs_come_in_turn_and_each_is_judged_after_the_guess(show):
    widget = picker()
    page = show(widget)
    for n, (first, second) in enumerate(widget.deck, start=1):
        assert shown(page) == [first, second] and verdicts(page) == {}
        assert page.locator(".span").all_text_contents() == [FIRSTS[first], SECONDS[second]]
        page.get_by_role("button", name="Yes, it follows").click()
        truth = "next" if first == second else "not"
        assert page.locator(".truth").get_attribute("data-truth") == truth
        assert page.locator(".result").inner_text().startswith(f"After {n} pair")
        assert page.get_by_role("button", name="Yes, it follows").is_disabled()
        page.get_by_role("button", name="Next pair").click()


def test_any_pair_can_be_chosen_and_all_guesses_forgotten(show):
    page = show(picker())
    page.get_by_label("The first text").select_option("1")
    page.get_by_label("The second text").select_option("2")
    assert page.locator(".span").all_text_contents() == [FIRSTS[1], SECONDS[2]]
    page.get_by_role("button", name="No, it does not").click()
    assert verdicts(page) == {"you": "not", "BERT": "not", "shared words": "next"}
    assert "0.10" in page.locator("[data-who=BERT]").inner_text()
    assert page.locator(".result").inner_text() == "After 1 pair: you 1, BERT 1, shared words 0 right."
    page.get_by_role("button", name="Start over").click()
    assert verdicts(page) == {} and not page.get_by_role("button", name="Start over").is_visible()
    assert shown(page) == picker().deck[0]
