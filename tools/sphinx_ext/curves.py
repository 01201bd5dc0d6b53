"""The training curves of the shipped models, drawn from their record.

    ```{curves} shipped_training          of benchmarks/ship.py
"""

import os
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import Directive

from bertgpt.book.figures import plots
from bertgpt.book.figures.svg import Figure
from bertgpt.book.records import RESULTS, load_results

PANELS = {"BERT: at [MASK]": "loss_at_mask", "GPT: next token": "lm_loss",
          "Both: next token": "lm_loss", "Both: at [MASK]": "mlm_loss"}
SPLITS = {"held_out": "held out", "training": "what it reads"}


def by_panel(found: dict) -> dict[str, dict]:
    """Select each panel's curves from a record.

    -> panel -> {"arguments": ..., "held_out" and "training": step -> nats}
    """
    rows = {row["model"]: row for row in found["rows"]}
    curves = {}
    for panel, loss in PANELS.items():
        (row,) = rows[plots.model_of(panel).upper()]["stages"]
        curves[panel] = {"arguments": row["arguments"],
                         **{split: dict(row[split][loss]) for split in SPLITS}}
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
        ax.set_xlabel("training step")
        ax.legend(fontsize=8, loc="upper right", frameon=False)
    longer_rows = panels["BERT: at [MASK]"]["arguments"]["short_steps"]
    axes[0].axvline(longer_rows, linestyle=":", linewidth=1, color=plots.INK)
    axes[0].set_ylabel("loss (nats)")
    return figure


def final_losses(curves: dict) -> tuple[str, str]:
    """Format the losses at the end of a training: held out, and on the training text."""
    held_out, training = (f"{curves[split][max(curves[split])]:.2f}" for split in SPLITS)
    return held_out, training


def caption(panels: dict[str, dict]) -> str:
    """Say what is drawn and where each curve ends."""
    bert, gpt, both = (" and ".join(final_losses(panels[panel])) for panel in list(PANELS)[:3])
    held_out, training = final_losses(panels["Both: at [MASK]"])
    how = panels["BERT: at [MASK]"]["arguments"]
    share = panels["Both: at [MASK]"]["arguments"]["rate"]
    return (
        f"{how['steps']:,} steps of each model. With markers: *Persuasion*, held out; thin: what "
        f"the model was reading, a mean of the steps around. BERT ends at {bert} nats, with "
        f"{100 * how['rate']:.0f} % of the tokens hidden; GPT at {gpt}; Both at {both} for the "
        f"next token. Its curves at [MASK] compare neither with each other nor with BERT's: held "
        f"out, {100 * share:.0f} % are hidden, and it ends at {held_out}; in training any share "
        f"is, and it ends at {training}. At the dotted line BERT's rows grow from "
        f"{how['context'] // 4} tokens to {how['context']}. Rows are hidden as in training; the "
        f"cards ask in their own way, and differ a little."
    )


def alt_text(panels: dict[str, dict]) -> str:
    """Describe the figure to readers who do not see it."""
    how, training, held_out = (panels["BERT: at [MASK]"][part]
                               for part in ("arguments", "training", "held_out"))
    every, line = how["eval_every"], how["short_steps"]
    bert, gpt, both, at_blanks = (final_losses(panels[panel]) for panel in PANELS)
    return (
        f"Four panels over {how['steps']:,} training steps. BERT at [MASK]: on what it reads the "
        f"loss falls to {training[2 * every]:.1f} by step {2 * every} and jumps for a while at "
        f"the dotted line, step {line:,}. Held out it is still {held_out[line]:.1f} there, and "
        f"{held_out[line + every]:.1f} at step {line + every:,}. At the end it is {bert[0]}, and "
        f"{bert[1]} on what it reads. GPT's two curves begin together and part, to {gpt[0]} held "
        f"out and {gpt[1]}. Both's at the next token stay nearer to each other, to {both[0]} and "
        f"{both[1]}. At [MASK] its held-out curve lies below the other all the way, at "
        f"{at_blanks[0]} and {at_blanks[1]} at last."
    )


class Curves(Directive):
    """Draw the training curves of a record as a figure with a caption."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        env, name = self.state.document.settings.env, self.arguments[0]
        panels = by_panel(load_results(name))
        env.note_dependency(str(RESULTS / f"{name}.json"))
        drawn = Path(env.app.outdir).parent / "curves" / f"{name}.svg"
        drawn.parent.mkdir(parents=True, exist_ok=True)
        drawn.write_text(plot(panels)._repr_mimebundle_()["image/svg+xml"], encoding="utf-8")
        uri = "/" + Path(os.path.relpath(drawn, env.srcdir)).as_posix()
        text, _ = self.state.inline_text(caption(panels), self.lineno)
        figure = nodes.figure("", nodes.image(uri=uri, alt=alt_text(panels)),
                              nodes.caption("", "", *text))
        return [nodes.container("", figure, classes=["cell_output"])]


def setup(app):
    app.add_directive("curves", Curves)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
