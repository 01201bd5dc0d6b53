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


SMALL = """\
import torch
from torch import nn

from bertgpt import GPT, BERTForPreTraining, TransformerConfig, load_bert, load_gpt, load_tokenizer
from bertgpt.model.both import Both
from bertgpt_book.widgets import HeadSwitcher, Hybrid, Pair, SamplingPlayground

torch.manual_seed(4)
tokenizer = load_tokenizer()
sizes = dict(vocab_size=tokenizer.vocab_size, max_len=64, d_model=16, n_layers=2, n_heads=2, d_ff=32)
bert, gpt = BERTForPreTraining(TransformerConfig.bert(**sizes)), GPT(TransformerConfig.gpt(**sizes))
both = Both(TransformerConfig.gpt(**sizes))
models = {"BERT": bert, "GPT": gpt}
layers = {name: {way: nn.Linear(16, 2) for way in ("first", "last", "mean")} for name in models}
tags = (["O", "B"], {name: nn.Linear(16, 2) for name in models})"""
CELLS = [
    SMALL,
    'pair = Pair(load_bert("littlebert"), load_gpt("littlegpt"), tokenizer)\npair',
    "print(pair.masks['BERT'], '|', pair.left)",
    "pair.masks = {'BERT': 'causal', 'GPT': 'causal'}",
    'Hybrid(both, tokenizer, " She had a [MASK] in her hand")',
    'playground = SamplingPlayground(gpt, tokenizer, [" It was a dark night"])\nplayground',
    'HeadSwitcher(models, tokenizer, ["Anne slept"], {"mood": (["a", "b"], layers)}, tags)',
    'print("kernel:", playground.temperature)',
]
NEW_WORDS = """(old) => !document.querySelector(".waits")
    && [...document.querySelectorAll("section[data-model=BERT] li b")].some((e, at) => e.textContent !== old[at])"""


def run_cell(page, at):
    page.locator(".jp-CodeCell").nth(at).locator(".jp-InputArea-editor").click()
    page.keyboard.press("Control+Enter")


def test_widgets_and_their_kernel_exchange_state_and_models(open_notebook, run_all):
    page = open_notebook(new_notebook(cells=[new_code_cell(source) for source in CELLS]), "widgets.ipynb")
    run_all(page)

    words = page.locator('section[data-model="BERT"] li b')
    section = page.locator('section[data-model="BERT"]')
    section.locator("xpath=self::*[@data-mask='causal']").wait_for()  # the kernel has flipped it
    under_gpts_mask = words.all_inner_texts()
    section.get_by_role("radio", name="both sides").check()
    stored = words.all_inner_texts()
    assert stored != under_gpts_mask
    page.get_by_label("Your own sentence").fill("The captain took his ▁ and walked away.")
    page.get_by_text("Both models are here. Type.").wait_for()  # the kernel has sent them
    page.wait_for_function(NEW_WORDS, arg=stored)
    run_cell(page, 2)
    page.get_by_text("bidirectional | The captain took his").wait_for()  # and knows both changes

    hybrid = page.locator('figure[aria-label="One model, three masks"]')
    hybrid.get_by_label("Your own text").fill("He took his ▁ and ▁ away")
    hybrid.get_by_text("Pass 1 of 2").wait_for()
    pieces = hybrid.locator(".token").all_inner_texts()
    assert pieces[:4] == ["<eos>", "He", "took", "his"] and pieces.count("[MASK]") == 1  # the surest is filled

    desk = page.locator('figure[aria-label="Sampling playground"]')
    desk.get_by_role("button", name="Append").click()
    desk.get_by_text("It read").wait_for()
    desk.get_by_label("Temperature").fill("0.5")

    switcher = page.locator('figure[aria-label="Head switcher"]')
    switcher.get_by_label("Or your own text").fill("Mary walked")
    switcher.locator("xpath=self::*[@data-own='Mary walked']").wait_for()
    assert switcher.get_by_role("radio", name="mood").is_checked()
    assert [float(row) for row in switcher.locator("tbody tr").evaluate_all("all => all.map((e) => e.dataset.value)")]

    run_cell(page, 7)
    page.get_by_text("kernel: 0.5").wait_for()


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
