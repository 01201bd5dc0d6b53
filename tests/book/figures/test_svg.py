"""A figure on its page: words stay words, two widths, and a frame that gives nothing away."""

import re
from xml.etree import ElementTree

import pytest
import torch
from book_pictures import VEIL, frame, split, svg_size

from bertgpt_book.figures import plots
from bertgpt_book.figures.block import plot_blocks
from bertgpt_book.figures.two_models import plot_stacks

FIGURES = {
    "grids": lambda: plots.plot_grids({"BERT": torch.rand(9, 9), "GPT": torch.rand(9, 9)}, list("abcdefghi"), digits=0),
    "bars": lambda: plots.plot_bars(
        {name: dict.fromkeys(["first group", "second", "third"], 0.5) for name in ("BERT", "GPT", "TF-IDF")},
        ylabel="share",
    ),
    "curves": lambda: plots.plot_curves({"GPT": ([0, 1], [7.0, 2.0])}, xlabel="x", ylabel="y"),
    "stacks": plot_stacks,
    "blocks": plot_blocks,
}


def drawings(figure) -> tuple[str, str]:
    return split(figure._repr_mimebundle_()["image/svg+xml"])


def words(text: str) -> set[str]:
    elements = ElementTree.fromstring(text).iter("{http://www.w3.org/2000/svg}text")
    return {"".join(element.itertext()) for element in elements}


@pytest.mark.parametrize("name", FIGURES)
def test_a_phone_gets_every_word_in_letters_of_nine_pixels(name):
    wide, narrow = drawings(FIGURES[name]())
    missing = words(wide) - words(narrow)
    assert all(re.fullmatch(r"[-−\d.]+", word) for word in missing)  # ticks may thin out
    width = svg_size(narrow)[0]
    assert svg_size(wide)[0] > width
    smallest = min(float(size) for size in re.findall(r"<text[^>]*?([\d.]+)px", narrow))
    assert smallest * 96 / 72 * min(1, 341 / width) >= 9  # 341 of a phone's 375 pixels


@pytest.mark.parametrize("name, panels", [("grids", 2), ("bars", 1), ("curves", 1)])
def test_the_frame_of_a_figure_keeps_its_axes_and_shows_nothing_of_what_they_hold(name, panels):
    for drawing in drawings(FIGURES[name]()):
        veiled = frame(drawing)
        axes = set(re.findall(r'id="((?:x|y)tick_\d+)"', drawing))
        assert axes and axes == set(re.findall(r'id="((?:x|y)tick_\d+)"', veiled))
        assert svg_size(veiled) == svg_size(drawing) and words(veiled) <= words(drawing) | {"?"}
        assert veiled.count(">?</text>") == veiled.count(VEIL) == panels
        assert "QuadMesh" not in veiled and "url(#" not in veiled and "0.50" not in words(veiled)
        assert not {"#0072b2", "#d55e00"} & set(re.findall(r"<path[^>]*(#\w{6})", veiled[veiled.index('"axes_1"') :]))


def test_the_frame_names_its_panels_and_what_is_asked_and_no_finding():
    figure, axes = plots.panels(["stories", "novels"])
    for ax in axes:
        ax.barh(["counted words"], [0.4])
        ax.text(0.2, 0, "GPT is ahead")
        ax.text(0.1, 1.01, "row of 32", transform=ax.get_xaxis_transform(), ha="center")
    for drawing in drawings(figure):
        veiled = words(frame(drawing))
        assert {"stories", "novels", "counted words"} <= veiled and not {"GPT is ahead", "row of 32"} & veiled
