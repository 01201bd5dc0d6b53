"""Numbers from records: each name leads to one value, and one that does not is an error of the build."""

from types import SimpleNamespace

import book_record
import nbformat
import pytest

from bertgpt.assets import SHIPPED

RECORD = {
    "about": {"seconds": 5005},
    "rows": [
        {"name": "a", "seed": 0, "loss": 4.25, "tokens": 12, "curve": [[200, 6.5], [400, 5.25]]},
        {"name": "a", "seed": 1, "loss": 4.5, "tokens": 12},
        {"name": "b", "batch": [3, 5]},
    ],
}


@pytest.fixture
def one_record(monkeypatch):
    monkeypatch.setattr(book_record, "load_results", {"trial": RECORD}.get)


@pytest.mark.parametrize(
    "name, value",
    [("trial/about/seconds", 5005), ("trial/b/batch/1", 5), ("trial/a/curve/400", 5.25), ("trial/a/tokens", 12)],
)  # all rows of the name agree
def test_a_name_leads_to_its_value(name, value, one_record):
    assert book_record.look_up(name) == value


NOWHERE = """trial/c: there is no 'c'; trial/about/minutes: no 'minutes'; trial/b/batch/2: no '2';
    trial/a/curve/300: no '300'; trial/a/loss: not one value; trial/b/batch: not one value"""


@pytest.mark.parametrize("case", NOWHERE.split(";"))
def test_a_name_that_leads_nowhere_or_to_several_is_refused(case, one_record):
    name, why = case.strip().split(": ")
    with pytest.raises(ValueError, match=f"^{name}.*{why}"):
        book_record.look_up(name)


def test_the_cards_say_how_many_parameters_the_files_hold():
    for name, count in book_record.parameters().items():
        assert f"{count:,} parameters" in " ".join((SHIPPED[name] / "README.md").read_text(encoding="utf-8").split())


def run_role(text: str):
    reporter = SimpleNamespace(error=lambda message, line: message)
    settings = SimpleNamespace(env=SimpleNamespace(note_dependency=lambda path: None))
    problematic, document = lambda text, raw, message: f"problem: {raw}", SimpleNamespace(settings=settings)
    inliner = SimpleNamespace(reporter=reporter, problematic=problematic, document=document)
    return book_record.Record()("record", f"{{record}}`{text}`", text, 7, inliner)


def test_the_role_writes_a_number_or_reports_an_error():
    ((text,), errors) = run_role("shipped_training/GPT/tokens:million")
    assert text.astext().endswith(" million") and errors == []
    ((problem,), (error,)) = run_role("shipped_trainings/GPT/tokens")
    assert problem.startswith("problem") and "shipped_trainings.json" in error


def test_a_chapters_minutes_are_counted_from_its_words_its_lines_and_its_exercises(tmp_path):
    new = nbformat.v4
    cells = [
        new.new_markdown_cell("word " * 400),
        new.new_code_cell("x = 1\n\n" * 20),
        new.new_code_cell("x = 1\n" * 50, metadata={"tags": ["plumbing"]}),
        new.new_markdown_cell("## Exercises\n\n*Exercise 1.1 · difficulty ★ · about 5 minutes*"),
        new.new_markdown_cell("*Exercise 1.2 · difficulty ★★ · about 10 minutes*\n\n" + "word " * 200),
    ]
    nbformat.write(new.new_notebook(cells=cells), tmp_path / "01_small.ipynb")
    counted = book_record.minutes(tmp_path / "01_small.ipynb")
    assert counted == {"reading": 2 + 2, "exercises": 15, "one star": 5}


def test_a_share_is_written_of_a_hundred_with_its_interval():
    assert book_record.written(0.584, "hundred") == "58"
    assert book_record.written({"mean": 0.584, "interval": [0.5, 0.6249]}, "hundred") == "58 (50 to 62)"
