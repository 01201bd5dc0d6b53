"""Tensors in, matplotlib figure out: one house style for the whole book.

BERT is blue and its marker a square, GPT vermilion and a triangle, a Both green and a circle; a line style always says
the same as the colour (Okabe and Ito's palette, safe for colour-blind readers). drawing.py fits figures to their page;
what a picture shows in words belongs to the cell that draws it (alt text in its metadata).
"""

from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.pyplot import close, rc_context, subplots

from .drawing import NUMBER, Figure, draw_levels, fold_legend, turn_where_touching

COLOURS = {"BERT": "#0072B2", "GPT": "#D55E00"}
BOTH, INK = "#009E73", "#222222"
# For anything that is no model of ours: colours, and strokes with their markers, in the order of a figure.
OTHERS = ["#6F6F6F", "#CC79A7", "#56B4E9", "#E69F00", INK]
STROKES: list = [("-", "D"), ((0, (7, 2)), "v"), ((0, (6, 1.5, 1, 1.5)), "x"), ((0, (2, 1)), "P"),
                 ((0, (5, 1, 1, 1, 1, 1)), "*")]
MARKERS, LINES = {"BERT": "s", "GPT": "^", "Both": "o"}, {"BERT": "-", "GPT": "--", "Both": "-."}
HATCHES = {"GPT": "//", "Both": ".."}
WIDEST = 7.6            # inches: what a page has for a figure; a wider one would be shown smaller
STYLE: dict = {
    "figure.facecolor": "white", "savefig.facecolor": "white", "axes.facecolor": "white", "figure.dpi": 110,
    "font.size": 10, "font.family": "sans-serif", "axes.titlesize": 11, "axes.titleweight": "bold",
    "text.color": INK, "axes.labelcolor": INK, "axes.edgecolor": "#888888", "xtick.color": INK, "ytick.color": INK,
    "axes.spines.top": False, "axes.spines.right": False, "legend.frameon": False, "lines.linewidth": 1.8,
}


def model_of(name: str) -> str:
    """Return the model that a name begins with ("GPT, held out" is GPT's), or "" where it begins with none."""
    return next((model for model in MARKERS if name.startswith(model)), "")


def colour(name: str, index: int = 0) -> str:
    """Give a model its colour; anything else takes its place in the palette."""
    return {**COLOURS, "Both": BOTH}.get(model_of(name), OTHERS[index % len(OTHERS)])


def panels(titles, width: float = 3.6, height: float = 3.4, **options):
    """Make one panel a title, side by side, each title in its model's colour: -> figure, list of axes."""
    with rc_context(STYLE):
        figure, axes = subplots(1, len(titles), figsize=(width * len(titles), height), squeeze=False,
                                layout="constrained", FigureClass=Figure, **options)
        for title, ax in zip(titles, axes[0]):
            ax.set_title(title, color=colour(title, 4))
    close(figure)      # a notebook shows it once, as the value of its cell, and pyplot does not show it again
    return figure, list(axes[0])


def plot_grids(grids: dict, rows, columns=None, *, kind: str = "weights", digits: int = 2) -> Figure:
    """Draw one grid a model: queries (who attends) down the side, keys (attended to) along the bottom.

    grids: name -> (T, S) numbers, or bool for kind "mask"; rows, columns: T and S labels, columns = rows where None
    kind: "weights" (0 to 1), "scores" (any number), "mask" (True is filled), "leakage" (exact zeros are crossed out)
    """
    columns = rows if columns is None else columns
    cell = 0.48 if digits > 1 else 0.36                                                # inches
    size = max(2.6, cell * len(columns) + 1.3)
    figure, axes = panels(grids, width=size, height=max(2.4, 0.875 * cell * len(rows) + 1.3))
    for (name, values), ax in zip(grids.items(), axes):
        values = values.detach().float().cpu().numpy()
        shade = abs(values) if kind == "scores" else values
        top = 1.0 if kind in ("weights", "mask") else float(shade.max()) or 1.0
        hue = to_rgb(colour(name) if model_of(name) else "#777777")
        tint = LinearSegmentedColormap.from_list(name, [(*hue, 0), (*hue, 1)])       # the ground shows through
        ax.pcolormesh(range(len(columns)), range(len(rows)), shade, cmap=tint, vmin=0, vmax=top)
        ax.set(aspect="equal", ylim=(len(rows) - 0.5, -0.5), frame_on=False)
        for t in range(len(rows)):
            for s in range(len(columns)):
                nothing = values[t, s] == 0 and kind in ("mask", "leakage")
                text = "✓" if kind == "mask" else f"{values[t, s]:.{digits}f}"
                ax.text(s, t, "×" if nothing else text, ha="center", va="center", fontsize=8,
                        color="#999999" if nothing else "white" if shade[t, s] > 0.8 * top else INK)
        aslant = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if max(map(len, columns)) > 2 else {}
        ax.set_xticks(range(len(columns)), columns, **aslant)
        ax.set_yticks(range(len(rows)), rows)
        ax.set_xlabel("token that changes" if kind == "leakage" else "key (attended to)")
        ax.tick_params(length=0)
    axes[0].set_ylabel("output that moves" if kind == "leakage" else "query (attends)")
    return figure


