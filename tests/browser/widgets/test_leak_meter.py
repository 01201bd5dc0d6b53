"""The leak meter in a browser: a square for BERT, a triangle for GPT."""

import torch

from bertgpt_book.widgets import LeakMeter

T = 5
TOKENS = ["the", "cat", "sat", "on", "mats"]
MOVED = torch.rand(T, T, generator=torch.Generator().manual_seed(0)) + 0.01


def meter():
    return LeakMeter(TOKENS, {"BERT": MOVED, "GPT": MOVED.tril()})


def zeros(page, model):
    return page.locator(f'section[data-model={model}] td[data-moved="0"]').evaluate_all(
        "cells => cells.map(cell => [Number(cell.dataset.t), Number(cell.dataset.s)])"
    )


def test_bert_leaks_everywhere_and_gpt_only_backwards(show):
    page = show(meter())
    assert zeros(page, "BERT") == []
    assert zeros(page, "GPT") == [[t, s] for t in range(T) for s in range(T) if s > t]
    assert page.locator("section[data-model=GPT] td.closed").count() == 10
    assert page.locator("section[data-model=GPT] .status").first.inner_text() == "10 of 25 are exactly 0"
    panels = page.locator("section")
    for value, visible in (("BERT", [True, False]), ("GPT", [False, True]), ("both", [True, True])):
        page.locator(f"input[name=show][value={value}]").check()
        assert [panels.nth(i).is_visible() for i in range(2)] == visible


def test_choosing_a_token_tells_which_outputs_move(show):
    page = show(meter())
    verdicts = page.locator("section [role=status]")
    assert "5 of 5 outputs move" in verdicts.nth(1).inner_text()
    page.locator('input[name=token][value="2"]').check()
    assert "5 of 5 outputs move" in verdicts.nth(0).inner_text()
    assert verdicts.nth(1).inner_text() == "Change “sat” and 3 of 5 outputs move; unmoved: “the”, “cat”."
    page.locator('section[data-model=BERT] td[data-t="0"][data-s="4"]').click()
    assert page.locator("input[name=token]:checked").get_attribute("value") == "4"
    assert "1 of 5 outputs move" in verdicts.nth(1).inner_text()


def test_colours_of_the_readers_own_leave_the_grid_its_fills(show):
    tiles = show(meter(), forced_colors="active").locator("section[data-model=BERT] .faded .tile")
    assert len(set(tiles.evaluate_all("tiles => tiles.map((tile) => getComputedStyle(tile).backgroundColor)"))) > 1
