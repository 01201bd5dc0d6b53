"""Theta, window and mask on one grid: what the position alone says to an encoder and to a decoder."""

import traitlets

from .base import StaticWidget, module


class RotaryGrid(StaticWidget):
    """Choose a mask, a window and a theta, and see which pairs of tokens may attend, and their score by position alone.

    The score of (t, s) is that of two equal vectors, turned and divided so that it is 1 at distance 0.
    A last column says which tokens know of token 0 after some layers.
    """

    _esm = module("rotary_grid.js")

    label = traitlets.Unicode("Rotary grid").tag(sync=True)
    theta = traitlets.Int(3, min=0, max=5, help="which stop of the slider: 10,000").tag(sync=True)
    mask = traitlets.Enum(("bidirectional", "causal"), "bidirectional").tag(sync=True)
    window = traitlets.Int(9, min=0, help="how far a token sees on each side").tag(sync=True)
    layers = traitlets.Int(1, min=1).tag(sync=True)
