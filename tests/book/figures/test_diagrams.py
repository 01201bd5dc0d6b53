"""Diagrams: every part is there, with its shape, and the arrows run between parts."""

import matplotlib

matplotlib.use("Agg")

from matplotlib.patches import Rectangle

from bertgpt.book.figures.diagrams import ARROWS, FLOW, plot_blocks, plot_flow, plot_stacks
from bertgpt.book.figures.plots import COLOURS


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


def test_the_stacks_say_who_dropped_what():
    axes = {ax.get_title(): " ".join(text.get_text() for text in ax.texts).replace("\n", " ")
            for ax in plot_stacks().axes}
    assert list(axes) == ["BERT", "2017 encoder", "2017 decoder", "GPT"]
    crossing = [name for name, shown in axes.items() if "cross-attention" in shown]
    assert crossing == ["2017 decoder"]
    for name, shown in axes.items():
        assert ("causal" in shown) == (name in ("2017 decoder", "GPT")), name


def test_the_norm_stands_after_the_sum_in_bert_and_before_the_branch_in_gpt():
    order = {}
    for ax in plot_blocks().axes:
        parts = sorted((text.get_position()[1], text.get_text()) for text in ax.texts)
        order[ax.get_title()] = [text for _, text in parts if text and not text.startswith("hidden")]
    assert order["BERT"] == ["self-attention", "+", "LayerNorm", "feed-forward", "+", "LayerNorm"]
    assert order["GPT"] == ["LayerNorm", "self-attention", "+", "LayerNorm", "feed-forward", "+"]
