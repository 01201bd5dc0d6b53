"""Notebooks in JupyterLab: run all, then flip a mask and type a sentence of one's own."""

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from refresh import hide_sources

pytestmark = pytest.mark.slow
CHAPTER = Path(__file__).resolve().parents[3] / "chapters" / "03_masks.ipynb"


def weights_of(figure) -> list[str]:
    return figure.locator("td[data-t]").evaluate_all("cells => cells.map((cell) => cell.dataset.weight)")


def above_the_diagonal(figure) -> set[float]:
    cells = figure.locator("td[data-t]").evaluate_all(
        "cells => cells.map(({ dataset }) => [+dataset.t, +dataset.s, +dataset.weight])"
    )
    return {weight for t, s, weight in cells if s > t}


def test_chapter_03_runs_and_its_explorer_reads_a_sentence_under_either_mask(open_notebook, run_all):
    page = open_notebook(nbformat.read(CHAPTER, as_version=4), CHAPTER.name)
    run_all(page)
    figure = page.locator('figure[aria-label="Attention explorer"]')
    names = figure.locator("tbody th")
    assert "bike" in names.all_inner_texts()

    figure.locator("input[name=mask][value=causal]").check()
    assert above_the_diagonal(figure) == {0.0}
    figure.locator("input[name=mask][value=bidirectional]").check()
    assert max(above_the_diagonal(figure)) > 0.9  # the row [MASK] on bike

    figure.get_by_label("Your own sentence").fill("the cat sat")
    names.get_by_text("cat", exact=True).wait_for()  # the kernel has sent the models
    assert names.all_inner_texts() == ["[CLS]", "the", "cat", "sat", "[SEP]"]
    figure.locator("td.sum", has_text="").first.wait_for()
    page.wait_for_function(
        "(figure) => figure.querySelector('td[data-s=\"2\"]')?.dataset.weight > 0", arg=figure.element_handle()
    )
    before = weights_of(figure)
    figure.locator("input[name=mask][value=causal]").check()
    page.wait_for_function(
        "(figure) => figure.querySelector('td[data-s=\"2\"]').dataset.weight == 0", arg=figure.element_handle()
    )
    assert above_the_diagonal(figure) == {0.0} and weights_of(figure) != before


def run_cell(page, at):
    page.locator(".jp-CodeCell").nth(at).locator(".jp-InputArea-editor").click()
    page.keyboard.press("Control+Enter")


def printed(source, words):
    """A cell that was run and printed these words."""
    return new_code_cell(source, outputs=[new_output("stream", text=words)], execution_count=1)


def test_an_answer_a_hint_and_a_solution_wait_until_they_are_asked_for(open_notebook):
    answer, told = printed("print('it is ' + 'four')", "it is four"), new_markdown_cell("Four, as it must be.")
    answer.metadata.tags = told.metadata.tags = ["answer"]
    texts = [
        "### Exercise 1.1: A sum\n\n★ · about 5 minutes <!-- sum -->\n\nAdd. <small>In your head.</small>",
        "<details>\n<summary>Hint</summary>\n\nUse **both** numbers.\n\n</details>\n\n**Solution** <!-- sum -->",
        "<details>\n<summary>About the solution</summary>\n\nIt is short.\n\n</details>\n\n<!-- the solution ends -->",
    ]
    head, hint, about = map(new_markdown_cell, texts)
    notebook = new_notebook(cells=[answer, told, head, hint, printed("print('so' + 'lved')", "solved"), about])
    hide_sources(notebook)
    page = open_notebook(notebook, "waits.ipynb", keeps=True)
    page.get_by_role("heading", name="Exercise 1.1: A sum").wait_for()
    shown = page.locator(".jp-RenderedMarkdown p, .jp-OutputArea-output pre")
    waits = [
        shown.filter(has_text=words) for words in ("it is four", "Four, as it", "Use both", "It is short.", "solved")
    ]
    shown.filter(has_text="In your head.").wait_for()
    assert [each.is_visible() for each in waits] == [False] * 5
    assert "<!--" not in page.locator(".jp-Notebook").inner_text()
    page.locator("summary", has_text="Hint").click()
    waits[2].wait_for()
    run_cell(page, 0)  # what it prints comes into sight
    waits[0].wait_for()
