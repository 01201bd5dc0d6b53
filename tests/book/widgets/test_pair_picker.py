"""The pair picker without a browser: verdicts, score, what is dealt, its HTML twin, the page's arithmetic."""

import json

import pytest
import torch
from harmless import HOSTILE, assert_harmless

from bertgpt.book.widgets import PairPicker
from bertgpt.book.widgets.pair_picker import deal

FIRSTS, SECONDS = ["one", "two", "three"], ["a", "b", "c", "d"]
FOLLOWS = [2, 0, -1]
MODEL = torch.tensor([[0.1, 0.2, 0.9, 0.5], [0.4, 0.6, 0.7, 0.3], [0.5004, 0.51, 0.2, 0.1]])
OVERLAP = torch.tensor([[0.0, 0.3, 0.1, 0.2], [0.25, 0.1, 0.0, 0.0], [0.0, 0.2, 0.4, 0.2001]])
EVERY = [[first, second, (first + second) % 2 == 0] for first in range(3) for second in range(4)]


def picker(**traits):
    return PairPicker(FIRSTS, SECONDS, FOLLOWS, MODEL, OVERLAP, threshold=0.2, **traits)


def test_verdicts_follow_from_the_tables():
    widget = picker()
    assert widget.verdicts(0, 2) == {"truth": True, "BERT": True, "overlap": False}
    assert widget.verdicts(0, 3) == {"truth": False, "BERT": False, "overlap": False}     # at it is not above it
    assert widget.verdicts(2, 0)["BERT"] is False                                          # 0.500 as it is shown
    assert not any(widget.verdicts(2, second)["truth"] for second in range(4))
    assert repr(widget) == "PairPicker(firsts=3, seconds=4)"


def test_the_score_counts_guessed_pairs_only():
    widget = picker()
    assert widget.score() == {"you": 0, "BERT": 0, "overlap": 0}
    widget.guesses = [[0, 2, True], [1, 0, False], [2, 1, False]]
    assert widget.score() == {"you": 2, "BERT": 1, "overlap": 3 - 1}


def test_half_of_what_is_dealt_is_true_and_nothing_comes_twice():
    deck = deal([2, 0, 1], 4)
    assert sum([2, 0, 1][first] == second for first, second in deck) == 3 and len(deck) == 6
    assert len({tuple(pair) for pair in deck}) == 6
    assert deck == deal([2, 0, 1], 4)
    widget = picker()
    assert [widget.first, widget.second] == widget.deck[0]


def test_the_first_pair_is_one_that_bert_wins_and_the_rest_stay_mixed():
    widget = picker()
    mixed = deal(FOLLOWS, len(SECONDS))
    won = [pair for pair in mixed if widget.verdicts(*pair)["BERT"] == widget.verdicts(*pair)["truth"]
           != widget.verdicts(*pair)["overlap"]]
    assert widget.deck[0] == won[0]
    assert [pair for pair in mixed if pair != won[0]] == widget.deck[1:]
    nobody = PairPicker(FIRSTS, SECONDS, FOLLOWS, OVERLAP * 2, OVERLAP, threshold=0.25)     # both say the same
    assert nobody.deck == mixed


@pytest.mark.parametrize("change, complaint", [
    ({"model": MODEL[:2]}, "model is"), ({"overlap": OVERLAP.T}, "overlap is"),
    ({"follows": [0, 1]}, "follows"), ({"follows": [0, 1, 4]}, "follows"),
])
def test_tables_that_do_not_fit_are_refused(change, complaint):
    given = {"follows": FOLLOWS, "model": MODEL, "overlap": OVERLAP, **change}
    with pytest.raises(ValueError, match=complaint):
        PairPicker(FIRSTS, SECONDS, given["follows"], given["model"], given["overlap"], threshold=0.2)


def test_the_html_is_stable_and_asks_nobody_for_anything():
    assert_harmless(lambda: PairPicker([HOSTILE], ["b"], [0], torch.ones(1, 1), torch.ones(1, 1), 0.5))


def test_the_page_judges_as_python_does(in_node):
    widget = picker(guesses=EVERY)
    answer = in_node(
        "pair_picker.js",
        f'import {{ score, verdicts }} from "./widget.mjs"; const state = {json.dumps(widget.page_state())};'
        "console.log(JSON.stringify([score(state, state.guesses),"
        "state.guesses.map(([first, second]) => verdicts(state, first, second))]));")
    assert answer == [widget.score(), [widget.verdicts(*pair[:2]) for pair in EVERY]]
