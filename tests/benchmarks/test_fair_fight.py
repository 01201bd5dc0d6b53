"""The fair fight: a row runs small, and the record is made from what ships."""

import fair_fight as experiment
import numpy as np
import pytest
from experiments import made_with

from bertgpt.text.corpora import novels
from bertgpt.text.vocabularies import old_books_tokenizer
from bertgpt_book.records import recorded
from bertgpt_book.tasks.fair_fight import FIGHT_SIZES


@pytest.mark.slow
def test_a_row_is_made_again_small(tokenizer, monkeypatch):
    text = novels("test")["Persuasion"][:60_000]
    monkeypatch.setattr(experiment, "BOOKS", {"austen": lambda split: {"Persuasion": text}})
    sizes = FIGHT_SIZES | {"d_model": 24, "n_layers": 1, "d_ff": 48}
    fight = experiment.Fight(tokenizer, None, budgets=(4, 9), sizes=sizes, n_items=3, n_rows=2)
    kept, baselines, row = recorded("fair_fight"), fight.baselines(), fight.row("BERT", 1, 2)
    for found, name in ((row, "BERT, 500 steps, seed 0"), (baselines, "baselines")):
        assert found.keys() == kept[name].keys() - {"name", "made_with", "cpu_seconds"}
    assert {len(outcomes) for outcomes in row["minimal_pairs"].values()} == {3}
    assert all(8.5 < loss < 9.5 for loss in row["own"]["test"]["loss"])  # ln 8192 = 9.01
    assert np.mean(baselines["own"]["GPT"]["trigram"]) < np.mean(baselines["own"]["GPT"]["unigram"])


def test_every_recorded_row_is_planned_and_made_from_what_ships():
    planned = {row.name: row for row in experiment.rows_of(experiment.Fight(old_books_tokenizer(), None))}
    kept = recorded("fair_fight")
    assert planned.keys() == kept.keys()
    assert all(row["made_with"] == made_with(planned[name]) for name, row in kept.items())
