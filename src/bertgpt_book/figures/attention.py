"""Figures of attention: as matrices and arrows, and as vectors in a plane."""

from matplotlib.patches import Rectangle

from .plots import COLOURS, INK, OTHERS, OUTLINE, draw_arrow, draw_label, panels
from .svg import Figure

# Matrix -> its label, its middle and top in the diagram, and how many numbers a row has.
MATRICES = {
    "x": ("(T, D)", 4.9, 0.0, 2),
    "q": ("(T, K)", 2.2, 2.7, 2),
    "k": ("(S, K)", 4.9, 2.7, 2),
    "v": ("(S, K)", 8.6, 2.7, 2),
    "scores": ("q · k / √K\n(T, S)", 3.5, 5.4, 3),
    "weights": ("(T, S)", 3.5, 8.9, 3),
    "output": ("(T, K)", 8.6, 8.9, 2),
}
READS = {"q": ["x"], "k": ["x"], "v": ["x"], "scores": ["q", "k"], "weights": ["scores"], "output": ["weights", "v"]}
SOFTMAX = {"BERT": "the whole row", "GPT": "up to the word itself"}
CELL = 0.5


def plot_flow(words: list[str]) -> Figure:
    """Draw one attention over some words: x to q, k and v, to scores and weights, to the output.

    Vaswani et al. 2017, figure 2 (left).
    """
    figure, (ax,) = panels([""], width=4.6, height=5.2)
    height = CELL * len(words)
    for name, (label, x, y, n_columns) in MATRICES.items():
        left = x - n_columns * CELL / 2
        for t in range(len(words)):
            for s in range(n_columns):
                ax.add_patch(Rectangle((left + s * CELL, y + t * CELL), CELL, CELL, facecolor="#77777733", **OUTLINE))
            if name in ("x", "scores", "weights"):
                ax.text(left - 0.15, y + (t + 0.5) * CELL, words[t], ha="right", va="center", fontsize=8)
        ax.text(left + n_columns * CELL + 0.15, y + height / 2, f"{name}\n{label}", va="center", fontsize=9)
    for start, end in [(start, end) for end, read in READS.items() for start in read]:
        (_, x0, y0, _), (_, x1, y1, _) = MATRICES[start], MATRICES[end]
        if y0 == y1:  # side by side, with room for the label of `start`
            draw_arrow(ax, (x0 + 2.5, y0 + height / 2), (x1 - 0.6, y1 + height / 2))
        else:
            draw_arrow(ax, (x0, y0 + height + 0.08), (x1, y1 - 0.08))
        if start == "x":
            ground = dict(boxstyle="round,pad=0.1", facecolor="white", edgecolor="none")
            ax.text((x0 + x1) / 2 + 0.2, (y0 + height + y1) / 2, f"$W_{end}$", va="center", fontsize=10, bbox=ground)
    ax.text(3.7, 7.2, "softmax of each row", va="center", fontsize=9)
    for index, (name, part) in enumerate(SOFTMAX.items()):
        ax.text(3.7, 7.75 + 0.5 * index, f"{name}: {part}", va="center", fontsize=8, color=COLOURS[name])
    ax.set(xlim=(0.8, 10.4), ylim=(8.9 + height + 0.1, -0.1), aspect="equal")
    ax.axis("off")
    return figure


def plot_vectors(vectors: dict, moved: dict) -> Figure:
    """Draw named arrows from the origin of a plane, and where attention moves some of them.

    vectors, moved: name -> (2,) numbers
    """
    figure, (ax,) = panels([""], width=3.6, height=3.4)
    ends = [[0.0, *(float(vector[axis]) for vector in vectors.values())] for axis in (0, 1)]
    for name, x, y in zip(vectors, ends[0][1:], ends[1][1:]):
        draw_arrow(ax, (0, 0), (x, y), color=OTHERS[0], linewidth=1.6, shrinkA=0, shrinkB=0)
        draw_label(ax, name, (x, y), (5, 4), va="baseline", color=OTHERS[0])
    for name, end in moved.items():
        (from_x, from_y), (x, y) = (map(float, place) for place in (vectors[name], end))
        draw_arrow(ax, (0, 0), (x, y), linewidth=2.2, shrinkA=0, shrinkB=0)
        draw_arrow(ax, (from_x, from_y), (x, y), linestyle=":", connectionstyle="arc3,rad=-0.15")
        draw_label(ax, "after", (x, y), (-12, -12), ha="right", va="baseline", fontweight="bold", color=INK)
    margin = 0.25 * max(max(numbers) - min(numbers) for numbers in ends)
    x_limits, y_limits = [(min(numbers) - margin, max(numbers) + margin) for numbers in ends]
    ax.set(xlim=x_limits, ylim=y_limits, aspect="equal", xlabel="first number", ylabel="second number")
    ax.locator_params(nbins=3, steps=[1, 2, 5, 10])
    ax.axhline(0, color="#88888866", linewidth=0.8)
    ax.axvline(0, color="#88888866", linewidth=0.8)
    return figure
