"""Gates: one small notebook, built by Sphinx, and what stands in its page."""

from pathlib import Path

import nbformat
import pytest
import yaml
from bs4 import BeautifulSoup
from sphinx.application import Sphinx

from bertgpt_book.widgets import Predict

ROOT = Path(__file__).resolve().parents[2]
BOOK = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["sphinx"]["config"]
CONF = {"extensions": ["myst_nb", "reading"], "nb_execution_mode": "off", "html_theme": "basic"}
CONF |= {name: value for name, value in BOOK.items() if name.startswith("nb_")}


def code(source, *tags, **data):
    """A code cell with these tags, that showed this."""
    shown = [nbformat.v4.new_output("display_data", data=data)] if data else []
    return nbformat.v4.new_code_cell(source, metadata={"tags": list(tags)}, outputs=shown, execution_count=1)


def prose(source, *tags):
    return nbformat.v4.new_markdown_cell(source, metadata={"tags": list(tags)})


QUESTION = Predict("How many?", answer=3, why="One each.")
TEXT, PICTURE = "text/plain", "image/png"
CELLS = [
    prose(
        "# A chapter\n\nA question?\n\nYou will be able to\n\n- count.\n\n"
        "*You need* chapter [02](index). *Time:* 5 minutes: 3 to read, 2 for the exercise. CPU is enough."
    ),
    code("q = Predict()\nq", "question", "remove-input", **{"text/html": QUESTION.static_html()}),
    code("n = 3\nprint(n)", "answer", **{TEXT: "the printed 3"}),
    code("draw(n)", "answer", "plumbing", **{PICTURE: "aGVsbG8=", TEXT: "three in a picture"}),
    code("q.check(n)\nassert n\nfor x in [n]:\n    check_close(x, 3)", "check"),
    prose("It is three.\n\nAnd a *second* paragraph.", "answer"),
    prose("## Next\n\nAll see this."),
    code("plot()", "plumbing", **{PICTURE: "aGVsbG8=", TEXT: "a picture in words"}),
]


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("book")
    language = {"name": "python", "pygments_lexer": "ipython3"}
    notebook = nbformat.v4.new_notebook(cells=CELLS, metadata={"language_info": language})
    nbformat.write(notebook, folder / "index.ipynb")
    Sphinx(folder, None, folder / "html", folder / "trees", "html", CONF, status=None, warning=None).build()
    assert "function kept" in (folder / "html" / "_static" / "reading.js").read_text(encoding="utf-8")
    return BeautifulSoup((folder / "html" / "index.html").read_text(encoding="utf-8"), "html.parser")


def test_a_gate_holds_the_code_the_output_and_the_paragraph_and_nothing_else(page):
    gates = page.select(".gate > .gated")
    assert [" ".join(gate.text.split()) for gate in gates] == [
        "the printed 3",
        "",
        "It is three. And a second paragraph.",
    ]
    code = page.select(".gate > .waits")
    assert len(code) == 2 and "print(n)" in code[0].text and code[0].find_next_sibling("div") == gates[0]
    assert page.select('[data-bertgpt="Predict"]') and "q = Predict()" not in page.text
    assert page.select('[data-opens="the figure and the answer"]') == page.select('[data-bertgpt="Predict"]')
    assert page.select(".gate em") and "All see this." not in " ".join(gate.text for gate in gates)


def test_above_its_first_heading_a_chapter_asks_its_question_and_tells_its_minutes(page):
    question, minutes, head = page.select_one("h1").find_next_siblings()[:3]
    assert question.text == "A question?" and minutes.text == "5 minutes: 3 to read, 2 for the exercise."
    form, fold = head.find_all(recursive=False)
    assert form.name == "form" and fold.select("li")[0].text.strip() == "count."
    assert " ".join(fold.text.split()).endswith("You need chapter 02. CPU is enough.")
