"""What a model must beat before it has learned anything: counts of one, two and three tokens.

Every baseline is fitted on ids and gives the log-probability of ids, in nats,
so that its loss stands beside a model's on the same tokens.

n tokens of text, V vocabulary.
"""

from collections import Counter, defaultdict

import numpy as np


class Unigram:
    """Know how often each token occurs and nothing else; one is added to every count.

    fit(ids: (n,) ints), log_probs(ids: (n,)) -> (n,) in nats
    """

    def __init__(self, vocab_size: int):
        self.vocab_size = vocab_size

    def fit(self, ids) -> "Unigram":
        counts = np.bincount(np.asarray(ids), minlength=self.vocab_size) + 1.0             # (V,)
        self.table = np.log(counts / counts.sum())                                         # (V,)
        return self

    def log_probs(self, ids) -> np.ndarray:
        return self.table[np.asarray(ids)]                                                 # (n,)

    def loss(self, ids) -> float:
        """Average the surprise over the ids, in nats a token."""
        return float(-self.log_probs(ids).mean())


class KneserNey(Unigram):
    """Predict a token from the `order - 1` before it, by interpolated Kneser-Ney smoothing.

    Each order gives up a discount from every count it saw and spends it on the order below, whose
    counts ask in how many contexts a token turned up rather than how often. Order 1 spends it evenly.

    order: 2 (bigram) or 3 (trigram); fit and log_probs as for Unigram
    Chen and Goodman 1999, section 2.7 and equation 25 in its interpolated form.
    """

    def __init__(self, vocab_size: int, order: int = 3):
        super().__init__(vocab_size)
        self.order = order

    def fit(self, ids) -> "KneserNey":
        keys = self.ngrams(np.asarray(ids, dtype=np.int64), self.order)
        grams, counts = np.unique(keys, return_counts=True)
        self.levels = [self.level(grams, counts)]
        for shorter in range(self.order - 1, 0, -1):
            # A shorter n-gram counts once for each different token that stood before it.
            grams, counts = np.unique(grams % self.vocab_size**shorter, return_counts=True)
            self.levels.insert(0, self.level(grams, counts))
        return self

    def ngrams(self, ids: np.ndarray, order: int) -> np.ndarray:
        """Write each run of `order` ids as one number in base V: (n,) -> (n - order + 1,)."""
        length = len(ids) - order + 1
        return sum(ids[i:i + length] * self.vocab_size ** (order - 1 - i) for i in range(order))

    def level(self, grams: np.ndarray, counts: np.ndarray) -> dict:
        """Keep one order's counts and, for each context, their sum and the number of different followers."""
        once, twice = max((counts == 1).sum(), 1), (counts == 2).sum()      # at least 1: nothing is impossible
        contexts, index = np.unique(grams // self.vocab_size, return_inverse=True)
        return {"grams": grams, "counts": counts, "discount": once / (once + 2 * twice), "contexts": contexts,
                "totals": np.bincount(index, counts), "followers": np.bincount(index)}

    def log_probs(self, ids) -> np.ndarray:
        """Give each id's log-probability after those before it; the first ones have a shorter past."""
        ids = np.asarray(ids, dtype=np.int64)
        probs = np.full(len(ids), 1 / self.vocab_size)                                     # (n,)
        for order, level in enumerate(self.levels, start=1):
            grams = self.ngrams(ids, order)                                                # (n - order + 1,)
            count = look_up(level["grams"], level["counts"], grams)
            total = look_up(level["contexts"], level["totals"], grams // self.vocab_size)
            followers = look_up(level["contexts"], level["followers"], grams // self.vocab_size)
            seen = total > 0                     # an unseen context leaves the shorter one's answer as it is
            discounted = np.maximum(count - level["discount"], 0) + level["discount"] * followers * probs[order - 1:]
            probs[order - 1:] = np.where(seen, discounted / np.maximum(total, 1), probs[order - 1:])
        return np.log(probs)


def look_up(keys: np.ndarray, values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Find values by sorted keys, 0 where a key is missing: (n,) -> (n,)."""
    at = np.searchsorted(keys, wanted).clip(max=len(keys) - 1)
    return np.where(keys[at] == wanted, values[at], 0)


def word_classifier():
    """Make the classifier that a head must beat: words and pairs of words, weighed by TF-IDF, under a linear layer."""
    # Here and not above: the command line reads the counts of this file and should not wait a second for these.
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    return make_pipeline(words, LogisticRegression(C=10, max_iter=1000))


class BM25:
    """Score documents by the words that they share with a question, rare ones above all.

    A word counts the less, the more documents have it; its tenth occurrence adds less than its second (k1); and a
    long document gets less for each (b). The 1 inside the logarithm keeps words of most documents from counting
    against the documents that have them.

    documents: words each; scores(question: words) -> (documents,), 0 where no word is shared
    Robertson and Zaragoza 2009, equations 3.3 and 3.15.
    """

    def __init__(self, documents: list[list[str]], k1: float = 1.2, b: float = 0.75):
        lengths = np.array([len(document) for document in documents])                      # (documents,)
        norm = k1 * (1 - b + b * lengths / lengths.mean())                                 # (documents,)
        holders = defaultdict(list)
        for i, document in enumerate(documents):
            for word, count in Counter(document).items():
                holders[word].append((i, count / (count + norm[i])))
        self.n_documents = len(documents)
        self.weights = {}                        # of each word: who has it, and what it is worth there
        for word, held in holders.items():
            where, saturated = zip(*held)
            idf = np.log(1 + (len(documents) - len(held) + 0.5) / (len(held) + 0.5))
            self.weights[word] = np.array(where), idf * np.array(saturated)

    def scores(self, question: list[str]) -> np.ndarray:
        total = np.zeros(self.n_documents)
        for word in question:
            if word in self.weights:
                where, weight = self.weights[word]
                total[where] += weight
        return total                                                                       # (documents,)
