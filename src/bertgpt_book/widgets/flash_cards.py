"""Flash cards: a small model reads them from the front, and is asked from the back."""

from collections.abc import Mapping, Sequence

import traitlets

from .base import module, style
from .live import TrainerWidget


class FlashCards(TrainerWidget):
    """Train a small model in the reader's browser on cards with two sides, by a question and under a mask.

    cards: front -> back, an even number; the first half is read from the back too
    shown: fronts of the other half, whose answers are shown
    question: "next", "end" or "blanks"; mask: "causal" or "bidirectional"
    """

    _esm = module("flash_cards.js")
    _css = style("flash_cards.css")

    label = traitlets.Unicode("Flash cards").tag(sync=True)
    cards = traitlets.List(traitlets.List(traitlets.Unicode()), help="[front, back]").tag(sync=True)
    shown = traitlets.List(traitlets.Unicode()).tag(sync=True)
    question = traitlets.Unicode("next").tag(sync=True)
    mask = traitlets.Unicode("causal").tag(sync=True)

    def __init__(self, cards: Mapping[str, str], shown: Sequence[str], **traits):
        super().__init__(cards=[list(sides) for sides in cards.items()], shown=list(shown), **traits)
