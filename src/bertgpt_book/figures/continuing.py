"""Figures of Why BERT cannot continue: BERT's surprisal by length, and the methods of continuing a text."""

import numpy as np

from ..statistics.metrics import bootstrap_interval
from .plots import COLOURS, LINES, colour, draw_label, panels
from .svg import Figure


def plot_lengths(
    curves: dict[str, dict[str, dict[int, float]]], marks: dict[int, str], gpt: dict[int, float]
) -> Figure:
    """Draw two measures of BERT over the length of the text before a blank.

    curves: measure -> method -> length -> a number, the surprisal last; the first method is solid, the second dotted
    marks: length -> the words written at it; gpt: length -> GPT's surprisal after the same text
    """
    figure, axes = panels(curves, width=3.6, height=3.0)
    for methods, ax in zip(curves.values(), axes):
        for (method, row), line in zip(methods.items(), (LINES["BERT"], ":")):
            ax.plot(*zip(*row.items()), line, color=COLOURS["BERT"], label=method)
        for length, text in marks.items():
            ax.axvline(length, linestyle=":", color="#888888", linewidth=1)
            ax.text(length, 1.01, text, transform=ax.get_xaxis_transform(), va="bottom", ha="center", fontsize=8)
        ax.set_title(ax.get_title(), pad=16)
        ax.set_xlabel("tokens on the left")
    axes[0].set_ylabel("BERT, a blank at the end")
    axes[-1].plot(*zip(*gpt.items()), LINES["GPT"], color=COLOURS["GPT"])
    middle = max(gpt) // 2
    draw_label(axes[-1], "GPT", (middle, gpt[middle]), (0, 4), color=COLOURS["GPT"], ha="center", va="bottom")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=2, frameon=False)
    return figure


def plot_contest(scores: dict[str, np.ndarray]) -> Figure:
    """Draw what the judge gives each method of continuing a text: method -> one score per text."""
    figure, (ax,) = panels([""], width=5.2, height=3.6)
    for y, (method, each) in enumerate(scores.items()):
        hue = colour(method if method in ("GPT", "Austen", "unigram") else "BERT", 4)
        marker = {"GPT": "^", "Austen": "o", "unigram": "x"}.get(method, "s")
        ax.plot(bootstrap_interval(each), [y, y], color=hue)
        ax.plot(each.mean(), y, marker, color=hue)
    ax.set_yticks(range(len(scores)), scores)
    ax.invert_yaxis()
    ax.set_xlabel("judge: nats per token")
    return figure
