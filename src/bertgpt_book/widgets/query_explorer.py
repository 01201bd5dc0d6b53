"""The query explorer: move one query over a plane of keys and watch the average of the values.

Two numbers per vector, so that queries, keys and values can be drawn as they are.
"""

from collections.abc import Mapping, Sequence

import torch
import traitlets

from .base import StaticWidget, module, rounded


class QueryExplorer(StaticWidget):
    """Drag a query over a plane; see its scores, its weights and the average of the values.

    keys, values: {name: two numbers}, of the same names
    query: two numbers; scaled: divide the scores by sqrt(2); masked: index of the masked key, -1 = none
    reach: the plane shows -reach .. reach
    Raises ValueError for a vector that has not two numbers or lies outside the plane.
    """

    _esm = module("query_explorer.js")

    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    key_vectors = traitlets.List(traitlets.List(), help="S rows of two numbers").tag(sync=True)
    value_vectors = traitlets.List(traitlets.List(), help="S rows of two numbers").tag(sync=True)
    query = traitlets.List(traitlets.Float(), [1.0, 1.0], minlen=2, maxlen=2).tag(sync=True)
    scaled = traitlets.Bool(True).tag(sync=True)
    masked = traitlets.Int(-1, min=-1, help="index of the masked key, -1 = none").tag(sync=True)
    reach = traitlets.Int(4, min=1).tag(sync=True)

    def __init__(self, keys: Mapping, values: Mapping, query: Sequence[float] = (1.0, 1.0), **traits):
        traits.setdefault("label", "Query explorer")
        super().__init__(
            names=list(keys),
            key_vectors=[self._pair(keys[name], name) for name in keys],
            value_vectors=[self._pair(values[name], name) for name in keys],
            query=[float(x) for x in query],
            **traits,
        )
        vectors = [*self.key_vectors, *self.value_vectors, self.query]
        if max(abs(x) for vector in vectors for x in vector) > self.reach:
            raise ValueError(f"a vector lies outside the plane, which shows -{self.reach} to {self.reach}")

    @staticmethod
    def _pair(vector, name: str) -> list:
        vector = torch.as_tensor(vector)
        if vector.shape != (2,):
            raise ValueError(f"the plane needs two numbers for {name!r}, not {tuple(vector.shape)}")
        return rounded(vector, decimals=4)

    def _summary(self) -> str:
        return f"keys={len(self.names)}"
