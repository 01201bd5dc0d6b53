"""A matplotlib figure that a page can show: sharp, in the page's font, in the light and in the dark, wide and narrow.

A notebook's figure is a picture of one size on white. This one gives its notebook an SVG that wears the page's font,
turns its ground dark with the page, and carries a second drawing, one panel under the other, for a phone
(tools/sphinx_ext/book_pictures.py shows it there). Where an SVG would be heavy, the notebook's own PNG is shown.
"""

import io
import re
from contextlib import contextmanager
from warnings import catch_warnings, simplefilter

import matplotlib.figure
from matplotlib import rc_context
from matplotlib.gridspec import GridSpec

PHONE = 3.55            # inches: 341 CSS pixels, what a phone of 375 leaves for an article
STRETCHES = (1, 1.25, 1.5)      # drawn wider, and shown smaller, where words leave too little room for the picture
ROOM_ABOVE = 1.6        # times as high, where the names of rows stand above them
NUMBER = "number"       # the mark of a number that stands on a bar
HEAVY = 300_000         # bytes before compression; a drawing above this is shown as a PNG
FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif'
DARK = {"#222222": "#dfe3e7", "#000000": "#dfe3e7", "#555555": "#a7afb7"}            # what is written and drawn in ink
DARK_TEXT = {"#0072b2": "#6cbcf0", "#d55e00": "#ff9a52", "#009e73": "#3fc79c",       # words need more light than bars
             "#6f6f6f": "#a7afb7"}
GROUND = {"#ffffff": "#14171a"}                                                      # not for words: they stand on bars


def svg_style() -> str:
    """Return the rules that an SVG of ours brings along: the page's font, and its colours in the dark."""
    rules = [f'{which}[style*="{part}: {old}"]{{{part}:{new}!important}}'
             for which, table in (("", DARK), ("text", DARK_TEXT), (":not(text):not(tspan)", GROUND))
             for old, new in table.items() for part in (("fill",) if which == "text" else ("fill", "stroke"))]
    dark = f"svg{{fill:{DARK['#000000']}}}{''.join(rules)}"         # matplotlib leaves black unsaid
    return f"<style>text,tspan{{font-family:{FONT}!important}}@media(prefers-color-scheme:dark){{{dark}}}</style>"


class Figure(matplotlib.figure.Figure):
    """A figure whose notebook output is an SVG for wide and for narrow pages.

    phone: row and column of each panel on a phone; one under the other where it is not set
    names_above: whether long names of rows may stand above them, where a phone has no room beside them
    """

    phone: list[tuple[int, int]] | None = None
    names_above = False

    def _repr_mimebundle_(self, include=None, exclude=None):
        wide = draw(self)
        with narrowed(self):
            phone = draw(self)
        both = wide.replace("<metadata>", svg_style() + "<metadata>", 1)
        both = both.removesuffix("</svg>\n") + phone.replace("<svg ", '<svg id="phone" display="none" ', 1) + "</svg>\n"
        return {"image/svg+xml": both} if len(both) < HEAVY else {}


def draw(figure: Figure) -> str:
    """Return the figure as an <svg> element: words stay words, and the same figure is always the same text."""
    target = io.StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "bertgpt"}):
        figure.savefig(target, format="svg", metadata={"Date": None}, facecolor=figure.get_facecolor())
    svg = target.getvalue()
    svg = re.sub(r" ?font-family: [^;\"]+;?", "", svg[svg.index("<svg"):])       # svg_style() says it once
    return re.sub(r"<[^>]*>", shorten, svg)


def shorten(tag: re.Match) -> str:
    """Cut coordinates after two decimals; what stands between the tags is words, and a tick of 0.025 stays whole."""
    return re.sub(r"(\d\.\d{2})\d+", r"\1", tag[0])


@contextmanager
def narrowed(figure: Figure):
    """Lay a figure out for a phone, as long as the context lasts."""
    width, height = figure.get_size_inches()
    placed = [(ax, place) for ax in figure.axes if (place := ax.get_subplotspec())]
    panels = [ax for ax, _ in placed]
    before = [looks(ax) for ax in panels]
    bare = [ax for ax in panels if not ax.yaxis.get_tick_params().get("labelleft", True)]
    cells = figure.phone or [(row, 0) for row in range(len(panels))]
    rows, columns = (1 + max(cell[axis] for cell in cells) for axis in (0, 1))
    grid = GridSpec(rows, columns, figure=figure)
    for ax, cell in zip(panels, cells):
        ax.set_subplotspec(grid[cell])
    for ax in bare:                                       # its neighbour's labels are no longer beside it
        ax.tick_params(labelleft=True)
    for inches in (*(min(stretch * PHONE, width) for stretch in STRETCHES), width):
        figure.set_size_inches(inches, height * rows)
        lift_legends(panels)
        with catch_warnings(record=True) as no_room:      # matplotlib warns where a panel's words take all of it
            simplefilter("always")
            figure.draw_without_rendering()
        if not no_room and all(ax.get_position(original=True).width * columns > 0.45 for ax in panels):
            break
    raised: list = []
    if figure.names_above and figure.get_figwidth() > PHONE:
        figure.set_size_inches(PHONE, height * rows * ROOM_ABOVE)
        raised = [text for ax in panels for text in raise_names(ax)]
        lift_legends(panels)
    elif all(ax.get_aspect() != "auto" for ax in panels):   # a square panel leaves unused what is higher than wide
        needed = max(box.height for ax in panels if (box := ax.get_tightbbox())) / figure.dpi + 0.1
        figure.set_figheight(rows * min(needed, height))
    figure.draw_without_rendering()
    for ax in panels:
        turn_where_touching(ax)
    yield
    for text in raised:
        text.axes.tick_params(labelleft=True)
        text.remove()
    figure.set_size_inches(width, height)
    for (ax, place), (legend, limits, scaled, words) in zip(placed, before):
        ax.legend_ = legend
        ax.set_subplotspec(place)
        ax.set_ylim(limits, auto=scaled)
        for word, look in words:
            word.set(**look)
    for ax in bare:
        ax.tick_params(labelleft=False)


