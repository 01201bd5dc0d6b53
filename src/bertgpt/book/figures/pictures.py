"""Figures that one or two chapters need, in the style of plots.py: numbers in, matplotlib figure out."""

from collections.abc import Sequence

from torch import Tensor

from ...evaluation.metrics import bootstrap_interval
from .drawing import Figure, draw_levels, fold_legend
from .plots import BOTH, COLOURS, INK, LINES, MARKERS, OTHERS, colour, panels, plot_bars, plot_curves


def plot_top_tokens(logits: dict[str, Tensor], tokenizer, n: int = 8) -> Figure:
    """Draw the likeliest tokens of each model as bars, longest on top.

    logits: model -> (V,)
    """
    figure, axes = panels(logits, height=2.8, sharex=True)
    for ax, (name, row) in zip(axes, logits.items()):
        p, best = row.softmax(dim=-1).topk(n)
        ax.barh(range(n), p, color=COLOURS[name], edgecolor="white", hatch="//" if name == "GPT" else None)
        ax.set_yticks(range(n), map(repr, tokenizer.tokens(best)))
        ax.set_xlabel("probability")
        ax.invert_yaxis()
    return figure


def plot_parity(errors: dict[str, dict[str, Sequence[float]]], faults: Sequence[str], line: float = 1e-4) -> Figure:
    """Draw the differences after each layer, a panel a fault; pale beside it, those with nothing broken.

    errors: model -> fault -> (1 + L,) differences; exact zeros are drawn at 1e-9
    """
    titles = [fault if fault != "nothing" else "nothing broken" for fault in faults]
    figure, axes = panels(titles, width=3.4, height=3.0, sharey=True)
    for fault, ax in zip(faults, axes):
        for name, rows in errors.items():
            for what, alpha in {"nothing": 0.35, fault: 1}.items():
                ax.semilogy([max(error, 1e-9) for error in rows[what]], LINES[name], color=COLOURS[name],
                            marker=MARKERS[name], alpha=alpha, label=name if what == fault else None)
        ax.axhline(line, linestyle=":", color=INK)
        ax.set_xlabel("layer (0: embeddings)")
    axes[0].set_ylabel("largest difference")
    figure.legend(*axes[-1].get_legend_handles_labels(), loc="outside upper center", ncols=2, frameon=False)
    return figure


def plot_beam_tree(start: str, tree: dict[str, tuple[float, dict[str, float]]], n_beams: int) -> Figure:
    """Draw two steps of words: thick what a beam keeps after each, dashed the path that greedy takes.

    tree: first word -> (its probability, second word -> its probability after the first)
    """
    figure, (ax,) = panels([""], width=6.4, height=2.8)
    whole = {(a, b): p * q for a, (p, seconds) in tree.items() for b, q in seconds.items()}
    kept = sorted(whole, key=whole.__getitem__, reverse=True)[:n_beams]
    best = max(tree, key=lambda word: tree[word][0])
    greedy = best, max(tree[best][1], key=tree[best][1].__getitem__)
    rows = {pair: -row for row, pair in enumerate(whole)}
    heights = {a: sum(rows[a, b] for b in tree[a][1]) / len(tree[a][1]) for a in tree}
    middle = sum(heights.values()) / len(heights)

    def edge(x, low, high, text, bold, dashed):
        ax.plot([x + 0.16, x + 0.84], [low, high], "-", color=INK, linewidth=2.4 if bold else 0.7)
        if dashed:
            ax.plot([x + 0.16, x + 0.84], [low - 0.13, high - 0.13], "--", color=COLOURS["GPT"], linewidth=1.6)
        ax.text(x + 0.5, (low + high) / 2 + 0.12, text, ha="center", fontsize=9)

    ax.text(0.12, middle, start, ha="right", va="center")
    for rank, a in enumerate(sorted(tree, key=lambda word: -tree[word][0])):
        edge(0, middle, heights[a], f"{tree[a][0]:g}", rank < n_beams, a == greedy[0])
        ax.text(1, heights[a], a, ha="center", va="center")
    for (a, b), p in whole.items():
        edge(1, heights[a], rows[a, b], f"{tree[a][1][b]:g}", (a, b) in kept, (a, b) == greedy)
        ax.text(1.88, rows[a, b], f"{b}   {p:.2f}", va="center", fontweight="bold" if (a, b) in kept else "normal")
    ax.set(xlim=(-0.2, 2.5), ylim=(min(rows.values()) - 0.6, 0.6))
    ax.axis("off")
    return figure


