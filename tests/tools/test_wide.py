"""What is wider than a phone: columns that a cell printed stay, long names break, rows of sentences become lists."""

from types import SimpleNamespace

import book_wide
import pytest
from docutils import nodes
from docutils.frontend import get_default_settings
from docutils.parsers.rst import Parser
from docutils.utils import new_document

COLUMNS = "labels     50   600\nTF-IDF   0.54  0.66\nTinyBERT 0.53  0.58"
WIDE = "\n".join(f"TinyGPT, likelihood: {way:<32}0.16" for way in ("sum", "per token", "minus unconditional"))


NO_COLUMNS = ["two  gaps here\nand  there", "BERT: 3.5 nats\nGPT: 4.3 nats"]
NO_COLUMNS += ["\n".join(f"{line:<30}{'text ' * 20}" for line in ("a", "b", "c"))]
PRINTED = [(COLUMNS, ["columns"]), (WIDE, ["columns", "wide"]), *((text, []) for text in NO_COLUMNS)]


@pytest.mark.parametrize("printed, classes", PRINTED)
def test_what_is_printed_in_columns_keeps_them(printed, classes):
    block = nodes.literal_block(printed, printed)
    document = nodes.document(None, None)
    document += nodes.container("", block, nb_element="cell_code_output")
    book_wide.mark_printed_tables(None, document)
    assert block["classes"] == classes


def table(*cells: str) -> nodes.document:
    """Make a page with a table of four columns and one row."""
    document = new_document("table", get_default_settings(Parser))
    rows = "".join(f"     - {cell}\n" for cell in cells)
    Parser().parse(
        ".. list-table::\n   :header-rows: 1\n\n   * - file\n     - a\n     - b\n     - c\n   *" + rows[4:], document
    )
    return document


def test_a_row_of_sentences_says_of_which_column_each_cell_is_and_a_hash_breaks():
    document, html = table("x.txt", "``a_long_name.weight``", "0" * 64, "word " * 40), SimpleNamespace(name="html")
    book_wide.fit_tables(SimpleNamespace(builder=SimpleNamespace(name="epub")), document, "a")
    assert not [*document.findall(nodes.raw)]
    book_wide.fit_tables(SimpleNamespace(builder=html), document, "a")
    assert document.next_node(nodes.table)["classes"] == ["long-rows"]
    names = [each.astext() for each in document.findall(nodes.inline) if "column-name" in each["classes"]]
    assert names == ["file ", "a ", "b ", "c "]
    broken = [entry.astext() for entry in document.findall(nodes.entry)][5:7]
    assert broken == ["a a_<wbr>long_<wbr>name.<wbr>weight", "b " + "<wbr>".join(["0" * 16] * 4)]


def test_a_row_of_words_stays_a_row():
    document = table("a", "b", "c", "d")
    book_wide.fit_tables(SimpleNamespace(builder=SimpleNamespace(name="html")), document, "a")
    assert document.next_node(nodes.table)["classes"] == [] and document.astext().split() == ["file", *"abcabcd"]
