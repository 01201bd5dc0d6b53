"""The pages of questions: every number stands in what its answer points to."""

import re
from functools import cache
from pathlib import Path

import nbformat
import pytest

CHAPTERS = Path(__file__).resolve().parents[2] / "chapters"
PAGES = {
    name: (CHAPTERS / f"{name}.md").read_text(encoding="utf-8") for name in ("questions", "which_one", "two_pages")
}
LINK = re.compile(r"\]\(([^)\s]+)\)")
ROLE = re.compile(r"\{\w+(?::\w+)?\}`[^`]*`")
NUMBER = re.compile(r"(?<![\w.-])\d*\.\d+\b|\b\d{1,3}(?:,\d{3})+\b|\b\d+(?= (?:%|nats|points|of 100|times)\b)")


def answers() -> dict[str, str]:
    """Cut the page into its questions: -> question -> answer."""
    parts = re.split(r"^### (.+)$", PAGES["questions"], flags=re.M)
    return dict(zip(parts[1::2], (re.split(r"^## ", part, flags=re.M)[0] for part in parts[2::2])))


@cache
def text_of(path: str) -> str:
    """Read a page, or the cells of a notebook and what they print."""
    file = CHAPTERS / path
    if file.suffix != ".ipynb":
        return file.read_text(encoding="utf-8")
    cells = nbformat.read(file, as_version=4).cells
    shown = (output.get("text", "") for cell in cells for output in cell.get("outputs", []))
    return "\n".join([*(cell.source for cell in cells), *shown])


def test_each_question_says_where_it_is_measured_and_where_it_was_asked():
    for question, answer in answers().items():
        here, asked = answer.find("**Here:**"), answer.find("**Asked:**")
        assert 0 < here < asked and LINK.search(answer[here:asked]), question


def unfounded(said: str, links: list[str]) -> list[str]:
    """Return the numbers of a text that no record fills in and no page of this book that is linked has."""
    pages = [link.partition("#")[0] for link in links if not link.startswith("http")]
    known = " ".join(text_of(page) for page in pages if page)
    numbers = NUMBER.findall(ROLE.sub("", LINK.sub("]", said)))
    return [n for n in numbers if not re.search(rf"(?<![\d.])0?{re.escape(n.lstrip('0') or n)}(?!\d)", known)]


def test_every_number_that_no_record_fills_in_stands_in_a_chapter_that_its_answer_links():
    halves = {question: answer.split("**Here:**") for question, answer in answers().items()}
    strange = {question: unfounded(said, LINK.findall(where)) for question, (said, where) in halves.items()}
    assert {question: lost for question, lost in strange.items() if lost} == {}


@pytest.mark.parametrize("page", ["which_one", "two_pages"])
def test_every_number_of_a_sheet_stands_in_a_chapter_that_its_row_links(page):
    rows = [row for row in PAGES[page].splitlines() if row.startswith("|") and ".ipynb" in row]
    assert rows and {row: lost for row in rows if (lost := unfounded(row, LINK.findall(row)))} == {}
