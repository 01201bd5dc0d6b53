"""Figures of attention: its matrices with their numbers, and trained heads."""

from collections.abc import Mapping, Sequence

from matplotlib.patches import Rectangle
from torch import Tensor

from .plots import INK, OTHERS, SLANTED, WIDEST, colour, draw_arrow, panels, two_sided
from .svg import Figure

# Matrix -> its label, the middle of its table and where its rows begin.
MATRICES = {
    "x": ("(T, D)", 4.7, 0.0),
    "q": ("(T, K)", 1.9, 3.2),
    "k": ("(S, K)", 4.7, 3.2),
    "v": ("(S, K)", 7.9, 3.2),
    "scores": ("q · k / √K\n(T, S)", 3.3, 6.4),
    "weights": ("(T, S)", 3.3, 9.6),
    "output": ("(T, K)", 7.9, 9.6),
}
READS = {"q": ["x"], "k": ["x"], "v": ["x"], "scores": ["q", "k"], "weights": ["scores"], "output": ["weights", "v"]}
NAMED = ("x", "scores", "weights")  # their rows have the words beside them
WIDE, HIGH = 0.9, 0.52  # of a cell


def plot_flow(words: Sequence[str], tables: Mapping[str, Tensor], row: int) -> Figure:
    """Draw one attention over some words, from x to the output, with its numbers; one row is outlined.

    tables: name of each matrix -> its numbers, a row per word
    Vaswani et al. 2017, figure 2 (left).
    """
    figure, (ax,) = panels([""], width=4.6, height=5.9)
    height, columns = HIGH * len(words), {name: numbers.shape[1] for name, numbers in tables.items()}
    for name, (label, x, y) in MATRICES.items():
        numbers, tint = tables[name].tolist(), two_sided(OTHERS[0])
        left, top = x - columns[name] * WIDE / 2, max(1.0, tables[name].abs().max().item())
        for t, values in enumerate(numbers):
            for s, value in enumerate(values):
                shade = tint(0.5 + 0.3 * value / top)
                ax.add_patch(
                    Rectangle((left + s * WIDE, y + t * HIGH), WIDE, HIGH, facecolor=shade, edgecolor="#999999")
                )
                written = f"{value:.0f}" if value == round(value) and name in "xqkv" else f"{value:.2f}"
                middle = (left + (s + 0.5) * WIDE, y + (t + 0.5) * HIGH)
                ax.text(*middle, written.replace("-", "−"), ha="center", va="center", fontsize=8)
            if name in NAMED:
                weight = "bold" if t == row else "normal"
                place = (left - 0.15, y + (t + 0.5) * HIGH)
                ax.text(*place, words[t], ha="right", va="center", fontsize=8, fontweight=weight)
        if name not in ("k", "v"):  # of these two it uses every row
            outline: dict = dict(facecolor="none", edgecolor=INK, linewidth=1.8, zorder=3)
            ax.add_patch(Rectangle((left, y + row * HIGH), columns[name] * WIDE, HIGH, **outline))
        right = x + columns[name] * WIDE / 2
        ax.text(right + 0.12, y + height / 2, f"{name}\n{label}", va="center", fontsize=8)
    for start, end in [(start, end) for end, read in READS.items() for start in read]:
        (_, x0, y0), (_, x1, y1) = MATRICES[start], MATRICES[end]
        if y0 == y1:  # side by side, with room for the label of `start`
            draw_arrow(ax, (x0 + 2.55, y0 + height / 2), (x1 - 1.0, y1 + height / 2))
        else:
            draw_arrow(ax, (x0, y0 + height + 0.08), (x1, y1 - 0.08))
        if start == "x":
            ground = dict(boxstyle="round,pad=0.1", facecolor="white", edgecolor="none")
            ax.text(
                (x0 + x1) / 2, (y0 + height + y1) / 2, f"$W_{end}$", ha="center", va="center", fontsize=9, bbox=ground
            )
    ax.text(3.5, 8.78, "softmax of each row", va="center", fontsize=8)
    ax.set(xlim=(0.4, 10.1), ylim=(9.6 + height + 0.1, -0.1))
    ax.axis("off")
    return figure


def plot_heads(heads: Mapping[str, tuple[Sequence[str], Tensor]]) -> Figure:
    """Draw trained heads side by side, each over its own tokens, in its model's colour.

    heads: label, which begins with a model's name -> tokens and weights (T, T); numbers stand where one is 0.5 or more
    """
    figure, axes = panels(heads, width=WIDEST / len(heads), height=3.1)
    before: Sequence[str] = ()
    for (name, (tokens, weights)), ax in zip(heads.items(), axes):
        places = range(len(tokens))
        tint, values = two_sided(colour(name)), weights.tolist()
        ax.pcolormesh(places, places, values, cmap=tint, vmin=-1, vmax=1, edgecolors="#88888844", linewidth=0.5)
        for t in places:
            for s in places:
                if values[t][s] >= 0.5:
                    ink = "white" if values[t][s] > 0.8 else INK
                    number = f"{values[t][s]:.1f}".removeprefix("0").removesuffix(".0")
                    ax.text(s, t, number, ha="center", va="center", fontsize=7, color=ink)
        ax.set(aspect="equal", ylim=(len(tokens) - 0.5, -0.5), frame_on=False)
        ax.set_xticks(places, tokens, fontsize=8, **SLANTED)
        ax.set_yticks(places, tokens, fontsize=8)
        ax.tick_params(length=0, labelleft=tokens != before)
        before = tokens
    return figure
