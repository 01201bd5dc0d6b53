"""Figures that several chapters share: numbers in, matplotlib figure out, in one style.

BERT is blue with squares, GPT vermilion with triangles, a `Both` model green with circles. A line
style or hatching always says the same as the colour (Okabe and Ito's palette, safe for colour-blind
readers). The alt text of a figure belongs to the cell that draws it, in its metadata.
"""

from textwrap import fill

from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.patches import FancyBboxPatch
from matplotlib.pyplot import close, rc_context, subplots
from torch import Tensor

from .svg import Figure

COLOURS = {"BERT": "#0072B2", "GPT": "#D55E00"}
BOTH, INK = "#009E73", "#222222"
MARKERS = {"BERT": "s", "GPT": "^", "Both": "o"}
LINES = {"BERT": "-", "GPT": "--", "Both": "-."}
HATCHES = {"GPT": "//", "Both": ".."}
# What is not a model of ours takes these in turn: colours, and dashes with their markers.
OTHERS = ["#6F6F6F", "#CC79A7", "#56B4E9", "#E69F00", INK]
DASHES: list = [
    ("-", "D"),
    ((0, (7, 2)), "v"),
    ((0, (6, 1.5, 1, 1.5)), "x"),
    ((0, (2, 1)), "P"),
    ((0, (5, 1, 1, 1, 1, 1)), "*"),
]
# Marker and colour of the checkpoints.
CHECKPOINTS = {
    "MiniLM": ("D", OTHERS[2]),
    "SmolLM2": ("v", OTHERS[3]),
    "our BERT": ("s", COLOURS["BERT"]),
    "our GPT": ("^", COLOURS["GPT"]),
    "our Both": ("o", BOTH),
}
# GPT writes by four rules: shades of its vermilion.
RULES = {"drawn": "#F4B37F", "nucleus": "#E07B2E", "greedy": "#B34F00", "beam": "#8F4000"}
OUTLINE: dict = {"edgecolor": "#666666", "linewidth": 0.8}  # of a diagram's boxes and cells
SLANTED = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"}  # labels of ticks
NEGATIVE = "#9B4480"  # of scores below 0: dark enough for white numbers
WIDEST = 7.0  # inches: as wide as a page's text
STYLE: dict = {
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "axes.facecolor": "white",
    "figure.dpi": 110,
    "font.size": 10.5,
    "font.family": "sans-serif",
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": "#888888",
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
}


def model_of(name: str) -> str:
    """Return the model that a name begins with ("GPT, held out" -> "GPT"), or ""."""
    return next((model for model in MARKERS if name.startswith(model)), "")


def colour(name: str, index: int = 0) -> str:
    """Return the colour of a model or of a rule, or the palette's colour number `index` for anything else."""
    _, other = CHECKPOINTS.get(name, ("", OTHERS[index % len(OTHERS)]))
    return {**COLOURS, "Both": BOTH, **RULES}.get(model_of(name) or name, other)


def panels(titles, width: float = WIDEST / 2, height: float = 3.4, **options):
    """Make a row of panels, each title in its model's colour: -> figure, list of axes."""
    with rc_context(STYLE):
        figure, axes = subplots(
            1,
            len(titles),
            figsize=(width * len(titles), height),
            squeeze=False,
            layout="constrained",
            FigureClass=Figure,
            **options,
        )
        for title, ax in zip(titles, axes[0]):
            ax.set_title(title, color=colour(title, 4))
    close(figure)  # a notebook shows it as the value of its cell; pyplot would show it again
    return figure, list(axes[0])


def two_sided(colour: str) -> LinearSegmentedColormap:
    """Make a colour map from transparent, so that the page's ground shows through; below 0 has a colour of its own."""
    hue, below = to_rgb(colour), to_rgb(NEGATIVE)
    return LinearSegmentedColormap.from_list(
        colour, [(0, (*below, 1)), (0.5, (*below, 0)), (0.5, (*hue, 0)), (1, (*hue, 1))]
    )


