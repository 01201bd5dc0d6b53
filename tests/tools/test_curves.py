"""The figure of the trainings: what it draws and says is in the record, and it can be read on any page."""

import copy
import re
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import matplotlib

matplotlib.use("Agg")

import curves
import pytest
from book_pictures import split, svg_size
from docutils import nodes
from matplotlib.colors import to_hex

from bertgpt.book.figures import drawing, plots
from bertgpt.book.records import load_results

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def record():
    return load_results("shipped_training")


@pytest.fixture(scope="module")
def panels(record):
    return curves.by_panel(record)


def test_each_model_has_its_losses_held_out_and_in_training_told_apart_without_colour(record, panels):
    axes = curves.plot(panels).axes
    assert [ax.get_title() for ax in axes] == list(curves.PANELS)
    rows = {row["model"]: row for row in record["rows"]}
    for ax, (panel, loss) in zip(axes, curves.PANELS.items()):
        model = plots.model_of(panel)
        unseen, read = ax.lines[:2]
        for line, part in ((unseen, "held_out"), (read, "training")):
            assert [list(point) for point in line.get_xydata()] == rows[model.upper()][part][loss]
            assert line.get_linestyle() == plots.LINES[model]
            assert to_hex(line.get_color()).upper() == plots.colour(model)
        assert unseen.get_marker() == plots.MARKERS[model] and read.get_marker() == "None"
    assert axes[0].lines[2].get_xdata()[0] == 1200                   # where long rows begin


def test_caption_and_words_are_computed(record, panels):
    told = curves.caption(panels) + curves.in_words(panels)
    ends = [f"{panels[panel][part][3800]:.2f}" for panel in curves.PANELS for part in curves.SPLITS]
    assert len(ends) == 8 and all(told.count(number) >= 2 for number in ends)
    other = copy.deepcopy(record)
    for row in other["rows"]:
        for part in curves.SPLITS:
            row[part] = {loss: [[step, 2 * nats] for step, nats in curve] for loss, curve in row[part].items()}
    other = curves.by_panel(other)
    assert not any(number in curves.caption(other) + curves.in_words(other) for number in ends)


def test_the_curves_have_the_shapes_that_the_words_give_them(panels):
    bert, gpt, both, blanks = ({split: panels[panel][split] for split in curves.SPLITS} for panel in curves.PANELS)
    read, end = bert["training"], 3800
    assert read[1200] > read[1000] + 0.5 and read[1800] < read[1000]                     # jumps for a while
    part = {name: [found["held_out"][step] - found["training"][step] for step in (200, end)]
            for name, found in (("gpt", gpt), ("both", both))}
    assert abs(part["gpt"][0]) < 0.05 and abs(part["gpt"][0]) < part["both"][1] < part["gpt"][1]     # part, both less
    assert all(blanks["held_out"][step] < nats for step, nats in blanks["training"].items())


def test_the_directive_makes_a_figure_that_a_page_and_a_phone_can_show(tmp_path):
    noted = []
    env = SimpleNamespace(app=SimpleNamespace(outdir=tmp_path / "out" / "html"), srcdir=tmp_path,
                          note_dependency=noted.append)
    state = SimpleNamespace(document=SimpleNamespace(settings=SimpleNamespace(env=env)),
                            inline_text=lambda text, line: ([nodes.Text(text)], []))
    (container,) = curves.Curves.run(SimpleNamespace(arguments=["shipped_training"], state=state, lineno=1))
    image, caption = container[0]
    assert image["uri"] == "/out/curves/shipped_training.svg" and noted[0].endswith("shipped_training.json")
    assert image["alt"].startswith("Four panels") and caption.astext().startswith("3,800 steps of each model")
    wide, phone = split((tmp_path / image["uri"][1:]).read_text(encoding="utf-8"))
    assert svg_size(phone)[0] <= 341 < svg_size(wide)[0]
    assert min(float(size) for size in re.findall(r"<text[^>]*?([\d.]+)px", phone)) * 96 / 72 >= 10
    for svg in (wide, phone):
        ElementTree.fromstring(svg)
        inks = set(re.findall(r"<text[^>]*fill: (#\w{6})", svg))
        assert inks <= {*drawing.DARK, *drawing.DARK_TEXT}, "a word that the dark does not know"


def test_the_page_shows_the_figure():
    page = (ROOT / "chapters" / "data_and_models.md").read_text(encoding="utf-8")
    assert page.count("```{curves} shipped_training\n```") == 1
    assert "    curves: tools/sphinx_ext\n" in (ROOT / "_config.yml").read_text(encoding="utf-8")
