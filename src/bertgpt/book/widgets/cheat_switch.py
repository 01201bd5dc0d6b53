"""The cheat switch: two trainings that differ in their mask, step by step: loss, sample, leakage."""

from collections.abc import Mapping, Sequence

import traitlets

from .base import StaticWidget, module, rounded, style


class CheatSwitch(StaticWidget):
    """Choose a training run and walk along its curve: the loss, a sample and the leakage at each step.

    runs: name -> rows {"step", "loss", "alone", "sample", "leak"}, with the same, evenly spaced steps in
    each: "loss" in nats a token with all positions predicted in one pass, "alone" with one prefix at a
    time; "sample" is the text generated; "leak" (T, T) tells how far each output moves
    tokens: T strings, the text whose leakage was measured; prompt: what every sample continues
    baselines: name -> loss. The first run is drawn in GPT's colour.
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
        steps = [row["step"] for row in next(iter(runs.values()))]
        rows = {name: [[*rounded([row["loss"], row["alone"]], decimals=3), row["sample"],
                        rounded(row["leak"], significant=2)] for row in rows] for name, rows in runs.items()}
        by_height = sorted((baselines or {}).items(), key=lambda line: -line[1])
        lines = [[name, rounded(loss, decimals=3)] for name, loss in by_height]
        traits = {"label": "Cheat switch", "run": next(iter(runs)), "step": steps[0], **traits}
        super().__init__(tokens=list(tokens), baselines=lines, prompt=prompt, names=list(runs), steps=steps,
                         rows=rows, **traits)

    def _summary(self) -> str:
        return f"runs={'+'.join(self.names)}, steps={len(self.steps)}"