def plot_grids(
    grids: dict, rows, columns=None, *, kind: str = "weights", digits: int = 2, small: bool = False
) -> Figure:
    """Draw a grid for each model: queries down the side, keys along the bottom.

    grids: name -> (T, S) numbers, or bool for kind "mask"
    rows, columns: T and S labels; the columns have those of the rows by default
    kind: "weights" (0 to 1), "scores" (any number, those below 0 in a colour of their own), "mask" (True
        is filled), "leakage" (exact zeros are crossed out)
    small: many grids in a row; with one digit only numbers from 0.5 on are written
    """
    columns = rows if columns is None else columns
    if small:
        cell = 0.4 if digits > 1 else 0.25  # inches
        width, height = cell * len(columns) + 0.45, cell * len(rows) + 1.1
    else:
        cell = 0.48 if digits > 1 else 0.36
        width, height = max(2.6, cell * len(columns) + 1.3), max(2.4, 0.875 * cell * len(rows) + 1.3)
    figure, axes = panels(grids, width=width, height=height)
    if small and len(grids) > 3:  # on a phone
        figure.cells = [divmod(index, 2) for index in range(len(grids))]
    tick = {"fontsize": 9} if small else {}
    slanted = SLANTED if small or max(map(len, columns)) > 2 else {}
    for (name, values), ax in zip(grids.items(), axes):
        values = values.detach().float().cpu().numpy()
        shade = abs(values)
        top = 1.0 if kind in ("weights", "mask") else float(shade.max()) or 1.0
        tint = two_sided(colour(name) if model_of(name) else "#777777")
        lines = {"edgecolors": "#88888844", "linewidth": 0.5} if small else {}
        ax.pcolormesh(range(len(columns)), range(len(rows)), values, cmap=tint, vmin=-top, vmax=top, **lines)
        ax.set(aspect="equal", ylim=(len(rows) - 0.5, -0.5), frame_on=False)
        for t in range(len(rows)):
            for s in range(len(columns)):
                zero = values[t, s] == 0 and kind in ("mask", "leakage")
                text = "✓" if kind == "mask" else f"{values[t, s]:.{digits}f}"
                if kind == "weights":  # as in the widgets' cells
                    text = text.removeprefix("0") if values[t, s] else "0"
                if small and digits == 1 and values[t, s] < 0.5:
                    text = ""
                ink = "#999999" if zero else "white" if shade[t, s] > 0.8 * top else INK
                ax.text(s, t, "×" if zero else text, ha="center", va="center", fontsize=9, color=ink)
        ax.set_xticks(range(len(columns)), columns, **slanted, **tick)
        ax.set_yticks(range(len(rows)), rows, **tick)
        ax.tick_params(length=0, labelleft=not small or ax is axes[0])
        if not small:
            ax.set_xlabel("token that changes" if kind == "leakage" else "key (attended to)")
    if not small:
        axes[0].set_ylabel("output that moves" if kind == "leakage" else "query (attends)")
    return figure


