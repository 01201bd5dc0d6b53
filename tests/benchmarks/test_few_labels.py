"""The record of few labels: about what ships, and won where pre-training should win."""

import few_labels
import numpy as np
import pytest
from experiments import made_with

from bertgpt.book.records import load_results
from bertgpt.weights.hub import MINILM


def test_what_needs_no_model_of_ours_was_made_by_this_code():
    recorded = {row["name"]: row["made_with"] for row in load_results("few_labels")["rows"]}
    rows = {row.name: row for row in few_labels.rows()}
    assert recorded["TF-IDF"] == made_with(rows["TF-IDF"])
    assert list(recorded["MiniLM"]["weights"]) == [MINILM] and recorded["MiniLM"]["data"] == list(rows["MiniLM"].data)


def test_with_fifty_labels_a_model_that_has_read_is_ahead_in_every_draw():
    curve = {row["name"]: row["curve"] for row in load_results("few_labels")["rows"]}
    assert all(len(draws) == few_labels.DRAWS for draws in curve["MiniLM"].values())
    assert list(map(int, curve["MiniLM"])) == list(few_labels.SIZES)
    assert np.mean(curve["MiniLM"]["50"]) > np.mean(curve["TF-IDF"]["50"]) + 0.05


@pytest.mark.slow
def test_a_frozen_row_runs_again_in_little():
    curve = few_labels.frozen("TinyBERT", sizes=[600], n_draws=1)["curve"]
    assert 0.53 < curve[600][0] < 0.75
