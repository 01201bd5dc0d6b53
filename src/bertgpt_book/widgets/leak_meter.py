"""The leak meter: which outputs move when one token changes, under which mask?"""

from collections.abc import Mapping, Sequence

import traitlets
from torch import Tensor

from .base import StaticWidget, module, rounded

OWN = {"BERT": "bidirectional", "GPT": "causal"}


class LeakMeter(StaticWidget):
    """Show for each model how far output t (row) moves when token s (column) changes.

    leakage: {"BERT": {"bidirectional": (T, T), "causal": (T, T)}, "GPT": ...}, in any unit, zero where nothing moves:
        the reader switches each model's mask, by the word in the line of its `build_mask`
    says: {"BERT": {"bidirectional": (guess, probability), ...}, ...}
    asked: {"BERT": ("the [MASK]", " sat"), ...}, what the model is asked, and what the causal mask covers of it
    words: the words to begin with, each model's own; token: index of the token that is changed
    """

    _esm = module("leak_meter.js")

    label = traitlets.Unicode("Leak meter").tag(sync=True)
    tokens = traitlets.List(traitlets.Unicode()).tag(sync=True)
    leakage = traitlets.Dict(help="of three digits, so that only an exact zero is 0").tag(sync=True)
    token = traitlets.Int(0, min=0).tag(sync=True)
    words = traitlets.Dict().tag(sync=True)
    says = traitlets.Dict().tag(sync=True)
    asked = traitlets.Dict().tag(sync=True)

    def __init__(self, tokens: Sequence[str], leakage: Mapping[str, Mapping[str, Tensor]], says=None, **traits):
        tables = {name: {word: rounded(table) for word, table in tables.items()} for name, tables in leakage.items()}
        said = {
            name: {word: [guess, rounded(p)] for word, (guess, p) in of.items()} for name, of in (says or {}).items()
        }
        traits = {"words": {name: OWN[name] for name in tables}} | traits
        super().__init__(tokens=list(tokens), leakage=tables, says=said, **traits)