def looks(ax) -> tuple:
    """Return what a phone may change in a panel: its legend, its height in data, how its words are written."""
    words = [(word, {"rotation": word.get_rotation(), "rotation_mode": word.get_rotation_mode(),
                     "ha": word.get_horizontalalignment(), "fontsize": word.get_fontsize()})
             for word in (*ax.get_xticklabels(), *ax.texts)]
    return ax.get_legend(), ax.get_ylim(), ax.get_autoscaley_on(), words


def lift_legends(panels) -> None:
    """Write every legend above its panel: on a phone it would lie over what is drawn."""
    with catch_warnings():
        simplefilter("ignore")                            # there may be no room yet
        panels[0].figure.draw_without_rendering()
    for ax in panels:
        fold_legend(ax, lift=True)


def raise_names(ax) -> list:
    """Write the names of a panel's rows into it, each above what its row shows: -> the texts that were put in."""
    names = {place: label.get_text() for place, label in zip(ax.get_yticks(), ax.get_yticklabels())}
    ax.tick_params(labelleft=False)
    ax.figure.draw_without_rendering()
    row = 72 * ax.get_window_extent().height / ax.figure.dpi / abs(ax.get_ylim()[1] - ax.get_ylim()[0])
    texts = [ax.annotate(name, (0, place), xycoords=("axes fraction", "data"), xytext=(3, 0.36 * row),
                         textcoords="offset points", fontsize=9) for place, name in names.items()]
    for text in texts:                                    # they have all of the figure's width, not the panel's
        text.set_in_layout(False)
    return texts


def fold_legend(ax, lift: bool = False) -> None:
    """Write a legend above its panel, in as few rows as fit, where its place is too narrow for it.

    One that stands above already has the figure's width, one in the panel the panel's; `lift` takes it out in any case.
    """
    legend = ax.get_legend()
    if legend is None:
        return
    extent, panel = legend.get_window_extent(), ax.get_window_extent()
    inside = extent.y0 < panel.y1
    if extent.width <= (panel if inside else ax.figure.bbox).width and not (inside and lift):
        return
    words = [text.get_text() for text in legend.get_texts()]
    title = 2.2 if ax.get_title() else 0                  # the room that it takes, in letters of the legend
    for rows in range(1 if inside else 2, len(words) + 1):
        folded = ax.legend(legend.legend_handles, words, loc="lower center", bbox_to_anchor=(0.5, 1), fontsize=8,
                           borderaxespad=0.5 + title, ncols=-(-len(words) // rows), frameon=False)
        if folded.get_window_extent().width <= 0.95 * ax.figure.bbox.width:
            return


def turn_where_touching(ax) -> None:
    """Turn a panel's tick labels by 40 degrees, and the numbers on its bars upright, where two of them would touch.

    Labels of several lines stand upright, too: aslant, they would touch even then.
    """
    labels = [label for label in ax.get_xticklabels() if label.get_text()]
    numbers = [text for text in ax.texts if text.get_gid() == NUMBER]
    if beside(labels) and not any(label.get_rotation() for label in labels):
        upright = any("\n" in label.get_text() for label in labels)
        for label in labels:
            label.set(**{"rotation": 90, "fontsize": 8} if upright else
                      {"rotation": 40, "ha": "right", "rotation_mode": "anchor"})
    if beside(numbers):
        for text in numbers:
            text.set_rotation(90)
    if numbers:
        ax.figure.draw_without_rendering()
        make_room(ax, numbers)


def make_room(ax, numbers) -> None:
    """Make a panel's axis reach so far that the numbers on its bars end below what stands above the panel."""
    panel, (low, high) = ax.get_window_extent(), ax.get_ylim()
    for number in numbers:
        foot = ax.transData.transform(number.xy)[1]
        need = (foot - panel.y0) / (panel.height - (number.get_window_extent().y1 - foot))
        high = max(high, low + need * (ax.get_ylim()[1] - low))
    ax.set_ylim(low, high)


def beside(words) -> bool:
    """Say whether any two texts share a column of the picture, or leave less than two points between them."""
    spans = sorted((word.get_window_extent().x0, word.get_window_extent().x1) for word in words)
    return any(right[0] < left[1] + 2 for left, right in zip(spans, spans[1:]))


def draw_levels(ax, levels: dict[str, tuple[float, str]], gap: float = 0.065) -> None:
    """Draw dotted levels, and name them at the right of the panel, at least `gap` of its height apart.

    levels: name -> (height, colour)
    """
    for height, colour in levels.values():
        ax.axhline(height, linestyle=":", color=colour, linewidth=1.2)
    ax.set_ylim(ax.get_ylim())
    y = -gap
    for name, (height, colour) in sorted(levels.items(), key=lambda level: level[1]):
        y = max(y + gap, ax.transAxes.inverted().transform(ax.transData.transform((0, height)))[1])
        number = height if isinstance(height, int) else f"{height:.2f}"
        ax.annotate(f"{name} {number}", (1.01, y), xycoords="axes fraction", va="center", fontsize=8, color=colour)
