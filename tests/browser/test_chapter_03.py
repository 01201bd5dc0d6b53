"""Chapter 03 as its readers meet it: flip the mask in the page, with no kernel behind it."""

import pytest

CHAPTER = "chapters/03_masks.html"
MODELS = ["BERT", "GPT"]


@pytest.fixture
def chapter(open_page):
    return open_page(CHAPTER)


def explorer_of(page, label="Attention explorer"):
    return page.locator(f'figure[aria-label="{label}"]')


def choose(explorer, name, value):
    explorer.locator(f"input[name={name}][value={value}]").check()


def weights_of(explorer) -> list[list[float]]:
    """Read the weights on the page, row by row; NaN is nan."""
    cells = explorer.locator("td[data-t]").evaluate_all(
        "cells => cells.map(cell => [Number(cell.dataset.t), Number(cell.dataset.weight)])")
    rows = [[] for _ in range(1 + max(t for t, _ in cells))]
    for t, weight in cells:
        rows[t].append(weight)
    return rows


def above_the_diagonal(weights) -> list[float]:
    return [w for t, row in enumerate(weights) for w in row[t + 1:]]


def cell(explorer, t, s):
    return explorer.locator(f'td[data-t="{t}"][data-s="{s}"]')


@pytest.mark.parametrize("model", MODELS)
def test_choosing_causal_empties_the_upper_triangle_of_every_layer(chapter, model):
    explorer = explorer_of(chapter)
    choose(explorer, "model", model)
    layers = explorer.get_by_label("Layer")
    for layer in range(layers.locator("option").count()):
        layers.select_option(index=layer)
        choose(explorer, "mask", "bidirectional")
        assert min(map(min, weights_of(explorer))) >= 0
        assert max(above_the_diagonal(weights_of(explorer))) > 0
        choose(explorer, "mask", "causal")
        weights = weights_of(explorer)
        assert set(above_the_diagonal(weights)) == {0}
        assert [sum(row) for row in weights] == pytest.approx([1] * len(weights), abs=0.006)   # 3 digits stored
        assert all(explorer.locator("td.sum").all_inner_texts())                               # the words named


def test_the_first_causal_row_is_the_same_in_every_head_and_model(chapter):
    explorer = explorer_of(chapter)
    choose(explorer, "mask", "causal")
    heads = explorer.get_by_label("Head")
    for model in MODELS:
        choose(explorer, "model", model)
        for head in range(heads.locator("option").count()):
            heads.select_option(index=head)
            first = weights_of(explorer)[0]
            assert first == [1] + [0] * (len(first) - 1)


def test_isolating_a_token_closes_eighteen_cells_and_one_more_leaves_it_with_nobody(chapter):
    explorer = explorer_of(chapter)
    words = explorer.locator("th[scope=row]").all_inner_texts()
    n, lonely = len(words), words.index("letter")
    choose(explorer, "mask", "own")
    for other in set(range(n)) - {lonely}:
        cell(explorer, lonely, other).click()
        cell(explorer, other, lonely).click()
    assert explorer.locator("td.closed").count() == 18
    assert weights_of(explorer)[lonely][lonely] == 1

    cell(explorer, lonely, lonely).click()
    assert weights_of(explorer)[lonely] == [0] * n
    explorer.get_by_label("naive softmax").check()
    assert all(weight != weight for weight in weights_of(explorer)[lonely])                    # NaN
    assert sum(map(sum, [row for t, row in enumerate(weights_of(explorer)) if t != lonely])) == pytest.approx(n - 1)


def test_a_sentence_of_ones_own_is_read_by_the_models_in_the_page(chapter):
    explorer = explorer_of(chapter)
    explorer.get_by_label("Your own sentence").fill("we missed the bus")
    explorer.locator("th[scope=row]", has_text="bus").wait_for(timeout=60_000)
    choose(explorer, "mask", "causal")
    explorer.get_by_label("Layer").select_option(index=3)
    explorer.locator("td.closed").first.wait_for()
    weights = weights_of(explorer)
    assert len(weights) == 4 and set(above_the_diagonal(weights)) == {0}
    assert all(explorer.locator("td.sum").all_inner_texts())


def test_the_later_task_leads_back_to_the_explorer(chapter):
    chapter.get_by_role("link", name="flip the mask").click()
    assert chapter.url.endswith("#flip-the-mask")


def test_the_quiz_marks_its_answers(chapter):
    quiz = chapter.locator('figure[aria-label="Quiz"]')
    for question, right in enumerate([2, 0, 2, 1, 2]):
        quiz.locator(f'input[name=question-{question}][value="{right}"]').check()
        quiz.get_by_role("button", name="Check").click()
        if question < 4:
            quiz.get_by_role("button", name="Next question").click()
    assert "5 of 5" in quiz.locator(".result").inner_text()
