"""Baselines that a head must beat: counted and weighted words."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline


def word_classifier():
    """Make a linear classifier of words and pairs of words, weighted by TF-IDF."""
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    return make_pipeline(words, LogisticRegression(C=10, max_iter=1000))


class BM25:
    """Score documents by the words that they share with a question, rare ones above all.

    The more documents have a word, the less it counts; its tenth occurrence adds less than its
    second (k1); and a long document gets less for each (b). The 1 inside the logarithm keeps the
    weight of very common words from being negative.

    documents: words each; scores(question: words) -> (documents,), 0 where no word is shared
    Robertson and Zaragoza 2009, equations 3.3 and 3.15.
    """

    def __init__(self, documents: list[list[str]], k1: float = 1.2, b: float = 0.75):
        lengths = np.array([len(document) for document in documents])  # (documents,)
        norm = k1 * (1 - b + b * lengths / lengths.mean())  # (documents,)
        holders = defaultdict(list)
        for i, document in enumerate(documents):
            for word, count in Counter(document).items():
                holders[word].append((i, count / (count + norm[i])))
        self.n_documents = len(documents)
        self.weights = {}  # of each word: which documents have it, its weight in each
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
        return total  # (documents,)


class SharedWords:
    """Score two spans of text by the words that they share, rare ones above all.

    A word is weighted by its idf; the weight of the shared words is divided by the geometric mean of the
    weights of both spans. "[MASK]" is not a word.

    spans: texts to count the words of; score(first, second) -> 0 (nothing shared) to 1 (the same words)
    """

    def __init__(self, spans: Sequence[str]):
        self.n_spans, self.counts = len(spans), Counter(word for span in spans for word in words_in(span))

    def weight(self, words: set[str]) -> float:
        return sum(math.log((1 + self.n_spans) / (1 + self.counts[word])) for word in words)

    def score(self, first: str, second: str) -> float:
        a, b = words_in(first), words_in(second)
        return self.weight(a & b) / max(math.sqrt(self.weight(a) * self.weight(b)), 1e-9)


def words_in(span: str) -> set[str]:
    return set(re.findall(r"[a-z]+", span.lower())) - {"mask"}
