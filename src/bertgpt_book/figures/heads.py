"""The figure of chapter 13: accuracy over the number of labels."""

from collections.abc import Sequence

from bertgpt.evaluation.metrics import bootstrap_interval

from .plots import CHECKPOINTS, INK, draw_levels, legend_above, panels
from .svg import Figure


def plot_label_curves(curves: dict[str, dict[str, Sequence[float]]]) -> Figure:
    """Draw accuracy over the number of labels: the mean of the draws and its 95 % interval.

    curves: method -> number of labels -> one accuracy a draw
    """
    figure, (ax,) = panels([""], width=6.4, height=3.6)
    for name, draws in curves.items():
        marker, hue = CHECKPOINTS.get(name, ("x", INK))
        sizes = [int(size) for size in draws]
        ax.plot(
            sizes,
            [sum(row) / len(row) for row in draws.values()],
            marker=marker,
            color=hue,
            label=name,
            linestyle="-" if name in CHECKPOINTS else ":",
        )
        ax.fill_between(sizes, *zip(*map(bootstrap_interval, draws.values())), color=hue, alpha=0.2, linewidth=0)
    ax.set(xscale="log", xlabel="labels", ylabel="share of snippets judged rightly")
    ax.set_xticks(sizes, map(str, sizes))
    ax.minorticks_off()
    draw_levels(ax, {"chance": (0.5, INK)})
    legend_above(ax)
    return figure
