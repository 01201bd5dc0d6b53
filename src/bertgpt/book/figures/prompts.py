"""The figure of chapter 14: how far each method is ahead of its rival."""

from collections.abc import Sequence

from .plots import CHECKPOINTS, INK, panels
from .svg import Figure


def plot_differences(rows: dict[str, dict[str, tuple]], xlabel: str,
                     verdicts: Sequence[str] = ()) -> Figure:
    """Draw how far methods are ahead of their rival, each with its 95 % interval.

    rows: label, written above the row -> model -> (difference, (low, high))
    verdicts: words behind each row
    """
    figure, (ax,) = panels([""], width=5.2, height=0.52 * len(rows) + 1.3)
    for y, (label, found) in enumerate(rows.items()):
        ax.annotate(label, (0, y - 0.3), xycoords=("axes fraction", "data"), xytext=(3, 0),
                    textcoords="offset points", va="bottom", fontsize=9, in_layout=False)
        for i, (name, (mean, ends)) in enumerate(found.items()):
            marker, hue = CHECKPOINTS.get(name, ("x", INK))
            at = y + 0.1 + 0.13 * (i - (len(found) - 1) / 2)
            ax.plot(ends, [at, at], color=hue)
            ax.plot(mean, at, marker, color=hue, markersize=5)
    for y, verdict in enumerate(verdicts):
        ax.annotate(verdict, (1.02, y + 0.1), xycoords=("axes fraction", "data"), va="center",
                    annotation_clip=False)
    for name in dict.fromkeys(name for found in rows.values() for name in found):
        marker, hue = CHECKPOINTS.get(name, ("x", INK))
        ax.plot([], [], marker, color=hue, label=name)
    ax.axvline(0, color=INK, linewidth=1)
    ax.set(yticks=[], ylim=(len(rows) - 0.5, -0.8), xlabel=xlabel)
    figure.legend(loc="outside upper center", ncols=4, frameon=False, fontsize=9,
                  columnspacing=1.2)
    return figure
