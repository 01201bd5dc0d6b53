"""Chapter 03 as its readers meet it: what the page says of its widget is what the widget shows."""

import pytest

MASKS = "chapters/03_masks.html"


@pytest.fixture
def explorer(open_page):
    return open_page(MASKS).locator('figure[aria-label="Attention explorer"]')


def choose(explorer, name, value):
    explorer.locator(f"input[name={name}][value={value}]").check()


def weights_of(explorer) -> list[list[float]]:
    """Read the weights on the page, row by row; NaN is nan."""
    cells = explorer.locator("td[data-t]").evaluate_all(
        "cells => cells.map(({ dataset }) => [+dataset.t, +dataset.weight])"
    )
    rows = [[] for _ in range(1 + max(t for t, _ in cells))]
    for t, weight in cells:
        rows[t].append(weight)
    return rows


def test_isolating_a_token_closes_sixteen_cells_and_one_more_leaves_it_with_nobody(explorer):
    words = explorer.locator("th[scope=row]").all_inner_texts()
    n, lonely = len(words), words.index("bike")
    explorer.get_by_label("Layer").select_option(index=0)
    choose(explorer, "mask", "own")
    for other in set(range(n)) - {lonely}:
        for t, s in ((lonely, other), (other, lonely)):
            explorer.locator(f'td[data-t="{t}"][data-s="{s}"]').click()
    assert explorer.locator("td.closed").count() == 16
    assert weights_of(explorer)[lonely][lonely] == 1
    explorer.locator(f'td[data-t="{lonely}"][data-s="{lonely}"]').click()
    assert weights_of(explorer)[lonely] == [0] * n
    explorer.get_by_label("naive softmax").check()
    assert all(weight != weight for weight in weights_of(explorer)[lonely])  # NaN
