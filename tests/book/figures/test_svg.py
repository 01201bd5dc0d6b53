"""A figure on its page: words stay words, in two widths."""

import re
from xml.etree import ElementTree

import pytest
import torch
from book_pictures import split, svg_size

from bertgpt_book.figures import plots
from bertgpt_book.figures.block import plot_parts
from bertgpt_book.figures.two_models import plot_stacks

FIGURES = {
    "grids": lambda: plots.plot_grids({"BERT": torch.rand(9, 9), "GPT": torch.rand(9, 9)}, list("abcdefghi"), digits=0),
    "bars": lambda: plots.plot_bars(
        {name: dict.fromkeys(["first group", "second", "third"], 0.5) for name in ("BERT", "GPT", "TF-IDF")},
        ylabel="share",
    ),
    "curves": lambda: plots.plot_curves({"GPT": ([0, 1], [7.0, 2.0])}, xlabel="x", ylabel="y"),
    "stacks": plot_stacks,
    "parts": lambda: plot_parts("self-attention"),
}


def drawings(figure) -> tuple[str, str]:
    return split(figure._repr_mimebundle_()["image/svg+xml"])


def words(text: str) -> set[str]:
    elements = ElementTree.fromstring(text).iter("{http://www.w3.org/2000/svg}text")
    return {"".join(element.itertext()) for element in elements}


@pytest.mark.parametrize("name", FIGURES)
def test_a_phone_gets_every_word_in_letters_of_eleven_pixels(name):
    wide, narrow = drawings(FIGURES[name]())
    missing = words(wide) - words(narrow)
    assert all(re.fullmatch(r"[-−\d.]+", word) for word in missing)  # ticks may thin out
    width = svg_size(narrow)[0]
    assert svg_size(wide)[0] > width
    smallest = min(float(size) for size in re.findall(r"<text[^>]*?([\d.]+)px", narrow))
    assert smallest * 96 / 72 * min(1, 341 / width) >= 11  # 341 of a phone's 375 pixels
