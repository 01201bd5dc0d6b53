"""The training curves of the shipped models, drawn from their record.

    ```{curves} shipped_training          of benchmarks/ship.py
"""

from itertools import accumulate

from docutils import nodes
from docutils.parsers.rst import Directive
from drawing import drawn

from bertgpt.book.figures import plots
from bertgpt.book.figures.svg import Figure
from bertgpt.book.records import load_results

PANELS = {"BERT: at [MASK]": "loss_at_mask", "GPT: next token": "lm_loss",
          "Both: next token": "lm_loss", "Both: at [MASK]": "mlm_loss"}
SPLITS = {"held_out": "held out", "training": "what it reads"}


def by_panel(found: dict) -> dict[str, dict]:
    """Select each panel's curves from a record, the steps of a second run counted on from the first.

    -> panel -> {"runs": arguments of each, "held_out" and "training": step -> nats}
    """
    rows = {row["model"]: row for row in found["rows"]}
    curves: dict[str, dict] = {}
    for panel, loss in PANELS.items():
        stages = rows[plots.model_of(panel).upper()]["stages"]
        curves[panel] = {"runs": [stage["arguments"] for stage in stages]}
        before = [0, *accumulate(run["steps"] for run in curves[panel]["runs"])]
        for split in SPLITS:
            curves[panel][split] = {start + step: nats for start, stage in zip(before, stages)
                                    for step, nats in stage[split][loss]}
    return curves


def plot(panels: dict[str, dict]) -> Figure:
    """Draw each training: held out with the model's markers, training text thin and without."""
    styles = {"held_out": {"markersize": 5, "markevery": 2},
              "training": {"linewidth": 1, "alpha": 0.8}}
    figure, axes = plots.panels(panels, width=2.6, sharey=True)
    for ax, (panel, curves) in zip(axes, panels.items()):
        model = plots.model_of(panel)
        for split, style in styles.items():
            ax.plot(*zip(*curves[split].items()), plots.LINES[model], color=plots.colour(panel),
                    marker=plots.MARKERS[model] if split == "held_out" else None,
                    label=SPLITS[split], **style)
        for further in accumulate(run["steps"] for run in curves["runs"][:-1]):
            ax.axvline(further, ymax=0.82, linewidth=1, color=plots.INK, alpha=0.4)        # below the legend
        ax.set_xlabel("training step")
        ax.legend(fontsize=8, loc="upper right", frameon=False)
    axes[0].set_ylabel("loss (nats)")
    return figure


def final_losses(curves: dict, run: int = -1) -> tuple[str, str]:
    """Format the losses at the end of a run, the last one unless told: held out, and on the training text."""
    step = list(accumulate(each["steps"] for each in curves["runs"]))[run]
    held_out, training = (f"{curves[split][step]:.2f}" for split in SPLITS)
    return held_out, training


def caption(panels: dict[str, dict]) -> str:
    """Say what is drawn, and what a loss depends on."""
    first = panels["BERT: at [MASK]"]["runs"][0]
    of_both = panels["Both: at [MASK]"]["runs"]
    return (
        "The losses while the models learned: on the text that they read, and on *Persuasion*, held out. At the grey "
        "line the stories join the old books; at BERT's second one its third run begins. BERT's thin line jumps at "
        f"step {first['short_steps']:,}, where its rows grow from {first['context'] // 4} tokens to "
        f"{first['context']}. Compare within a panel: a loss at [MASK] depends on how much is hidden, "
        f"{100 * first['rate']:.0f} % for BERT, for Both {100 * of_both[0]['rate']:.0f} % of *Persuasion* but any "
        "share of what it reads."
    )


def alt_text(panels: dict[str, dict]) -> str:
    """Describe the figure to readers who do not see it."""
    runs, training, held_out = (panels["BERT: at [MASK]"][part] for part in ("runs", "training", "held_out"))
    every, line = runs[0]["eval_every"], runs[0]["short_steps"]
    bert, gpt, both, at_blanks = (final_losses(panels[panel]) for panel in PANELS)
    before = [final_losses(panels[panel], 0)[0] for panel in list(PANELS)[:2]]
    return (
        f"Four panels over {runs[0]['steps']:,} training steps; a line marks where a model goes on after them. "
        f"BERT at [MASK]: on what it reads the loss falls to {training[2 * every]:.1f} by step {2 * every} "
        f"and jumps for a while at step {line:,}, where longer rows begin. Held out it is still {held_out[line]:.1f} "
        f"there, and {held_out[line + every]:.1f} at step {line + every:,}. At the line where stories join "
        f"the books the losses held out are {before[0]} for BERT and {before[1]} for GPT; they rise at once "
        f"and fall again, to {bert[0]} and {gpt[0]}, while those on what is read, stories among it now, "
        f"end far lower, at {bert[1]} and {gpt[1]}. Both's at the next token end at {both[0]} held out and "
        f"{both[1]}; at [MASK], at {at_blanks[0]} and {at_blanks[1]}. In the first {runs[0]['steps']:,} steps its "
        f"held-out curve at [MASK] lies below the other all the way."
    )


class Curves(Directive):
    """Draw the training curves of a record as a figure with a caption."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        panels = by_panel(load_results(self.arguments[0]))
        return drawn(self, self.arguments, plot(panels), alt_text(panels), caption(panels))


def setup(app):
    app.add_directive("curves", Curves)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
