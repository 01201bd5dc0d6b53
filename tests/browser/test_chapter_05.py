"""Chapter 05 as its readers meet it: the leak meter shows a square for BERT and a triangle for GPT."""

import pytest

CHAPTER = "chapters/05_two_models.html"


@pytest.fixture
def meter(open_page):
    return open_page(CHAPTER).locator('figure[aria-label="Leak meter"]')


def moved(meter, model) -> dict[tuple[int, int], float]:
    """Read a model's grid off the page: (output, changed token) -> how far it moves."""
    cells = meter.locator(f'section[data-model="{model}"] td[data-t]').evaluate_all(
        "cells => cells.map(({dataset}) => [+dataset.t, +dataset.s, +dataset.moved])")
    return {(int(t), int(s)): value for t, s, value in cells}


def test_the_trained_pair_leaks_a_square_and_a_triangle(meter):
    square, triangle = moved(meter, "BERT"), moved(meter, "GPT")
    assert len(square) == len(triangle) == 36
    assert min(square.values()) > 0
    assert all((value == 0) == (s > t) for (t, s), value in triangle.items())


def test_each_cell_looks_as_it_reads(meter):
    for model in ("BERT", "GPT"):
        section = meter.locator(f'section[data-model="{model}"]')
        zeros = [place for place, value in moved(meter, model).items() if value == 0]
        assert section.locator("td.closed").count() == len(zeros)
        assert f"{len(zeros)} of 36 are exactly 0" in section.inner_text()


def test_the_question_of_the_chapter_can_be_answered_by_clicking(meter):
    verdicts = {"BERT": [], "GPT": []}
    for token in range(6):
        meter.locator(f'input[name=token][value="{token}"]').check()
        for model, said in verdicts.items():
            said.append(meter.locator(f'section[data-model="{model}"] [role=status]').inner_text())
    assert all("and 6 of 6 outputs move" in words for words in verdicts["BERT"])
    assert ["and 3 of 6 outputs move" in words for words in verdicts["GPT"]] == [False] * 3 + [True] + [False] * 2
    assert "from" in verdicts["GPT"][3]


def test_one_model_can_be_shown_alone(meter):
    meter.locator("input[name=show][value=GPT]").check()
    assert meter.locator('section[data-model="GPT"]').is_visible()
    assert not meter.locator('section[data-model="BERT"]').is_visible()


@pytest.mark.parametrize("dark", [False, True])
def test_the_difference_of_the_files_wears_the_models_colours(open_page, dark):
    page = open_page(CHAPTER, dark=dark)
    colours = page.evaluate("""["--bert-text", "--gpt-text"].map((name) => {
        const probe = document.body.appendChild(document.createElement("i"));
        probe.style.color = `var(${name})`;
        return getComputedStyle(probe).color + " on rgba(0, 0, 0, 0)";
    })""")
    listing = page.locator(".two-files")
    worn = "el => `${getComputedStyle(el).color} on ${getComputedStyle(el).backgroundColor}`"
    seam = listing.locator("tr.seam.both").first.locator("code")
    assert [seam.nth(side).evaluate(worn) for side in (0, 1)] == colours
    assert "bidirectional_mask" in seam.nth(0).inner_text() and "causal_mask" in seam.nth(1).inner_text()


def test_on_a_phone_what_both_files_say_stands_once(open_page):
    page = open_page(CHAPTER, width=375)
    page.evaluate("document.documentElement.dataset.answers = 'open'")        # it waits for an answer
    same = page.locator(".two-files tr.same td")
    assert [same.nth(side).is_visible() for side in (0, 1)] == [True, False]
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
