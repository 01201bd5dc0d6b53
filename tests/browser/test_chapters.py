"""Chapters 03 and 05 as their readers meet them: what the page says of its widget is what the widget shows."""

import pytest

MASKS, TWO_MODELS = "chapters/03_masks.html", "chapters/05_two_models.html"


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
    explorer.get_by_label("Layer", exact=True).select_option(index=0)
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


def test_the_difference_of_the_files_has_the_models_colours_and_on_a_phone_one_copy_of_equal_lines(open_page):
    page = open_page(TWO_MODELS)
    listing = page.locator(".two-files")
    seam = listing.locator("tr.seam.both").first.locator("code")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function("(theme) => document.documentElement.dataset.theme === theme", arg=scheme)
        colours = page.evaluate("""["--bert-text", "--gpt-text"].map((name) => {
            const probe = document.body.appendChild(document.createElement("i"));
            probe.style.color = `var(${name})`;
            return `${getComputedStyle(probe).color} on rgba(0, 0, 0, 0)`;
        })""")
        has = "el => `${getComputedStyle(el).color} on ${getComputedStyle(el).backgroundColor}`"
        assert [seam.nth(side).evaluate(has) for side in (0, 1)] == colours
    assert "bidirectional_mask" in seam.nth(0).inner_text() and "causal_mask" in seam.nth(1).inner_text()
    page.set_viewport_size({"width": 375, "height": 740})
    same = listing.locator("tr.same td")
    assert [same.nth(side).is_visible() for side in (0, 1)] == [True, False]
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
