"""The leak meter: which outputs move when one token changes?"""

from collections.abc import Mapping, Sequence

import torch
import traitlets

from .base import StaticWidget, module, rounded, style


class Leakage(traitlets.Dict):
    """Hold {model: (T, T)}; take tensors and keep three digits, so that only an exact zero is 0."""

    def validate(self, obj, value):
        return super().validate(obj, {name: self._square(v) for name, v in value.items()})

    def _square(self, value) -> list:
        value = torch.as_tensor(value)
        if value.ndim != 2 or value.shape[0] != value.shape[1] or not bool((value >= 0).all()):
            raise traitlets.TraitError(f"leakage must be (T, T) and not negative, got {tuple(value.shape)}")
        return rounded(value)


class LeakMeter(StaticWidget):
    """Show for each model how far output t (row) moves when token s (column) changes.

    tokens: T strings; leakage: {"BERT": (T, T), "GPT": (T, T)}, in any unit, zero where nothing moves
    token: index of the token that is changed; show: "both" or the name of a model
    Raises ValueError where tokens and leakage disagree in length.
    """

    _esm = module("leak_meter.js")
    _css = style("play.css")

    tokens = traitlets.List(traitlets.Unicode()).tag(sync=True)
    leakage = Leakage().tag(sync=True)
    token = traitlets.Int(0, min=0).tag(sync=True)
    show = traitlets.Unicode("both").tag(sync=True)

    def __init__(self, tokens: Sequence[str], leakage: Mapping, **traits):
        traits.setdefault("label", "Leak meter")
        super().__init__(tokens=list(tokens), leakage=leakage, **traits)
        if not self.leakage or self.token >= len(self.tokens):
            raise ValueError("the leak meter needs the leakage of a model, and a token that is one of "
                             f"{len(self.tokens)}, counted from 0")
        for name, rows in self.leakage.items():
            if len(rows) != len(self.tokens):
                raise ValueError(f"{len(self.tokens)} tokens, but the leakage of {name} is for {len(rows)}")
        if self.show not in ("both", *self.leakage):
            raise ValueError(f"show is 'both' or one of {list(self.leakage)}, not {self.show!r}")

    def zeros(self) -> dict[str, int]:
        """Count the exact zeros of each model, as the page does."""
        return {name: sum(row.count(0) for row in rows) for name, rows in self.leakage.items()}

    def _summary(self) -> str:
        return f"tokens={len(self.tokens)}, models={'+'.join(self.leakage)}"
