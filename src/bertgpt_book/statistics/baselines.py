"""A baseline that a next-sentence head must beat: shared words."""

import math
import re
from collections import Counter
from collections.abc import Sequence


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
