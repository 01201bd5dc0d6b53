"""Code as pages hold it: plain names without elements, long lines that know their indent, and the same text."""

import book_code
from bs4 import BeautifulSoup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

SOURCE = '''def attend(scores, may_attend):
    """Say it in a line."""
    return scores.masked_fill(~may_attend, -torch.inf)  # (B, T) < 3
'''


def test_a_block_keeps_its_text_and_loses_most_of_its_elements():
    before = highlight(SOURCE, PythonLexer(), HtmlFormatter())
    old, new = (
        BeautifulSoup(text, "html.parser") for text in (before, book_code.BLOCK.sub(book_code.write_block, before))
    )
    assert new.pre.text == old.pre.text and len(new.select("span")) < len(old.select("span")) * 0.7
    assert {each.text for each in new.select(".k, .nf, .c1")} >= {"def", "return", "attend", "# (B, T) < 3"}
    (long,) = new.select(".line")
    assert long.text == SOURCE.splitlines(keepends=True)[2] and long["style"] == "--indent: 4"
