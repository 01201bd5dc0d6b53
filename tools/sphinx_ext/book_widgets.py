"""A widget's styles and script, which a notebook's output carries with it: in the book, each of them once.

A script becomes a file that a browser keeps from page to page, and a plain one: a page from a disk may load no module.
The first picture of a page that can be worked is drawn where it stands, before what follows it: it may be on the first
screen, where nothing is to move. Those of ON_REQUEST come when a reader asks for their widget (reading.js): most who
arrive on a page never do.
"""

import hashlib
import re
from pathlib import Path

STYLE = re.compile(r"<style>\n(.*?)</style>\n", re.DOTALL)
SHEET = re.compile(r"^(?=/\*)", re.MULTILINE)  # a comment in the first column begins a part
MODULE = re.compile(r'<script type="module">\n(.*?)</script>', re.DOTALL)
EXPORT = re.compile(r"^export (?:default .*\n)?", re.MULTILINE)
KIND = re.compile(r'data-bertgpt="(\w+)"')
# Page -> widget -> what its button says.
ON_REQUEST = {"chapters/index": {"RealModel": "A real model: 135 million parameters"}}
# Questions are many on a page, and the pair, which looks for what follows it, keeps its own place.
LATE = {"Predict", "Quiz", "CourseTest", "Pair"}
BUTTON = (
    '<button type="button" hidden name="{kind}" data-script="{source}" class="sd-btn sd-btn-outline-primary sd-px-4 '
    'sd-fs-5 sd-mb-3">{label}</button>'
)


def share(app, pagename, templatename, context, doctree):
    """Keep the first copy of each part of a style, and the first link to each script, which goes to a file."""
    seen, drawn = set(), set()
    body = context.get("body", "")

    def first(text: str) -> bool:
        repeated = text in seen
        seen.add(text)
        return not repeated

    def sheets(style: re.Match) -> str:
        css = "".join(filter(first, SHEET.split(style[1])))
        return f"<style>\n{css}</style>\n" if css else ""

    def file(module: re.Match) -> str:
        if not first(module[1]):
            return ""
        script = f'(() => {{\n"use strict";\n{EXPORT.sub("", module[1])}}})();\n'
        kind = KIND.search(script)[1]
        target = Path(app.outdir, "_static", "widgets", f"{kind}.js")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(script, encoding="utf-8")
        version = hashlib.sha256(script.encode()).hexdigest()[:8]
        source = f"{context['pathto'](f'_static/widgets/{target.name}', True)}?v={version}"
        if label := ON_REQUEST.get(pagename, {}).get(kind):
            return BUTTON.format(kind=kind, source=source, label=label)
        at_once = kind not in LATE and not drawn and body.count(f'<div class="bertgpt" data-bertgpt="{kind}"') == 1
        if kind not in LATE:
            drawn.add(kind)
        return f'<script{"" if at_once else " defer"} src="{source}"></script>'

    context["body"] = MODULE.sub(file, STYLE.sub(sheets, body))


def setup(app):
    app.connect("html-page-context", share, priority=900)
