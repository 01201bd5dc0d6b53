"""The EPUB: text, code and figures. What only a page in a browser can do is named in a line.

`make epub` builds it by Sphinx's own builder; what dresses the pages of the web edition does nothing here.
"""

import json
import re
from importlib.metadata import version
from xml.etree import ElementTree

from docutils import nodes

PAGE_ONLY = ("html-page-context", "build-finished")      # events at which the web edition's pages are dressed
OURS_OR_A_THEME = re.compile(r"book_|mask_book|page_engine|reading|sphinx_book_theme|pydata_sphinx_theme|sphinx_thebe")
LABEL = re.compile(r'"label":("(?:[^"\\]|\\.)*")')
SETTINGS = {"epub_show_urls": "no", "epub_use_index": False, "epub_tocscope": "includehidden",
            "epub_basename": "the-mask-is-the-model"}


def undressed(listeners: list) -> list:
    """Leave out whoever dresses a page of the web edition."""
    return [each for each in listeners if not OURS_OR_A_THEME.match(each.handler.__module__)]


def stay_plain(app):
    """Let the pages of an EPUB be Sphinx's own."""
    if app.builder.name != "epub":
        return
    for event in PAGE_ONLY:
        app.events.listeners[event] = undressed(app.events.listeners[event])
    app.config.version = version("bertgpt")
    app.config.templates_path = []                       # read once more, without the pages' own layout
    app.builder.init_templates()


def instead(html: str) -> nodes.Node | None:
    """Say what stands in an EPUB where a page has raw HTML: itself (None), a line of words, or nothing."""
    if "<script" in html:
        label = LABEL.search(html)
        words = f"“{json.loads(label[1])}”: this widget moves in the web edition." if label else ""
        return nodes.paragraph("", "", nodes.emphasis(text=words)) if words else nodes.Text("")
    try:
        ElementTree.fromstring(f"<div>{html}</div>")
    except ElementTree.ParseError:                       # half of a fold, or what no XML reader knows
        return nodes.Text("")
    return None


def replace_raw(app, doctree, docname):
    if app.builder.name != "epub":
        return
    for raw in [*doctree.findall(nodes.raw)]:
        if "html" in raw["format"] and (other := instead(raw.astext())) is not None:
            raw.parent.replace(raw, other)


def configure(app, config):
    for name, value in SETTINGS.items():
        setattr(config, name, value)
    config.epub_title = config.html_title
    config.epub_exclude_files = [*config.epub_exclude_files, "_static/*.js"]
    config.suppress_warnings = [*config.suppress_warnings, "epub.unknown_project_files"]


def setup(app):
    app.connect("config-inited", configure, priority=1)
    app.connect("builder-inited", stay_plain, priority=100)
    app.connect("doctree-resolved", replace_raw, priority=990)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
