"""The cheat switch: two trainings that differ in their mask, step by step: loss, writing, leak."""

import math
from collections.abc import Mapping, Sequence

import torch
import traitlets

from .base import StaticWidget, module, rounded, style


def beaten(loss: float, baselines: Mapping[str, float]) -> list[str]:
    """Name the baselines that a loss is below, in their order.

    >>> beaten(2.5, {"ln V": 4.38, "unigram": 3.06, "bigram": 2.43})
    ['ln V', 'unigram']
    """
    return [name for name, height in baselines.items() if loss < height]


def ahead(leak: Sequence[Sequence[float]]) -> int:
    """Count the outputs that move when a token after them changes: the cells right of the diagonal that are not 0.

    >>> ahead([[0.5, 0.1, 0], [0.2, 0.5, 0.3], [0.1, 0.2, 0.5]])
    2
    """
    return sum(value != 0 for t, row in enumerate(leak) for value in row[t + 1:])


class CheatSwitch(StaticWidget):
    """Choose a training run and walk along its curve: at each step its loss, what it writes, what leaks.

    runs: name -> rows {"step", "loss", "alone", "sample", "leak"}, the same steps in each, rising evenly: loss in nats
    a token for all questions in one pass, and for each prefix alone; the text written; (T, T) how far outputs move
    tokens: T strings, the text whose leak was measured; prompt: what every sample goes on from
    baselines: name -> loss. The first run is drawn in GPT's colour.
    Raises ValueError where there is nothing to show or the parts do not fit together.
    """

    _esm = module("cheat_switch.js")
    _css = style("play.css")

    tokens = traitlets.List(traitlets.Unicode()).tag(sync=True)
    baselines = traitlets.List(traitlets.List(), help="[name, loss], the highest first").tag(sync=True)
    prompt = traitlets.Unicode().tag(sync=True)
    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    steps = traitlets.List(traitlets.Int()).tag(sync=True)
    rows = traitlets.Dict(help="of each run, at each step, [loss, alone, sample, leak]").tag(sync=True)
    run = traitlets.Unicode().tag(sync=True)
    step = traitlets.Int(0).tag(sync=True)

    def __init__(self, runs: Mapping[str, Sequence[Mapping]], tokens: Sequence[str], *, prompt: str = "",
                 baselines: Mapping[str, float] | None = None, **traits):
        if not runs or not all(runs.values()):
            raise ValueError("the cheat switch needs a run, and a step in each")
        steps, *others = ([row["step"] for row in rows] for rows in runs.values())
        if any(other != steps for other in others):
            raise ValueError("the runs were looked at after different steps")
        if len({after - before for before, after in zip(steps, steps[1:])}) > 1:
            raise ValueError(f"steps must rise evenly, not as {steps}")
        shapes = {tuple(torch.as_tensor(row["leak"]).shape) for rows in runs.values() for row in rows}
        if shapes != {(len(tokens), len(tokens))}:
            raise ValueError(f"{len(tokens)} tokens, but leaks of the shapes {sorted(shapes)}")
        rows = {name: [[*rounded([row["loss"], row["alone"]], decimals=3), row["sample"],
                        rounded(row["leak"], significant=2)] for row in rows] for name, rows in runs.items()}
        lines = sorted((baselines or {}).items(), key=lambda line: -line[1])
        traits = {"label": "Cheat switch", "run": next(iter(runs)), "step": steps[0], **traits}
        super().__init__(tokens=list(tokens), baselines=[[name, rounded(loss, decimals=3)] for name, loss in lines],
                         prompt=prompt, names=list(runs), steps=steps, rows=rows, **traits)

    @traitlets.validate("run")
    def _known(self, proposal):
        if self.names and proposal.value not in self.names:
            raise traitlets.TraitError(f"there is no run {proposal.value!r}; there are {self.names}")
        return proposal.value

    @traitlets.validate("step")
    def _stored(self, proposal):
        if self.steps and proposal.value not in self.steps:
            raise traitlets.TraitError(f"step {proposal.value} is not stored; there are {self.steps}")
        return proposal.value

    def shown(self) -> dict:
        """Give what the page shows at this step of this run."""
        loss, alone, sample, leak = self.rows[self.run][self.steps.index(self.step)]
        return {"loss": loss, "choices": round(math.exp(loss), 1), "alone": alone, "sample": sample,
                "ahead": ahead(leak), "beaten": beaten(loss, dict(self.baselines))}

    def _summary(self) -> str:
        return f"runs={'+'.join(self.names)}, steps={len(self.steps)}"
