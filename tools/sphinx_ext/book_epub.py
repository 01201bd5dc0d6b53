"""The EPUB: text, code, figures and questions. A widget that needs a browser becomes one line.

`make epub` uses Sphinx's own builder, without the extensions that change pages of the web edition.
"""

import json
import re
from importlib.metadata import version
from pathlib import Path
from xml.etree import ElementTree

from docutils import nodes
from reading import NOTE

PAGE_ONLY = ("html-page-context", "build-finished")  # events that change the web edition's pages
LATE_STYLES = ("copy_asset_files", "add_global_html_resources")  # they would copy after the packing
OURS_OR_A_THEME = re.compile(r"book_|mask_book|page_engine|reading|sphinx_book_theme|pydata_sphinx_theme|sphinx_thebe")
STATE = re.compile(r'<script type="application/json">(.*?)</script>', re.DOTALL)  # a widget's, see base.py
MARKED = re.compile(r"(`[^`]*`|\*[A-Za-z][^*]*\*)")  # as in the widgets
SETTINGS = {
    "epub_show_urls": "no",
    "epub_use_index": False,
    "epub_tocscope": "includehidden",
    "epub_basename": "the-mask-is-the-model",
}


def without_ours(listeners: list) -> list:
    """Leave out the listeners of this book and its theme."""
    return [each for each in listeners if not OURS_OR_A_THEME.match(each.handler.__module__)]


def stay_plain(app):
    """Keep an EPUB's pages Sphinx's own, and copy their style sheets before it is packed."""
    if app.builder.name != "epub":
        return
    Path(app.outdir, "_static").mkdir(parents=True, exist_ok=True)
    for each in app.events.listeners["build-finished"]:
        if each.handler.__name__ in LATE_STYLES:
            each.handler(app, None)
    for event in PAGE_ONLY:
        app.events.listeners[event] = without_ours(app.events.listeners[event])
    app.config.version = version("bertgpt")
    app.config.templates_path = []  # read once more, without the pages' own layout
    app.builder.init_templates()


def prose(text: str) -> list[nodes.Node]:
    """Set a widget's text: `code` and *stress* as on its page."""
    kinds = {"`": nodes.literal, "*": nodes.emphasis}
    return [
        kinds[part[0]](text=part[1:-1]) if i % 2 else nodes.Text(part)
        for i, part in enumerate(MARKED.split(text))
        if part
    ]


def paragraph(text: str, title: str = "") -> nodes.paragraph:
    before = [nodes.strong("", "", *prose(title)), nodes.Text(" ")] if title else []
    return nodes.paragraph("", "", *before, *prose(text))


def listed(kind: type, entries: list[list[nodes.Node]]) -> nodes.Element:
    return kind("", *(nodes.list_item("", *entry) for entry in entries))


def question(item: dict, title: str = "") -> list[nodes.Node]:
    options = [[paragraph(option)] for option in item["options"]]
    return [paragraph(item["question"], title), *([listed(nodes.bullet_list, options)] if options else [])]


def answer(item: dict, right: int | float, why: str) -> list[nodes.Node]:
    words = item["options"][int(right)] if item["options"] else f"{right:g} {item['unit']}".strip()
    return [paragraph(why, f"The answer: {words}.")]


def in_words(state: dict) -> tuple[list[nodes.Node], list[nodes.Node]]:
    """Write a widget as text: -> its questions, or a line that it is interactive; its answers."""
    if "why" in state:
        return question(state, "Predict:"), answer(state, state["right"], state["why"])
    if "questions" in state:
        answers = [answer(each, each["answer"], each["explanation"]) for each in state["questions"]]
        return (
            [listed(nodes.enumerated_list, [question(each) for each in state["questions"]])],
            [listed(nodes.enumerated_list, answers)],
        )
    line = f"“{state['label']}”: this widget moves in the web edition."
    return [nodes.paragraph("", "", nodes.emphasis(text=line))], []


def instead(html: str) -> tuple[list[nodes.Node], list[nodes.Node]] | None:
    """Convert a page's raw HTML for an EPUB: -> None to keep it, or its replacement and its answers."""
    if "<script" in html:
        state = STATE.search(html)
        return in_words(json.loads(state[1])) if state else ([], [])
    try:
        ElementTree.fromstring(f"<div>{html}</div>")
    except ElementTree.ParseError:  # half of a fold, or what no XML reader knows
        return [], []
    return ([], []) if html == NOTE else None  # no gate is closed here


def gate_or_question(node: nodes.Node) -> bool:
    return (
        "gate" in node["classes"]
        if isinstance(node, nodes.container)
        else (isinstance(node, nodes.raw) and 'data-bertgpt="Predict"' in node.astext())
    )


def replace_raw(app, doctree, docname):
    if app.builder.name != "epub":
        return
    for raw in [*doctree.findall(nodes.raw)]:
        if "html" not in raw["format"] or (words := instead(raw.astext())) is None:
            continue
        replacement, answers = words
        # The answer goes behind the first output that the web page hides until it is given.
        gate = raw.next_node(gate_or_question, ascend=True) if gate_or_question(raw) else None
        if isinstance(gate, nodes.container):
            gate += answers
            answers = []
        raw.parent.replace(raw, [*replacement, *answers])


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
