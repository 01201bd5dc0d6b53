"""Baselines that a head must beat: counted and weighted words."""

import math
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
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
        vectorizer = CountVectorizer(analyzer=list)  # the documents are lists of words already
        self.weights = vectorizer.fit_transform(documents).tocsc().astype(float)  # (documents, words)
        self.columns = vectorizer.vocabulary_
        lengths = np.array([len(document) for document in documents])  # (documents,)
        norm = k1 * (1 - b + b * lengths / lengths.mean())  # (documents,)
        n_holders = np.diff(self.weights.indptr)  # (words,): how many documents have each
        idf = np.log(1 + (len(documents) - n_holders + 0.5) / (n_holders + 0.5))  # (words,)
        counts = self.weights.data
        self.weights.data = counts / (counts + norm[self.weights.indices]) * np.repeat(idf, n_holders)

    def scores(self, question: list[str]) -> np.ndarray:
        known = [self.columns[word] for word in question if word in self.columns]
        return np.asarray(self.weights[:, known].sum(axis=1)).ravel()  # (documents,)


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
