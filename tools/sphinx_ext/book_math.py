"""Formulas as MathML, written when the book is built: no page loads a script to show them.

No line ends between a formula and the punctuation that touches it, nor between a number and its %.
"""

import re

from docutils import nodes
from docutils.nodes import SkipNode
from math_core import LatexToMathML

LATEX = LatexToMathML()

OPENS, CLOSES = re.compile(r"[(\[“‘]*$"), re.compile(r"(?:[-’']\w{1,2}(?!\w))?[)\]”’.,;:?!%]*")
CODE = (nodes.literal, nodes.FixedTextElement, nodes.raw, nodes.math)
PERCENT = re.compile(r"(?:(?<=\d)|^) (?=%)")  # at the beginning: behind a number that book_record wrote


def visit_inline(translator, node):
    """Write a formula within a line."""
    translator.body.append(LATEX.convert_with_local_state(node.astext(), displaystyle=False))
    raise SkipNode


def visit_block(translator, node):
    """Write a formula on a line of its own; a phone scrolls one that is wider than the screen."""
    formula = LATEX.convert_with_local_state(node.astext(), displaystyle=True)
    translator.body.append(
        translator.starttag(node, "div", CLASS="math", role="group", tabindex="0", **{"aria-label": "Formula"})
    )
    translator.body.append(f"{formula}</div>\n")
    raise SkipNode


def hold_signs(formula: nodes.math):
    """Keep a formula on one line with the punctuation that touches it."""
    parent = formula.parent
    at = parent.index(formula)
    text = [
        str(each) if isinstance(each, nodes.Text) else ""
        for each in (parent[at - 1] if at else None, parent[at + 1] if at + 1 < len(parent) else None)
    ]
    signs = [OPENS.search(text[0])[0], CLOSES.match(text[1])[0]]
    if not any(signs):
        return
    if signs[1]:
        parent[at + 1] = nodes.Text(text[1].removeprefix(signs[1]))
    parts = nodes.Text(signs[0]), formula.deepcopy(), nodes.Text(signs[1])
    parent[at] = nodes.inline("", "", *parts, classes=["held"])
    if signs[0]:
        parent[at - 1] = nodes.Text(text[0].removesuffix(signs[0]))


def hold_together(app, doctree):
    """Keep formulas with their punctuation and numbers with their %, except in code."""
    for formula in [*doctree.findall(nodes.math)]:
        hold_signs(formula)
    for text in [*doctree.findall(nodes.Text)]:
        if PERCENT.search(text) and not isinstance(text.parent, CODE):
            text.parent.replace(text, nodes.Text(PERCENT.sub("\N{NO-BREAK SPACE}", text)))


def setup(app):
    app.connect("doctree-read", hold_together, priority=100)  # before Sphinx notes the titles
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
