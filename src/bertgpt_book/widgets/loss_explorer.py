"""The loss explorer: recorded curves of both models beside their own baselines, and what may be compared."""

from collections.abc import Mapping, Sequence

import traitlets

from .base import StaticWidget, module, rounded

MODELS = ("BERT", "GPT")


class LossExplorer(StaticWidget):
    """Walk along recorded trainings of a BERT and a GPT, by steps, tokens read or predictions made.

    runs: {"model": "BERT" or "GPT", "seed", "points": rows of [step, tokens, predictions, held-out loss]}
    each, losses in nats, with the same seeds and as many points for both
    baselines: model -> name -> loss on the tokens that this model predicts
    """

    _esm = module("loss_explorer.js")

    label = traitlets.Unicode("Loss explorer").tag(sync=True)
    runs = traitlets.List(traitlets.Dict(), help="{model, seed, points}").tag(sync=True)
    baselines = traitlets.Dict(help="model -> [name, loss], the highest first").tag(sync=True)
    seeds = traitlets.List(traitlets.Unicode(), help="what can be shown: all, or one").tag(sync=True)
    lines = traitlets.List(traitlets.Unicode(), help="names of the baselines that are drawn").tag(sync=True)
    axis = traitlets.Enum(["steps", "tokens", "predictions"], "steps").tag(sync=True)
    seed = traitlets.Unicode("all").tag(sync=True)
    at = traitlets.Int(0, min=0, help="which point of the curves is read").tag(sync=True)

    def __init__(self, runs: Sequence[Mapping], baselines: Mapping[str, Mapping[str, float]], **traits):
        levels = {
            name: [
                [line, rounded(loss, decimals=3)]
                for line, loss in sorted(baselines[name].items(), key=lambda pair: pair[1], reverse=True)
            ]
            for name in MODELS
        }
        curves = [
            {
                "model": run["model"],
                "seed": str(run["seed"]),
                "points": [[*map(int, point[:3]), rounded(point[3], decimals=3)] for point in run["points"]],
            }
            for run in runs
        ]
        seeds = ["all", *(run["seed"] for run in curves if run["model"] == "BERT")]
        lines = list(dict.fromkeys(line for pairs in levels.values() for line, _ in pairs))
        traits = {"lines": lines, "at": len(curves[0]["points"]) - 1, **traits}
        super().__init__(runs=curves, baselines=levels, seeds=seeds, **traits)
