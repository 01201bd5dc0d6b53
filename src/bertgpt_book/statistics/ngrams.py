"""N-gram language models: the baselines that a neural one must beat.

n tokens of text, N hidden ones, V vocabulary.
"""

import numpy as np
from scipy.sparse import csr_array

from bertgpt.training.unigram import Unigram, as_ids


class KneserNey(Unigram):
    """Predict a token from the `order - 1` before it, by interpolated Kneser-Ney smoothing.

    Each order subtracts a discount from every count it saw and gives it to the order below, which counts
    in how many contexts a token occurred rather than how often. Order 1 spreads it evenly.

    order: 2 (bigram), 3 (trigram) or more, as long as V to its power is below 2**63; fit and log_probs as for Unigram
    Chen and Goodman 1999, section 2.7 and equation 25 in its interpolated form.
    """

    def __init__(self, vocab_size: int, order: int = 3):
        super().__init__(vocab_size)
        if vocab_size**order >= 2**63:
            raise ValueError(f"n-grams of order {order} over {vocab_size} tokens do not fit 64 bits: lower the order")
        self.order = order

    def fit(self, ids) -> "KneserNey":
        grams, counts = np.unique(self.ngrams(as_ids(ids), self.order), return_counts=True)
        self.levels = [self.level(grams, counts)]
        for shorter in range(self.order - 1, 0, -1):
            # A shorter n-gram counts once for each different token that stood before it.
            grams, counts = np.unique(grams % self.vocab_size**shorter, return_counts=True)
            self.levels.insert(0, self.level(grams, counts))
        return self

    def ngrams(self, ids: np.ndarray, order: int) -> np.ndarray:
        """Write each n-gram of `order` ids as one number in base V: (n,) -> (n - order + 1,)."""
        length = len(ids) - order + 1
        return sum(ids[i : i + length] * self.vocab_size ** (order - 1 - i) for i in range(order))

    def level(self, grams: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, ...]:
        """Store each n-gram's own share after its context, and what each context leaves to the order below."""
        once, twice = max((counts == 1).sum(), 1), (counts == 2).sum()  # at least 1: nothing is impossible
        discount = once / (once + 2 * twice)
        contexts, index = np.unique(grams // self.vocab_size, return_inverse=True)
        totals = np.bincount(index, counts)
        shares = np.maximum(counts - discount, 0) / totals[index]
        left = discount * np.bincount(index) / totals
        return grams, shares, contexts, left

    def log_probs(self, ids) -> np.ndarray:
        """Compute each id's log-probability given those before it; the first ones have less context."""
        ids = as_ids(ids)
        probs = np.full(len(ids), 1 / self.vocab_size)  # (n,)
        for order, (grams, shares, contexts, left) in enumerate(self.levels, start=1):
            wanted = self.ngrams(ids, order)  # (n - order + 1,)
            # An unseen context leaves everything: the shorter one's answer stays as it is.
            probs[order - 1 :] *= look_up(contexts, left, wanted // self.vocab_size, missing=1)
            probs[order - 1 :] += look_up(grams, shares, wanted)
        return np.log(probs)


class BothSides:
    """Predict a hidden token from what followed its left neighbour and what preceded its right one.

    Both are mixed with the unigram. The weights maximise the likelihood of the text's last tenth
    when the rest is counted (interpolation, Jelinek and Mercer 1980); then all of it is counted.

    fit(ids: (n,) ints), at least 30 of them; left, right: (N,) ids of the neighbours
    """

    def __init__(self, vocab_size: int):
        self.vocab_size = vocab_size

    def fit(self, ids) -> "BothSides":
        ids = as_ids(ids)
        cut = len(ids) * 9 // 10
        at = np.random.default_rng(0).integers(cut + 1, len(ids) - 1, 500)
        self.count(ids[:cut])
        probs = self.components(ids[at - 1], ids[at + 1])[:, np.arange(500), ids[at]]  # (3, 500)
        self.weights = np.full(3, 1 / 3)
        for _ in range(50):  # expectation maximisation
            mixed = self.weights[:, None] * probs
            self.weights = (mixed / mixed.sum(axis=0)).mean(axis=1)
        self.count(ids)
        return self

    def count(self, ids: np.ndarray) -> None:
        """Count the tokens, and every pair of neighbours: which token came after which, which before."""
        self.unigram = np.exp(Unigram(self.vocab_size).fit(ids).table)  # (V,)
        pairs = np.ones(len(ids) - 1), (ids[:-1], ids[1:])  # equal pairs are added up
        self.after = csr_array(pairs, shape=(self.vocab_size, self.vocab_size))
        self.before = self.after.T.tocsr()

    def components(self, left, right) -> np.ndarray:
        """Compute the three parts: -> (3, N, V), by frequency, after the left, before the right neighbour."""
        frequencies = np.broadcast_to(self.unigram, (len(left), self.vocab_size))
        return np.stack([frequencies, self.shares(self.after, left), self.shares(self.before, right)])

    def shares(self, beside: csr_array, wanted) -> np.ndarray:
        """Compute the shares of each token's neighbours, by frequency where it has none: (N,) -> (N, V)."""
        counts = beside[as_ids(wanted)].toarray()  # (N, V)
        totals = counts.sum(axis=1, keepdims=True)
        return np.where(totals > 0, counts / np.maximum(totals, 1), self.unigram)

    def probs(self, left, right) -> np.ndarray:
        """Compute the probability of every token between two neighbours: -> (N, V), each row summing to 1."""
        cuts = range(64, len(left), 64)  # a few at a time: three tables of V numbers each are large
        parts = zip(np.split(left, cuts), np.split(right, cuts))
        return np.concatenate([np.tensordot(self.weights, self.components(*sides), 1) for sides in parts])


def look_up(keys: np.ndarray, values: np.ndarray, wanted: np.ndarray, missing: float = 0) -> np.ndarray:
    """Find values by sorted keys: (n,) -> (n,)."""
    at = np.searchsorted(keys, wanted).clip(max=len(keys) - 1)
    return np.where(keys[at] == wanted, values[at], missing)
