"""One row of each experiment is made at a small size, and has the columns of its record."""

import importlib
from types import SimpleNamespace

import pytest
import torch
from runs import needs_muon

from bertgpt.text.corpora import novels
from bertgpt.text.data import encode_documents
from bertgpt_book.modern.wheels import SMOLLM2, on_this_machine
from bertgpt_book.records import load_results

DRAWN = {"continuations": 2, "tokens": 3, "temperature": 0.8, "top_k": 50, "seed": 0}


def opening(split):
    return {"Persuasion": novels("test")["Persuasion"][:30_000]}


# Script -> the recorded row, constants to replace, and what makes the row of them.
QUICK = {
    "asked_everywhere": ("asked everywhere, 400 steps, seed 0", {}, lambda s: s.run("everywhere", 0, 2)),
    "borders": ("the border alone", {}, lambda s: s.judge("the border alone", 30)),
    "cards": ("littlegpt", {}, lambda s: s.measure("littlegpt", dict.fromkeys(s.COUNTS, 4))),
    "classify_a_text": (
        "our BERT, 600 labels, rate 0.0003, draw 0",
        {},
        lambda s: s.fine_tuned("our BERT", True, 0, n_labels=6, rounds=1, rate=3e-4),
    ),
    "continuing": ("left to right, seed 0", {"NEW": 2}, lambda s: s.run("left to right", 0, 3)),
    "corner_seeds": ("next, causal, seed 1", {}, lambda s: s.train("next", "causal", 1, 1)),
    "exams": (
        "littlegpt, zorro",
        {"DRAWN": dict.fromkeys(("zorro", "blimp", "ends"), 2)},
        lambda s: s.trained("zorro", "littlegpt"),
    ),
    "letter_senses": ("littlegpt", {}, lambda s: s.cosines("littlegpt")),
    "closed_later": ("2 layers, learned, seed 0", {}, lambda s: s.run(2, False, 0, steps=2)),
    "film_blanks": ("our BERT, read snippets, seed 1", {}, lambda s: s.run("snippets", False, 1, n=s.BATCH, tested=2)),
    "hidden_words": (
        "Persuasion, 15 % hidden",
        {"CORPORA": {name: opening for name in ("austen", "stories")}},
        lambda s: s.of_novel(0.15, 3),
    ),
    "loops": ("greedy", {}, lambda s: s.cure("greedy", None, 2)),
    "one_file": ("as it stands, seed 2", {}, lambda s: s.run(2, steps=2)),
    "leaks": ("gpt2", {}, lambda s: s.run("gpt2")),
    "opened_cells": ("littlegpt, square", {"WINDOWS": 2}, lambda s: s.at_blanks("littlegpt", "square")),
    "untrained_head": ("our BERT's shape, seed 0", {}, lambda s: s.sentiment(0, 20)),
    "overfitting": ("one chapter, seed 0", {"WRITERS": 2, "WRITTEN": 3}, lambda s: s.run("one chapter", 0, 2)),
    "samples": ("littlegpt", {"DRAWN": DRAWN}, lambda s: s.continuations()),
}


def play(split):
    return {"a play": "To be, or not to be: that is the question.\n" * 20}


TIMED = {
    "context_cost": ({"peak_memory": lambda *_: {}}, lambda s: s.measure("GPT", 16, 1)),
    "generate_speed": ({"TOKENS": 4}, lambda s: s.measure("float32", 8, 1)),
    "mlm_step": ({"ROWS": 2}, lambda s: s.measure("bfloat16", 1)),
    "scoring_speed": ({"ANSWERS": 4}, lambda s: s.measure(4, 1)),
    "training_speed": ({"CHUNK": 1, "corpora": SimpleNamespace(plays=play)}, lambda s: s.step_rows(1)),
}


def columns(row: dict) -> set:
    return row.keys() - {"name", "made_with", "cpu_seconds"}


def check(script, name: str, result: dict) -> dict:
    """Compare a row's columns with the recorded ones: -> the recorded row."""
    planned = next(row for row in script.rows() if row.name == name)  # the next would be made from all pairs
    kept = planned.find(load_results(script.NAME)["rows"])
    assert columns({**planned.key, **result}) == columns(kept)
    return kept


@pytest.mark.slow
@pytest.mark.parametrize("name", QUICK)
def test_a_row_is_made_small(name, monkeypatch):
    script, (row, small, make) = importlib.import_module(name), QUICK[name]
    for constant, value in small.items():
        monkeypatch.setattr(script, constant, value)
    result = make(script)
    monkeypatch.undo()
    check(script, row, result)


@pytest.mark.slow
@pytest.mark.skipif(on_this_machine(SMOLLM2) is None, reason="SmolLM2 is not on this machine")
def test_a_row_of_the_real_model_is_made_small(monkeypatch):
    import blank_in_sight as script

    monkeypatch.setattr(script, "SENTENCES", {kind: items[:2] for kind, items in script.SENTENCES.items()})
    for name, make in (
        ("square, blank unseen", lambda: script.under("square, blank unseen")),
        ("prompt, none solved", lambda: script.by_prompt("none solved")),
    ):
        check(script, name, make())


@needs_muon
@pytest.mark.slow
def test_a_model_of_another_size_is_made_small(monkeypatch):
    import fair_fight
    import three_sizes as script

    documents = encode_documents(
        {"Persuasion": novels("test")["Persuasion"][:30_000]}, fair_fight.tokenizer(), torch.int32
    )
    with monkeypatch.context() as small:
        small.setattr(fair_fight, "groups", lambda: dict.fromkeys(("train", "test"), [documents]))
        small.setattr(fair_fight, "N_ROWS", 2)
        small.setattr(script, "steps_of", lambda size, budget: 2)
        result = script.run("GPT", "small", 500, 0)
    check(script, "GPT, small, budget 500, seed 0", result)


@needs_muon
@pytest.mark.slow
def test_a_pre_training_row_is_made_small(monkeypatch):
    import fair_fight as script

    text = novels("test")["Persuasion"][:30_000]
    small = {
        "N_ITEMS": 3,
        "N_ROWS": 2,
        "BOOKS": {"austen": lambda split: {"Persuasion": text}},
        "SIZES": script.SIZES | {"d_model": 24, "n_layers": 1, "d_ff": 48},
    }
    for constant, value in small.items():
        monkeypatch.setattr(script, constant, value)
    result = script.run("BERT", 1, 2)
    monkeypatch.undo()
    check(script, "BERT, 500 steps, seed 0", result)


@pytest.mark.slow
@pytest.mark.parametrize("name", TIMED)
def test_a_timing_is_made_small(name, monkeypatch):
    script, (small, measure) = importlib.import_module(name), TIMED[name]
    for constant, value in small.items():
        monkeypatch.setattr(script, constant, value)
    assert columns(measure(script)[0]) == columns(load_results(name)["rows"][0])
