"""The pair picker: does the second text follow the first? The reader, BERT and a count of shared words each say."""

from collections.abc import Sequence

import torch
import traitlets
from torch import Tensor

from .base import StaticWidget, module, rounded


class PairPicker(StaticWidget):
    """Let the reader judge pairs of texts beside a model and a baseline; every verdict is computed beforehand.

    firsts: F texts; seconds: S texts; follows: of each first the index of the second that continues it, -1 = none
    model: (F, S) probabilities of "is next"; overlap: (F, S) scores, "is next" above `threshold`
    The first pair dealt is one that BERT wins, where there is one; the others come as they are mixed.
    Raises ValueError where these do not fit together.
    """

    _esm = module("pair_picker.js")

    firsts = traitlets.List(traitlets.Unicode()).tag(sync=True)
    seconds = traitlets.List(traitlets.Unicode()).tag(sync=True)
    follows = traitlets.List(traitlets.Int(), help="of each first the second that continues it").tag(sync=True)
    model = traitlets.List(traitlets.List(), help="(F, S) probabilities").tag(sync=True)
    overlap = traitlets.List(traitlets.List(), help="(F, S) scores").tag(sync=True)
    threshold = traitlets.Float().tag(sync=True)
    deck = traitlets.List(traitlets.List(), help="pairs [first, second] that are dealt in turn").tag(sync=True)
    first = traitlets.Int(0, min=0, help="index of the first text that is shown").tag(sync=True)
    second = traitlets.Int(0, min=0, help="index of the second text that is shown").tag(sync=True)
    guesses = traitlets.List(traitlets.List(), help="[first, second, does it follow?] as guessed").tag(sync=True)

    def __init__(self, firsts: Sequence[str], seconds: Sequence[str], follows: Sequence[int], model: Tensor,
                 overlap: Tensor, threshold: float, **traits):
        shape = (len(firsts), len(seconds))
        for name, table in {"model": model, "overlap": overlap}.items():
            if tuple(table.shape) != shape or 0 in shape:
                raise ValueError(f"{name} is {tuple(table.shape)}, but there are {shape[0]} and {shape[1]} texts")
        if len(follows) != shape[0] or not all(-1 <= second < shape[1] for second in follows):
            raise ValueError(f"follows needs, for each of {shape[0]} first texts, a second one, or -1")
        super().__init__(firsts=list(firsts), seconds=list(seconds), follows=list(follows),
                         model=rounded(model, decimals=3), overlap=rounded(overlap, decimals=3),
                         threshold=float(threshold), **{"label": "Pair picker", **traits})
        deck = deal(self.follows, shape[1])
        opening = next(filter(self._won, deck), deck[0])
        self.deck = [opening, *(pair for pair in deck if pair != opening)]
        if not {"first", "second"} & set(traits):
            self.first, self.second = opening

    def _won(self, pair: Sequence[int]) -> bool:
        """Is BERT right about a pair, and the count of shared words wrong?"""
        verdicts = self.verdicts(*pair)
        return verdicts["BERT"] == verdicts["truth"] != verdicts["overlap"]

    def verdicts(self, first: int, second: int) -> dict[str, bool]:
        """Tell whether the second text follows the first: in truth, as BERT says, and by shared words."""
        return {"truth": self.follows[first] == second, "BERT": self.model[first][second] > 0.5,
                "overlap": self.overlap[first][second] > self.threshold}

    def score(self) -> dict[str, int]:
        """Count who was right on the pairs that the reader has guessed."""
        right = dict.fromkeys(("you", "BERT", "overlap"), 0)
        for first, second, guess in self.guesses:
            verdicts = self.verdicts(first, second)
            for name, said in {**verdicts, "you": guess}.items():
                if name != "truth":
                    right[name] += said == verdicts["truth"]
        return right

    def _summary(self) -> str:
        return f"firsts={len(self.firsts)}, seconds={len(self.seconds)}"


def deal(follows: list[int], n_seconds: int) -> list[list[int]]:
    """Mix the true pairs with as many false ones, the same every time."""
    true = [[first, second] for first, second in enumerate(follows) if second >= 0]
    false = [[first, second] for first in range(len(follows)) for second in range(n_seconds)
             if second != follows[first]]
    generator = torch.Generator().manual_seed(0)
    chosen = [false[i] for i in torch.randperm(len(false), generator=generator)[:max(len(true), 1)]]
    deck = true + chosen
    return [deck[i] for i in torch.randperm(len(deck), generator=generator)]
