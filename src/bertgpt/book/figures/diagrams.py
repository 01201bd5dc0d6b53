"""Diagrams of how the parts of a model connect: matrices, boxes and arrows, no numbers."""

from matplotlib.patches import FancyBboxPatch, Rectangle

from .drawing import Figure
from .plots import COLOURS, INK, LINES, panels

# name -> what stands beside it, column and row of its place in the diagram, how many numbers a row is drawn with
FLOW = {
    "x": ("(T, D)", 4.9, 0.0, 2),
    "q": ("(T, K)", 2.2, 2.7, 2), "k": ("(S, K)", 4.9, 2.7, 2), "v": ("(S, K)", 8.6, 2.7, 2),
    "scores": ("q · k / √K\n(T, S)", 3.5, 5.4, 3),
    "weights": ("(T, S)", 3.5, 8.9, 3), "output": ("(T, K)", 8.6, 8.9, 2),
}
ARROWS = {
    ("x", "q"): "$W_q$", ("x", "k"): "$W_k$", ("x", "v"): "$W_v$", ("q", "scores"): "", ("k", "scores"): "",
    ("scores", "weights"): "", ("weights", "output"): "", ("v", "output"): "",
}
SOFTMAX = {"BERT": "the whole row", "GPT": "as far as the word itself"}
CELL = 0.5


def plot_flow(words: list[str]) -> Figure:
    """Draw one attention as matrices and arrows: x to q, k and v, to scores and weights, to the output.

    words: T = S labels of the rows
    Vaswani et al. 2017, figure 2 (left).
    """
    figure, (ax,) = panels([""], width=4.6, height=5.2)
    height = CELL * len(words)
    for name, (beside, x, y, n_columns) in FLOW.items():
        left = x - n_columns * CELL / 2
        for t in range(len(words)):
            for s in range(n_columns):
                ax.add_patch(Rectangle((left + s * CELL, y + t * CELL), CELL, CELL, facecolor="#77777733",
                                       edgecolor="#666666", linewidth=0.8))
            if name in ("x", "scores", "weights"):
                ax.text(left - 0.15, y + (t + 0.5) * CELL, words[t], ha="right", va="center", fontsize=8)
        ax.text(left + n_columns * CELL + 0.15, y + height / 2, f"{name}\n{beside}", va="center", fontsize=9)
    for (start, end), label in ARROWS.items():
        (_, x0, y0, _), (_, x1, y1, _) = FLOW[start], FLOW[end]
        ends = [(x1, y1 - 0.08), (x0, y0 + height + 0.08)]
        if y0 == y1:                                            # side by side, with room for what stands beside `start`
            ends = [(x1 - 0.6, y1 + height / 2), (x0 + 2.5, y0 + height / 2)]
        ax.annotate("", *ends, arrowprops=dict(arrowstyle="->", color=INK))
        ax.text((x0 + x1) / 2 + 0.2, (y0 + height + y1) / 2, label, va="center", fontsize=10,
                bbox=dict(boxstyle="round,pad=0.1", facecolor="white", edgecolor="none") if label else None)
    ax.text(3.7, 7.2, "softmax of each row", va="center", fontsize=9)
    for index, (name, part) in enumerate(SOFTMAX.items()):
        ax.text(3.7, 7.75 + 0.5 * index, f"{name}: {part}", va="center", fontsize=8, color=COLOURS[name])
    ax.set(xlim=(0.8, 10.4), ylim=(8.9 + height + 0.1, -0.1), aspect="equal")
    ax.axis("off")
    return figure


STACKS = {     # from the bottom up: the parts of one block, whether it is repeated, and what stands on top
    "BERT": (["bidirectional\nself-attention", "feed-forward"], ["masked-LM head", "next-sentence head"]),
    "2017 encoder": (["bidirectional\nself-attention", "feed-forward"], []),
    "2017 decoder": (["causal\nself-attention", "cross-attention", "feed-forward"], ["next-token head"]),
    "GPT": (["causal\nself-attention", "feed-forward"], ["next-token head"]),
}


