"""Rankings: questions without leaks and with answers, and wrong candidates that are wrong."""

import json
import math
import re
from collections import defaultdict
from pathlib import Path

import book_passages as book_tool
import docstring_pairs as docstring_tool
import pytest
from ranking_example import PAIRS

from bertgpt import BERT
from bertgpt.tasks.ranking import (
    CandidateBatches,
    book_passages,
    book_questions,
    docstring_pairs,
    docstring_tasks,
    table,
)
from bertgpt.text.corpora import TUNED_SPLITS

ROOT = Path(__file__).resolve().parents[2]


def test_there_are_enough_pairs_of_each_split():
    counts = {split: len(docstring_pairs(split)) for split in TUNED_SPLITS}
    assert counts["train"] >= 3000 and min(counts.values()) >= 500, counts
    with pytest.raises(ValueError, match="train, validation, test, not 'dev'"):
        docstring_pairs("dev")


def test_no_docstring_and_no_module_is_on_two_sides():
    texts, modules, runs = defaultdict(set), defaultdict(set), defaultdict(set)
    for split, module, *pair in table("docstrings.tsv.xz"):
        texts[split] |= {docstring_tool.key(text) for text in pair}
        runs[split] |= docstring_tool.runs(tuple(pair))
        modules[split].add(module)
    for one, other in (("train", "validation"), ("train", "test"), ("validation", "test")):
        assert not texts[one] & texts[other]
        assert not modules[one] & modules[other]
        assert not runs[one] & runs[other]
    assert min(len(runs[split]) for split in TUNED_SPLITS) > 10_000                 # or it could not fail


def test_pairs_are_clean_and_bounded():
    every = [pair for split in TUNED_SPLITS for pair in docstring_pairs(split)]
    assert len({text for pair in every for text in pair}) == 2 * len(every)   # each text once
    for summary, description in every:
        assert 4 <= len(summary.split()) <= 30 and 12 <= len(description.split()) <= 80
        assert docstring_tool.key(summary) not in docstring_tool.key(description)
        assert not re.search(r">>>|``|:class:|\t|\s{2}", f"{summary} {description}")


def test_a_docstring_is_cut_where_its_prose_ends():
    text = """frob(x, y) -> z

    Turn a thing upside down.

    It is put on its head, and whatever
    was in :class:`~its.Pockets` falls out of
    it onto the floor. Nothing breaks.

    Example::

        >>> frob(1, 2)
    Args:
        x: a thing that will be turned
    """
    assert docstring_tool.pair(text) == (
        "Turn a thing upside down.",
        "It is put on its head, and whatever was in Pockets falls out of it onto the floor. Nothing breaks.")
    assert docstring_tool.pair("Turn a thing upside down.\n\nAnd back.") is None       # too short to rank by
    assert docstring_tool.pair("    x = frob(1, 2)\n\n" + 20 * "word ") is None


def test_calls_that_document_compiled_functions_are_read():
    source = 'def f():\n    "One."\nadd_docstr(torch.abs, r"""abs(x)\n\nTwo.""")'
    assert [text.split()[-1] for text in docstring_tool.docstrings(source) if text] == ["One.", "Two."]


def test_every_question_names_passages_that_exist():
    passages, asked = book_passages(), book_questions()
    assert len(asked) >= 70 and {kind for kind, *_ in asked} == {"own", "field"}
    assert len({question for _, question, _ in asked}) == len(asked)
    for _, question, names in asked:
        assert question.endswith("?") and names and names <= set(passages), question


def test_every_passage_is_of_a_page_that_exists_and_most_stand_there_still():
    now = {text for _, text in book_tool.book_passages().values()}
    rows = table("book_passages.tsv.xz")
    assert all((ROOT / page).exists() for _, page, _ in rows)
    standing = [text in now for *_, text in rows]
    # A snapshot of the first edition: the questions name its passages, and the records of who finds them are made with
    # it. It need not follow the pages, but a book of which less stands there still would be another one.
    assert sum(standing) >= 0.25 * len(rows), "take a new snapshot: python tools/book_passages.py"
    assert len({name for name, *_ in rows}) == len(rows) >= 150


def test_paragraphs_keep_their_headings_and_lose_what_is_no_prose():
    prose = "word " * 40
    cells = [f"# Masks\n\n{prose}", f"## Step 1 of 5: cover *it*\n\n| a | b |\n\n:::{{tip}}\n{prose}\n:::\n\n{prose}",
             f"{prose} {{cite:t}}`a`", f"## Exercises\n\n{prose}"]
    notebook = {"cells": [{"cell_type": "markdown", "source": cell} for cell in cells]}
    assert [text[:17] for text in book_tool.paragraphs(json.loads(json.dumps(notebook)))] == [
        "Masks: word word ", "Masks, cover it: "]


def test_tasks_of_docstrings_point_at_the_right_answers():
    pairs, blocks = dict(docstring_pairs("test")), docstring_tasks("test")
    assert len(blocks) == len(pairs) // 100 and blocks == docstring_tasks("test")
    for block in blocks:
        assert len(block.candidates) == 100
        assert all(pairs[question] == block.candidates[min(right)]
                   for question, right in zip(block.questions, block.right))


def test_candidates_hold_the_answer_once_and_first(small_encoder, tokenizer):
    batches = CandidateBatches(PAIRS, small_encoder, tokenizer, batch_size=3, n_candidates=4)
    batch = batches.sample(0)
    texts = [tokenizer.decode(row[mask.bool()]) for row, mask in zip(batch["input_ids"], batch["attention_mask"])]
    assert len(texts) == 12 and batch["labels"].tolist() == [0, 0, 0]
    for right, *wrong in (texts[i:i + 4] for i in range(0, 12, 4)):
        assert any(question in right and answer in right for question, answer in PAIRS)
        assert len({right, *wrong}) == 4
        assert not any(question in text and answer in text for text in wrong for question, answer in PAIRS)
    assert ("segment_ids" in batch) == isinstance(small_encoder, BERT)        # GPT has none to be given


def test_half_of_the_wrong_answers_share_words_with_the_question(small_encoder, tokenizer):
    # Of equals BM25 takes the first 20: of the ships, numbers 0 to 19.
    pairs = [("Which ship?", f"The {'ship' if n < 25 else 'cart'} {n:02}.") for n in range(60)]
    batches = CandidateBatches(pairs, small_encoder, tokenizer, batch_size=1, n_candidates=9)
    others = []
    for step in range(60):
        texts = map(tokenizer.decode, batches.sample(step)["input_ids"])
        right, *wrong = [int(re.search(r"\d\d", text)[0]) for text in texts]
        if right >= 20:
            assert max(wrong[:4]) < 20
            others += wrong[4:]
    share = 16 / 55                      # the others come from all that is left, 16 of the first 20 among it
    assert len(others) == 160
    assert abs(sum(n < 20 for n in others) / 160 - share) < 4 * math.sqrt(share * (1 - share) / 160)


def test_a_long_answer_is_cut_while_learning(small_encoder, tokenizer):
    batches = CandidateBatches([("How long?", "so " * 50)], small_encoder, tokenizer, batch_size=1)
    assert batches.pairs == [("How long?", " ".join(["so"] * 40))]
