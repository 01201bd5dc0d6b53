"""Numbers from records: each name leads to one value, and one that does not is an error of the build."""

import re
from pathlib import Path

import book_record
import nbformat
import pytest

from bertgpt.assets import SHIPPED

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
RECORD = {
    "about": {"seconds": 5005},
    "rows": [
        {"name": "a", "seed": 0, "loss": 4.25, "tokens": 12},
        {"name": "a", "seed": 1, "loss": 4.5, "tokens": 12},
        {"name": "b", "batch": [3, 5]},
    ],
}


@pytest.fixture
def one_record(monkeypatch):
    monkeypatch.setattr(book_record, "load_results", {"trial": RECORD}.get)


@pytest.mark.parametrize(
    "name, value", [("trial/about/seconds", 5005), ("trial/b/batch/1", 5), ("trial/a/tokens", 12)]
)  # all rows of the name agree
def test_a_name_leads_to_its_value(name, value, one_record):
    assert book_record.look_up(name) == value


NOWHERE = """trial/c: there is no 'c'; trial/about/minutes: no 'minutes'; trial/b/batch/2: no '2';
    trial/a/loss: not one value; trial/b/batch: not one value"""


@pytest.mark.parametrize("case", NOWHERE.split(";"))
def test_a_name_that_leads_nowhere_or_to_several_is_refused(case, one_record):
    name, why = case.strip().split(": ")
    with pytest.raises(ValueError, match=f"^{name}.*{why}"):
        book_record.look_up(name)


def test_the_cards_say_how_many_parameters_the_files_hold():
    for name, count in book_record.parameters().items():
        assert f"{count:,} parameters" in " ".join((SHIPPED[name] / "README.md").read_text(encoding="utf-8").split())


def test_the_role_writes_a_number():
    ((text,), _) = book_record.Record()("record", "", "shipped_training/GPT/tokens:million", 7, None)
    assert text.astext().endswith(" million")


@pytest.mark.parametrize(
    "value, how, text",
    [({"mean": 4.3, "interval": [-3.6, 12.2]}, ".0f", "4 (−4 to 12)"), (-0.5, ".1f", "−0.5"), ("a-b", None, "a-b")],
)
def test_a_negative_number_has_a_minus_and_a_word_keeps_its_hyphen(value, how, text):
    assert book_record.written(value, how) == text


def test_a_chapters_minutes_are_counted_from_its_words_its_lines_and_its_exercises(tmp_path):
    new = nbformat.v4
    cells = [
        new.new_markdown_cell("word " * 400),
        new.new_code_cell("x = 1\n\n" * 20),
        new.new_code_cell("q = Predict()", metadata={"tags": ["question"]}),
        new.new_code_cell("x = 1\n" * 50, metadata={"tags": ["plumbing"], "mystnb": {"figure": {"name": "one"}}}),
        new.new_code_cell("TokenStrips('a')", metadata={"tags": ["plumbing"]}),
        new.new_markdown_cell("## Exercises\n\n### Exercise 1.1: One\n\n★ · about 5 minutes <!-- one -->"),
        new.new_markdown_cell("### Exercise 1.2: Two\n\n★★ · about 10 minutes <!-- two -->\n\n" + "word " * 200),
    ]
    path = tmp_path / "01_small.ipynb"
    nbformat.write(new.new_notebook(cells=cells), path)
    assert book_record.minutes(path) == {"reading": book_record.FACTOR * (2 + 2), "exercises": 15, "one star": 5}
    assert book_record.extras(book_record.story(path)) == {"predictions": 1, "pictures": 1, "widgets": 1}


TIME = re.compile(r"\*Time:\* (\d+) minutes[:,] (\d+) to read.*?(\d+) for the exercise")


@pytest.mark.parametrize("path", sorted(book_record.CHAPTERS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_chapter_says_how_long_it_takes(path):
    whole, reading, exercises = map(int, TIME.search(path.read_text(encoding="utf-8")).groups())
    counted = book_record.minutes(path)
    assert exercises == counted["exercises"] and whole == reading + exercises
    assert abs(reading - counted["reading"]) <= 6, f"says {reading} to read, where {counted['reading']:.0f} are counted"


def test_a_page_takes_about_as_long_again_as_its_words_and_lines():
    counted = book_record.chapters()
    assert abs(1 + counted["besides"] / counted["words and lines"] - book_record.FACTOR) < 0.25


def test_the_readme_says_how_long_the_course_takes():
    said = re.search(r"The (\d+) chapters take about\s(\d+) hours: (\d+) to read, (\d+) for the exercises", README)
    count, whole, reading, exercises = map(int, said.groups())
    counted = book_record.chapters()
    assert count == counted["count"] and whole == reading + exercises
    assert abs(reading - counted["reading"]) <= 1 and abs(exercises - counted["exercises"]) <= 1
