"""The training curves of the shipped models: what is drawn and said is in the record."""

from itertools import accumulate
from types import SimpleNamespace

import matplotlib

matplotlib.use("Agg")

import curves
import pytest
from book_pictures import split
from docutils import nodes

from bertgpt.book.figures import plots
from bertgpt.book.records import load_results


@pytest.fixture(scope="module")
def record():
    return load_results("shipped_training")


@pytest.fixture(scope="module")
def panels(record):
    return curves.by_panel(record)


def test_the_curves_are_those_of_the_record_one_run_after_the_other(record, panels):
    axes = curves.plot(panels).axes
    rows = {row["model"]: row["stages"] for row in record["rows"]}
    for ax, (panel, loss) in zip(axes, curves.PANELS.items(), strict=True):
        model = plots.model_of(panel)
        ends = list(accumulate(stage["arguments"]["steps"] for stage in rows[model.upper()]))
        for line, split_name in zip(ax.lines, ("held_out", "training")):
            assert [list(point) for point in line.get_xydata()] == [
                [begin + step, nats] for begin, stage in zip([0, *ends], rows[model.upper()])
                for step, nats in stage[split_name][loss]]
        assert [line.get_marker() for line in ax.lines[:2]] == [plots.MARKERS[model], "None"]
        assert [line.get_xdata()[0] for line in ax.lines[2:]] == ends[:-1]                # where a further run begins


def test_the_curves_have_the_shapes_that_the_alt_text_gives_them(panels):
    training = panels["BERT: at [MASK]"]["training"]
    assert training[1200] > training[1000] + 0.5 and training[1800] < training[1000]   # a jump
    bert, gpt, _, blanks = panels.values()
    for curve in (bert, gpt):                                      # with the stories
        end, every = curve["runs"][0]["steps"], curve["runs"][0]["eval_every"]
        assert list(curve["training"].values())[-1] < curve["training"][end] - 0.5
        assert curve["held_out"][end] < curve["held_out"][end + every] > list(curve["held_out"].values())[-1]
    assert all(blanks["held_out"][step] < nats for step, nats in blanks["training"].items()
               if step <= blanks["runs"][0]["steps"])


@pytest.mark.slow
def test_the_directive_makes_a_figure_with_words_and_a_narrow_drawing(tmp_path):
    noted = []
    env = SimpleNamespace(app=SimpleNamespace(outdir=tmp_path / "out" / "html"), srcdir=tmp_path,
                          note_dependency=noted.append)
    state = SimpleNamespace(document=SimpleNamespace(settings=SimpleNamespace(env=env)),
                            inline_text=lambda text, line: ([nodes.Text(text)], []))
    directive = SimpleNamespace(name="curves", arguments=["shipped_training"], state=state, lineno=1)
    (container,) = curves.Curves.run(directive)
    image, caption = container[0]
    assert image["uri"] == "/out/drawn/curves.svg"
    assert noted[0].endswith("shipped_training.json")
    assert image["alt"].startswith("Four panels")
    assert caption.astext().startswith("The losses while the models learned")
    assert split((tmp_path / image["uri"][1:]).read_text(encoding="utf-8"))[1]
