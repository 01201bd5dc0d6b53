"""The inside of a block: BERT's and GPT's in chapter 04, and what has changed since in chapter 17."""

from .plots import COLOURS, DASHES, INK, LINES, OTHERS, draw_arrow, draw_box, panels
from .svg import Figure
from .tiles import draw_tiles

# The parts of a branch from the bottom up; {} is the branch itself.
ORDERS = {"BERT": ["{}", "+", "LayerNorm"], "GPT": ["LayerNorm", "{}", "+"]}
# The same from the bottom up, each change with its number in chapter 17's table; None leaves a gap.
CHANGES: dict[str, list[list[str | None]]] = {
    "GPT-2, 2019": [
        ["tokens + positions (1)"],
        ["LayerNorm (2)"],
        ["queries", "keys\n(4)", "values\n(4)"],
        [None],
        [None],
        ["attention (6)"],
        ["LayerNorm (2)"],
        ["feed-forward (3)"],
    ],
    "a block of 2025": [
        ["tokens"],
        ["RMSNorm (2)"],
        ["queries", "keys\n(4)", "values\n(4)"],
        ["norm (5)", "norm (5)", None],
        ["turn (1)", "turn (1)", None],
        ["attention, near or far (6)"],
        ["RMSNorm (2)"],
        ["gated feed-forward (3)"],
    ],
}


def plot_blocks() -> Figure:
    """Draw the inside of one block of each model: the same parts, the norms in another place.

    Vaswani et al. 2017, figure 1 (BERT's order); Radford et al. 2019, section 2.3 (GPT-2's).
    """
    figure, axes = panels(ORDERS, width=2.8, height=4.6, sharey=True)
    figure.cells = [(0, 0), (0, 1)]
    for (name, order), ax in zip(ORDERS.items(), axes):
        y = 0.2
        for branch in ("self-attention", "feed-forward"):
            fork = y + 0.2
            for part in order:
                draw_arrow(ax, (1, y), (1, y + 0.5))
                y += 0.5
                if part == "+":
                    ax.plot([1, 2.4, 2.4, 1.2], [fork, fork, y + 0.2, y + 0.2], LINES[name], color=COLOURS[name])
                    ax.plot(1.2, y + 0.2, "<", color=COLOURS[name])
                    circle = dict(boxstyle="circle,pad=0.15", facecolor="white", edgecolor=COLOURS[name])
                    ax.text(1, y + 0.2, "+", ha="center", va="center", fontsize=12, bbox=circle)
                else:
                    fill = COLOURS[name] + "33" if part == "{}" else "white"
                    draw_box(ax, y, part.format(branch), fill)
                y += 0.4 if part == "+" else 0.8
        ax.annotate("hidden (B, T, D)", (1, y), (1, y + 0.6), ha="center", arrowprops=dict(arrowstyle="<-", color=INK))
        ax.text(1, 0, "hidden (B, T, D)", ha="center", va="center")
        ax.set(xlim=(-0.3, 2.7), ylim=(-0.3, y + 1.0), xticks=[], yticks=[], frame_on=False)
    return figure


def plot_depth(found: dict[str, dict[str, list[float]]], *, ylabel: str) -> Figure:
    """Draw a line for each stack against its number of blocks, a panel for each model.

    found: model -> stack -> (1 + L,) numbers; the first stack has the model's colour
    """
    figure, axes = panels(found, height=3.2, sharey=True)
    for (name, stacks), ax in zip(found.items(), axes):
        for index, (stack, numbers) in enumerate(stacks.items()):
            dashes, marker = ("-", "") if index == 0 else DASHES[index]
            hue = COLOURS[name] if index == 0 else OTHERS[0]
            every = (index, len(stacks))  # in turn: lines may coincide
            ax.plot(numbers, linestyle=dashes, marker=marker, markersize=4, markevery=every, color=hue, label=stack)
        ax.set(xlabel="blocks", ylim=(-0.05, 1.05))
    axes[0].set_ylabel(ylabel)
    axes[-1].legend(loc="upper right", bbox_to_anchor=(1, 0.93), fontsize=8, frameon=False)
    return figure


def plot_changes() -> Figure:
    """Draw GPT-2's block beside one with all six changes of chapter 17; the residuals are left out."""
    figure, axes = panels(CHANGES, height=3.6)
    figure.cells = [(0, 0), (0, 1)]
    for (name, rows), ax in zip(CHANGES.items(), axes):
        for y, texts in enumerate(rows):
            draw_tiles(ax, 0.9 * y, name, texts, widths=[3 / len(texts)] * len(texts))
        ax.set(xlim=(0, 3), ylim=(-0.1, 0.9 * len(rows)))
        ax.axis("off")
    return figure
