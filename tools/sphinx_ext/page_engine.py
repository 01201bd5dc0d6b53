"""The engine's part of the book: its files in _static/engine/, where a click fetches them, and the pair on a page.

They are made from the package, not kept in git; a build with the package of the last one makes no files.
The package is imported where it is needed: that takes seconds.
"""

from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxDirective
from stale import digest


class LivePair(SphinxDirective):
    """Stand for the pair of shipped models, on a page that is no notebook: ```{live-pair}."""

    def run(self):
        from bertgpt import load_bert, load_gpt, load_tokenizer
        from bertgpt.assets import SHIPPED
        from bertgpt_book.widgets import Pair

        for folder in SHIPPED.values():  # its first answers are the models': read the page again with them
            self.env.note_dependency(str(folder / "model.safetensors"))
        pair = Pair(load_bert("tinybert"), load_gpt("tinygpt"), load_tokenizer())
        shown = nodes.raw("", pair.static_html(), format="html")
        return [nodes.container("", shown)]


def write(app, error):
    """Make the files when the pages are done."""
    if error or app.builder.format != "html":
        return
    from bertgpt_book.widgets.engine.files import write_engine

    write_engine(Path(app.outdir) / "_static" / "engine", digest(Path(app.srcdir)))


def setup(app):
    app.add_directive("live-pair", LivePair)
    app.connect("build-finished", write, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
