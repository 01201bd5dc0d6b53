"""The leak meter in a browser: a square for BERT, a triangle for GPT, and the other way round with one word."""

import torch

from bertgpt_book.widgets import LeakMeter

T = 5
TOKENS = ["the", "cat", "sat", "on", "mats"]
MOVED = torch.rand(T, T, generator=torch.Generator().manual_seed(0)) + 0.01
AHEAD = [[t, s] for t in range(T) for s in range(T) if s > t]


def meter():
    tables = {"bidirectional": MOVED, "causal": MOVED.tril()}
    says = {name: {"bidirectional": ("cat", 0.5), "causal": ("dog", 0.25)} for name in ("BERT", "GPT")}
    asked = {"BERT": ("the [MASK]", " sat"), "GPT": ("the", " cat sat")}
    return LeakMeter(TOKENS, {"BERT": tables, "GPT": tables}, says, asked=asked)


def zeros(page, model):
    return page.locator(f'section[data-model={model}] td[data-moved="0"]').evaluate_all(
        "cells => cells.map(cell => [Number(cell.dataset.t), Number(cell.dataset.s)])"
    )


def test_what_the_triangle_covers_of_the_question_is_marked(show):
    page = show(meter())
    assert page.locator(".covered").all_inner_texts() == [" cat sat"]
    page.locator("section[data-model=BERT]").get_by_role("button", name="causal").click()
    page.locator("section[data-model=GPT]").get_by_role("button", name="bidirectional").click()
    assert page.locator(".covered").all_inner_texts() == [" sat"]


def test_one_word_turns_a_square_into_a_triangle_and_changes_what_is_said(show):
    page = show(meter())
    assert (zeros(page, "BERT"), zeros(page, "GPT")) == ([], AHEAD)
    bert, gpt = (page.locator(f"section[data-model={name}]") for name in ("BERT", "GPT"))
    assert bert.locator("[role=status]").first.inner_text() == "→ cat, 50.0 %"
    bert.get_by_role("button", name="causal").click()
    assert (zeros(page, "BERT"), zeros(page, "GPT")) == (AHEAD, AHEAD)
    assert "dog" in bert.locator("[role=status]").first.inner_text()
    gpt.get_by_role("button", name="bidirectional").click()
    assert (zeros(page, "BERT"), zeros(page, "GPT")) == (AHEAD, [])
    pressed = page.locator("section button[aria-pressed=true]").all_inner_texts()
    assert pressed == ["causal", "bidirectional"] and "25 are exactly 0" in gpt.inner_text()


def test_choosing_a_token_tells_which_outputs_move(show):
    page = show(meter())
    bert, gpt = (page.locator(f"section[data-model={name}] [role=status]").nth(1) for name in ("BERT", "GPT"))
    assert "5 of 5 outputs move" in gpt.inner_text()
    page.locator('input[name=token][value="2"]').check()
    assert "5 of 5 outputs move" in bert.inner_text()
    assert gpt.inner_text() == "Change “sat” and 3 of 5 outputs move; unmoved: “the”, “cat”."
    page.locator('section[data-model=BERT] td[data-t="0"][data-s="4"]').click()
    assert page.locator("input[name=token]:checked").get_attribute("value") == "4"
    assert "1 of 5 outputs move" in gpt.inner_text()


def test_colours_of_the_readers_own_leave_the_grid_its_fills(show):
    tiles = show(meter(), forced_colors="active").locator("section[data-model=BERT] .faded .tile")
    assert len(set(tiles.evaluate_all("tiles => tiles.map((tile) => getComputedStyle(tile).backgroundColor)"))) > 1
