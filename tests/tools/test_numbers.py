"""Numbers: exercises that prose names exist, and the page's prose links to what it names."""

import re
from pathlib import Path
from types import SimpleNamespace

import book_numbers
import pytest
from docutils import nodes

CHAPTERS = sorted((Path(__file__).resolve().parents[2] / "chapters").glob("[0-9][0-9]_*.ipynb"))
TEXTS = {path.stem[:2]: path.read_text(encoding="utf-8") for path in CHAPTERS}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_prose_names_exercises_that_exist(text):
    there = {number for each in TEXTS.values() for number in re.findall(r"### Exercise (\d+\.\d+): ", each)}
    assert {*re.findall(r"[Ee]xercise (\d+\.\d+)", text)} <= there
    assert not re.search(r"[Ee]xercise \d+(?!\.?\d)", text), "name it by chapter and number: exercise 3.1"


def env(**numbers):
    return SimpleNamespace(toc_fignumbers={f"chapters/{name}": kinds for name, kinds in numbers.items()})


def test_each_chapter_counts_its_own():
    masks = {"figure": {"a": (4,), "b": (5,)}, "exercise": {"x": (9,)}}
    book = env(**{"03_masks": masks, "notation": {"figure": {"c": (6,)}}})
    assert book_numbers.count_by_chapter(None, book) == []
    assert book.toc_fignumbers["chapters/03_masks"] == {"figure": {"a": (3, 1), "b": (3, 2)}, "exercise": {"x": (3, 1)}}
    assert book.toc_fignumbers["chapters/notation"] == {"figure": {"c": (1,)}}
    assert book_numbers.targets(book)["figure", "3.2"] == ("chapters/03_masks", "b")
    assert set(book_numbers.targets(book)) == {("figure", "3.1"), ("figure", "3.2"), ("exercise", "3.1")}


def test_prose_links_to_what_there_is_and_to_nothing_else():
    page = nodes.section("", nodes.paragraph("", "See figure 3.2 and exercise 3.9; not section 3.2."))
    app = SimpleNamespace(
        env=env(**{"03_masks": {"figure": {"b": (3, 2)}}}),
        builder=SimpleNamespace(get_relative_uri=lambda here, there: "there.html"),
    )
    book_numbers.link_mentions(app, page, "chapters/05_two_models")
    links = [(link.astext(), link["refuri"]) for link in page.findall(nodes.reference)]
    assert links == [("figure 3.2", "there.html#b")]
    assert page.astext() == "See figure 3.2 and exercise 3.9; not section 3.2."
