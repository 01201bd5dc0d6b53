"""The EPUB: what a widget becomes there, what is left of raw HTML, and who does not dress its pages."""

from types import SimpleNamespace

import book_epub
import pytest
from docutils import nodes

from bertgpt.widgets import Quiz


def test_a_widget_becomes_a_line_with_its_name():
    question = {"question": "2 + 3?", "options": ["5", "6"], "answer": 0, "explanation": "Count."}
    told = book_epub.instead(Quiz([question], label='A "quiz"').static_html())
    assert told.astext() == "“A \"quiz\"”: this widget moves in the web edition."


@pytest.mark.parametrize("html, stays", [
    ("<table><tr><td>1</td></tr></table>", True), ("<details>", False), ("a &amp; b", True), ("a &nbsp; b<br>", False)])
def test_what_no_xml_reader_knows_is_left_out(html, stays):
    assert (book_epub.instead(html) is None) is stays


def test_raw_html_changes_in_an_epub_only():
    for name, words in (("html", "<details>"), ("epub", "")):
        document = nodes.paragraph("", "", nodes.raw("", "<details>", format="html"))
        book_epub.replace_raw(SimpleNamespace(builder=SimpleNamespace(name=name)), document, "")
        assert document.astext() == words


def test_no_page_of_it_is_dressed():
    def listener(module):
        return SimpleNamespace(handler=SimpleNamespace(__module__=module))

    modules = ["mask_book", "book_pictures", "page_engine", "sphinx_book_theme._x", "sphinx.ext.mathjax", "myst_nb"]
    kept = book_epub.undressed([listener(module) for module in modules])
    assert [each.handler.__module__ for each in kept] == ["sphinx.ext.mathjax", "myst_nb"]
