"""The pair picker without a browser: the deck."""

import torch

from bertgpt_book.widgets import PairPicker
from bertgpt_book.widgets.pair_picker import deal

FIRSTS, SECONDS = ["one", "two", "three"], ["a", "b", "c", "d"]
FOLLOWS = [2, 0, -1]
MODEL = torch.tensor([[0.1, 0.2, 0.9, 0.5], [0.4, 0.6, 0.7, 0.3], [0.5004, 0.51, 0.2, 0.1]])
OVERLAP = torch.tensor([[0.0, 0.3, 0.1, 0.2], [0.25, 0.1, 0.0, 0.0], [0.0, 0.2, 0.4, 0.2001]])


def picker(model=MODEL):
    return PairPicker(FIRSTS, SECONDS, FOLLOWS, model, OVERLAP, threshold=0.2)


def test_half_of_the_deck_is_true_and_it_opens_with_a_pair_that_bert_wins():
    deck = deal([2, 0, 1], 4)
    assert deck == deal([2, 0, 1], 4) and len({tuple(pair) for pair in deck}) == len(deck) == 6
    assert sum([2, 0, 1][first] == second for first, second in deck) == 3
    widget, dealt = picker(), deal(FOLLOWS, 4)
    bert_wins = [[f, s] for f, s in dealt if (MODEL[f, s] > 0.5) == (FOLLOWS[f] == s) != (OVERLAP[f, s] > 0.2)]
    assert bert_wins and widget.deck[0] == [widget.first, widget.second] == bert_wins[0]
    assert widget.deck[1:] == [pair for pair in dealt if pair != bert_wins[0]]
    assert picker(model=OVERLAP * 2.5).deck == dealt  # both say the same: nobody wins
