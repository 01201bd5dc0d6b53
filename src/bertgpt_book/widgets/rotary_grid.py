"""Theta, window and mask on one grid: what the position alone says to an encoder and to a decoder."""

import traitlets

from .base import StaticWidget, module

THETAS = (10, 100, 1_000, 10_000, 160_000, 1_000_000)
N_TOKENS, D_HEAD = 10, 32


class RotaryGrid(StaticWidget):
    """Choose a mask, a window and a theta, and see which pairs of tokens may attend, and their score by position alone.

    The score of (t, s) is that of two equal vectors, turned and divided so that it is 1 at distance 0.
    A last column says which tokens know of token 0 after some layers.
    """

    _esm = module("rotary_grid.js")

    label = traitlets.Unicode("Rotary grid").tag(sync=True)
    thetas = traitlets.List(traitlets.Int(), list(THETAS), help="the stops of the slider").tag(sync=True)
    theta = traitlets.Int(THETAS.index(10_000), min=0, help="index of the theta that is shown").tag(sync=True)
    n_tokens = traitlets.Int(N_TOKENS, min=2).tag(sync=True)
    d_head = traitlets.Int(D_HEAD, min=2).tag(sync=True)
    mask = traitlets.Enum(("bidirectional", "causal"), "bidirectional").tag(sync=True)
    window = traitlets.Int(N_TOKENS - 1, min=0, help="how far a token sees on each side").tag(sync=True)
    layers = traitlets.Int(1, min=1).tag(sync=True)
