"""A blank at the end of a text: slide how much of the text stands on its left, and see BERT's first guesses."""

from collections.abc import Sequence

import torch
import traitlets
from torch import Tensor

from bertgpt.text.tokenizer import Tokenizer

from .base import StaticWidget, module, most_probable


class LeftSide(StaticWidget):
    """Slide the number of tokens on the left of a blank, and see the most probable words for it.

    ids: a text; logits: (n, V), at a blank after the last 1, 2, ... n of its tokens; top: how many words to list
    stops: lengths that a button goes to
    """

    _esm = module("left_side.js")

    label = traitlets.Unicode("Tokens on the left").tag(sync=True)
    tokens = traitlets.List(traitlets.Unicode()).tag(sync=True)
    answers = traitlets.List(traitlets.List(), help="length -> the words and their probabilities").tag(sync=True)
    stops = traitlets.List(traitlets.Int()).tag(sync=True)
    length = traitlets.Int(1, min=1).tag(sync=True)

    def __init__(self, ids: Sequence[int] | Tensor, logits: Tensor, tokenizer: Tokenizer, top=5, **traits):
        super().__init__(
            tokens=tokenizer.tokens(torch.as_tensor(ids)[-len(logits) :]),
            answers=[most_probable(p, tokenizer, top) for p in logits.softmax(dim=-1)],
            **traits,
        )
