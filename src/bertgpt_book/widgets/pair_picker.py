"""The pair picker: does the second text follow the first? The reader, BERT and word overlap compete."""

from collections.abc import Sequence

import torch
import traitlets
from torch import Tensor

from .base import StaticWidget, module, rounded


class PairPicker(StaticWidget):
    """Let the reader judge pairs of texts beside a model and a baseline, both computed beforehand.

    firsts: F texts; seconds: S texts; follows: for each first, the index of the second that continues it, or -1
    model: (F, S) probabilities of "is next"; overlap: (F, S) scores, which predict it above `threshold`
    The deck opens with a pair that BERT gets right and word overlap wrong, if there is one.
    """

    _esm = module("pair_picker.js")

    label = traitlets.Unicode("Pair picker").tag(sync=True)
    firsts = traitlets.List(traitlets.Unicode()).tag(sync=True)
    seconds = traitlets.List(traitlets.Unicode()).tag(sync=True)
    follows = traitlets.List(traitlets.Int(), help="for each first, its second or -1").tag(sync=True)
    model = traitlets.List(traitlets.List(), help="(F, S) probabilities").tag(sync=True)
    overlap = traitlets.List(traitlets.List(), help="(F, S) scores").tag(sync=True)
    threshold = traitlets.Float().tag(sync=True)
    deck = traitlets.List(traitlets.List(), help="pairs [first, second] in order").tag(sync=True)
    first = traitlets.Int(0, min=0, help="index of the first text shown").tag(sync=True)
    second = traitlets.Int(0, min=0, help="index of the second text shown").tag(sync=True)
    guesses = traitlets.List(traitlets.List(), help="[first, second, reader's answer]").tag(sync=True)

    def __init__(
        self,
        firsts: Sequence[str],
        seconds: Sequence[str],
        follows: Sequence[int],
        model: Tensor,
        overlap: Tensor,
        threshold: float,
        **traits,
    ):
        p, scores = rounded(model, decimals=3), rounded(overlap, decimals=3)

        def bert_wins(pair: Sequence[int]) -> bool:
            first, second = pair
            truth = follows[first] == second
            return (p[first][second] > 0.5) == truth != (scores[first][second] > threshold)

        deck = deal(list(follows), len(seconds))
        opening = next(filter(bert_wins, deck), deck[0])
        traits = {"first": opening[0], "second": opening[1], **traits}
        super().__init__(
            firsts=list(firsts),
            seconds=list(seconds),
            follows=list(follows),
            model=p,
            overlap=scores,
            threshold=float(threshold),
            deck=[opening, *(pair for pair in deck if pair != opening)],
            **traits,
        )


def deal(follows: list[int], n_seconds: int) -> list[list[int]]:
    """Shuffle the true pairs with as many false ones, the same way every time."""
    true = [[first, second] for first, second in enumerate(follows) if second >= 0]
    false = [
        [first, second] for first in range(len(follows)) for second in range(n_seconds) if second != follows[first]
    ]
    generator = torch.Generator().manual_seed(0)
    order = torch.randperm(len(false), generator=generator)[: max(len(true), 1)]
    deck = true + [false[i] for i in order]
    return [deck[i] for i in torch.randperm(len(deck), generator=generator)]
