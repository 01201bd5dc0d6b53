"""The query explorer: move one query over a plane of keys and watch the average of the values.

Two numbers a vector, so that queries, keys and values can be drawn as they are. One key may be masked.
"""

import math
from collections.abc import Mapping, Sequence

import torch
import traitlets
from torch import Tensor

from ...model.attention import attention_scores
from .base import StaticWidget, module, rounded


def read_query(query: Tensor, keys: Tensor, values: Tensor,
               scaled: bool = True, masked: int = -1) -> tuple[Tensor, Tensor, Tensor]:
    """Let one query read the values, as the page's `readQuery` does.

    query: (K,), keys: (S, K), values: (S, D) -> scores (S,), weights (S,), output (D,)
    `scaled` divides the scores by sqrt(K); `masked` is the key whose score is taken away, -1 = none.
    """
    scores = attention_scores(query[None], keys)[0] * (1 if scaled else math.sqrt(len(query)))  # (S,)
    if masked >= 0:
        scores[masked] = -torch.inf
    weights = scores.softmax(dim=-1)  # (S,)
    return scores, weights, weights @ values


class QueryExplorer(StaticWidget):
    """Drag a query over a plane; see its scores, its weights and the average of the values.

    keys: {name: two numbers}; values: the same names, or the keys themselves where None
    query: two numbers; scaled: divide the scores by sqrt(2); masked: index of the key that may not be attended to,
    -1 = none; reach: the plane shows -reach .. reach
    Raises ValueError where names or sizes disagree, or a vector lies outside the plane.
    """

    _esm = module("query_explorer.js")

    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    key_vectors = traitlets.List(traitlets.List(), help="S rows of two numbers").tag(sync=True)
    value_vectors = traitlets.List(traitlets.List(), help="S rows of two numbers").tag(sync=True)
    query = traitlets.List(traitlets.Float(), [1.0, 1.0], minlen=2, maxlen=2).tag(sync=True)
    scaled = traitlets.Bool(True).tag(sync=True)
    masked = traitlets.Int(-1, min=-1, help="index of the key that is masked, -1 = none").tag(sync=True)
    reach = traitlets.Int(4, min=1).tag(sync=True)

    def __init__(self, keys: Mapping, values: Mapping | None = None, query: Sequence[float] = (1.0, 1.0),
                 **traits):
        values = keys if values is None else values
        if not keys:
            raise ValueError("the query explorer needs a key")
        if traits.get("masked", -1) >= max(len(keys), 2):
            raise ValueError(f"masked is one of {len(keys)} keys, counted from 0, and leaves another open")
        if set(keys) != set(values):
            raise ValueError(f"keys are named {list(keys)}, values {list(values)}")
        traits.setdefault("label", "Query explorer")
        super().__init__(
            names=list(keys),
            key_vectors=[self._pair(keys[name], name) for name in keys],
            value_vectors=[self._pair(values[name], name) for name in keys],
            query=[float(x) for x in query],
            **traits,
        )
        if max(abs(x) for x in [*sum(self.key_vectors + self.value_vectors, []), *self.query]) > self.reach:
            raise ValueError(f"a vector lies outside the plane, which shows -{self.reach} to {self.reach}")

    @staticmethod
    def _pair(vector, name: str) -> list:
        vector = torch.as_tensor(vector)
        if vector.shape != (2,):
            raise ValueError(f"the plane needs two numbers for {name!r}, not {tuple(vector.shape)}")
        return rounded(vector, decimals=4)

    def read(self) -> tuple[Tensor, Tensor, Tensor]:
        """Give what the page shows: scores (S,), weights (S,), output (2,)."""
        shown = (self.query, self.key_vectors, self.value_vectors)
        query, keys, values = (torch.tensor(rows, dtype=torch.float64) for rows in shown)
        return read_query(query, keys, values, self.scaled, self.masked)

    def _summary(self) -> str:
        return f"keys={len(self.names)}"