def plot_curves(curves: dict, *, xlabel: str, ylabel: str, baselines: dict[str, float] | None = None) -> Figure:
    """Draw curves in one panel, and dotted levels for what they are compared with.

    curves: name -> (x, y), each (n,); baselines: name -> height
    """
    figure, (ax,) = panels([""], width=WIDEST, height=3.6)
    for index, (name, (x, y)) in enumerate(curves.items()):
        model, (dashes, marker) = model_of(name), DASHES[index % len(DASHES)]
        look = {"linestyle": LINES.get(model, dashes), "marker": MARKERS.get(model, marker), "markersize": 5}
        every = max(1, len(x) // 8)
        look["markevery"] = (index % every, every)  # in turn: curves may coincide
        ax.plot(x, y, color=colour(name, index), label=name, **look)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ends = {name: (float(y[-1]), colour(name, index)) for index, (name, (_, y)) in enumerate(curves.items())}
    draw_levels(ax, {name: (y, colour(name, 4)) for name, y in (baselines or {}).items()}, ends)
    return figure


def draw_levels(ax, levels: dict[str, tuple[float, str]], ends: dict[str, tuple[float, str]] | None = None) -> None:
    """Draw dotted levels, and name them and the ends of lines beside the panel without overlap.

    levels, ends: name -> (height, colour); a level is named with its height, a line with its name alone
    """
    for height, hue in levels.values():
        ax.axhline(height, linestyle=":", color=hue, linewidth=1.2)
    ax.set_ylim(ax.get_ylim())
    written = {
        f"{name} {height if isinstance(height, int) else f'{height:.2f}'}": (height, hue, "normal")
        for name, (height, hue) in levels.items()
    }
    written |= {name: (height, hue, "bold") for name, (height, hue) in (ends or {}).items()}
    gap = 0.07  # the least distance of two lines of names, as a share of the panel
    top = -gap
    for name, (height, hue, weight) in sorted(written.items(), key=lambda each: each[1][0]):
        text = fill(name, 17)
        half = gap * (1 + text.count("\n")) / 2
        place = ax.transAxes.inverted().transform(ax.transData.transform((0, height)))[1]
        y = max(top + half, place)
        top = y + half
        ax.annotate(text, (1.01, y), xycoords="axes fraction", va="center", fontsize=9, color=hue, weight=weight)


def plot_bars(values: dict[str, dict[str, float]], *, ylabel: str, digits: int = 2) -> Figure:
    """Draw groups of bars, one bar a model in each, with its number on top; of random weights, hollow.

    values: model -> group -> height
    """
    groups = list(dict.fromkeys(group for bars in values.values() for group in bars))
    in_group = {group: [name for name in values if group in values[name]] for group in groups}
    width = 0.8 / len(values)
    figure, (ax,) = panels([""], width=min(max(4.0, 1.1 * len(groups) + 1.5), WIDEST), height=3.2)
    slot = 3.0 / len(groups)  # inches for a group on a phone
    upright = 0.8 * slot / len(values) < 0.36  # a number beside its neighbour
    for index, (name, bars) in enumerate(values.items()):
        centres = [
            groups.index(group) + (in_group[group].index(name) - (len(in_group[group]) - 1) / 2) * width
            for group in bars
        ]
        hue, hollow = colour(name, index), name.endswith("random weights")
        look: dict = {"color": "none" if hollow else hue, "edgecolor": hue if hollow else "white"}
        look["hatch"] = HATCHES.get(model_of(name))
        drawn = ax.bar(centres, bars.values(), 0.92 * width, label=name, **look)
        ax.bar_label(drawn, fmt=f"%.{digits}f", fontsize=9, padding=1.5, rotation=90 if upright else 0)
    longest = max(len(line) for group in groups for line in group.split("\n"))
    ax.set_xticks(range(len(groups)), groups, **SLANTED if 0.08 * longest > slot else {})
    ax.set_ylabel(ylabel)
    ax.margins(y=0.18 if upright else 0.1)
    legend_above(ax)
    return figure


def legend_above(ax) -> None:
    """Put a panel's legend above it, in as few rows as a phone has room for."""
    lengths = [7 + len(name) for name in ax.get_legend_handles_labels()[1]]  # 7: the sample
    for rows in range(1, len(lengths) + 1):
        columns = [lengths[i : i + rows] for i in range(0, len(lengths), rows)]
        if sum(map(max, columns)) <= 56:  # letters in the width of svg.NARROW
            break
    ax.legend(
        loc="lower center", bbox_to_anchor=(0.5, 1), ncols=len(columns), frameon=False, fontsize=9, columnspacing=1.2
    )


def plot_top_tokens(logits: dict[str, Tensor], tokenizer, n: int = 8) -> Figure:
    """Draw each model's most probable tokens as bars, the longest on top; logits: model -> (V,)."""
    figure, axes = panels(logits, height=2.8, sharex=True)
    for ax, (name, row) in zip(axes, logits.items()):
        p, best = row.softmax(dim=-1).topk(n)
        ax.barh(range(n), p, color=COLOURS[name], edgecolor="white", hatch=HATCHES.get(name))
        ax.set_yticks(range(n), map(repr, tokenizer.tokens(best)))
        ax.set_xlabel("probability")
        ax.invert_yaxis()
    return figure


def draw_label(ax, text: str, place: tuple[float, float], shift: tuple[float, float], **style) -> None:
    """Write a text so many points away from a place."""
    ax.annotate(text, place, shift, textcoords="offset points", **{"va": "center", **style})


def draw_box(ax, y: float, text: str, fill: str, x: float = 0, width: float = 2) -> None:
    """Draw one labelled part of a diagram, 0.8 high."""
    box = FancyBboxPatch((x, y), width, 0.8, "round,pad=0.02,rounding_size=0.1", facecolor=fill, **OUTLINE)
    ax.add_patch(box)
    ax.text(x + width / 2, y + 0.4, text, ha="center", va="center", fontsize=9)


def draw_arrow(ax, start: tuple[float, float], end: tuple[float, float], **style) -> None:
    """Draw an arrow of a diagram."""
    ax.annotate("", end, start, arrowprops={"arrowstyle": "->", "color": INK, **style})
