"""Code as pages hold it: plain names without elements, long lines that know their indent, and the same text."""

import book_code
from bs4 import BeautifulSoup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

SOURCE = '''def attend(scores, may_attend):
    """Say it in a line.

    And in one that no phone can hold.
    """
    return scores.masked_fill(~may_attend, -torch.inf)  # (B, T) < 3

print("x")
'''


def test_a_block_keeps_its_text_and_loses_most_of_its_elements():
    before = highlight(SOURCE, PythonLexer(), HtmlFormatter())
    after = book_code.BLOCK.sub(book_code.write_block, before)
    old, new = (BeautifulSoup(text, "html.parser") for text in (before, after))
    assert new.pre.text == old.pre.text and len(new.select("span")) < len(old.select("span")) * 0.7
    assert {each.text for each in new.select(".k, .nf, .c1")} >= {"def", "return", "attend", "# (B, T) < 3"}
    lines = {each.text: each["style"] for each in new.select(".line")}
    assert lines == {
        line: f"--indent: {indent}"
        for line, indent in zip(SOURCE.splitlines(keepends=True), (None, None, None, 4, None, 4, None, None))
        if indent is not None
    }
    assert all(each.parent.name == "pre" for each in new.select(".line"))
