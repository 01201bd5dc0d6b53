"""Figures of Decoding and Why not both?: darts on a line, a cache, a beam's tree, sampled texts, pages by pass."""

from collections.abc import Mapping, Sequence

from matplotlib.patches import Rectangle
from torch import Tensor

from .plots import COLOURS, INK, colour, panels
from .svg import Figure


def plot_dart_lines(lines: dict[str, Tensor], words: Sequence[str], darts: Sequence[float]) -> Figure:
    """Draw probabilities end to end along lines from 0 to 1, and the same darts across all of them.

    lines: name -> (V,), each a stretch for every word; darts: numbers from 0 to 1
    """
    figure, (ax,) = panels([""], width=6.4, height=0.62 * len(lines) + 0.9)
    for row, p in enumerate(lines.values()):
        left = 0.0
        for i, (word, width) in enumerate(zip(words, p.tolist())):
            fill = f"{COLOURS['GPT']}{('22', '55')[i % 2]}"  # transparent: the page's ground shows through
            ax.barh(row, width, 0.6, left, color=fill)
            if width > 0.115:  # room for a word
                ax.text(left + width / 2, row, word, ha="center", va="center", fontsize=8)
            left += width
    for dart in darts:
        for row in range(len(lines)):  # above each line, so that no word is crossed
            ax.plot(dart, row - 0.38, "v", color=INK, markersize=6)
    ax.set_yticks(range(len(lines)), list(lines))
    ax.set(xlim=(-0.01, 1.01), ylim=(len(lines) - 0.5, -0.6), xlabel="the line from 0 to 1")
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)
    return figure


def plot_cache(tokens: Sequence[str], n_prompt: int) -> Figure:
    """Draw which tokens each pass computes, filled, and which it takes from a cache, outlined.

    tokens: T labels, a prompt of n_prompt and its continuation; the last is chosen and never read
    """
    ends = range(n_prompt, len(tokens))  # a pass reads tokens[:end]
    figure, axes = panels(["GPT, nothing kept", "GPT with a cache"], width=3.8, height=0.3 * len(ends) + 1.7)
    for cached, ax in enumerate(axes):
        n_read = 0
        for row, end in enumerate(ends):
            first = end - 1 if cached and row else 0  # the first token that is computed anew
            n_read += end - first
            for t in range(end):
                fill = COLOURS["GPT"] if t >= first else "none"
                ax.add_patch(Rectangle((t - 0.42, row - 0.42), 0.84, 0.84, edgecolor=COLOURS["GPT"], facecolor=fill))
        ax.set(xlim=(-0.6, ends[-1] - 0.4), ylim=(len(ends) - 0.4, -0.6), xlabel=f"{n_read} tokens computed")
        ax.set_xticks(range(ends[-1]), tokens[:-1], rotation=60, ha="right", rotation_mode="anchor", fontsize=8)
        ax.set_yticks(range(len(ends)), range(1, len(ends) + 1))
        ax.tick_params(length=0)
    axes[0].set_ylabel("pass")
    return figure


def plot_beam_tree(start: str, tree: dict[str, tuple[float, dict[str, float]]], n_beams: int) -> Figure:
    """Draw two steps of words: thick what a beam keeps after each, dashed the greedy path.

    tree: first word -> (its probability, second word -> its probability after the first)
    """
    figure, (ax,) = panels([""], width=6.4, height=2.8)
    joint = {(a, b): p * q for a, (p, seconds) in tree.items() for b, q in seconds.items()}
    kept = sorted(joint, key=joint.__getitem__, reverse=True)[:n_beams]
    first = sorted(tree, key=lambda word: -tree[word][0])
    greedy = first[0], max(tree[first[0]][1], key=tree[first[0]][1].__getitem__)
    rows = {pair: -row for row, pair in enumerate(joint)}
    heights = {a: sum(rows[a, b] for b in tree[a][1]) / len(tree[a][1]) for a in tree}
    middle = sum(heights.values()) / len(heights)

    def edge(x, low, high, text, bold, dashed):
        ax.plot([x + 0.16, x + 0.84], [low, high], "-", color=INK, linewidth=2.4 if bold else 0.7)
        if dashed:
            ax.plot([x + 0.16, x + 0.84], [low - 0.13, high - 0.13], "--", color=COLOURS["GPT"], linewidth=1.6)
        ax.text(x + 0.5, (low + high) / 2 + 0.12, text, ha="center", fontsize=9)

    ax.text(0.12, middle, start, ha="right", va="center")
    for rank, a in enumerate(first):
        edge(0, middle, heights[a], f"{tree[a][0]:g}", rank < n_beams, a == greedy[0])
        ax.text(1, heights[a], a, ha="center", va="center")
    for (a, b), p in joint.items():
        bold = (a, b) in kept
        edge(1, heights[a], rows[a, b], f"{tree[a][1][b]:g}", bold, (a, b) == greedy)
        ax.text(1.88, rows[a, b], f"{b}   {p:.2f}", va="center", fontweight="bold" if bold else "normal")
    ax.set(xlim=(-0.2, 2.5), ylim=(min(rows.values()) - 0.6, 0.6))
    ax.axis("off")
    return figure


def plot_passes(pages: Mapping[str, tuple[Sequence[str], Sequence[int]]]) -> Figure:
    """Draw pages token by token, four in a row, shaded by the pass that wrote each: the darker, the earlier.

    pages: name -> tokens, and for each token the number of its pass, from 1
    """
    figure, axes = panels(pages, height=4.2)
    for ax, (tokens, passes) in zip(axes, pages.values()):
        for i, (token, when) in enumerate(zip(tokens, passes)):
            row, column = divmod(i, 4)
            cell = ax.add_patch(Rectangle((column + 0.02, -row), 0.96, 0.9, linewidth=0.6, edgecolor="#888888"))
            cell.set_facecolor(f"{colour('Both')}{round(200 * (1 - (when - 1) / max(passes))):02x}")
            ax.text(column + 0.07, 0.62 - row, token.strip() or "¶", va="center", fontsize=9)
            ax.text(column + 0.93, 0.22 - row, str(when), ha="right", va="center", fontsize=8)
        ax.set(xlim=(0, 4), ylim=(-((len(tokens) - 1) // 4) - 0.05, 0.95))
        ax.axis("off")
    return figure
