"""The figures that chapters share: what is drawn is what was given, in the models' colours."""

import pytest
import torch
from matplotlib.colors import to_hex
from sizes import T

from bertgpt import load_tokenizer
from bertgpt_book.figures import plots, tiles


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_models_are_told_apart_by_colour_and_without_it():
    models = {"BERT": "#0072B2", "GPT": "#D55E00", "Both": "#009E73"}
    _, panels = plots.panels(models)
    (curves,) = plots.plot_curves(
        {f"{name}, held out": ([1, 2], [3, 4]) for name in models}, xlabel="x", ylabel="y"
    ).axes
    (bars,) = plots.plot_bars({name: {"a": 1.0} for name in models}, ylabel="y").axes
    grids = plots.plot_grids({name: torch.ones(2, 2) for name in models}, list("ab")).axes
    for colours in (
        [ax.title.get_color() for ax in panels],
        [line.get_color() for line in curves.lines],
        [bar[0].get_facecolor() for bar in bars.containers if len(bar)],
        [ax.collections[0].get_cmap()(1.0) for ax in grids],
    ):
        assert [to_hex(each).upper() for each in colours] == list(models.values())
    for looks in (
        [line.get_linestyle() for line in curves.lines],
        [line.get_marker() for line in curves.lines],
        [bar[0].get_hatch() for bar in bars.containers if len(bar)],
    ):
        assert len({*looks}) == 3
    assert {plots.colour("Bottom", index) for index in range(5)} == {*plots.OTHERS}


def test_a_mask_shows_what_is_allowed():
    mask = torch.ones(T, T, dtype=torch.bool).tril()
    (ax,) = plots.plot_grids({"GPT": mask}, list("abcde"), kind="mask").axes
    shown = {text.get_position(): text.get_text() for text in ax.texts}
    future = {(s, t) for t in range(T) for s in range(t + 1, T)}
    assert {at for at, text in shown.items() if text == "×"} == future


@pytest.mark.parametrize(
    "kind, numbers, shown",
    [
        ("leakage", [[1.0, 0.0], [1e-9, 2.0]], ["1.00", "×", "0.00", "2.00"]),  # exact zeros only
        ("scores", [[-2.0, 1.0], [0.5, -0.25]], ["-2.00", "1.00", "0.50", "-0.25"]),
        ("weights", [[0.0, 0.0], [0.0, 0.0]], ["0"] * 4),
    ],
)
def test_a_kind_of_grid_writes_its_numbers(kind, numbers, shown):
    values = torch.tensor(numbers, requires_grad=True)
    figure = plots.plot_grids({"BERT": values}, list("ab"), kind=kind)
    assert texts(figure.axes[0]) == shown
    figure.draw_without_rendering()


def test_bars_stand_over_their_groups_with_their_numbers():
    values = {"counted": {"TF-IDF": 0.6}, "BERT": {"frozen": 0.2, "trained": 0.4}, "GPT": {"frozen": 0.3}}
    (ax,) = plots.plot_bars(values, ylabel="rank").axes
    middles = [bar.get_x() + bar.get_width() / 2 for bars in ax.containers for bar in bars]
    assert middles == pytest.approx([0, 1 - 0.4 / 3, 2, 1 + 0.4 / 3])
    assert texts(ax) == ["0.60", "0.20", "0.40", "0.30"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["TF-IDF", "frozen", "trained"]


def test_the_most_probable_tokens_come_first():
    logits, tokenizer = torch.zeros(8192), load_tokenizer()
    logits[300], logits[17] = 9, 8
    given = {"BERT": logits, "GPT": logits.flip(0)}
    axes = plots.plot_top_tokens(given, tokenizer, n=3).axes
    for ax, name, best in zip(axes, given, ([300, 17], [8191 - 300, 8191 - 17]), strict=True):
        widths = [bar.get_width() for bar in ax.patches]
        assert widths[:2] == pytest.approx(given[name].softmax(-1)[best].tolist())
        names = [label.get_text() for label in ax.get_yticklabels()][:2]
        assert names == [repr(token) for token in tokenizer.tokens(best)]


def test_a_row_of_tiles_is_filled_where_the_model_may_look_and_asks_below_a_tile():
    figure = tiles.plot_tiles({"GPT, at old": dict(texts=["The", "old", None, "cat"], seen=[0, 1], asked={1: "?"})})
    (ax,) = figure.axes
    shown = {text.get_text(): text.get_position()[0] for text in ax.texts if text.get_text()}
    assert shown == {"GPT, at old": 0.05, "The": 0.5, "old": 1.5, "?": 1.5, "cat": 3.5}
    assert [bool(tile.get_facecolor()[3]) for tile in ax.patches] == [True, True, False]
    assert to_hex(ax.patches[0].get_edgecolor()).upper() == "#D55E00"
