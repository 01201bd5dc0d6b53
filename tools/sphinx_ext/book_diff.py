"""Two files side by side: a difflib listing becomes a table, common lines in grey, `build_mask` enlarged.

On a phone the two columns become one: common lines appear once, the others in their model's colour and shape.
"""

import re
from html import escape

from book_code import breakable
from docutils import nodes

SEAM = "def build_mask"
LINE = re.compile(r"^- (?P<left>.*)\n\+ (?P<right>.*)$|^(?P<mark>[-+ ]) (?P<words>.*)$", re.MULTILINE)
HINT = re.compile(r"^\? .*\n?", re.MULTILINE)  # difflib's, at the letters that differ


def rows(listing: str) -> list[tuple[str, str | None, str | None]]:
    """Pair the lines of an ndiff: -> "same", "both", "left" or "right", the left line, the right line."""
    found = []
    for line in LINE.finditer(HINT.sub("", listing)):
        words = line["words"]
        row = {"-": ("left", words, None), "+": ("right", None, words), " ": ("same", words, words)}
        found.append(row.get(line["mark"], ("both", line["left"], line["right"])))
    return found


def cell(line: str | None) -> str:
    """Write a line of code as a cell, its indent as a number for the stylesheet."""
    if line is None:
        return "<td></td>"
    code = line.lstrip()
    return f'<td><code style="--indent: {len(line) - len(code)}">{breakable(escape(code))}</code></td>'


def table(listing: str) -> str:
    """Write an ndiff of BERT's and GPT's file as a table of two columns."""
    html = [
        '<table class="two-files"><thead><tr><th class="bert-head" scope="col"><p>bert.py</p></th>'
        '<th class="gpt-head" scope="col"><p>gpt.py</p></th></tr></thead><tbody>'
    ]
    seam = False
    for kind, left, right in rows(listing):
        words = left or right or ""
        if words.lstrip().startswith(("def ", "class ")):
            seam = SEAM in words
        cells = "".join(map(cell, (left, right)))
        html.append(f'<tr class="{kind}{" seam" if seam else ""}">{cells}</tr>')
    return "".join(html) + "</tbody></table>"


def lay_side_by_side(app, doctree, docname):
    """Replace every code block in the language `diff` by a table."""
    for block in [*doctree.findall(nodes.literal_block)]:
        if block.get("language") == "diff":
            block.parent.replace(block, nodes.raw("", table(block.astext()), format="html"))


def setup(app):
    app.connect("doctree-resolved", lay_side_by_side)
