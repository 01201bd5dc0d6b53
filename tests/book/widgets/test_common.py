"""What all widgets share: number formats, shades and colours."""

import re

from bertgpt_book.figures.plots import COLOURS
from bertgpt_book.widgets.base import source

WRITTEN = {
    "fixed(-1.234, 2)": "−1.23",
    "fixed(-0.001, 2)": "0.00",
    "fixed(0.5, 0)": "1",
    "fixed(NaN, 3)": "NaN",
    "signed(-0.44, 1)": "−0.4",
    "signed(0, 1)": "+0.0",
    "signed(-0.0004, 2)": "+0.00",
    "counted(999)": "999",
    "counted(1234567)": "1,234,567",
    "probability(0)": "0",
    "probability(0.00049)": "<0.001",
    "probability(0.0005)": "0.001",
    "probability(1)": "1.000",
    "percent(0)": "0 %",
    "percent(0.0004)": "<0.1 %",
    "percent(0.0344)": "3.4 %",
    "weightInCell(1)": "1",
    "weightInCell(0.425)": ".42",
    "moveInCell(0)": "0",
    "moveInCell(0.0042)": "4e-3",
    "moveInCell(0.456)": ".46",
    "moveInCell(12.3)": "12",
    "modelOf('BERT, ours')": "BERT",
    "modelOf('bag')": "other",
}


def test_a_number_is_written_in_one_way(in_node):
    calls = ", ".join(f"page.{call}" for call in WRITTEN)
    found = in_node("common.js", f"return [{calls}];")
    assert dict(zip(WRITTEN, found, strict=True)) == WRITTEN


def test_widgets_and_pictures_have_the_same_colours():
    light = dict(re.findall(r"--(bert|gpt): light-dark\((#\w+),", source("common.css")))
    assert {name.upper(): value.upper() for name, value in light.items()} == COLOURS
