"""The figures of Classify a text and Search: what a head reads, heads on trained and on random weights, few labels."""

from collections.abc import Sequence

import numpy as np
from matplotlib.patches import Rectangle
from torch import Tensor

from ..statistics.metrics import bootstrap_interval
from .plots import CHECKPOINTS, COLOURS, HATCHES, INK, OTHERS, draw_label, draw_levels, legend_above, panels, two_sided
from .svg import Figure


def plot_states(states: dict[str, dict[str, tuple[Sequence[str], Tensor]]], shown: int = 24) -> Figure:
    """Draw some numbers of each hidden state, a panel for each model and text, the first column framed.

    states: model -> two texts -> tokens and hidden states (T, D); of each model the numbers in which the
    two first states differ most, positive ones in its colour, as strong as the largest of these
    """
    chosen, strongest = {}, {}
    for name, texts in states.items():
        one, other = (hidden[0] for _, hidden in texts.values())  # (D,) each
        chosen[name] = (one - other).abs().topk(shown).indices.sort().values
        strongest[name] = max(float(state[chosen[name]].abs().max()) for state in (one, other))
    flat = [(name, text, *read) for name, texts in states.items() for text, read in texts.items()]
    figure, axes = panels([f"{name}: {text}" for name, text, _, _ in flat], width=1.9, height=2.6, sharey=True)
    for ax, (name, _, tokens, hidden) in zip(axes, flat):
        numbers = hidden[:, chosen[name]].T.numpy()  # (shown, T)
        ax.pcolormesh(numbers, cmap=two_sided(COLOURS[name]), vmin=-strongest[name], vmax=strongest[name])
        ax.add_patch(Rectangle((0, 0), 1, shown, fill=False, edgecolor=INK, linewidth=2.5, clip_on=False))
        ax.set_xticks([t + 0.5 for t in range(len(tokens))], tokens, rotation=60, ha="right", rotation_mode="anchor")
        ax.set(yticks=[], ylim=(shown, 0), frame_on=False)
        ax.title.set_fontsize(9)
    figure.cells = [(i // 2, i % 2) for i in range(len(flat))]
    return figure


def plot_untrained(
    groups: dict[str, dict[str, Sequence[float]]], words: dict[str, float], bare: dict[str, float] | None = None
) -> Figure:
    """Draw heads on random and on trained weights above the coin, a panel for each model.

    groups: what was fitted -> model, model + ", random weights", MiniLM, SmolLM2 -> shares right, of each draw or
    seed; what was not run is not drawn; words: what was fitted -> the share that a list of words has right;
    bare: what was fitted -> the share of a head on the average of random word vectors, without any layers
    """
    models = {"BERT": "MiniLM", "GPT": "SmolLM2"}  # ours -> the published one in its panel
    figure, axes = panels(models, width=3.7, height=3.1, sharey=True)
    for ax, (model, published) in zip(axes, models.items()):
        trained: dict = {"color": COLOURS[model], "hatch": HATCHES.get(model), "edgecolor": "white", "label": "trained"}
        untrained: dict = {"color": "none", "edgecolor": COLOURS[model], "label": "random weights"}
        for x, (group, rows) in enumerate(groups.items()):
            for name, at, look in ((f"{model}, random weights", x - 0.2, untrained), (model, x + 0.2, trained)):
                if shares := rows.get(name):
                    mean = np.mean(shares)
                    ax.bar(at, mean - 0.5, 0.37, bottom=0.5, **look)
                    ax.plot([at, at], [min(shares), max(shares)], color=INK, linewidth=1)
                    draw_label(ax, f"{mean:.2f}", (at, 0.5), (0, -3), ha="center", va="top", fontsize=8)
            if shares := rows.get(published):
                marker, hue = CHECKPOINTS[published]
                ax.plot(x, np.mean(shares), marker, color=hue, markersize=8, label=published)
            level, look = [words[group]] * 2, {"color": OTHERS[0], "linewidth": 1.4, "label": "a list of words"}
            ax.plot([x - 0.45, x + 0.45], level, "--", **look)
            if bare and group in bare:
                look = {"color": INK, "linewidth": 1.4, "label": "random word vectors, no layers"}
                ax.plot([x - 0.45, x + 0.02], [bare[group]] * 2, ":", **look)
        ax.axhline(0.5, color=INK, linewidth=1)
        ax.set_xticks(range(len(groups)), list(groups))
        ax.set_ylim(0.47, 0.9)
    axes[0].set_ylabel("share right (a coin: 0.5)")
    handles: dict = {}  # a name once
    for ax in axes:
        for handle, name in zip(*ax.get_legend_handles_labels()):
            handles.setdefault(name, handle)
    figure.legend(handles.values(), handles, loc="outside upper center", ncols=3, frameon=False, fontsize=9)
    return figure


def plot_label_curves(
    curves: dict[str, dict[str, Sequence[float]]], fine_tuned: dict[str, dict[str, Sequence[float]]]
) -> Figure:
    """Draw accuracy over the number of labels: the mean of the draws and its 95 % interval.

    curves: method -> number of labels -> one accuracy a draw; fine_tuned: model -> the same, when all its weights
    learn: a hollow mark for each number, and a line from the lowest draw to the highest
    """
    figure, (ax,) = panels([""], width=6.4, height=3.6)
    for name, draws in curves.items():
        model, random, _ = name.partition(", random weights")
        marker, hue = CHECKPOINTS.get(model, ("x", OTHERS[0]))
        hue = OTHERS[0] if random else hue
        sizes = [int(size) for size in draws]
        look = {"linestyle": "-" if name in CHECKPOINTS else ":", "markerfacecolor": "none" if random else hue}
        ax.plot(sizes, [np.mean(row) for row in draws.values()], marker=marker, color=hue, label=name, **look)
        ax.fill_between(sizes, *zip(*map(bootstrap_interval, draws.values())), color=hue, alpha=0.2, linewidth=0)
    for name, draws in fine_tuned.items():
        marker, hue = CHECKPOINTS[name]
        means = {int(size): float(np.mean(row)) for size, row in draws.items()}
        ax.plot(list(means), list(means.values()), marker, color=hue, markerfacecolor="none", markersize=8)
        for size, row in draws.items():
            ax.plot([int(size)] * 2, [min(row), max(row)], color=hue, linewidth=1)
        last = max(means)
        draw_label(ax, f"{name}, fine-tuned", (last, means[last]), (-8, 0), ha="right", fontsize=9)
    ax.set(xscale="log", xlabel="labels", ylabel="share of snippets judged correctly")
    ax.set_xticks(sizes, map(str, sizes))
    ax.minorticks_off()
    draw_levels(ax, {"chance": (0.5, INK)})
    legend_above(ax)
    return figure
