"""A figure on its page: the same text each time, words as words, two widths, two grounds."""

import re
from xml.etree import ElementTree

import matplotlib

matplotlib.use("Agg")

import pytest
import torch
from book_pictures import split, svg_size

from bertgpt.book.figures import diagrams, drawing, pictures, plots

WIDE = {"grids": lambda: plots.plot_grids({"BERT": torch.rand(5, 5), "GPT": torch.rand(5, 5).tril()}, list("abcde")),
        "bars": lambda: plots.plot_bars({k: dict.fromkeys(["first group", "second group", "third", "fourth"], 0.5)
                                         for k in ("BERT", "GPT", "TF-IDF")}, ylabel="share"),
        "stacks": diagrams.plot_stacks, "blocks": diagrams.plot_blocks,
        "flow": lambda: diagrams.plot_flow(["Emma", "walked", "home"])}
TEXT = "{http://www.w3.org/2000/svg}text"


def shown(figure) -> tuple[str, str]:
    return split(figure._repr_mimebundle_()["image/svg+xml"])


@pytest.mark.parametrize("name", WIDE)
def test_a_phone_gets_every_word_at_its_own_width(name):
    wide, phone = shown(WIDE[name]())
    words = [{"".join(text.itertext()) for text in ElementTree.fromstring(svg).iter(TEXT)} for svg in (wide, phone)]
    assert all(re.fullmatch(r"[-−\d.]+", word) for word in words[0] - words[1])        # ticks may thin out
    assert svg_size(wide)[0] > svg_size(phone)[0] <= 375
    smallest = min(float(size) for size in re.findall(r"<text[^>]*?([\d.]+)px", phone))
    assert smallest * 96 / 72 >= 10, "a phone shows the SVG at its own size: these are CSS pixels"


def test_drawing_leaves_the_figure_as_it_was_and_says_the_same_twice():
    figure = WIDE["bars"]()
    first = figure._repr_mimebundle_()
    assert figure._repr_mimebundle_() == first
    assert figure.get_size_inches().tolist() != [drawing.PHONE, 3.2]
    assert not any(label.get_rotation() for label in figure.axes[0].get_xticklabels())


def test_coordinates_are_cut_and_words_are_not():
    figure, (ax,) = plots.panels([""])
    ax.barh(["letter"], [0.05])
    ax.set(xlim=(0, 0.08), xticks=[0, 0.025, 0.05, 0.075])
    for svg in shown(figure):
        words = {"".join(text.itertext()) for text in ElementTree.fromstring(svg).iter(TEXT)}
        assert {"0.025", "0.075"} <= words
        assert not re.search(r'd="[^"]*\d\.\d{3}', svg)


def test_touching_labels_turn_on_a_phone_and_only_there():
    wide, phone = shown(WIDE["bars"]())
    assert "rotate(-40" in phone and "rotate(-40" not in wide and "rotate(-90" in phone


def test_a_shared_axis_is_labelled_again_when_its_neighbour_has_gone():
    figure, axes = plots.panels(["BERT", "GPT"], sharey=True)
    for ax in axes:
        ax.plot([0, 1], [0, 77])
    wide, phone = shown(figure)
    assert phone.count(">60<") == 2 * wide.count(">60<") == 2


def test_the_dark_changes_ink_and_ground_and_keeps_the_models_colours():
    svg = WIDE["grids"]()._repr_mimebundle_()["image/svg+xml"]
    rules = drawing.svg_style()
    assert rules in svg and svg.count("<style>text") == 1
    inks = set(re.findall(r"<text[^>]*fill: (#\w{6})", svg))
    assert inks <= {*drawing.DARK, *drawing.DARK_TEXT, "#ffffff", "#999999"}, "a word that the dark does not know"
    assert {"#0072b2", "#d55e00"} <= set(re.findall(r"fill: (#\w{6})", svg))
    assert all(f'{part}: {ink}' in rules for ink in ("#222222",) for part in ("fill", "stroke"))


def test_a_heavy_drawing_is_left_to_the_notebooks_picture(monkeypatch):
    figure = WIDE["blocks"]()
    monkeypatch.setattr(drawing, "HEAVY", 1000)
    assert figure._repr_mimebundle_() == {}


def test_a_legend_that_is_too_wide_is_folded_and_comes_back():
    figure = plots.plot_bars({name: {"a": 1.0, "b": 2.0} for name in ("BERT", "both-sides bigram", "GPT-2 medium")},
                             ylabel="loss")
    (ax,), legend = figure.axes, figure.axes[0].get_legend()
    figure.draw_without_rendering()
    assert legend.get_window_extent().width <= figure.bbox.width
    with drawing.narrowed(figure):
        assert ax.get_legend().get_window_extent().width <= figure.bbox.width
        assert ax.get_position().width > 0.45
    assert ax.get_legend() is legend


def test_a_phone_shows_every_legend_above_its_panel_and_its_title():
    figure, axes = plots.panels(["BERT", "GPT"])
    for ax in axes:
        ax.plot([0, 1, 2], [3, 1, 2], label="held out")
        ax.legend()
    figure.draw_without_rendering()
    assert all(ax.get_legend().get_window_extent().y1 < ax.bbox.y1 for ax in axes)
    with drawing.narrowed(figure):
        figure.draw_without_rendering()
        for ax in axes:
            assert ax.get_legend().get_window_extent().y0 >= ax.title.get_window_extent().y1 > ax.bbox.y1
    assert all(ax.get_legend().get_window_extent().y1 < ax.bbox.y1 for ax in axes)


@pytest.mark.parametrize("draw", [lambda: plots.plot_vectors({"query": {"q": (1.0, 2.0)}}), WIDE["flow"],
                                  lambda: plots.plot_grids({"BERT": torch.rand(6, 6)}, ["[MASK] → walked?"] * 6)])
