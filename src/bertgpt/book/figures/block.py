"""The figure of chapter 04: the inside of a block, BERT's and GPT's."""

from .plots import COLOURS, INK, LINES, draw_arrow, draw_box, panels
from .svg import Figure

# The parts of a branch from the bottom up; {} is the branch itself.
ORDERS = {"BERT": ["{}", "+", "LayerNorm"], "GPT": ["LayerNorm", "{}", "+"]}


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
                    ax.plot([1, 2.4, 2.4, 1.2], [fork, fork, y + 0.2, y + 0.2], LINES[name],
                            color=COLOURS[name])
                    ax.plot(1.2, y + 0.2, "<", color=COLOURS[name])
                    ax.text(1, y + 0.2, "+", ha="center", va="center", fontsize=12,
                            bbox=dict(boxstyle="circle,pad=0.15", facecolor="white",
                                      edgecolor=COLOURS[name]))
                else:
                    fill = COLOURS[name] + "33" if part == "{}" else "white"
                    draw_box(ax, y, part.format(branch), fill)
                y += 0.4 if part == "+" else 0.8
        ax.annotate("hidden (B, T, D)", (1, y), (1, y + 0.6), ha="center",
                    arrowprops=dict(arrowstyle="<-", color=INK))
        ax.text(1, 0, "hidden (B, T, D)", ha="center", va="center")
        ax.set(xlim=(-0.3, 2.7), ylim=(-0.3, y + 1.0), xticks=[], yticks=[], frame_on=False)
    return figure
