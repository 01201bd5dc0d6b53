"""Answer a question by ranking candidates: the questions, and how a cross-encoder learns from them.

A cross-encoder encodes question and candidate in one row, so that the words of both attend to each
other; it costs a forward pass per pair.

The questions are docstrings to learn from and questions about this book to test on. Both ship with
the package, because the standard library differs from one Python to the next and the book from one
edition to the next. Sources: assets/labelled/PROVENANCE.md.

B batch, T tokens, C candidates per question in training.
"""

import random
import re
from dataclasses import dataclass
from functools import cache

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer

from bertgpt.assets import read_asset
from bertgpt.text.corpora import TUNED_SPLITS, check_split

KINDS = {"in the reader's own words": "own", "in the words of the field": "field"}


@dataclass(frozen=True)
class RankingTask:
    """Questions that share their candidates.

    right: for each question the indices of the candidates that answer it, at least one
    """

    questions: list[str]
    candidates: list[str]
    right: list[set[int]]


@cache
def table(name: str) -> list[list[str]]:
    """Read a shipped file of tab-separated columns: -> its rows."""
    return [line.split("\t") for line in read_asset(f"labelled/{name}").splitlines()]


def docstring_pairs(split: str) -> list[tuple[str, str]]:
    """Load summaries and descriptions from docstrings of Python's standard library and of torch.

    split: "train", "validation" or "test", no module in two of them -> (first sentence, the rest)
    """
    check_split(split, TUNED_SPLITS)
    return [(summary, description) for of, _, summary, description in table("docstrings.tsv.xz") if of == split]


def docstring_tasks(split: str) -> list[RankingTask]:
    """Ask for the description that belongs to a summary, among a hundred; what is left over is dropped."""
    pairs = docstring_pairs(split)
    random.Random(0).shuffle(pairs)
    blocks = [pairs[i : i + 100] for i in range(0, len(pairs) - 99, 100)]
    return [
        RankingTask(
            [summary for summary, _ in block], [description for _, description in block], [{i} for i in range(100)]
        )
        for block in blocks
    ]


def book_questions() -> list[tuple[str, str, set[str]]]:
    """Load the questions about this book: kind, question, names of the passages that answer it.

    kind: "own" for the words of somebody who does not know the term, "field" for the field's terms
    """
    questions: list[tuple[str, str, set[str]]] = []
    kind = ""
    for line in read_asset("labelled/book_questions.txt").splitlines():
        if line.startswith("# "):
            kind = KINDS[line[2:]]
        elif line.startswith("  "):
            questions[-1][2].update(line.strip().split("; "))
        else:
            questions.append((kind, line, set()))
    return questions


def words(text: str) -> list[str]:
    """Split a text into lower-case words, as BM25 and TF-IDF count them.

    >>> words("Don't mask GPT-2!")
    ["don't", 'mask', 'gpt', '2']
    """
    return re.findall(r"\w+(?:'\w+)?", text.lower())


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
