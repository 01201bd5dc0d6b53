"""The leak meter: which outputs move when one token changes?"""

from collections.abc import Mapping, Sequence

import traitlets
from torch import Tensor

from .base import StaticWidget, module, rounded


class LeakMeter(StaticWidget):
    """Show for each model how far output t (row) moves when token s (column) changes.

    leakage: {"BERT": (T, T), "GPT": (T, T)}, in any unit, zero where nothing moves
    others: of models that read other tokens, as `leakage`: shown on the right, their tokens numbered
    token: index of the token that is changed; show: the name of a model or, of two, "both"; beside: of the others
    """

    _esm = module("leak_meter.js")

    label = traitlets.Unicode("Leak meter").tag(sync=True)
    tokens = traitlets.List(traitlets.Unicode()).tag(sync=True)
    leakage = traitlets.Dict(help="of three digits, so that only an exact zero is 0").tag(sync=True)
    token = traitlets.Int(0, min=0).tag(sync=True)
    show = traitlets.Unicode("both").tag(sync=True)
    others = traitlets.Dict().tag(sync=True)
    beside = traitlets.Unicode("").tag(sync=True)

    def __init__(self, tokens: Sequence[str], leakage: Mapping[str, Tensor], others=None, **traits):
        leakage, others = [{name: rounded(t) for name, t in each.items()} for each in (leakage, others or {})]
        traits = {"beside": next(iter(others), "")} | traits
        super().__init__(tokens=list(tokens), leakage=leakage, others=others, **traits)
