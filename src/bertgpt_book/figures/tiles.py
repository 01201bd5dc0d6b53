"""A text as a row of tiles: what a model reads, which tokens it may attend to, and where it predicts."""

from collections.abc import Collection, Mapping, Sequence

from matplotlib.patches import FancyBboxPatch

from .plots import INK, LINES, OTHERS, WIDEST, colour, draw_arrow, model_of, panels
from .svg import Figure

HEIGHT = 0.7  # of a tile; its width is 1 unless something else is said
LABEL = 0.5  # above a row


def draw_tiles(
    ax,
    y: float,
    name: str,
    texts: Sequence[str | None],
    *,
    seen: Collection[int] | None = None,
    asked: Mapping[int, str] | None = None,
    widths: Sequence[float] | None = None,
) -> float:
    """Draw a row, filled where the model may attend, with an arrow from each tile to its question: -> the row's width.

    y: the lower edge; name: begins with a model's, for colour and line; texts: None leaves a tile out
    seen: indices of the filled tiles, all by default; asked: index -> question
    """
    left, hue, gap = 0.0, colour(name), 0.1
    for i, (text, width) in enumerate(zip(texts, widths or [1] * len(texts))):
        filled, middle = seen is None or i in seen, left + width / 2
        left += width
        if text is None:
            continue
        corner, shape = (left - width + gap / 2, y), "round,pad=0,rounding_size=0.08"
        tile = ax.add_patch(FancyBboxPatch(corner, width - gap, HEIGHT, shape, linewidth=1.2))
        tile.set(facecolor=f"{hue}33" if filled else "none", edgecolor=hue if filled else OTHERS[0])
        tile.set_linestyle(LINES.get(model_of(name), "-") if filled else ":")
        ax.text(
            middle, y + HEIGHT / 2, text, ha="center", va="center", fontsize=10.5, color=INK if filled else OTHERS[0]
        )
        if asked and i in asked:
            draw_arrow(ax, (middle, y), (middle, y - 0.5), color=hue, linewidth=1.6)
            big = {"fontsize": 19, "weight": "bold"} if asked[i] == "?" else {"fontsize": 10.5}
            ax.text(middle, y - 0.52, asked[i], ha="center", va="top", color=hue, **big)
    return left


def plot_tiles(rows: Mapping[str, dict]) -> Figure:
    """Draw rows one above the other, each below its label; rows: label -> what draw_tiles takes after a name."""
    figure, (ax,) = panels([""], width=WIDEST)
    y = right = 0.0
    for label, row in rows.items():
        y -= HEIGHT + LABEL
        ax.text(0.05, y + HEIGHT + 0.08, label, va="bottom", fontsize=11, fontweight="bold", color=colour(label, 4))
        right = max(right, draw_tiles(ax, y, label, **row))
        y -= 1.2 if row.get("asked") else 0.3
    ax.set(xlim=(0, right), ylim=(y, 0))
    ax.axis("off")
    figure.set_figheight(-0.5 * y)
    return figure