def plot_curves(curves: dict, *, xlabel: str, ylabel: str, baselines: dict[str, float] | None = None,
                title: str = "", logy: bool = False) -> Figure:
    """Draw lines in one panel, and horizontal dotted lines for what they must be compared with.

    curves: name -> (x, y), each (n,); baselines: name -> height
    """
    figure, (ax,) = panels([title], width=6.4, height=3.4)
    for index, (name, (x, y)) in enumerate(curves.items()):
        model, (stroke, marker) = model_of(name), STROKES[index % len(STROKES)]
        every = max(1, len(x) // 8)
        ax.plot(x, y, linestyle=LINES.get(model, stroke), marker=MARKERS.get(model, marker), color=colour(name, index),
                label=name, markevery=(index % every, every), markersize=5)      # in turn: lines may lie together
    ax.set(xlabel=xlabel, ylabel=ylabel, yscale="log" if logy else "linear")
    draw_levels(ax, {name: (height, colour(name, 4)) for name, height in (baselines or {}).items()})
    ax.legend(frameon=False)
    return figure


def plot_bars(values: dict[str, dict[str, float]], *, ylabel: str, digits: int = 2,
              intervals: dict[str, dict[str, tuple]] | None = None) -> Figure:
    """Draw groups of bars, one bar a model in each, with the number on top.

    values: model -> group -> height; intervals: model -> the same groups -> (low, high)
    """
    groups = list(dict.fromkeys(group for bars in values.values() for group in bars))
    width = 0.8 / len(values)
    shown = {group: [name for name in values if group in values[name]] for group in groups}
    figure, (ax,) = panels([""], width=min(max(4.0, 1.1 * len(groups) + 1.5), WIDEST), height=3.2)
    for index, (name, bars) in enumerate(values.items()):
        places = [groups.index(group) + (shown[group].index(name) - (len(shown[group]) - 1) / 2) * width
                  for group in bars]
        ends = (intervals or {}).get(name, {})
        reach = list(zip(*[(bars[group] - low, high - bars[group]) for group, (low, high) in ends.items()])) or None
        drawn = ax.bar(places, bars.values(), 0.92 * width, color=colour(name, index), label=name, yerr=reach,
                       capsize=3, ecolor=INK, hatch=HATCHES.get(model_of(name)), edgecolor="white")
        ax.bar_label(drawn, fmt=f"%.{digits}f", fontsize=8, padding=1.5, gid=NUMBER)
    ax.set(xticks=range(len(groups)), xticklabels=groups, ylabel=ylabel)
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=len(values), frameon=False)
    fold_legend(ax)
    figure.draw_without_rendering()
    turn_where_touching(ax)
    return figure


def plot_vectors(groups: dict[str, dict], title: str = "") -> Figure:
    """Draw named arrows from the origin of a plane.

    groups: kind of vector -> name -> (2,) numbers; each kind has its colour and line style
    """
    figure, (ax,) = panels([title], width=4.2, height=4.0)
    reach = 0.1
    for index, (kind, vectors) in enumerate(groups.items()):
        style = ["-", "--", ":", "-."][index % 4]
        for n, (name, vector) in enumerate(vectors.items()):
            x, y = (float(c) for c in vector)
            reach = max(reach, abs(x), abs(y))
            ax.annotate("", (x, y), (0, 0), arrowprops=dict(arrowstyle="->", color=colour(kind, index), linestyle=style,
                                                            linewidth=1.6, shrinkA=0, shrinkB=0))
            ax.annotate(name, (x, y), textcoords="offset points", xytext=(5, 4), color=colour(kind, index))
            if n == 0:
                ax.plot([], [], style, color=colour(kind, index), label=kind)
    ax.set(xlim=(-1.25 * reach, 1.25 * reach), ylim=(-1.25 * reach, 1.25 * reach), aspect="equal",
           xlabel="first number", ylabel="second number")
    ax.axhline(0, color="#88888866", linewidth=0.8)
    ax.axvline(0, color="#88888866", linewidth=0.8)
    ax.legend(loc="best", fontsize=8, frameon=False)
    return figure
