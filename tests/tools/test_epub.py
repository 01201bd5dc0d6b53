"""The EPUB: what a widget becomes there, what is left of raw HTML, and who does not dress its pages."""

import re
from xml.etree import ElementTree
from zipfile import ZipFile

import book_epub
import nbformat
import pytest
from bs4 import BeautifulSoup
from sphinx.application import Sphinx

from bertgpt.book.widgets import CostCalculator, Predict, Quiz

CONF = """extensions = ["myst_nb", "sphinx_exercise", "reading", "book_epub"]
nb_execution_mode = "off"
nb_mime_priority_overrides = [["epub", "text/html", 1]]
"""


def cell(source, *tags, **data):
    """A code cell with these tags, that showed this."""
    shown = [nbformat.v4.new_output("display_data", data=data)] if data else []
    return nbformat.v4.new_code_cell(source, metadata={"tags": list(tags)}, outputs=shown, execution_count=1)


def asks(widget):
    return cell("it", "question", "remove-input", **{"text/plain": repr(widget), "text/html": widget.static_html()})


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """A book of one page: three predictions, of which one is answered by what a cell shows, and a quiz."""
    folder = tmp_path_factory.mktemp("book")
    cells = [
        nbformat.v4.new_markdown_cell("# A chapter"),
        asks(Predict("Which `mask` is *GPT's*?", ["square", "`triangle`"], answer="`triangle`", why="It looks back.")),
        nbformat.v4.new_markdown_cell("Look."),
        cell("print(3)", "answer", **{"text/plain": "what came out"}),
        nbformat.v4.new_markdown_cell("It was told.", metadata={"tags": ["answer"]}),
        asks(Predict("How much?", answer=0.4, unit="nats", why="Not *much*, <b>.")),
        asks(Predict("Last?", ["yes", "no"], answer="no", why="Another follows.")),
        asks(Quiz([
            {"question": "2 + 3?", "options": ["5", "6"], "answer": 0, "explanation": ["Count `up`.", "One too many."]},
            {"question": "2 + 2?", "options": ["3", "4"], "answer": 1, "explanation": "Count again."}])),
    ]
    language = {"name": "python", "pygments_lexer": "ipython3"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"language_info": language}), folder / "index.ipynb")
    (folder / "conf.py").write_text(CONF, encoding="utf-8")
    Sphinx(folder, folder, folder / "epub", folder / "trees", "epub", status=None, warning=None).build()
    return folder / "epub"


@pytest.fixture(scope="module")
def page(book):
    text = (book / "index.xhtml").read_text(encoding="utf-8")
    ElementTree.fromstring(text)                         # well-formed: an EPUB's reader asks for that
    return BeautifulSoup(text, "html.parser").body


def lines(page):
    return [" ".join(each.text.split()) for each in page.select("p, pre") if each.text.strip()]


def test_a_prediction_is_text_and_its_answer_stands_behind_what_came_out(page):
    told = lines(page)
    start = told.index("Predict: Which mask is GPT's?")
    assert told[start:start + 8] == [
        "Predict: Which mask is GPT's?", "square", "triangle", "Look.", "print(3)", "what came out",
        "The answer: triangle. It looks back.", "It was told."]
    asked = next(each for each in page.select("p") if each.text.startswith("Predict: Which"))
    assert [each.text for each in asked.select("code, em")] == ["mask", "GPT's"]
    assert [each.text.strip() for each in asked.find_next_sibling("ul").select("li")] == ["square", "triangle"]


def test_a_prediction_that_nothing_shown_answers_is_answered_in_its_place(page):
    told = lines(page)
    start = told.index("Predict: How much?")
    assert told[start:start + 6] == [
        "Predict: How much?", "The answer: 0.4 nats. Not much, <b>.",
        "Predict: Last?", "yes", "no", "The answer: no. Another follows."]


def test_a_quiz_is_its_questions_and_then_its_answers(page):
    asked, told = page.select("ol")
    questions = [lines(each) for each in asked.find_all("li", recursive=False)]
    assert questions == [["2 + 3?", "5", "6"], ["2 + 2?", "3", "4"]]
    assert lines(told) == ["The answer: 5. Count up.", "The answer: 4. Count again."]


def test_another_widget_becomes_a_line_with_its_name():
    (told,), answers = book_epub.instead(CostCalculator(label='A "widget"').static_html())
    assert told.astext() == "“A \"widget\"”: this widget moves in the web edition." and not answers


@pytest.mark.parametrize("html, stays", [
    ("<table><tr><td>1</td></tr></table>", True), ("<details>", False), ("a &amp; b", True), ("a &nbsp; b<br>", False)])
def test_what_no_xml_reader_knows_is_left_out(html, stays):
    assert (book_epub.instead(html) is None) is stays


def test_what_a_page_names_is_packed_with_it_the_first_time(book):
    (epub,) = book.glob("*.epub")
    with ZipFile(epub) as packed:
        text, names = packed.read("index.xhtml").decode(), set(packed.namelist())
    named = {*re.findall(r'(?:href|src)="([^"#:]+)["#]', text)}
    assert {re.sub(r"\.\w{64}", "", name) for name in named} >= {"_static/mystnb.css", "_static/exercise.css"}
    assert named - {"_static/reading.css"} <= names      # which is one of the book's own, and mask_book's to bring
