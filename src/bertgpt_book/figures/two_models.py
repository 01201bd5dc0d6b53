"""The figure of Two models: BERT and GPT beside the encoder and decoder of 2017."""

from matplotlib.patches import Rectangle

from .plots import COLOURS, INK, draw_arrow, draw_box, panels
from .svg import Figure

# From the bottom up: the parts of one block, and the heads on top.
STACKS = {
    "BERT": (["bidirectional\nself-attention", "feed-forward"], ["masked-\nLM\nhead", "next-\nsentence\nhead"]),
    "2017 encoder": (["bidirectional\nself-attention", "feed-forward"], []),
    "2017 decoder": (["causal\nself-attention", "cross-attention", "feed-forward"], ["next-token head"]),
    "GPT": (["causal\nself-attention", "feed-forward"], ["next-token head"]),
}


def plot_stacks() -> Figure:
    """Draw BERT and GPT on either side of the encoder and decoder they come from.

    Vaswani et al. 2017, figure 1; Devlin et al. 2019, section 3; Radford et al. 2018, figure 1.
    """
    figure, axes = panels(STACKS, width=2.3, height=4.4, sharey=True)
    figure.cells = [(1, 0), (0, 0), (0, 1), (1, 1)]
    middle = {}
    for (name, (parts, heads)), ax in zip(STACKS.items(), axes):
        bidirectional = parts[0].startswith("bidirectional")
        shade = COLOURS["BERT" if bidirectional else "GPT"]
        ax.set_title(name, color=shade)
        draw_box(ax, 0, "tokens + positions" + ("\n+ segments" if name == "BERT" else ""), "#77777722")
        bottom = y = 1.2
        for part in parts:
            fill = shade + "33" if "self" in part else "#E69F0055" if "cross" in part else "#77777733"
            draw_box(ax, y, part, fill)
            middle[name, part] = y + 0.45
            y += 1.1
        line = "-" if bidirectional else "--"
        frame = Rectangle((-0.12, bottom - 0.1), 2.24, y - bottom, fill=False, edgecolor=shade, linewidth=1.4)
        ax.add_patch(frame).set_linestyle(line)
        ax.text(2.2, (bottom + y) / 2 - 0.1, "× L", va="center", color=shade)
        for index, head in enumerate(heads):  # side by side: each reads the top of the stack
            width = 2 / len(heads)
            draw_box(ax, 5.0, head, "white", index * width, width - 0.1 * (len(heads) > 1))
            draw_arrow(ax, (1, y), ((index + 0.5) * width, 5.0))
        ax.set(xlim=(-0.2, 2.6), ylim=(-0.2, 6.1))
        ax.axis("off")
    encoder, decoder = axes[1:3]
    end = -0.02, middle["2017 decoder", "cross-attention"]
    decoder.annotate("", end, (2.14, 2.4), textcoords=encoder.transData, arrowprops=dict(arrowstyle="->", color=INK))
    return figure
