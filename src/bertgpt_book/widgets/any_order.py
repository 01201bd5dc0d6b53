"""A text in any order: press its hidden tiles one after the other, and see what a masked model answers each time."""

from collections.abc import Sequence

import traitlets

from .base import StaticWidget, module, rounded


class AnyOrder(StaticWidget):
    """Write a text in an order of one's own; see its -ln p in this order, and in all others.

    words: the n tokens of a text
    answers: 2^n rows of n; the row of a number whose bits are the hidden tokens holds the probability of the true
    token at each of them (and anything elsewhere)
    """

    _esm = module("any_order.js")

    label = traitlets.Unicode("In any order").tag(sync=True)
    words = traitlets.List(traitlets.Unicode()).tag(sync=True)
    answers = traitlets.List(traitlets.List()).tag(sync=True)
    order = traitlets.List(traitlets.Int(), help="the tiles that are written, the first one first").tag(sync=True)
    tried = traitlets.List(traitlets.List(), help="whole orders").tag(sync=True)
    every = traitlets.Bool(False, help="show all orders").tag(sync=True)

    def __init__(self, words: Sequence[str], answers, **traits):
        super().__init__(words=list(words), answers=rounded(answers, decimals=6), **traits)
