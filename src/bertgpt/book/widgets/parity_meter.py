"""The parity meter: how far two programs that should be one model are apart, layer by layer."""

from collections.abc import Mapping, Sequence

import torch
import traitlets

from .base import StaticWidget, module, rounded


class ParityMeter(StaticWidget):
    """Show the largest difference after the embeddings and after each layer, with one thing broken at a time.

    errors: model -> what is broken -> (1 + L,) differences, 0 or more; the same L for all of one model.
    The first thing of each model is shown first: let it be "nothing".
    texts: model -> what it is read; said: model -> what is broken -> what it then says to that text. Raises ValueError.
    """

    _esm = module("parity_meter.js")

    models = traitlets.List(traitlets.Unicode()).tag(sync=True)
    breaks = traitlets.Dict(help="model -> the names of what may be broken, in order").tag(sync=True)
    errors = traitlets.Dict(help="model -> a row of differences for each of these names").tag(sync=True)
    texts = traitlets.Dict(help="model -> the text that both programs read").tag(sync=True)
    said = traitlets.Dict(help="model -> what it says to the text, for each of these names").tag(sync=True)
    line = traitlets.Float(1e-4, min=1e-8, max=1e3, help="what still counts as equal").tag(sync=True)
    model = traitlets.Unicode(help="the model that is shown").tag(sync=True)
    broken = traitlets.Unicode(help="what is broken").tag(sync=True)

    def __init__(self, errors: Mapping[str, Mapping[str, Sequence[float]]], texts: Mapping[str, str] | None = None,
                 said: Mapping[str, Mapping[str, str]] | None = None, **traits):
        if not errors or not all(errors.values()):
            raise ValueError("a parity meter needs a model and its differences")
        for model, rows in errors.items():
            lengths = {len(row) for row in rows.values()}
            if len(lengths) > 1:
                raise ValueError(f"{model}: the rows have {sorted(lengths)} differences, not all the same number")
            for name, row in rows.items():
                values = torch.as_tensor(row, dtype=torch.float64)                     # (1 + L,)
                if not (values.isfinite() & (values >= 0)).all():
                    raise ValueError(f"{model}, {name}: a difference is a number that is 0 or more")
        for model, words in (said or {}).items():
            if set(words) != set(errors.get(model, ())):
                raise ValueError(f"{model}: there are words for {sorted(words)}, differences for "
                                 f"{sorted(errors.get(model, ()))}")
        traits.setdefault("label", "Parity meter")
        traits.setdefault("model", next(iter(errors)))
        if traits["model"] in errors:
            traits.setdefault("broken", next(iter(errors[traits["model"]])))
        super().__init__(
            models=list(errors),
            breaks={model: list(rows) for model, rows in errors.items()},
            texts=dict(texts or {}), said={model: [words[name] for name in errors[model]]
                                           for model, words in (said or {}).items()},
            errors={model: [rounded(row, significant=2) for row in rows.values()] for model, rows in errors.items()},
            **traits,
        )

    @traitlets.validate("model")
    def _known_model(self, proposal):
        if proposal.value not in self.breaks:
            raise traitlets.TraitError(f"no model {proposal.value!r}; there are {', '.join(self.models)}")
        return proposal.value

    @traitlets.validate("broken")
    def _known_break(self, proposal):
        if not any(proposal.value in names for names in self.breaks.values()):
            raise traitlets.TraitError(f"nothing called {proposal.value!r} is broken here")
        return proposal.value

    def shown(self) -> list[float]:
        """Give the differences that the page shows: (1 + L,); the model's first row where it lacks this break."""
        return self.errors[self.model][self._row()]

    def _row(self) -> int:
        names = self.breaks[self.model]
        return names.index(self.broken) if self.broken in names else 0

    def words(self) -> str | None:
        """Give what the model says to the text as it is now broken; None where that is not known."""
        return self.said[self.model][self._row()] if self.model in self.said else None

    def over(self) -> list[int]:
        """Name the rows above the line: 0 is the embeddings, n is layer n."""
        return [row for row, error in enumerate(self.shown()) if error > self.line]

    def _summary(self) -> str:
        return f"models={'+'.join(self.models)}, breaks={len(self.breaks[self.model])}"
