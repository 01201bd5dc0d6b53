"""The figures of single chapters: what is drawn is what was given."""

import numpy as np
import pytest
import torch

from bertgpt import load_tokenizer
from bertgpt.book.figures import pictures


def test_the_likeliest_tokens_come_first():
    logits = torch.zeros(8192)
    logits[300], logits[17] = 9, 8
    given, tokenizer = {"BERT": logits, "GPT": logits.flip(0)}, load_tokenizer()
    axes = pictures.plot_top_tokens(given, tokenizer, n=3).axes
    for ax, name, best in zip(axes, given, ([300, 17], [8191 - 300, 8191 - 17]), strict=True):
        widths = [bar.get_width() for bar in ax.patches]
        assert widths[:2] == pytest.approx(given[name].softmax(-1)[best].tolist()) and widths[2] < widths[1]
        assert [label.get_text() for label in ax.get_yticklabels()][:2] == [repr(t) for t in tokenizer.tokens(best)]
        assert ax.get_title() == name


def test_a_fault_is_strong_and_nothing_broken_pale():
    errors = {"BERT": {"nothing": [0.0, 1e-6], "GELU": [0.0, 1e-2]}}
    (ax,) = pictures.plot_parity(errors, ["GELU"]).axes
    assert {line.get_alpha(): list(line.get_ydata()) for line in ax.lines[:2]} == {0.35: [1e-9, 1e-6], 1: [1e-9, 1e-2]}
    figure = pictures.plot_parity(errors, ["nothing"])
    (alone,), (legend,) = figure.axes, figure.legends
    assert [text.get_text() for text in legend.get_texts()] == list(errors)
    assert alone.lines[0].get_alpha() == 1 and len(alone.lines) == 2


def test_a_tree_is_thick_where_the_beam_goes():
    tree = {"was": (0.6, {"glad": 0.4, "kind": 0.6}), "ran": (0.4, {"home": 1.0})}
    (ax,) = pictures.plot_beam_tree("she", tree, n_beams=1).axes
    bold = {text.get_text() for text in ax.texts if text.get_fontweight() == "bold"}
    assert bold == {"home   0.40"}
    assert sum(line.get_linestyle() == "--" for line in ax.lines) == 2


def test_means_carry_their_intervals():
    figure = pictures.plot_means({"drawn": {"repeated": [0.0, 0.2, 0.4]}}, ylabel="share")
    assert figure.axes[0].patches[0].get_height() == pytest.approx(0.2) and figure.axes[0].containers


def test_a_curve_tells_the_share_above():
    figure = pictures.plot_shares_above({"a": torch.tensor([0.5, 1.5, 2.5, 9.0])}, xlabel="nats", highest=3)
    assert list(figure.axes[0].lines[0].get_ydata()) == [1, 0.75, 0.5, 0.25]


def test_lengths_are_marked_and_gpt_is_level():
    figure = pictures.plot_lengths([5, 29, 60], {"signs": [0.3, 0.1, 0.6], "nats": [6, 5, 7]}, {29: "row"}, gpt=5.0)
    assert all(list(ax.lines[0].get_xdata()) == [5, 29, 60] for ax in figure.axes)
    assert figure.axes[1].lines[-1].get_linestyle() == "--" and figure.axes[1].lines[-1].get_ydata()[0] == 5.0
    figure.draw_without_rendering()
    assert figure.axes[1].texts[-1].get_window_extent().y0 >= figure.axes[1].lines[-1].get_window_extent().y0


def test_right_sides_and_hatches_are_drawn_as_given():
    (ax,) = pictures.plot_right_sides({"nothing": 7.0, "text": 3.0}, gpt=5.0).axes
    assert [bar.get_height() for bar in ax.patches] == [7, 3] and ax.lines[-1].get_ydata()[0] == 5.0
    (ax,) = pictures.plot_hatched({"a": {"left": 0.5}, "b": {"left": 0.2}}, ylabel="share").axes
    assert [bar.get_hatch() for bar in ax.patches] == ["", "//"]


def test_the_first_rule_of_a_contest_is_filled():
    row = {"judge": np.array([-5.0, -7.0]), "signs": 0.1, "repeated": 0.2}
    figure = pictures.plot_contest({"drawn": {"GPT": row, "unigram": row}, "likeliest": {"GPT": row}})
    marks = [line for line in figure.axes[0].lines if line.get_marker() == "^"]
    assert [mark.get_markerfacecolor() for mark in marks] == [marks[0].get_color(), "white"]
    assert marks[0].get_xdata()[0] == -6
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["GPT", "unigram"]
    figure.draw_without_rendering()
    (legend,) = figure.legends                                     # above the panels: their last rows are not empty
    assert all(legend.get_window_extent().y0 > ax.title.get_window_extent().y1 for ax in figure.axes)
