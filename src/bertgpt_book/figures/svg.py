"""Figures as SVG that fit a page: its font, its dark mode, and a narrow layout for phones.

A notebook that shows such a figure gets one SVG file with two drawings in it; the book's build
(tools/sphinx_ext/book_pictures.py) makes two files of it and lets the browser choose by width.
"""

import io
import re
from contextlib import contextmanager

import matplotlib.figure
from matplotlib import rc_context
from matplotlib.gridspec import GridSpec

NARROW = 3.8  # inches: shown at 341 of 375 CSS pixels, where 9 points are 11 pixels
HEAVY = 300_000  # bytes before compression; a larger drawing is shown as the notebook's PNG
FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif'
# What is drawn and written in ink; words, which need more light than bars; the ground.
DARK = {"#222222": "#dfe3e7", "#000000": "#dfe3e7", "#555555": "#a7afb7"}
DARK_TEXT = {"#0072b2": "#6cbcf0", "#d55e00": "#ff9a52", "#009e73": "#3fc79c", "#6f6f6f": "#a7afb7"}
GROUND = {"#ffffff": "#14171a"}  # not for words: white ones stand on bars


def css() -> str:
    """Return the style sheet of an SVG: the page's font, and other colours in dark mode."""

    def rules(elements: str, colours: dict[str, str], *properties: str) -> str:
        return "".join(
            f'{elements}[style*="{name}: {old}"]{{{name}:{new}!important}}'
            for old, new in colours.items()
            for name in properties
        )

    dark = f"svg{{fill:{DARK['#000000']}}}"  # matplotlib does not write black
    dark += rules("", DARK, "fill", "stroke") + rules("text", DARK_TEXT, "fill")
    dark += rules(":not(text):not(tspan)", GROUND, "fill", "stroke")
    return f"<style>text,tspan{{font-family:{FONT}!important}}@media(prefers-color-scheme:dark){{{dark}}}</style>"


class Figure(matplotlib.figure.Figure):
    """A figure whose output in a notebook is an SVG, which holds a narrow drawing if it is wide.

    cells: row and column of each panel in the narrow drawing; by default one column
    """

    cells: list[tuple[int, int]] | None = None

    def _repr_mimebundle_(self, include=None, exclude=None):
        svg = draw(self).replace("<metadata>", css() + "<metadata>", 1)
        if self.get_figwidth() > NARROW:
            with narrowed(self):
                phone = draw(self).replace("<svg ", '<svg id="phone" display="none" ', 1)
            svg = svg.removesuffix("</svg>\n") + phone + "</svg>\n"
        return {"image/svg+xml": svg} if len(svg) < HEAVY else {}


def draw(figure: Figure) -> str:
    """Return a figure as an <svg> element: text stays text, and equal figures give equal SVGs."""
    target = io.StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "bertgpt"}):
        figure.savefig(target, format="svg", metadata={"Date": None}, facecolor=figure.get_facecolor())
    svg = target.getvalue()
    svg = re.sub(r" ?font-family: [^;\"]+;?", "", svg[svg.index("<svg") :])  # css() says it once
    # Coordinates end after two decimals; a tick label 0.025 is no part of a tag.
    return re.sub(r"<[^>]*>", lambda tag: re.sub(r"(\d\.\d{2})\d+", r"\1", tag[0]), svg)


@contextmanager
def narrowed(figure: Figure):
    """Lay a figure's panels one below the other, or in its `cells`, while the context lasts."""
    width, height = figure.get_size_inches()
    before = [
        (ax, place, ax.yaxis.get_tick_params().get("labelleft", True))
        for ax in figure.axes
        if (place := ax.get_subplotspec())
    ]
    panels = [ax for ax, _, _ in before]
    cells = figure.cells or [(row, 0) for row in range(len(panels))]
    rows, columns = (1 + max(cell[axis] for cell in cells) for axis in (0, 1))
    grid = GridSpec(rows, columns, figure=figure)
    wide = columns * width / len(panels)
    square = all(ax.get_aspect() != "auto" for ax in panels)
    try:
        for ax, cell in zip(panels, cells):
            ax.set_subplotspec(grid[cell])
            ax.tick_params(labelleft=True)  # also where axes are shared
        scale = min(1, NARROW / wide) if square else 1
        figure.set_size_inches(scale * wide if square else NARROW, rows * height * scale)
        figure.draw_without_rendering()  # a layout makes room for labels as they last stood
        yield
    finally:
        figure.set_size_inches(width, height)
        for ax, place, labelled in before:
            ax.set_subplotspec(place)
            ax.tick_params(labelleft=labelled)
