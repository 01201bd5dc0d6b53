"""The inside of a block: BERT's and GPT's in The block, and what has changed since in What changed since."""

import numpy as np
import torch
from matplotlib.patches import Rectangle

from bertgpt import causal_mask

from .plots import COLOURS, DASHES, INK, LINES, OTHERS, draw_arrow, panels
from .svg import Figure
from .tiles import HEIGHT, draw_tiles

# The parts of a branch from left to right; {} is the branch itself.
ORDERS = {"BERT": ["{}", "+", "LayerNorm"], "GPT": ["LayerNorm", "{}", "+"]}
# A block of today from the bottom up, each change with its number in What changed since's table; None leaves a gap.
CHANGES: dict[str, list[list[str | None]]] = {
    "ModernBERT, 2024": [
        ["tokens"],
        ["LayerNorm"],
        ["queries", "keys, values"],
        [None],
        ["turn (1)", "turn (1)", None],
        ["attention, near or far (6)"],
        ["LayerNorm"],
        ["gated feed-forward (3)"],
    ],
    "Qwen 3, 2025": [
        ["tokens"],
        ["RMSNorm (2)"],
        ["queries", "keys, values (4)"],
        ["norm (5)", "norm (5)", None],
        ["turn (1)", "turn (1)", None],
        ["attention"],
        ["RMSNorm"],
        ["gated feed-forward (3)"],
    ],
}


def plot_parts(*lit: str) -> Figure:
    """Draw each model's block from left to right with some parts lit: "self-attention", "+", "LayerNorm", ...

    Vaswani et al. 2017, figure 1 (BERT's order); Radford et al. 2019, section 2.3 (GPT-2's).
    """
    figure, (ax,) = panels([""], width=7.0, height=1.7)
    for (name, order), y in zip(ORDERS.items(), (1.5, 0.0)):
        x = 0.9
        ax.text(0, y + 0.4, name, va="center", color=COLOURS[name])
        for branch in ("self-attention", "feed-forward"):
            start = x - 0.12
            for part in [part.format(branch) for part in order]:
                on, wide = part in lit, {"+": 0.35, "LayerNorm": 1.0}.get(part, 1.3)
                fill, ink = (COLOURS[name] + "33", INK) if on else ("none", "#999999")
                box = Rectangle((x, y), wide, 0.8, facecolor=fill, edgecolor=COLOURS[name] if on else "#bbbbbb")
                ax.add_patch(box)
                ax.text(
                    x + wide / 2,
                    y + 0.4,
                    part.replace("-", "-\n").replace("rN", "r\nN"),
                    ha="center",
                    va="center",
                    fontsize=9,
                    color=ink,
                )
                if part == "+":  # the residual: around the branch, and into the sum
                    middle = x + wide / 2
                    around = [start, start, middle, middle], [y + 0.4, y + 1.05, y + 1.05, y + 0.8]
                    ax.plot(*around, LINES[name], color=COLOURS[name] if on else "#bbbbbb", linewidth=1.6 if on else 1)
                draw_arrow(ax, (x - 0.22, y + 0.4), (x, y + 0.4), color="#999999")
                x += wide + 0.22
        draw_arrow(ax, (x - 0.22, y + 0.4), (x, y + 0.4), color="#999999")
    ax.set(xlim=(-0.05, 7.4), ylim=(-0.1, 2.65))
    ax.axis("off")
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
    """Draw the block of an encoder and of a decoder of today, and the mask that `build_mask` gives each."""
    figure, axes = panels(CHANGES, height=4.4)
    masks = {"BERT": torch.ones(5, 5, dtype=torch.bool), "GPT": causal_mask(5)}
    for (name, rows), ax, (model, mask) in zip(CHANGES.items(), axes, masks.items()):
        hue, step = COLOURS[model], 1.1
        ax.set_title(name, color=hue)
        for y, texts in enumerate(rows):
            draw_tiles(ax, step * y, model, texts, widths={1: [3.0], 2: [1.1, 1.9], 3: [1.1, 1.1, 0.8]}[len(texts)])
        for lowest, highest in ((1, 5), (6, 7)):  # the residuals
            low, high = step * lowest - 0.1, step * highest + HEIGHT + 0.1
            ax.plot([1.5, -0.2, -0.2], [low, low, high], LINES[model], color=hue, linewidth=1)
            draw_arrow(ax, (-0.24, high), (1.5, high), color=hue)
        attention = step * 5 + HEIGHT / 2
        for query, key in np.ndindex(5, 5):
            corner = 3.5 + 0.26 * key, attention - 0.26 * (query - 1.5)
            cell = ax.add_patch(Rectangle(corner, 0.26, 0.26, edgecolor="#888888", linewidth=0.6))
            cell.set_facecolor(hue if mask[query, key] else "none")
        draw_arrow(ax, (3.45, attention), (3.0, attention), color=hue)
        ax.text(4.15, attention - 0.95, "build_mask", ha="center", va="top", fontsize=9, family="monospace")
        ax.set(xlim=(-0.35, 4.95), ylim=(-0.15, step * len(rows) + 0.1))
        ax.axis("off")
    return figure
