"""The training curves of the shipped models: what is drawn and said is in the record."""

from types import SimpleNamespace

import matplotlib

matplotlib.use("Agg")

import curves
import pytest
from book_pictures import split
from docutils import nodes

from bertgpt_book.figures import plots
from bertgpt_book.records import load_results


@pytest.fixture(scope="module")
def record():
    return load_results("shipped_training")


@pytest.fixture(scope="module")
def panels(record):
    return curves.by_panel(record)


def test_the_curves_are_those_of_the_record(record, panels):
    rows = {row["model"]: row for row in record["rows"]}
    for ax, (panel, loss) in zip(curves.plot(panels).axes, curves.PANELS.items(), strict=True):
        model = plots.model_of(panel)
        for line, split_name in zip(ax.lines, ("held_out", "training"), strict=True):
            assert line.get_xydata().tolist() == rows[model.upper()][split_name][loss]
        assert [line.get_marker() for line in ax.lines] == [plots.MARKERS[model], "None"]


def test_berts_curve_jumps_where_the_alt_text_says(panels):
    run, training = panels["BERT: at [MASK]"]["run"], panels["BERT: at [MASK]"]["training"]
    line, every = run["short_steps"], run["eval_every"]
    assert training[line] > training[line - every] + 0.5 and training[line + 3 * every] < training[line - every]


@pytest.mark.slow
def test_the_directive_makes_a_figure_with_words_and_a_narrow_drawing(tmp_path):
    noted = []
    env = SimpleNamespace(
        app=SimpleNamespace(outdir=tmp_path / "out" / "html"), srcdir=tmp_path, note_dependency=noted.append
    )
    state = SimpleNamespace(
        document=SimpleNamespace(settings=SimpleNamespace(env=env)),
        inline_text=lambda text, line: ([nodes.Text(text)], []),
    )
    directive = SimpleNamespace(name="curves", arguments=["shipped_training"], state=state, lineno=1)
    (container,) = curves.Curves.run(directive)
    image, caption = container[0]
    assert image["uri"] == "/out/drawn/curves.svg"
    assert noted[0].endswith("shipped_training.json")
    assert image["alt"].startswith("Four panels")
    assert caption.astext().startswith("The losses while the models learned")
    assert split((tmp_path / image["uri"][1:]).read_text(encoding="utf-8"))[1]
