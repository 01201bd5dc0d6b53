"""Named entities: spans, tags and brackets, and scores over spans.

A span is (start, end, label): characters start to end of a text, without white space around them.
"""

import re
from typing import NamedTuple

import numpy as np

from ..statistics.metrics import percentiles

LABELS = ("PERSON", "PLACE")
TAGS = ("O", "B-PERSON", "I-PERSON", "B-PLACE", "I-PLACE")


class Sentence(NamedTuple):
    """A text and the names in it, as spans (start, end, label) from left to right."""

    text: str
    spans: tuple


def word_spans(text: str) -> list[tuple[int, int]]:
    """Find words and punctuation marks, the units that are tagged: -> (start, end) each."""
    return [match.span() for match in re.finditer(r"\w+|[^\w\s]", text)]


def tags_of(sentence: Sentence) -> list[str]:
    """Write spans as one tag per word: B- at the beginning of a name, I- inside it, O elsewhere.

    Tjong Kim Sang and De Meulder 2003, section 2.1, with a B- on every first word.
    """
    tags = []
    for start, end in word_spans(sentence.text):
        names = [(label, a == start) for a, b, label in sentence.spans if a <= start and end <= b]
        tags.append(f"{'B' if names[0][1] else 'I'}-{names[0][0]}" if names else "O")
    return tags


def spans_of(text: str, tags: list[str]) -> tuple:
    """Turn the tags of a text's words into spans; an I- that continues nothing begins a name."""
    spans = []
    open_label = None
    for (start, end), tag in zip(word_spans(text), tags, strict=True):
        kind, _, label = tag.partition("-")
        if kind == "I" and label == open_label:
            spans[-1] = (spans[-1][0], end, label)
        elif label:
            spans.append((start, end, label))
        open_label = label
    return tuple(spans)


def read_brackets(line: str) -> Sentence:
    """Parse a sentence whose names are in brackets after their label: "[PERSON Anne] left [PLACE Bath]."."""
    text, spans = "", []
    for before, label, name in re.findall(r"([^\[]*)(?:\[(PERSON|PLACE) ([^\]]+)\])?", line):
        text += before
        if label:
            spans.append((len(text), len(text) + len(name), label))
        text += name
    return Sentence(text, tuple(spans))


def span_scores(true: list[set], predicted: list[set]) -> dict[str, float]:
    """Compute precision, recall and F1 of spans that match exactly, label included.

    true, predicted: for each text a set of (start, end, label) -> precision, recall, f1, 0 to 1
    Tjong Kim Sang and De Meulder 2003, on evaluation.
    """
    n_right, n_predicted, n_true = counts = np.transpose(span_counts(true, predicted))  # (n,) each
    return {
        "precision": float(n_right.sum() / max(n_predicted.sum(), 1)),
        "recall": float(n_right.sum() / max(n_true.sum(), 1)),
        "f1": float(f1_of(*counts)),
    }


def span_counts(true: list[set], predicted: list[set]) -> list[list[int]]:
    """Count for each text the right spans, the predicted and the true ones: -> (n, 3)."""
    return [[len(a & b), len(b), len(a)] for a, b in zip(true, predicted, strict=True)]


def f1_of(n_right, n_predicted, n_true, axis=-1):
    """Compute F1 from the three columns of `span_counts`, (n,) each."""
    return 2 * n_right.sum(axis) / np.maximum((n_predicted + n_true).sum(axis), 1)


def f1_difference(counts, rival) -> tuple[float, tuple[float, float]]:
    """Compute F1 minus a rival's on the same texts, with its interval; texts are resampled in pairs.

    counts, rival: (n, 3) of `span_counts` -> difference, (low, high)
    """

    def difference(right, predicted, true, rival_right, rival_predicted, rival_true, axis=-1):
        return f1_of(right, predicted, true, axis) - f1_of(rival_right, rival_predicted, rival_true, axis)

    columns = (*np.transpose(counts), *np.transpose(rival))  # (n,) each
    return float(difference(*columns)), percentiles(columns, difference)
