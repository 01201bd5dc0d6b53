"""The loss explorer: recorded curves of both models, each beside its own baselines, and what may be compared."""

from collections.abc import Mapping, Sequence

import traitlets

from .base import StaticWidget, module, rounded

ASKED = {"BERT": "at hidden tokens", "GPT": "at the next token"}
AXES = {"steps": "training steps", "tokens": "tokens read", "predictions": "predictions made"}


def fairness(axis: str, shown: Mapping[str, Mapping]) -> list[str]:
    """Say in two sentences what the chosen axis makes equal, and what must not be compared all the same."""
    bert, gpt = (shown[name] for name in ASKED)
    if axis == "predictions":
        over = ", and its training is over" if bert["over"] else ""
        equal = (f"About as many answers: for {gpt['predictions']:,} GPT has read {gpt['tokens']:,} tokens; for "
                 f"{bert['predictions']:,} BERT has read {bert['tokens']:,}{over}. Ask here what an answer teaches.")
    else:
        equal = (f"The same text: {gpt['tokens']:,} tokens in {gpt['steps']:,} steps. From it GPT was asked "
                 f"{gpt['predictions']:,} times, BERT {bert['predictions']:,} times. Ask here what a text teaches.")
    return [equal, f"Compare a curve with the dotted lines of its own panel and with its own seeds. Do not compare "
                   f"{bert['loss']:.2f} with {gpt['loss']:.2f}: they answer different questions."]


class LossExplorer(StaticWidget):
    """Walk along recorded trainings of a BERT and a GPT, by steps, by tokens read or by predictions made.

    runs: {"model": "BERT" or "GPT", "seed", "points": rows of [step, tokens, predictions, held-out loss in nats]} each,
    the same seeds and as many points for both; baselines: model -> name -> loss on the tokens that this model is asked
    Raises ValueError where a model is missing or the runs do not fit together.
    """

    _esm = module("loss_explorer.js")

    runs = traitlets.List(traitlets.Dict(), help="{model, seed, points}").tag(sync=True)
    baselines = traitlets.Dict(help="model -> [name, loss], the highest first").tag(sync=True)
    seeds = traitlets.List(traitlets.Unicode(), help="what can be shown: all, or one").tag(sync=True)
    lines = traitlets.List(traitlets.Unicode(), help="names of the baselines that are drawn").tag(sync=True)
    axis = traitlets.Enum(list(AXES), "steps").tag(sync=True)
    seed = traitlets.Unicode("all").tag(sync=True)
    at = traitlets.Int(0, min=0, help="which point of the curves is read").tag(sync=True)

    def __init__(self, runs: Sequence[Mapping], baselines: Mapping[str, Mapping[str, float]], **traits):
        of = {name: [run for run in runs if run["model"] == name] for name in ASKED}
        if not all(of.values()):
            raise ValueError("the loss explorer needs a run of BERT and one of GPT")
        seeds = [[run["seed"] for run in own] for own in of.values()]
        if seeds[0] != seeds[1] or len({len(run["points"]) for run in runs}) != 1:
            raise ValueError("both models need the same seeds and as many points")
        ordered = {name: [[line, rounded(height, decimals=3)] for line, height in
                          sorted(baselines.get(name, {}).items(), key=lambda pair: -pair[1])] for name in ASKED}
        names = list(dict.fromkeys(line for pairs in ordered.values() for line, _ in pairs))
        kept = [{"model": name, "seed": str(run["seed"]),
                 "points": [[int(x) for x in point[:3]] + [rounded(point[3], decimals=3)] for point in run["points"]]}
                for name, own in of.items() for run in own]
        traits = {"label": "Loss explorer", "lines": names, "at": len(kept[0]["points"]) - 1, **traits}
        super().__init__(runs=kept, baselines=ordered, seeds=["all", *map(str, seeds[0])], **traits)

    @traitlets.validate("at")
    def _stored(self, proposal):
        if self.runs and proposal.value >= len(self.runs[0]["points"]):
            raise traitlets.TraitError(f"there is no point {proposal.value}")
        return proposal.value

    def shown(self) -> dict[str, dict]:
        """Give for each model where it stands, and under "place" the reading of the axis.

        The place is a point of the model that comes farthest with it; the other stands at its last point before that.
        """
        column = list(AXES).index(self.axis)
        chosen = {name: [run["points"] for run in self.runs
                         if run["model"] == name and self.seed in ("all", run["seed"])] for name in ASKED}
        place = max(points[0][self.at][column] for points in chosen.values())
        found = {"place": place}
        for name, points in chosen.items():
            reached = [i for i, point in enumerate(points[0]) if point[column] <= place]
            index = reached[-1] if reached else 0
            losses = [point[index][3] for point in points]
            loss = sum(losses) / len(losses)
            found[name] = {**dict(zip(AXES, points[0][index])), "loss": loss, "low": min(losses), "high": max(losses),
                           "over": index == len(points[0]) - 1 and points[0][index][column] < place,
                           "below": [line for line, height in self.baselines[name] if loss < height]}
        return found

    def statement(self) -> list[str]:
        """Give what the page says about comparing."""
        return fairness(self.axis, self.shown())

    def _summary(self) -> str:
        return f"runs={len(self.runs)}, points={len(self.runs[0]['points'])}"
