"""The depth slider: what stacks of blocks make of their tokens, block by block."""

from collections.abc import Mapping

import traitlets
from torch import Tensor

from .base import StaticWidget, module, rounded


class DepthSlider(StaticWidget):
    """Walk up stacks of blocks, and read after each block how alike the tokens are and how large their numbers.

    stacks: model -> name of a stack -> (1 + L, 2): at each depth the mean cosine between tokens, and the
    standard deviation of the hidden states; the same L throughout
    """

    _esm = module("depth_slider.js")

    label = traitlets.Unicode("Depth slider").tag(sync=True)
    stacks = traitlets.Dict(help="model -> [stack, (1 + L, 2)], in the order given").tag(sync=True)
    depth = traitlets.Int(0, min=0, help="how many blocks the tokens have passed").tag(sync=True)

    def __init__(self, stacks: Mapping[str, Mapping[str, Tensor]], **traits):
        numbers = {model: [[name, rounded(rows)] for name, rows in of.items()] for model, of in stacks.items()}
        super().__init__(stacks=numbers, **traits)
