"""Formulas as MathML, written when the book is built: no page loads a script to show them."""

from docutils.nodes import SkipNode
from math_core import LatexToMathML

LATEX = LatexToMathML(xml_namespace=True)      # EPUB needs it said


def visit_inline(translator, node):
    """Write a formula within a line."""
    translator.body.append(LATEX.convert_with_local_state(node.astext(), displaystyle=False))
    raise SkipNode


def visit_block(translator, node):
    """Write a formula on a line of its own; a phone scrolls one that is wider than the screen."""
    formula = LATEX.convert_with_local_state(node.astext(), displaystyle=True)
    translator.body.append(translator.starttag(node, "div", CLASS="math", role="group", tabindex="0",
                                               **{"aria-label": "Formula"}))
    translator.body.append(f"{formula}</div>\n")
    raise SkipNode


def setup(app):
    app.add_html_math_renderer("mathml", inline_renderers=(visit_inline, None), block_renderers=(visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
