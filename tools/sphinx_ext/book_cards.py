"""Cards with a moving picture, each a link to one of the book's widgets.

:::{moving-card} train
{ref}`Train one in 20 seconds <train-your-own>`
What waits there, in a sentence.
:::

The pictures are drawn here: three lines of SVG each, whose motion is in book.css and rests for who wants none.
"""

import re

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

SVG = '<svg class="moving" viewBox="0 0 160 60" aria-hidden="true">{}</svg>'
ROWS = range(5)


def cell(row: int, column: int) -> str:
    """Draw a cell of a mask; those above the diagonal come and go, one diagonal after the other."""
    way = f' class="flips" style="--turn:{column - row}"' if column > row else ""
    return f'<rect{way} x="{51 + 12 * column}" y="{1 + 12 * row}" width="10" height="10"/>'


def word(place: int, model: str, text: str) -> str:
    return f'<text class="guess {model}" style="--turn:{place}" x="104" y="40">{text}</text>'


PICTURES = {
    "train": '<path class="axis" d="M12 4V54H152"/><path class="curve" pathLength="1" '
    'd="M14 8C26 34 34 37 52 40S92 45 104 48S136 51 150 52"/>',
    "paint": "".join(cell(row, column) for row in ROWS for column in ROWS),
    "play": '<text x="12" y="40">Tim was</text><path class="axis" d="M78 46H130"/>'
    + word(0, "bert", "sad")
    + word(1, "gpt", "very")
    + word(2, "you", "?"),
}


def arrive(app, pagename, templatename, context, doctree):
    """Let the card that paints say so in its address: the explorer then opens ready for it (mask_explorer.js)."""
    if pagename != app.config.root_doc:
        return
    context["body"] = re.sub(r'href="([^"#?]*)(#paint-a-mask)"', r'href="\1?paint\2"', context.get("body", ""))


class MovingCard(SphinxDirective):
    """Show a picture of PICTURES above a text that begins with a link."""

    required_arguments = 1
    has_content = True

    def run(self):
        picture = nodes.raw("", SVG.format(PICTURES[self.arguments[0]]), format="html")
        return [nodes.container("", picture, *self.parse_content_to_nodes(), classes=["moving-card"])]


def setup(app):
    app.add_directive("moving-card", MovingCard)
    app.connect("html-page-context", arrive)
