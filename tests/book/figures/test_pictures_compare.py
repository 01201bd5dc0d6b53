"""Figures that compare: what is drawn is what was given."""

import pytest

from bertgpt.book.figures import pictures


def test_a_difference_is_drawn_where_it_is_and_zero_is_the_only_line():
    rows = {"a": {"MiniLM": (0.2, (0.1, 0.3)), "TinyBERT": (-0.1, (-0.2, 0.0))}, "b": {"TinyGPT": (0.0, (-0.1, 0.1))}}
    (ax,) = pictures.plot_differences(rows, "ahead", ["MiniLM", "a count"]).axes
    spans = [tuple(line.get_xdata()) for line in ax.lines if len(line.get_xdata()) == 2]
    assert spans == [(0.1, 0.3), (-0.2, 0.0), (-0.1, 0.1), (0, 0)]
    assert [text.get_text() for text in ax.texts] == ["MiniLM", "a count"]
    assert ax.get_yticklabels()[1].get_text() == "b" and ax.yaxis_inverted()


def test_a_label_curve_goes_through_the_means_of_its_draws():
    (ax,) = pictures.plot_label_curves({"TF-IDF": {"20": [0.5, 0.6], "50": [0.6, 0.6]},
                                        "MiniLM": {"20": [0.6, 0.7], "50": [0.7, 0.9]}}).axes
    assert [list(line.get_ydata()) for line in ax.lines[:2]] == [
        [pytest.approx(0.55), 0.6], [pytest.approx(0.65), pytest.approx(0.8)]]
    assert ax.get_xscale() == "log" and ax.lines[0].get_linestyle() != ax.lines[1].get_linestyle()
