"""Train your own pair: a small BERT or GPT that learns in the page, under a mask of the reader's."""

import traitlets

from .base import module, style
from .engine.files import SAMPLES
from .live import TrainerWidget

PAINTED = 8  # the first positions, whose mask is painted


class TrainYourOwn(TrainerWidget):
    """Train a small BERT or GPT in the reader's browser, on one of three texts or the reader's own.

    question: "next" or "blanks"; mask: "causal", "bidirectional" or "own", which is painted for the first
    positions and goes on along its diagonals; text: which of the texts
    """

    _esm = module("train_your_own.js")
    _css = style("train.css")

    label = traitlets.Unicode("Train your own pair").tag(sync=True)
    texts = traitlets.List(traitlets.List(traitlets.Unicode()), help="[file, title]").tag(sync=True)
    text = traitlets.Int(0, min=0).tag(sync=True)
    question = traitlets.Unicode("next").tag(sync=True)
    mask = traitlets.Unicode("causal").tag(sync=True)
    own = traitlets.List(traitlets.List(traitlets.Int())).tag(sync=True)

    def __init__(self, **traits):
        own = [[int(s <= t) for s in range(PAINTED)] for t in range(PAINTED)]
        texts = [[f"text.{name}", title] for name, (title, _) in SAMPLES.items()]
        super().__init__(**{"texts": texts, "own": own, **traits})
