"""Notebooks as they are read in JupyterLab: run all, then flip a mask and type a sentence of one's own."""

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

pytestmark = pytest.mark.slow
CHAPTER = Path(__file__).resolve().parents[3] / "chapters" / "03_masks.ipynb"


def weights_of(figure) -> list[str]:
    return figure.locator("td[data-t]").evaluate_all("cells => cells.map((cell) => cell.dataset.weight)")


def above_the_diagonal(figure) -> set[float]:
    cells = figure.locator("td[data-t]").evaluate_all(
        "cells => cells.map(({ dataset }) => [+dataset.t, +dataset.s, +dataset.weight])")
    return {weight for t, s, weight in cells if s > t}


def test_chapter_03_runs_and_its_explorer_reads_a_sentence_under_either_mask(open_notebook, run_all):
    page = open_notebook(nbformat.read(CHAPTER, as_version=4), CHAPTER.name)
    run_all(page)
    figure = page.locator('figure[aria-label="Attention explorer"]')
    names = figure.locator("tbody th")
    assert "letter" in names.all_inner_texts()

    figure.locator("input[name=mask][value=causal]").check()
    assert above_the_diagonal(figure) == {0.0}
    figure.locator("input[name=mask][value=bidirectional]").check()
    assert min(above_the_diagonal(figure)) > 0

    figure.get_by_label("Your own sentence").fill("the cat sat")
    names.get_by_text("cat", exact=True).wait_for()                  # the kernel has handed out the models
    assert names.all_inner_texts() == ["the", "cat", "sat"]
    figure.locator("td.sum", has_text="").first.wait_for()
    page.wait_for_function("(figure) => figure.querySelector('td[data-s=\"2\"]')?.dataset.weight > 0",
                           arg=figure.element_handle())
    before = weights_of(figure)
    figure.locator("input[name=mask][value=causal]").check()
    page.wait_for_function("(figure) => figure.querySelector('td[data-s=\"2\"]').dataset.weight == 0",
                           arg=figure.element_handle())
    assert above_the_diagonal(figure) == {0.0} and weights_of(figure) != before


PAIR = """\
from bertgpt import load_bert, load_gpt, load_tokenizer
from bertgpt.widgets import Pair

pair = Pair(load_bert("tinybert"), load_gpt("tinygpt"), load_tokenizer())
pair"""
NEW_WORDS = """(old) => !document.querySelector(".waits")
    && [...document.querySelectorAll("section[data-model=BERT] li b")].some((e, at) => e.textContent !== old[at])"""


def test_the_pair_and_its_kernel_hear_each_other(open_notebook, run_all):
    page = open_notebook(new_notebook(cells=[
        new_code_cell(PAIR), new_code_cell("print(pair.masks['BERT'], '|', pair.left)"),
        new_code_cell("pair.masks = {'BERT': 'causal', 'GPT': 'causal'}")]))
    run_all(page)
    words = page.locator('section[data-model="BERT"] li b')
    section = page.locator('section[data-model="BERT"]')
    section.locator("xpath=self::*[@data-mask='causal']").wait_for()               # the kernel has flipped it
    under_gpts_mask = words.all_inner_texts()
    section.locator(".flip").click()
    stored = words.all_inner_texts()
    assert stored != under_gpts_mask

    page.get_by_label("A sentence with a blank").fill("The captain took his ▁ and walked away.")
    page.get_by_text("The models are here").wait_for()                             # the kernel has handed them out
    page.wait_for_function(NEW_WORDS, arg=stored)
    page.locator(".jp-CodeCell").nth(1).locator(".jp-InputArea-editor").click()
    page.keyboard.press("Control+Enter")
    page.get_by_text("bidirectional | The captain took his").wait_for()            # and has heard of both
