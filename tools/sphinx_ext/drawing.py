"""Figures and tables that the book's build draws from records: an SVG beside the pages, with alt text and caption."""

import os
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import Directive

from bertgpt_book.figures.svg import Figure


def drawn(directive: Directive, figure: Figure, alt: str, caption: str) -> list[nodes.Node]:
    """Place a figure where a directive stands."""
    env = directive.state.document.settings.env
    path = Path(env.app.outdir).parent / "drawn" / f"{directive.name}.svg"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(figure._repr_mimebundle_()["image/svg+xml"], encoding="utf-8")
    uri = "/" + Path(os.path.relpath(path, env.srcdir)).as_posix()
    text, _ = directive.state.inline_text(caption, directive.lineno)
    node = nodes.figure("", nodes.image(uri=uri, alt=alt), nodes.caption("", "", *text))
    return [nodes.container("", node, classes=["cell_output"])]


def table(head: list[str], rows: list[list[str]], *classes: str) -> nodes.table:
    """Draw a table of texts, its first column the widest."""

    def row_of(texts):
        return nodes.row("", *(nodes.entry("", nodes.paragraph(text=text)) for text in texts))

    columns = (nodes.colspec(colwidth=2 if i else 3) for i in range(len(head)))
    parts = (nodes.thead("", row_of(head)), nodes.tbody("", *map(row_of, rows)))
    return nodes.table("", nodes.tgroup("", *columns, *parts, cols=len(head)), classes=[*classes])
