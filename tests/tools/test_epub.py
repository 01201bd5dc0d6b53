"""The EPUB: what a widget becomes in it, what is kept of raw HTML, and that it is packed with its styles."""

import re
from xml.etree import ElementTree
from zipfile import ZipFile

import book_epub
import nbformat
import pytest
from bs4 import BeautifulSoup
from sphinx.application import Sphinx

from bertgpt_book.widgets import CostCalculator, Predict, Quiz

CONF = """extensions = ["myst_nb", "sphinx_exercise", "reading", "book_epub"]
nb_execution_mode = "off"
nb_mime_priority_overrides = [["epub", "text/html", 1]]
"""


QUIZ = [
    {"question": "2 + 3?", "options": ["5", "6"], "answer": 0, "explanation": "Count `up`."},
    {"question": "2 + 2?", "options": ["3", "4"], "answer": 1, "explanation": "Count again."},
]
LINES = """Predict: Which mask is GPT's? | square | triangle | Look. | print(3) | the output
 | The answer: triangle. It looks back. | The prose. | Predict: How much? | The answer: 0.4 nats. Not much, <b>.
 | Predict: Last? | yes | no | The answer: no. Another follows. | 2 + 3? | 5 | 6 | 2 + 2? | 3 | 4
 | The answer: 5. Count up. | The answer: 4. Count again."""


def cell(source, *tags, **data):
    """A code cell with these tags and this output."""
    outputs = [nbformat.v4.new_output("display_data", data=data)] if data else []
    return nbformat.v4.new_code_cell(source, metadata={"tags": list(tags)}, outputs=outputs, execution_count=1)


def question(widget):
    data = {"text/plain": repr(widget), "text/html": widget.static_html()}
    return cell("it", "question", "remove-input", **data)


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """A book of one page: three predictions, of which an output answers the first, and a quiz."""
    folder = tmp_path_factory.mktemp("book")
    options = ["square", "`triangle`"]
    cells = [
        nbformat.v4.new_markdown_cell("# A chapter"),
        question(Predict("Which `mask` is *GPT's*?", options, answer="`triangle`", why="It looks back.")),
        nbformat.v4.new_markdown_cell("Look."),
        cell("print(3)", "answer", **{"text/plain": "the output"}),
        nbformat.v4.new_markdown_cell("The prose.", metadata={"tags": ["answer"]}),
        question(Predict("How much?", answer=0.4, unit="nats", why="Not *much*, <b>.")),
        question(Predict("Last?", ["yes", "no"], answer="no", why="Another follows.")),
        question(Quiz(QUIZ)),
    ]
    language = {"name": "python", "pygments_lexer": "ipython3"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"language_info": language})
    nbformat.write(notebook, folder / "index.ipynb")
    (folder / "conf.py").write_text(CONF, encoding="utf-8")
    Sphinx(folder, folder, folder / "epub", folder / "trees", "epub", status=None, warning=None).build()
    return folder / "epub"


def test_questions_are_text_and_their_answers_come_behind_what_the_page_hides(book):
    text = (book / "index.xhtml").read_text(encoding="utf-8")
    ElementTree.fromstring(text)  # well-formed: an EPUB's reader asks for that
    page = BeautifulSoup(text, "html.parser").body
    lines = [" ".join(each.text.split()) for each in page.select("p, pre") if each.text.strip()]
    start = lines.index("Predict: Which mask is GPT's?")
    assert lines[start:] == [" ".join(line.split()) for line in LINES.split("|")]
    assert [each.text for each in page.select("p > code, p > em")][:2] == ["mask", "GPT's"]


def test_another_widget_becomes_a_line_with_its_name():
    (line,), answers = book_epub.instead(CostCalculator(label='A "widget"').static_html())
    assert line.astext() == '“A "widget"”: this widget moves in the web edition.' and not answers


@pytest.mark.parametrize(
    "html, stays", [("<table><tr><td>1</td></tr></table>", True), ("<details>", False), ("a &nbsp; b<br>", False)]
)
def test_html_that_is_no_xml_is_left_out(html, stays):
    assert (book_epub.instead(html) is None) is stays


def test_the_styles_that_a_page_names_are_packed_with_it(book):
    (epub,) = book.glob("*.epub")
    with ZipFile(epub) as packed:
        text, names = packed.read("index.xhtml").decode(), set(packed.namelist())
    named = {*re.findall(r'(?:href|src)="([^"#:]+)["#]', text)}
    assert {re.sub(r"\.\w{64}", "", name) for name in named} >= {"_static/mystnb.css", "_static/exercise.css"}
    assert named - {"_static/reading.css"} <= names  # mask_book brings the book's own
