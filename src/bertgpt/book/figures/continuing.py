"""Figures of chapter 11: BERT's surprise by length and right side, and its ways of writing."""

from collections.abc import Sequence

from ...evaluation.metrics import bootstrap_interval
from .plots import COLOURS, INK, LINES, MARKERS, colour, legend_above, panels, plot_bars
from .svg import Figure


def plot_lengths(lengths: Sequence[int], curves: dict[str, Sequence[float]],
                 marks: dict[int, str], gpt: float) -> Figure:
    """Draw two measures of BERT over the length of the text before a blank.

    curves: measure -> a number for each length, the surprise last
    marks: length -> the words written at it; gpt: GPT's surprise, drawn as a level
    """
    figure, axes = panels(curves, width=3.6, height=3.0)
    for row, ax in zip(curves.values(), axes):
        ax.plot(lengths, row, LINES["BERT"], color=COLOURS["BERT"], marker=MARKERS["BERT"],
                markersize=4)
        for length, text in marks.items():
            ax.axvline(length, linestyle=":", color="#888888", linewidth=1)
            ax.text(length, ax.get_ylim()[1], text, rotation=90, va="top", ha="right", fontsize=8)
        ax.set_xlabel("tokens on the left")
    axes[0].set_ylabel("BERT, a blank at the end")
    axes[-1].axhline(gpt, linestyle=LINES["GPT"], color=COLOURS["GPT"])
    axes[-1].text(lengths[-1], gpt, "GPT", color=COLOURS["GPT"], ha="right", va="bottom")
    return figure


def plot_right_sides(losses: dict[str, float], gpt: float) -> Figure:
    """Draw BERT's surprise with different right sides as bars, and GPT's as a level."""
    figure = plot_bars({"BERT": losses}, ylabel="surprise (nats)")
    (ax,) = figure.axes
    ax.axhline(gpt, linestyle=LINES["GPT"], color=COLOURS["GPT"], label="GPT, left side only")
    legend_above(ax)
    return figure


def plot_contest(found: dict[str, dict[str, dict]]) -> Figure:
    """Draw how each way of writing was judged: the first rule of choosing filled, others hollow.

    found: rule -> way -> "judge" (one score a text, with a 95 % interval), and the shares "signs"
        and "repeated"
    """
    figure, axes = panels(["log-probability", "signs", "repeated"], width=3.1, height=3.9,
                          sharey=True)
    first, *_ = found.values()
    for y, way in enumerate(first):
        hue = colour(way if way in ("GPT", "Austen", "unigram") else "BERT", 4)
        marker = {"GPT": "^", "Austen": "o", "unigram": "x"}.get(way, "s")
        for rows in found.values():
            if row := rows.get(way):
                axes[0].plot(bootstrap_interval(row["judge"]), [y, y], color=hue)
                numbers = row["judge"].mean(), row["signs"], row["repeated"]
                for ax, value in zip(axes, numbers):
                    ax.plot(value, y, marker, color=hue,
                            markerfacecolor=hue if rows is first else "white")
    for rule, fill in zip(found, (INK, "white")):
        axes[2].plot([], [], "o", color=INK, markerfacecolor=fill, label=rule)
    figure.legend(loc="outside upper center", ncols=len(found), frameon=False)
    axes[0].set_yticks(range(len(first)), first)
    axes[0].invert_yaxis()
    for ax, label in zip(axes, ("nats a token, by the trigram", "share", "share")):
        ax.set_xlabel(label)
    return figure


def plot_hatched(values: dict[str, dict[str, float]], ylabel: str) -> Figure:
    """Draw groups of bars with hatchings of their own: kind -> group -> height."""
    figure = plot_bars(values, ylabel=ylabel)
    (ax,) = figure.axes
    for bars, hatch in zip(ax.containers, ("", "//", "..", "xx")):
        for bar in bars:
            bar.set_hatch(hatch)
    legend_above(ax)
    return figure
