"""The query explorer: move one query over a plane of keys and watch the average of the values."""

from collections.abc import Mapping, Sequence

import traitlets

from .base import StaticWidget, module, rounded


class QueryExplorer(StaticWidget):
    """Drag a query over a plane; see its scores, its weights and the average of the values.

    keys, values: {name: two numbers}, of the same names
    scaled: divide the scores by sqrt(2); reach: the plane shows -reach .. reach
    """

    _esm = module("query_explorer.js")

    label = traitlets.Unicode("Query explorer").tag(sync=True)
    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    key_vectors = traitlets.List(traitlets.List(), help="S rows of two numbers").tag(sync=True)
    value_vectors = traitlets.List(traitlets.List(), help="S rows of two numbers").tag(sync=True)
    query = traitlets.List(traitlets.Float(), [1.0, 1.0], minlen=2, maxlen=2).tag(sync=True)
    scaled = traitlets.Bool(True).tag(sync=True)
    masked = traitlets.Int(-1, min=-1, help="index of the masked key, -1 = none").tag(sync=True)
    reach = traitlets.Int(4, min=1).tag(sync=True)

    def __init__(self, keys: Mapping, values: Mapping, query: Sequence[float] = (1.0, 1.0), **traits):
        super().__init__(
            names=list(keys),
            key_vectors=[rounded(keys[name], decimals=4) for name in keys],
            value_vectors=[rounded(values[name], decimals=4) for name in keys],
            query=[float(x) for x in query],
            **traits,
        )
