"""Puts the engine and the shipped models beside the book's pages, in _static/engine/, where a click fetches them.

They are made from the weights, not kept in git; a build whose weights are those of the last one makes nothing.
"""

from pathlib import Path


def write(app, error):
    """Make the files when the pages are done; the package is imported only then: it takes seconds."""
    if error or app.builder.format != "html":
        return
    from bertgpt.widgets.engine.files import write_engine

    write_engine(Path(app.outdir) / "_static" / "engine")


def setup(app):
    app.connect("build-finished", write, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