def plot_means(values: dict[str, dict[str, Sequence[float]]], ylabel: str) -> Figure:
    """Draw means as bars with 95 % intervals over their items, bootstrapped.

    values: name -> group -> one number an item
    """
    means = {name: {group: sum(row) / len(row) for group, row in rows.items()} for name, rows in values.items()}
    ends = {name: {group: bootstrap_interval(row) for group, row in rows.items()} for name, rows in values.items()}
    figure = plot_bars(means, ylabel=ylabel, intervals=ends)
    figure.set_figwidth(7)
    figure.axes[0].legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3, frameon=False)
    return figure


def plot_shares_above(values: dict[str, Tensor], xlabel: str, highest: int = 12) -> Figure:
    """Draw what share of the numbers of each kind lies above 0, 1, 2, ...: a falling curve a kind."""
    heights = range(highest + 1)
    curves = {name: (heights, [(rows > x).float().mean().item() for x in heights]) for name, rows in values.items()}
    return plot_curves(curves, xlabel=xlabel, ylabel="share of tokens above")


def plot_lengths(lengths: Sequence[int], curves: dict[str, Sequence[float]], marks: dict[int, str],
                 gpt: float) -> Figure:
    """Draw two measures of BERT over the length of the text before a blank; GPT's surprise is a level line.

    curves: what is measured -> a number for each length, the surprise last; marks: length -> what stands there
    """
    figure, axes = panels(curves, width=3.6, height=3.0)
    for row, ax in zip(curves.values(), axes):
        ax.plot(lengths, row, LINES["BERT"], color=COLOURS["BERT"], marker=MARKERS["BERT"], markersize=4)
        for length, text in marks.items():
            ax.axvline(length, linestyle=":", color="#888888", linewidth=1)
            ax.text(length, ax.get_ylim()[1], text, rotation=90, va="top", ha="right", fontsize=8)
        ax.set_xlabel("tokens on the left")
    axes[0].set_ylabel("BERT, a blank at the end")
    axes[-1].axhline(gpt, linestyle=LINES["GPT"], color=COLOURS["GPT"])
    axes[-1].text(lengths[-1], gpt, "GPT", color=COLOURS["GPT"], ha="right", va="bottom")
    return figure


def plot_right_sides(losses: dict[str, float], gpt: float) -> Figure:
    """Draw BERT's surprise with different right sides as bars, and GPT's as a level line."""
    figure = plot_bars({"BERT": losses}, ylabel="surprise (nats)")
    (ax,) = figure.axes
    ax.axhline(gpt, linestyle=LINES["GPT"], color=COLOURS["GPT"], label="GPT, left side only")
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2, frameon=False)
    return figure


def plot_contest(found: dict[str, dict[str, dict]]) -> Figure:
    """Draw how each way of writing was judged: filled marks for the first rule of choosing, hollow for the second.

    found: rule -> way -> "judge" (one score a text, with a 95 % interval), "signs" and "repeated" (shares)
    """
    figure, axes = panels(["log-probability", "signs", "repeated"], width=3.1, height=3.9, sharey=True)
    first, *_ = found.values()
    for y, way in enumerate(first):
        hue = colour(way if way in ("GPT", "Austen", "unigram") else "BERT", 4)
        shape = {"GPT": "^", "Austen": "o", "unigram": "x"}.get(way, "s")
        for rows in found.values():
            if row := rows.get(way):
                axes[0].plot(bootstrap_interval(row["judge"]), [y, y], color=hue)
                for ax, value in zip(axes, (row["judge"].mean(), row["signs"], row["repeated"])):
                    ax.plot(value, y, shape, color=hue, markerfacecolor=hue if rows is first else "white")
    for rule, fill in zip(found, (INK, "white")):
        axes[2].plot([], [], "o", color=INK, markerfacecolor=fill, label=rule)
    figure.legend(loc="outside upper center", ncols=len(found), frameon=False)
    axes[0].set_yticks(range(len(first)), first)
    axes[0].invert_yaxis()
    for ax, label in zip(axes, ("nats a token, by the trigram", "share", "share")):
        ax.set_xlabel(label)
    return figure