def test_a_square_panel_leaves_no_empty_band_on_a_phone(draw):
    figure = draw()
    with drawing.narrowed(figure):
        figure.draw_without_rendering()
        (ax,) = figure.axes
        assert ax.get_tightbbox().height > 0.93 * figure.bbox.height


def test_three_small_grids_are_drawn_in_a_phones_width():
    kinds = ("no softmax", "no division", "wrong axis")
    figure = plots.plot_grids(dict.fromkeys(kinds, torch.rand(3, 3)), ["Emma", "walked", "home"], kind="scores")
    with drawing.narrowed(figure):
        assert figure.get_figwidth() == drawing.PHONE


def test_names_of_several_lines_do_not_touch_on_a_phone():
    names = ["GPT, as it is", "another's\nline", "GPT, fine-\ntuned", "one line\nfor all", "random\nsentence",
             "first\nsentence", "best\nsentence, by\nan oracle"]
    figure = plots.plot_bars({"ROUGE-1": dict.fromkeys(names, 0.2)}, ylabel="F1 with the author's line")
    (ax,) = figure.axes
    sizes = [label.get_fontsize() for label in ax.get_xticklabels()]
    with drawing.narrowed(figure):
        figure.draw_without_rendering()
        places = [label.get_window_extent() for label in ax.get_xticklabels()]
        assert all(left.x1 < right.x0 for left, right in zip(places, places[1:]))
        assert min(place.y0 for place in places) >= 0
    assert [label.get_fontsize() for label in ax.get_xticklabels()] == sizes
    assert not any(label.get_rotation() for label in ax.get_xticklabels())


@pytest.mark.parametrize("groups", [3, 10], ids=["level", "upright"])
def test_numbers_on_bars_end_below_the_legend_wide_and_on_a_phone(groups):
    values = {name: dict.fromkeys("ABCDEFGHIJ"[:groups], height) for name, height in (("BERT", 0.7), ("GPT", 0.4))}
    figure = plots.plot_bars(values, ylabel="share")
    (ax,), limits = figure.axes, figure.axes[0].get_ylim()

    def highest():
        figure.draw_without_rendering()
        return max(text.get_window_extent().y1 for text in ax.texts)

    assert highest() <= ax.bbox.y1 + 0.5
    with drawing.narrowed(figure):
        assert highest() <= ax.bbox.y1 + 0.5 < ax.get_legend().get_window_extent().y1
    assert ax.get_ylim() == limits


def test_long_labels_leave_room_for_the_picture():
    figure, (ax,) = plots.panels([""], width=7.4)
    ax.set_yticks(range(3), ["person or place, asked (always the same one)"] * 3)
    with drawing.narrowed(figure):
        assert figure.get_figwidth() > drawing.PHONE


def test_names_that_leave_no_room_stand_above_their_rows_on_a_phone_and_only_there():
    names = ["sentiment, 50 labels: a layer on frozen states", "next reply: vectors", "next reply: likelihood gained"]
    found = {"MiniLM": (0.2, (0.1, 0.3)), "TinyBERT": (0.1, (0.0, 0.2)), "TinyGPT": (-0.3, (-0.4, -0.2)),
             "TinyBoth": (-0.2, (-0.3, -0.1))}
    figure = pictures.plot_differences(dict.fromkeys(names, found), "ahead of the rival by", ["shared words"] * 3)
    (ax,), first = figure.axes, figure._repr_mimebundle_()
    assert figure._repr_mimebundle_() == first
    with drawing.narrowed(figure):
        figure.draw_without_rendering()
        assert figure.get_figwidth() == drawing.PHONE and ax.get_position().width > 0.45
        marks = [line.get_window_extent() for line in ax.lines[:-1] if len(line.get_xdata())]
        words = [text for text in ax.texts if text.get_text() in names]
        assert len(words) == 3 and not any(label.get_visible() for label in ax.get_yticklabels())
        for word in words:
            place = word.get_window_extent()
            assert 0 <= place.x0 and place.x1 <= figure.bbox.width
            assert not any(place.y0 < mark.y1 and mark.y0 < place.y1 for mark in marks), word.get_text()
    figure.draw_without_rendering()
    assert len(ax.texts) == 3 and all(label.get_window_extent().x1 < ax.bbox.x0 for label in ax.get_yticklabels())


def test_levels_that_lie_together_are_named_apart():
    figure = plots.plot_curves({"GPT": ([0, 1], [7.0, 2.0])}, xlabel="x", ylabel="y",
                               baselines={"unigram": 3.0, "bigram": 2.95, "trigram": 2.9})
    places = [text.get_position() for text in figure.axes[0].texts]
    assert all(x > 1 for x, _ in places)                                  # beside the panel: over no curve
    heights = sorted(y for _, y in places)
    assert all(upper - lower >= 0.06 for lower, upper in zip(heights, heights[1:]))


def test_a_level_that_is_counted_is_named_without_decimals():
    figure = plots.plot_curves({"GPT": ([0, 1], [1, 90])}, xlabel="x", ylabel="y", baselines={"top-k": 40, "p": 0.9})
    assert {text.get_text() for text in figure.axes[0].texts} == {"top-k 40", "p 0.90"}


def test_a_picture_knows_its_size(tmp_path):
    from book_pictures import size_of

    plots.plot_vectors({"query": {"q": (1.0, 2.0)}}).savefig(tmp_path / "a.png", dpi=50)
    assert size_of(tmp_path / "a.png") == (210, 200)
    (tmp_path / "a.svg").write_text('<svg width="72pt" height="36.0pt">')
    assert size_of(tmp_path / "a.svg") == (96, 48) and size_of(tmp_path / "a.gif") is None
