"""The parity meter: how far two implementations of one model are apart, layer by layer."""

from collections.abc import Mapping, Sequence

import traitlets

from .base import StaticWidget, module, rounded


class ParityMeter(StaticWidget):
    """Show the largest difference after the embeddings and each layer, with one thing broken at a time.

    errors: model -> what is broken -> (1 + L,) differences, 0 or more; the same L within a model
    texts: model -> its input text; said: model -> what is broken -> how the model continues that text
    The first row of each model is shown first: let it be "nothing".
    Raises ValueError for a difference that is not finite.
    """

    _esm = module("parity_meter.js")

    label = traitlets.Unicode("Parity meter").tag(sync=True)
    models = traitlets.List(traitlets.Unicode()).tag(sync=True)
    breaks = traitlets.Dict(help="model -> the names of what may be broken").tag(sync=True)
    errors = traitlets.Dict(help="model -> a row of differences for each name").tag(sync=True)
    texts = traitlets.Dict(help="model -> its input text").tag(sync=True)
    said = traitlets.Dict(help="model -> its continuation for each name").tag(sync=True)
    line = traitlets.Float(1e-4, min=1e-8, max=1e3, help="at most this counts as equal").tag(sync=True)
    model = traitlets.Unicode(help="the model shown").tag(sync=True)
    broken = traitlets.Unicode(help="what is broken").tag(sync=True)

    def __init__(
        self,
        errors: Mapping[str, Mapping[str, Sequence[float]]],
        texts: Mapping[str, str] | None = None,
        said: Mapping[str, Mapping[str, str]] | None = None,
        **traits,
    ):
        traits.setdefault("model", next(iter(errors)))
        traits.setdefault("broken", next(iter(errors[traits["model"]])))
        super().__init__(
            models=list(errors),
            breaks={model: list(rows) for model, rows in errors.items()},
            texts=dict(texts or {}),
            said={model: [words[name] for name in errors[model]] for model, words in (said or {}).items()},
            errors={model: [rounded(row, significant=2) for row in rows.values()] for model, rows in errors.items()},
            **traits,
        )
