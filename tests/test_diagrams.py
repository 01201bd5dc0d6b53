"""Diagrams: every part is there, with its shape, and the arrows run between parts."""

import matplotlib

matplotlib.use("Agg")

from matplotlib.patches import Rectangle

from bertgpt.diagrams import ARROWS, FLOW, plot_flow
from bertgpt.plots import COLOURS


def test_the_flow_of_attention_names_each_matrix_and_says_where_the_models_differ():
    figure = plot_flow(["to", "be"])
    (ax,) = figure.axes
    words = [text.get_text() for text in ax.texts]
    assert words.count("to") == words.count("be") == 3                       # x, scores, weights
    assert all(f"{name}\n{beside}" in words for name, (beside, *_) in FLOW.items())
    cells = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    assert len(cells) == 2 * sum(n_columns for *_, n_columns in FLOW.values())
    colours = {text.get_color() for text in ax.texts if text.get_text().startswith(("BERT", "GPT"))}
    assert colours == set(COLOURS.values())
    assert figure.get_facecolor()[3] == 1


def test_every_part_but_the_first_is_reached_by_an_arrow():
    assert {end for _, end in ARROWS} == FLOW.keys() - {"x"}
    assert {start for start, _ in ARROWS} == FLOW.keys() - {"output"}
