"""The training curves of the shipped models, drawn from their record.

```{curves} shipped_training          of benchmarks/ship.py
"""

from docutils import nodes
from docutils.parsers.rst import Directive
from drawing import drawn

from bertgpt_book.figures import plots
from bertgpt_book.figures.svg import Figure
from bertgpt_book.records import load_results

PANELS = {
    "BERT: at [MASK]": "loss_at_mask",
    "GPT: next token": "lm_loss",
    "Both: next token": "lm_loss",
    "Both: at [MASK]": "mlm_loss",
}
SPLITS = {"held_out": "held out", "training": "what it reads"}


def by_panel(found: dict) -> dict[str, dict]:
    """Select each panel's curves from a record.

    -> panel -> {"run": arguments of the training, "held_out" and "training": step -> nats}
    """
    rows = {row["model"]: row for row in found["rows"]}
    curves: dict[str, dict] = {}
    for panel, loss in PANELS.items():
        row = rows[plots.model_of(panel).upper()]
        curves[panel] = {"run": row["arguments"]} | {split: dict(row[split][loss]) for split in SPLITS}
    return curves


def plot(panels: dict[str, dict]) -> Figure:
    """Draw each training: held out with the model's markers, training text thin and without."""
    styles = {"held_out": {"markersize": 5, "markevery": 2}, "training": {"linewidth": 1, "alpha": 0.8}}
    figure, axes = plots.panels(panels, width=2.6, sharey=True)
    for ax, (panel, curves) in zip(axes, panels.items()):
        model = plots.model_of(panel)
        for split, style in styles.items():
            ax.plot(
                *zip(*curves[split].items()),
                plots.LINES[model],
                color=plots.colour(panel),
                marker=plots.MARKERS[model] if split == "held_out" else None,
                label=SPLITS[split],
                **style,
            )
        ax.set_xlabel("training step")
        ax.legend(fontsize=8, loc="upper right", frameon=False)
    axes[0].set_ylabel("loss (nats)")
    return figure


def final_losses(curves: dict) -> tuple[str, str]:
    """Format the losses at the end: held out, and on the training text."""
    held_out, training = (f"{curves[split][curves['run']['steps']]:.2f}" for split in SPLITS)
    return held_out, training


def caption(panels: dict[str, dict]) -> str:
    """Say what is drawn, and what a loss depends on."""
    bert, both = (panels[panel]["run"] for panel in ("BERT: at [MASK]", "Both: at [MASK]"))
    return (
        "The losses while the models learned: on the text that they read, and on *Persuasion*, held out. BERT's thin "
        f"line jumps at step {bert['short_steps']:,}, where its rows grow from {bert['context'] // 4} tokens to "
        f"{bert['context']}. Compare within a panel: a loss at [MASK] depends on how much is hidden, "
        f"{100 * bert['rate']:.0f} % for BERT, for Both {100 * both['rate']:.0f} % of *Persuasion* but any "
        "share of what it reads."
    )


def alt_text(panels: dict[str, dict]) -> str:
    """Describe the figure to readers who do not see it."""
    run, training, held_out = (panels["BERT: at [MASK]"][part] for part in ("run", "training", "held_out"))
    every, line = run["eval_every"], run["short_steps"]
    bert, gpt, both, at_blanks = (final_losses(panels[panel]) for panel in PANELS)
    return (
        f"Four panels over {run['steps']:,} training steps. BERT at [MASK]: on what it reads the loss falls to "
        f"{training[line - every]:.1f} by step {line - every:,} and jumps for a while at step {line:,}, where longer "
        f"rows begin. Held out it is {held_out[line]:.1f} there, and falls to {bert[0]}; on what is read it ends at "
        f"{bert[1]}. GPT at the next token ends at {gpt[0]} held out and {gpt[1]} on what is read, where nearly half "
        f"are stories. Both at the next token ends at {both[0]} held out and {both[1]} on what it reads; at [MASK], at "
        f"{at_blanks[0]} and {at_blanks[1]}."
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
