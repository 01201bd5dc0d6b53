"""Counts of single tokens: the loss that a training has to beat.

n tokens, V vocabulary.
"""

import numpy as np
import torch
from torch import Tensor

from ..text.batching import IGNORED


def as_ids(ids) -> np.ndarray:
    """Turn ids into an array, (n,) of int64, in which the numbers of n-grams fit."""
    return np.asarray(ids).astype(np.int64, copy=False)


class Unigram:
    """Predict every token by its frequency alone; one is added to every count (Laplace smoothing).

    fit(ids: (n,) ints), log_probs(ids: (n,)) -> (n,) in nats
    """

    def __init__(self, vocab_size: int):
        self.vocab_size = vocab_size

    def fit(self, ids) -> "Unigram":
        counts = 1 + np.bincount(as_ids(ids), minlength=self.vocab_size)  # (V,)
        self.table = np.log(counts / counts.sum())  # (V,)
        return self

    def log_probs(self, ids) -> np.ndarray:
        return self.table[as_ids(ids)]  # (n,)

    def loss(self, ids) -> float:
        """Average -log p over the ids, in nats per token."""
        return float(-self.log_probs(ids).mean())


def unigram_baseline(documents: list[Tensor], vocab_size: int, held_out: list[dict[str, Tensor]]) -> float:
    """Compute a unigram model's loss, in nats, at the labels of held-out batches; documents: (n,) each."""
    labels = torch.cat([batch.get("labels", batch["input_ids"]).flatten() for batch in held_out])
    return Unigram(vocab_size).fit(torch.cat(documents)).loss(labels[labels != IGNORED])
