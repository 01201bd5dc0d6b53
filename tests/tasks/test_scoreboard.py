"""The scoreboard: differences on the same items, one rule that chooses, and rows that the records hold."""

from functools import reduce
from operator import getitem

import numpy as np
import pytest

from bertgpt.book.records import recorded
from bertgpt.evaluation.metrics import paired_difference
from bertgpt.tasks import scoreboard
from bertgpt.tasks.scoreboard import Comparison, over_seeds


def comparison(**ahead):
    return Comparison("task", "way", "a count", "share", {name: (mean, ends) for name, (mean, *ends) in ahead.items()})


def test_who_is_chosen_is_clear_of_zero_and_furthest_ahead():
    assert comparison(A=(0.3, -0.01, 0.6), B=(0.1, 0.02, 0.2), C=(0.2, 0.1, 0.3)).choose() == "C"
    assert comparison(A=(0.3, -0.01, 0.6)).choose() == "a count"        # a lead that may be chance is none
    assert comparison(A=(-0.3, -0.6, -0.1)).choose() == "a count"


def test_seeds_are_averaged_item_by_item():
    rows = {"a 0": {"right": "110"}, "a 1": {"right": "100"}, "b 0": {"right": "000"}}
    mean = over_seeds(rows, "a", lambda row: scoreboard.ones(row["right"]))
    assert mean.tolist() == [1, 0.5, 0] and over_seeds(rows, "c", scoreboard.ones) is None


def test_the_difference_is_paired():
    ours, rival = [1, 1, 0, 0] * 25, [1, 0, 0, 0] * 25
    ahead, (low, high) = paired_difference(ours, rival)
    assert ahead == 0.25 and 0.15 < low < ahead < high < 0.35
    assert paired_difference(ours, ours) == (0.0, (0.0, 0.0))
    with pytest.raises(ValueError, match="100 items and 99"):
        paired_difference(ours, rival[1:])


def test_a_model_that_was_asked_about_some_items_is_compared_on_those():
    rival = np.arange(7.0)
    found = scoreboard.against(rival, {"TinyBERT": [1.0, 3.0, 5.0, 7.0], "TinyGPT": rival + 2}.get)
    assert {name: mean for name, (mean, _) in found.items()} == {"TinyBERT": 1.0, "TinyGPT": 2.0}
    with pytest.raises(ValueError, match="not the same items"):
        scoreboard.against(rival, {"TinyBERT": [1.0, 3.0, 5.0, 7.0, 9.0]}.get)


def test_new_names_are_counted_name_by_name_over_seeds():
    tests = [{"unseen": {"Elliot": [33, 38], "Lyme": [1, 2]}}, {"unseen": {"Elliot": [35, 38], "Lyme": [2, 2]}}]
    assert scoreboard.found_by_name(tests).tolist() == [[34, 38], [1.5, 2]]


def test_a_lead_at_new_names_is_the_mean_of_what_each_seed_found_minus_the_rule():
    rows, board = recorded("named_entities"), scoreboard.new_names()
    shares = [row["test"]["unseen_recall"] for name, row in rows.items() if name.startswith("TinyGPT, fine-tuned")]
    mean, (low, high) = board.ahead["TinyGPT"]
    assert mean == pytest.approx(np.mean(shares) - rows[scoreboard.RULE]["test"]["unseen_recall"])
    assert low < mean < high and high - low > 0.1       # of a few dozen names; of 206 single mentions it would be less


@pytest.fixture(scope="module")
def board():
    rows = scoreboard.scoreboard()
    found = {(row.task, row.method): row for row in rows}
    assert len(found) == len(rows) and all(row.ahead for row in rows)
    return found


def mean_of(record, beginning, *path):
    """Average what the rows of a record that begin so hold at the end of a path."""
    rows = [row for name, row in recorded(record).items() if name.startswith(beginning)]
    return np.mean([reduce(getitem, path, row) for row in rows])


# Of each function that makes rows, one or more whose model was asked about every item: its record, and the rival's.
@pytest.mark.parametrize("row, model, ours, rival", [
    (("sentiment, 50 labels", "a layer on frozen states"), "MiniLM", ("few_labels", "MiniLM", "curve", "50"),
     ("few_labels", "TF-IDF", "curve", "50")),
    (("sentiment, 8,024 labels", "fine-tuned"), "MiniLM",
     ("text_classification", "sentiment MiniLM fine-tuned", "accuracy"),
     ("text_classification", "sentiment TF-IDF", "accuracy")),
    (("sentiment, in words", "blank"), "TinyBERT", ("prompting", "sentiment, TinyBERT, blank", "minus average", "mean"),
     ("prompting", "sentiment, TinyBERT, blank", "majority")),
    (("names", "fine-tuned"), "TinyBERT", ("named_entities", "TinyBERT, fine-tuned, at the first piece", "test", "f1"),
     ("named_entities", scoreboard.RULE, "test", "f1")),
    (("search, in domain", "frozen vectors"), "TinyBoth", ("search", "TinyBoth, frozen", "docstrings", "mrr"),
     ("search", "TF-IDF", "docstrings", "mrr")),
    (("search, in domain", "trained vectors"), "TinyGPT", ("search", "TinyGPT, bi-encoder", "docstrings", "mrr"),
     ("search", "TF-IDF", "docstrings", "mrr")),
    (("search, this book", "read together"), "MiniLM", ("search", "MiniLM, cross-encoder", "book", "mrr"),
     ("search", "TF-IDF", "book", "mrr")),
    (("next sentence", "likelihood gained"), "TinyBoth",
     ("next_sentence", "Persuasion: TinyBoth, causal, likelihood", "minus unconditional", "mean"),
     ("next_sentence", "Persuasion: shared words", "shared words", "mean")),
    (("next reply", "vectors"), "TinyBERT", ("next_sentence", "plays: TinyBERT, vectors", "vectors", "mean"),
     ("next_sentence", "plays: shared words", "shared words", "mean")),
    (("first line of 100", "vectors"), "MiniLM", ("first_lines", "MiniLM, vectors", "chosen", "mrr"),
     ("first_lines", "TF-IDF", "chosen", "mrr"))])
def test_a_row_of_the_board_is_what_the_records_hold(row, model, ours, rival, board):
    # F1 of what all seeds found together is nearly the mean of their F1.
    assert board[row].ahead[model][0] == pytest.approx(mean_of(*ours) - mean_of(*rival), abs=1e-3)


def test_the_board_chooses_a_bert_that_has_read_much(board):
    for row in (("sentiment, 8,024 labels", "fine-tuned"), ("sentiment, 50 labels", "a layer on frozen states")):
        assert board[row].choose() == "MiniLM"
    search = board["search, in domain", "trained vectors"]
    assert search.choose() == "MiniLM" and search.ahead["TinyBERT"][1][1] < 0


def test_a_row_asks_all_its_models_in_the_same_way(board):
    asked = {row: set(comparison.ahead) for row, comparison in board.items()}
    assert asked["first line of 100", "vectors"] == asked["next sentence", "vectors"] == set(scoreboard.COMPARED)
    assert asked["first line of 100", "tuned, likelihood gained"] == {"TinyGPT"}
    assert asked["sentiment, in words", "next word"] == {"TinyGPT", "TinyBoth"}
    assert asked["sentiment, in words", "blank"] == {"TinyBERT", "TinyBoth"}
