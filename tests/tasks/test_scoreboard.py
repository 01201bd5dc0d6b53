"""The scoreboard: differences on the same items, one rule that chooses, and rows that the records hold."""

import numpy as np
import pytest

from bertgpt.metrics import paired_difference
from bertgpt.results import recorded
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


def test_every_row_of_the_board_is_what_the_records_hold():
    board = {(row.task, row.method): row for row in scoreboard.scoreboard()}
    assert len(board) == len(scoreboard.scoreboard()) and all(row.ahead for row in board.values())
    many = board["sentiment, 8,024 labels", "fine-tuned"]
    rows = recorded("text_classification")
    right = [np.mean(scoreboard.ones(row["right"])) for name, row in rows.items()
             if name.startswith("sentiment MiniLM fine-tuned")]
    assert many.ahead["MiniLM"][0] == pytest.approx(np.mean(right) - rows["sentiment TF-IDF"]["accuracy"])
    assert many.choose() == "MiniLM" == board["sentiment, 50 labels", "a layer on frozen states"].choose()
    search = board["search, in domain", "trained vectors"]
    assert search.choose() == "MiniLM" and search.ahead["TinyBERT"][1][1] < 0


def test_a_row_asks_all_its_models_in_the_same_way():
    board = {(row.task, row.method): set(row.ahead) for row in scoreboard.scoreboard()}
    assert board["first line of 100", "vectors"] == board["next sentence", "vectors"] == set(scoreboard.COMPARED)
    assert board["first line of 100", "tuned, likelihood gained"] == {"TinyGPT"}
    assert board["sentiment, in words", "next word"] == {"TinyGPT", "TinyBoth"}
    assert board["sentiment, in words", "blank"] == {"TinyBERT", "TinyBoth"}
