"""The trainings of what ships, drawn from their record: held out beside what each model was reading.

    ```{curves} shipped_training          of benchmarks/record_training.py
"""

import os
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import Directive

from bertgpt.book.figures import plots
from bertgpt.book.figures.drawing import Figure
from bertgpt.book.records import RESULTS, load_results

PANELS = {"BERT: at [MASK]": "loss_at_mask", "GPT: next token": "lm_loss", "Both: next token": "lm_loss",
          "Both: at [MASK]": "mlm_loss"}
SPLITS = {"held_out": "held out", "training": "what it reads"}


def by_panel(found: dict) -> dict[str, dict]:
    """Take each panel's curves out of a record: -> panel -> "arguments", and "held_out", "training": step -> nats."""
    rows = {row["model"]: row for row in found["rows"]}
    of = {panel: rows[plots.model_of(panel).upper()] for panel in PANELS}
    return {panel: {"arguments": of[panel]["arguments"], **{split: dict(of[panel][split][loss]) for split in SPLITS}}
            for panel, loss in PANELS.items()}


def plot(panels: dict[str, dict]) -> Figure:
    """Draw each training: with the model's markers where it is held out, thin and without them on what it reads."""
    figure, axes = plots.panels(panels, width=2.6, sharey=True)
    for ax, (panel, curves) in zip(axes, panels.items()):
        model = plots.model_of(panel)
        for split, style in (("held_out", {"marker": plots.MARKERS[model], "markersize": 5, "markevery": 2}),
                             ("training", {"linewidth": 1, "alpha": 0.8})):
            ax.plot(*zip(*curves[split].items()), plots.LINES[model], color=plots.colour(panel), label=SPLITS[split],
                    **style)
        ax.set_xlabel("training step")
        ax.legend(fontsize=8, loc="upper right", frameon=False)
    turn = panels["BERT: at [MASK]"]["arguments"]["short_steps"]
    axes[0].axvline(turn, linestyle=":", linewidth=1, color=plots.INK)
    axes[0].set_ylabel("loss (nats)")
    return figure


def ends(curves: dict) -> tuple[str, str]:
    """Write the losses that a training ended with: held out, and on what it was reading."""
    unseen, read = (f"{curves[split][max(curves[split])]:.2f}" for split in SPLITS)
    return unseen, read


def caption(panels: dict[str, dict]) -> str:
    """Say what is drawn and where each curve ends."""
    bert, gpt, both = (" and ".join(ends(panels[panel])) for panel in list(PANELS)[:3])
    unseen, read = ends(panels["Both: at [MASK]"])
    how, share = panels["BERT: at [MASK]"]["arguments"], panels["Both: at [MASK]"]["arguments"]["rate"]
    return (f"{how['steps']:,} steps of each model. With markers: *Persuasion*, held out; thin: what the model was "
            f"reading, a mean of the steps around. BERT ends at {bert} nats, with {100 * how['rate']:.0f} % of the "
            f"tokens hidden; GPT at {gpt}; Both at {both} for the next token. Its curves at [MASK] compare neither "
            f"with each other nor with BERT's: held out, {100 * share:.0f} % are hidden, and it ends at {unseen}; in "
            f"training any share is, and it ends at {read}. At the dotted line BERT's rows grow from "
            f"{how['context'] // 4} tokens to {how['context']}. Rows are hidden as in training; the cards ask in their "
            "own way, and differ a little.")


def in_words(panels: dict[str, dict]) -> str:
    """Describe the figure to those who do not see it."""
    how, read, unseen = (panels["BERT: at [MASK]"][part] for part in ("arguments", "training", "held_out"))
    every, turn = how["eval_every"], how["short_steps"]
    bert, gpt, both, at_blanks = (ends(panels[panel]) for panel in PANELS)
    return (f"Four panels over {how['steps']:,} training steps. BERT at [MASK]: on what it reads the loss falls to "
            f"{read[2 * every]:.1f} by step {2 * every} and jumps for a while at the dotted line, step {turn:,}. Held "
            f"out it is still {unseen[turn]:.1f} there, and {unseen[turn + every]:.1f} at step {turn + every:,}. At "
            f"the end it is {bert[0]}, and {bert[1]} on what it reads. GPT's two curves begin together and part, to "
            f"{gpt[0]} held out and {gpt[1]}. Both's at the next token stay nearer to each other, to {both[0]} and "
            f"{both[1]}. At [MASK] its held-out curve lies below the other all the way, at {at_blanks[0]} and "
            f"{at_blanks[1]} at last.")


class Curves(Directive):
    """Draw the trainings of a record as a figure with a caption."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        env, name = self.state.document.settings.env, self.arguments[0]
        panels = by_panel(load_results(name))
        env.note_dependency(str(RESULTS / f"{name}.json"))
        drawn = Path(env.app.outdir).parent / "curves" / f"{name}.svg"
        drawn.parent.mkdir(parents=True, exist_ok=True)
        drawn.write_text(plot(panels)._repr_mimebundle_()["image/svg+xml"], encoding="utf-8")
        uri = "/" + Path(os.path.relpath(drawn, env.srcdir)).as_posix()
        words, _ = self.state.inline_text(caption(panels), self.lineno)
        figure = nodes.figure("", nodes.image(uri=uri, alt=in_words(panels)), nodes.caption("", "", *words))
        return [nodes.container("", figure, classes=["cell_output"])]


def setup(app):
    app.add_directive("curves", Curves)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
