"""Figures: what is drawn is what was given, in the book's two colours, readable on any page."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.colors import to_hex
from sizes import S, T

from bertgpt.book.figures import diagrams
from bertgpt.book.figures.plots import BOTH, COLOURS, colour, panels, plot_bars, plot_curves, plot_grids, plot_vectors


@pytest.fixture(autouse=True)
def closed():
    before = dict(matplotlib.rcParams)
    yield
    plt.close("all")
    assert dict(matplotlib.rcParams) == before   # the house style stays in the house


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_the_two_colours_are_okabe_and_itos():
    assert COLOURS == {"BERT": "#0072B2", "GPT": "#D55E00"}
    assert colour("BERT, layer 2") == "#0072B2" and colour("GPT held out") == "#D55E00"
    others = {colour("unigram", index) for index in range(5)}
    assert len(others) == 5 and not others & {*COLOURS.values(), BOTH}


def test_a_both_is_green_wherever_it_stands_and_told_apart_without_colour():
    assert {colour("Both, causal", index) for index in range(5)} == {"#009E73"}
    (ax,) = plot_curves({name: ([1, 2], [3, 4]) for name in ("BERT", "GPT", "Both")}, xlabel="x", ylabel="y").axes
    assert len({line.get_linestyle() for line in ax.lines}) == len({line.get_marker() for line in ax.lines}) == 3
    (ax,) = plot_bars({name: {"a": 1.0} for name in ("BERT", "GPT, held out", "Both", "Bottom")}, ylabel="y").axes
    assert [bars[0].get_hatch() for bars in ax.containers if len(bars)] == [None, "//", "..", None]
    grids = plot_grids({"Both": torch.ones(2, 2), "other": torch.ones(2, 2)}, list("ab")).axes
    hues = [to_hex(ax.collections[0].get_cmap()(1.0)).upper() for ax in grids]
    assert hues == ["#009E73", "#777777"]


def test_every_figure_has_an_opaque_ground():
    drawn = [plot_grids({"BERT": torch.rand(T, T)}, list("abcde")),
             plot_curves({"GPT": ([1, 2], [3, 4])}, xlabel="x", ylabel="y"),
             plot_bars({"BERT": {"a": 1.0}}, ylabel="y"), plot_vectors({"query": {"q": (1.0, 2.0)}}),
             diagrams.plot_stacks(), diagrams.plot_blocks()]
    for figure in drawn:
        assert figure.get_facecolor()[3] == 1
        figure.canvas.draw()                     # and can be drawn


def test_panels_stand_side_by_side_under_their_names():
    _, axes = panels(["BERT", "GPT", "what else"])
    assert [ax.get_title() for ax in axes] == ["BERT", "GPT", "what else"]
    assert [to_hex(ax.title.get_color()).upper() for ax in axes[:2]] == list(COLOURS.values())


def test_a_grid_shows_every_number_where_it_belongs():
    weights = torch.arange(T * S).reshape(T, S) / 100
    figure = plot_grids({"GPT": weights}, rows=list("abcde"), columns=list("tuvwxyz"))
    (ax,) = figure.axes
    shown = {text.get_position(): text.get_text() for text in ax.texts}
    assert len(shown) == T * S
    assert all(shown[s, t] == f"{weights[t, s]:.2f}" for t in range(T) for s in range(S))
    assert [label.get_text() for label in ax.get_xticklabels()] == list("tuvwxyz")
    assert [label.get_text() for label in ax.get_yticklabels()] == list("abcde")


def test_a_mask_shows_what_is_allowed():
    mask = torch.ones(T, T, dtype=torch.bool).tril()
    (ax,) = plot_grids({"GPT": mask}, list("abcde"), kind="mask").axes
    shown = {text.get_position(): text.get_text() for text in ax.texts}
    future = {(s, t) for t in range(T) for s in range(t + 1, T)}
    assert {place for place, text in shown.items() if text == "×"} == future


def test_only_exact_zeros_are_crossed_out_as_no_leak():
    leakage = torch.tensor([[1.0, 0.0], [1e-9, 2.0]])
    (ax,) = plot_grids({"BERT": leakage}, list("ab"), kind="leakage").axes
    assert texts(ax) == ["1.00", "×", "0.00", "2.00"]


def test_nothing_at_all_can_be_drawn():
    for kind in ("weights", "scores", "leakage"):
        plot_grids({"BERT": torch.zeros(2, 2)}, list("ab"), kind=kind).canvas.draw()


def test_a_grid_of_scores_may_be_negative_and_learned():
    scores = torch.tensor([[-2.0, 1.0], [0.5, -0.25]], requires_grad=True)
    (ax,) = plot_grids({"BERT": scores}, list("ab"), kind="scores").axes
    assert texts(ax) == ["-2.00", "1.00", "0.50", "-0.25"]


def test_curves_are_told_apart_by_colour_and_line_and_marker():
    figure = plot_curves({"BERT": ([1, 2, 3], [3, 2, 1]), "GPT": ([1, 2, 3], [4, 3, 2])}, xlabel="x", ylabel="y",
                         baselines={"unigram": 2.5}, logy=True)
    (ax,) = figure.axes
    bert, gpt, baseline = ax.lines
    assert [line.get_color() for line in (bert, gpt)] == list(COLOURS.values())
    assert bert.get_linestyle() != gpt.get_linestyle() and bert.get_marker() != gpt.get_marker()
    assert bert.get_xydata().tolist() == [[1, 3], [2, 2], [3, 1]]
    assert set(baseline.get_ydata()) == {2.5} and "unigram 2.50" in texts(ax)
    assert ax.get_yscale() == "log" and (ax.get_xlabel(), ax.get_ylabel()) == ("x", "y")


def test_curves_of_no_model_are_told_apart_without_colour_too():
    same = dict.fromkeys(["suddenly", "slowly", "GPT", "half", "never"], (range(20), range(20)))
    (ax,) = plot_curves(same, xlabel="x", ylabel="y").axes
    assert len({str(curve._dash_pattern) for curve in ax.lines}) == len({curve.get_marker() for curve in ax.lines}) == 5
    marked = [set(range(20)[curve.get_markevery()[0]::curve.get_markevery()[1]]) for curve in ax.lines]
    assert not marked[0] & marked[1]                              # seen where one lies on the other


def test_bars_stand_in_their_groups_with_their_numbers():
    values = {"BERT": {"sentiment": 0.81, "names": 0.9}, "GPT": {"sentiment": 0.79}}
    (ax,) = plot_bars(values, ylabel="accuracy").axes
    assert [label.get_text() for label in ax.get_xticklabels()] == ["sentiment", "names"]
    assert sorted(texts(ax)) == ["0.79", "0.81", "0.90"]
    bert, gpt = ax.containers
    assert [round(bar.get_x() + bar.get_width() / 2) for bar in bert] == [0, 1]
    assert bert[0].get_hatch() != gpt[0].get_hatch()
    assert bert[0].get_x() + bert[0].get_width() <= gpt[0].get_x() + 1e-9     # beside, not over, each other


def test_the_bars_that_a_group_has_stand_over_its_name():
    values = {"counted": {"TF-IDF": 0.6}, "BERT": {"frozen": 0.2, "trained": 0.4}, "GPT": {"frozen": 0.3}}
    (ax,) = plot_bars(values, ylabel="rank").axes
    middles = sorted(bar.get_x() + bar.get_width() / 2 for bars in ax.containers for bar in bars)
    assert middles == pytest.approx([0, 1 - 0.4 / 3, 1 + 0.4 / 3, 2])


def test_many_groups_of_bars_are_no_wider_than_a_page():
    assert plot_bars({"BERT": dict.fromkeys("ABCDEFGHIJ", 0.5)}, ylabel="share").get_figwidth() < 784 / 96


def test_letters_under_a_grid_stand_upright_and_words_aslant():
    for names, aslant in (("abcde", 0), (["she", "was", "in", "a", "b"], 45)):
        (ax,) = plot_grids({"GPT": torch.rand(5, 5)}, list(names)).axes
        assert {label.get_rotation() for label in ax.get_xticklabels()} == {aslant}


def test_an_interval_reaches_from_its_low_to_its_high_end():
    values = {"BERT": {"a": 0.8, "b": 0.5}, "words": {"a": 0.6, "b": 0.4}}
    (ax,) = plot_bars(values, ylabel="accuracy", intervals={"BERT": {"a": (0.7, 0.85), "b": (0.45, 0.6)}}).axes
    (lines,) = ax.collections                                                 # BERT's only
    assert [segment[:, 1].round(6).tolist() for segment in lines.get_segments()] == [[0.7, 0.85], [0.45, 0.6]]


def test_vectors_point_where_they_should():
    (ax,) = plot_vectors({"query": {"cat": torch.tensor([1.0, -2.0])}, "key": {"mat": (0.5, 0.0)}}).axes
    arrows = [a for a in ax.texts if a.get_text() == ""]
    assert [tuple(a.xy) for a in arrows] == [(1.0, -2.0), (0.5, 0.0)]
    assert {"cat", "mat"} <= set(texts(ax))
    assert ax.get_xlim()[0] < -2 and ax.get_xlim()[1] > 2         # every arrow fits
