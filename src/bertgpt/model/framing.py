"""How a model frames a text, and where it answers a blank: what its texts looked like in pre-training."""

from collections.abc import Callable
from typing import NamedTuple


class Framing(NamedTuple):
    """Name the special tokens around a text or two, and say how a model fills a blank."""

    opening: str
    separator: str
    closing: tuple[str, ...]           # empty where nothing follows a text
    head: str                          # the module that scores the vocabulary, where the model has one
    answers_at: int                    # the scores for the token at t are read at t + answers_at
    fills_blanks: bool = True          # whether it has learned to predict what a [MASK] hides
    blank_order: str | None = None     # the order in which `encode` reads a text with blanks, where it can be chosen

    @property
    def continues(self) -> bool:
        """Say whether the model can read from the left alone, and then predicts the next token."""
        return not self.fills_blanks or self.blank_order is not None

    def frame(self, texts: list[list[int]], special_id: Callable[[str], int]) -> tuple[list[int], list[int]]:
        """Put the special tokens around one text or two: -> ids, and segments, 1 after the first separator."""
        ids, segments = [special_id(self.opening), *texts[0]], [0] * (1 + len(texts[0]))
        for text in texts[1:]:
            ids += [special_id(self.separator), *text]
            segments += [0] + [1] * len(text)
        closing = [special_id(name) for name in self.closing]
        return ids + closing, segments + [len(texts) - 1] * len(closing)
