"""The figures of Prompts: how often the true sentence ranks first, by what, and who is ahead of a rival."""

from collections.abc import Sequence
from textwrap import fill

from matplotlib.patches import Rectangle

from .plots import CHECKPOINTS, HATCHES, INK, OTHERS, WIDEST, colour, draw_label, model_of, panels
from .svg import Figure

MINILM = CHECKPOINTS["MiniLM"][1]


def plot_places(texts: Sequence[str], places: dict[str, Sequence[int]], bold: int) -> Figure:
    """Draw texts as rows, and before each the place that it has with each model, the first place filled.

    places: model -> the place of each text, 1 the best; bold: the text to write bold
    """
    figure, (ax,) = panels([""], width=5.2, height=0.4 * len(texts) + 0.5)
    for x, (name, numbers) in enumerate(places.items()):
        ax.text(x + 0.45, -0.75, name, ha="center", va="center", weight="bold", fontsize=9, color=colour(name))
        for y, place in enumerate(numbers):
            first = place == 1
            alpha, ink = (1, "white") if first else (0.35 / place, INK)
            ax.add_patch(Rectangle((x, y - 0.42), 0.9, 0.84, facecolor=colour(name), alpha=alpha))
            ax.text(x + 0.45, y, str(place), ha="center", va="center", fontsize=9, color=ink)
    for y, text in enumerate(texts):
        weight = "bold" if y == bold else "normal"
        ax.text(len(places) + 0.15, y, fill(text, 40), va="center", fontsize=9, linespacing=1.0, weight=weight)
    ax.set(xlim=(0, 10), ylim=(len(texts) - 0.5, -1.1))
    ax.axis("off")
    return figure


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
            draw_label(ax, f"{mean:.2f}", (high, y), (4, 0), fontsize=8)
        ax.set_yticks(range(len(rows)), list(rows))
        ax.axvline(chance, color=INK, linewidth=1, linestyle=":")
        ax.set(xlabel=xlabel, ylim=(len(rows) - 0.5, -0.5))
        ax.margins(x=0.15)
    return figure


def plot_differences(rows: dict[str, dict[str, tuple]], xlabel: str, taken: dict[str, str]) -> Figure:
    """Draw the lead of each model over a rival, with its 95 % interval, a line for each task.

    rows: task, in the left margin -> model -> (difference, (low, high))
    taken: task -> the model to take, which is named at the line's end and drawn large; anything else takes the rival
    """
    figure, (ax,) = panels([""], width=WIDEST, height=0.55 * len(rows) + 1.3)
    for y, (task, leads) in enumerate(rows.items()):
        if y % 2:
            ax.axhspan(y - 0.5, y + 0.5, color="#88888814", linewidth=0)
        for i, (name, (mean, ends)) in enumerate(leads.items()):
            marker, hue = CHECKPOINTS[name]
            at = y + 0.2 * (i - (len(leads) - 1) / 2)
            is_taken = name == taken[task]
            ax.plot(ends, [at, at], color=hue, linewidth=2.6 if is_taken else 1.2, alpha=1 if is_taken else 0.6)
            ax.plot(mean, at, marker, color=hue, markersize=9 if is_taken else 5)
        hue = CHECKPOINTS[taken[task]][1] if taken[task] in CHECKPOINTS else INK
        ax.text(1.02, y, taken[task], transform=ax.get_yaxis_transform(), va="center", weight="bold", color=hue)
    for name in dict.fromkeys(name for leads in rows.values() for name in leads):
        marker, hue = CHECKPOINTS[name]
        ax.plot([], [], marker, color=hue, label=name)
    ax.axvline(0, color=INK, linewidth=1)
    above = {"ha": "center", "va": "bottom", "fontsize": 9, "color": INK}
    ax.text(0, -0.55, "the rival", **above)
    ax.text(1.02, 1.01, "take", transform=ax.transAxes, **above | {"ha": "left"})
    ax.set_yticks(range(len(rows)), list(rows))
    ax.set(ylim=(len(rows) - 0.5, -0.5), xlabel=xlabel)
    figure.legend(loc="outside upper center", ncols=3, frameon=False, fontsize=9, columnspacing=1.2)
    return figure


def plot_ranks(left: Sequence[float], right: Sequence[float], names: str, titles: tuple[str, str], bold=()) -> Figure:
    """Join the place of each candidate by one score with its place by another, the best at the top.

    left, right: (C,) in nats; names: a letter for each; bold: the candidates to draw strong
    """
    figure, (ax,) = panels([""], width=4.6, height=3.6)
    places = [sorted(range(len(names)), key=lambda i: -scores[i]) for scores in (left, right)]
    for i, name in enumerate(names):
        ends = [places[0].index(i), places[1].index(i)]
        strong = i in bold
        ax.plot([0, 1], ends, "-^", color=colour("GPT") if strong else "#AAAAAA", linewidth=2.5 if strong else 1)
        weight = "bold" if strong else "normal"
        draw_label(ax, f"{left[i]:.1f}  {name}", (0, ends[0]), (-8, 0), ha="right", weight=weight)
        draw_label(ax, f"{name}  {right[i]:.1f}", (1, ends[1]), (8, 0), ha="left", weight=weight)
    ax.set(xlim=(-0.45, 1.45), ylim=(len(names) - 0.5, -0.6), yticks=[])
    ax.set_xticks([0, 1], titles)
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    ax.spines[["left", "bottom"]].set_visible(False)
    return figure