def plot_hatched(values: dict[str, dict[str, float]], ylabel: str) -> Figure:
    """Draw groups of bars that are told apart by their hatching, too: kind -> group -> height."""
    figure = plot_bars(values, ylabel=ylabel)
    (ax,) = figure.axes
    for bars, hatch in zip(ax.containers, ("", "//", "..", "xx")):
        for bar in bars:
            bar.set_hatch(hatch)
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2, frameon=False)
    return figure


SHAPES = {"MiniLM": ("D", OTHERS[2]), "TinyBERT": ("s", COLOURS["BERT"]), "TinyGPT": ("^", COLOURS["GPT"]),
          "TinyBoth": ("o", BOTH)}


def plot_label_curves(curves: dict[str, dict[str, Sequence[float]]], chance: float = 0.5) -> Figure:
    """Draw accuracy over the number of labels: the mean of the draws, and the 95 % interval of that mean as a band.

    curves: method -> number of labels -> accuracy, one a draw
    """
    figure, (ax,) = panels([""], width=6.4, height=3.6)
    for name, draws in curves.items():
        shape, hue = SHAPES.get(name, ("x", INK))
        sizes = [int(size) for size in draws]
        ax.plot(sizes, [sum(row) / len(row) for row in draws.values()], marker=shape, color=hue, label=name,
                linestyle="-" if name in SHAPES else ":")
        ax.fill_between(sizes, *zip(*map(bootstrap_interval, draws.values())), color=hue, alpha=0.2, linewidth=0)
    ax.set(xscale="log", xticks=sizes, xlabel="labels", ylabel="share of snippets judged rightly")
    ax.set_xticks(sizes, map(str, sizes), minor=False)
    ax.minorticks_off()
    draw_levels(ax, {"chance": (chance, INK)})
    ax.legend(frameon=False)
    return figure


def plot_differences(rows: dict[str, dict[str, tuple]], xlabel: str, verdicts: Sequence[str] = ()) -> Figure:
    """Draw how far methods are ahead of their rival, each with its 95 % interval; zero is the only line.

    rows: label -> model -> (difference, (low, high)); verdicts: a word behind each row
    """
    figure, (ax,) = panels([""], width=7.4, height=0.42 * len(rows) + 1.3)
    figure.names_above = True
    for y, found in enumerate(rows.values()):
        for i, (name, (mean, ends)) in enumerate(found.items()):
            shape, hue = SHAPES.get(name, ("x", INK))
            place = y + 0.18 * (i - (len(found) - 1) / 2)
            ax.plot(ends, [place, place], color=hue)
            ax.plot(mean, place, shape, color=hue, markersize=6)
    for y, verdict in enumerate(verdicts):
        ax.annotate(verdict, (1.02, y), xycoords=("axes fraction", "data"), va="center", annotation_clip=False)
    for name in dict.fromkeys(name for found in rows.values() for name in found):
        shape, hue = SHAPES.get(name, ("x", INK))
        ax.plot([], [], shape, color=hue, label=name)
    ax.axvline(0, color=INK, linewidth=1)
    ax.set(yticks=range(len(rows)), yticklabels=list(rows), xlabel=xlabel)
    ax.invert_yaxis()
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=4, frameon=False)
    fold_legend(ax)
    return figure
