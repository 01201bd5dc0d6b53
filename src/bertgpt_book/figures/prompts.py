"""The figures of chapter 14: how often the true sentence ranks first, and who is ahead of a rival."""

from collections.abc import Sequence

from .plots import CHECKPOINTS, HATCHES, INK, OTHERS, colour, model_of, panels
from .svg import Figure

MINILM = CHECKPOINTS["MiniLM"][1]


def plot_shares(works: dict[str, dict[str, tuple]], xlabel: str, chance: float) -> Figure:
    """Draw the share of right answers of each method, a panel for each work, with 95 % intervals.

    works: work -> method, the first word of which may name a model -> (mean, (low, high))
    """
    figure, axes = panels(works, height=0.36 * max(map(len, works.values())) + 1.1, sharex=True, sharey=True)
    for ax, rows in zip(axes, works.values()):
        for y, (name, (mean, (low, high))) in enumerate(rows.items()):
            hue = MINILM if name.startswith("MiniLM") else colour(name) if model_of(name) else OTHERS[0]
            ax.barh(y, mean, 0.75, color=hue, hatch=HATCHES.get(model_of(name)), edgecolor="white")
            ax.plot([low, high], [y, y], color=INK, linewidth=1)
            ax.annotate(f"{mean:.2f}", (high, y), xytext=(4, 0), textcoords="offset points", va="center", fontsize=8)
        ax.set_yticks(range(len(rows)), list(rows))
        ax.axvline(chance, color=INK, linewidth=1, linestyle=":")
        ax.set(xlabel=xlabel, ylim=(len(rows) - 0.5, -0.5))
        ax.margins(x=0.15)
    return figure


def plot_differences(rows: dict[str, dict[str, tuple]], xlabel: str, verdicts: Sequence[str] = ()) -> Figure:
    """Draw the lead of each method over its rival, with its 95 % interval.

    rows: label, written above the row -> model -> (difference, (low, high))
    verdicts: words after each row
    """
    figure, (ax,) = panels([""], width=5.2, height=0.52 * len(rows) + 1.3)
    for y, (label, leads) in enumerate(rows.items()):
        ax.annotate(
            label,
            (0, y - 0.3),
            xycoords=("axes fraction", "data"),
            xytext=(3, 0),
            textcoords="offset points",
            va="bottom",
            fontsize=9,
            in_layout=False,
        )
        for i, (name, (mean, ends)) in enumerate(leads.items()):
            marker, hue = CHECKPOINTS.get(name, ("x", INK))
            at = y + 0.1 + 0.19 * (i - (len(leads) - 1) / 2)
            ax.plot(ends, [at, at], color=hue)
            ax.plot(mean, at, marker, color=hue, markersize=5)
    for y, verdict in enumerate(verdicts):
        ax.annotate(verdict, (1.02, y + 0.1), xycoords=("axes fraction", "data"), va="center", annotation_clip=False)
    for name in dict.fromkeys(name for leads in rows.values() for name in leads):
        marker, hue = CHECKPOINTS.get(name, ("x", INK))
        ax.plot([], [], marker, color=hue, label=name)
    ax.axvline(0, color=INK, linewidth=1)
    ax.set(yticks=[], ylim=(len(rows) - 0.5, -0.8), xlabel=xlabel)
    figure.legend(loc="outside upper center", ncols=4, frameon=False, fontsize=9, columnspacing=1.2)
    return figure