def plot_stacks() -> Figure:
    """Draw BERT and GPT on either side of the encoder and decoder they come from.

    Vaswani et al. 2017, figure 1; Devlin et al. 2019, section 3; Radford et al. 2018, figure 1.
    """
    figure, axes = panels(STACKS, width=2.3, height=4.4, sharey=True)
    figure.phone = [(1, 0), (0, 0), (0, 1), (1, 1)]
    middle = {}
    for (name, (parts, heads)), ax in zip(STACKS.items(), axes):
        shade = COLOURS["BERT"] if "self" in parts[0] and parts[0].startswith("bi") else COLOURS["GPT"]
        ax.set_title(name, color=shade)
        y = 0.0
        box(ax, y, "tokens + positions" + ("\n+ segments" if name == "BERT" else ""), "#77777722")
        bottom = y = 1.2
        for part in parts:
            box(ax, y, part, shade + "33" if "self" in part else "#E69F0055" if "cross" in part else "#77777733")
            middle[name, part] = y + 0.45
            y += 1.1
        ax.add_patch(Rectangle((-0.12, bottom - 0.1), 2.24, y - bottom, fill=False, edgecolor=shade, linewidth=1.4,
                               linestyle="-" if shade == COLOURS["BERT"] else "--"))
        ax.text(2.2, (bottom + y) / 2 - 0.1, "× L", va="center", color=shade)
        for index, head in enumerate(heads):
            box(ax, 5.0 + 0.95 * index, head, "white")
        if heads:
            ax.annotate("", (1, 5.0), (1, y), arrowprops=dict(arrowstyle="->", color=INK))
        ax.set(xlim=(-0.2, 2.6), ylim=(-0.2, 7.0))
        ax.axis("off")
    axes[2].annotate("", (-0.02, middle["2017 decoder", "cross-attention"]), (2.14, 2.4), xycoords=axes[2].transData,
                     textcoords=axes[1].transData, arrowprops=dict(arrowstyle="->", color=INK))
    return figure


ORDERS = {"BERT": ["{}", "+", "LayerNorm"], "GPT": ["LayerNorm", "{}", "+"]}    # a branch, from the bottom up


def plot_blocks() -> Figure:
    """Draw the inside of one block of each model: the same parts, the norms in another place.

    Vaswani et al. 2017, figure 1 (BERT's order); Radford et al. 2019, section 2.3 (GPT-2's).
    """
    figure, axes = panels(ORDERS, width=2.8, height=4.6, sharey=True)
    for (name, order), ax in zip(ORDERS.items(), axes):
        y = 0.2
        for branch in ("self-attention", "feed-forward"):
            fork = y + 0.2
            for part in order:
                ax.annotate("", (1, y + 0.5), (1, y), arrowprops=dict(arrowstyle="->", color=INK))
                y += 0.5
                if part == "+":
                    ax.plot([1, 2.4, 2.4, 1.2], [fork, fork, y + 0.2, y + 0.2], LINES[name], color=COLOURS[name])
                    ax.plot(1.2, y + 0.2, "<", color=COLOURS[name])
                    ax.text(1, y + 0.2, "+", ha="center", va="center", fontsize=12,
                            bbox=dict(boxstyle="circle,pad=0.15", facecolor="white", edgecolor=COLOURS[name]))
                else:
                    box(ax, y, part.format(branch), COLOURS[name] + "33" if part == "{}" else "white")
                y += 0.4 if part == "+" else 0.8
        ax.annotate("hidden (B, T, D)", (1, y), (1, y + 0.6), ha="center", arrowprops=dict(arrowstyle="<-", color=INK))
        ax.text(1, 0, "hidden (B, T, D)", ha="center", va="center")
        ax.set(xlim=(-0.3, 2.7), ylim=(-0.3, y + 1.0), xticks=[], yticks=[], frame_on=False)
    return figure


def box(ax, y: float, text: str, fill: str) -> None:
    """Draw one labelled part of a stack, 2 wide and 0.8 high."""
    ax.add_patch(FancyBboxPatch((0, y), 2, 0.8, boxstyle="round,pad=0.02,rounding_size=0.1", facecolor=fill,
                                edgecolor="#666666", linewidth=0.8))
    ax.text(1, y + 0.4, text, ha="center", va="center", fontsize=8.5)
