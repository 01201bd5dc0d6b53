"""Widgets on pages that are no notebooks, and the engine's files in _static/engine/, where a click fetches them.

They are made from the package, not kept in git; a build with the package of the last one makes no files. Where the
package index did not answer there is no published model, and none of the widgets that offer it.

```{live-pair}                        the pair of shipped models
```{real-model}                       a text, and a published model that a reader fetches
```{course-test} course_test.yml      the test of the course, a widget made of the questions of a file
"""

from pathlib import Path

import yaml
from docutils import nodes
from sphinx.util.docutils import SphinxDirective
from stale import digest

from bertgpt import load_bert, load_gpt, load_tokenizer
from bertgpt_book import widgets
from bertgpt_book.widgets.engine.files import write_engine
from bertgpt_book.widgets.engine.real.files import find_model, page_files, write_real

OFFER = 'data-bertgpt="RealModel"'
UNKNOWN = "I don't know yet"  # beside a question's own options, and never right


class CourseTest(SphinxDirective):
    """Show the questions of a file as a CourseTest, each with one option more: UNKNOWN."""

    required_arguments = 1

    def run(self):
        path = Path(self.env.doc2path(self.env.docname)).parent / self.arguments[0]
        questions = yaml.safe_load(path.read_text(encoding="utf-8"))
        questions = [item | {"options": [*item["options"], UNKNOWN]} for item in questions]
        shown = nodes.raw("", widgets.CourseTest(questions).static_html(), format="html")
        return [nodes.container("", shown, classes=["cell_output", "text_html"])]


class LivePair(SphinxDirective):
    def run(self):
        pair = widgets.Pair(load_bert("littlebert"), load_gpt("littlegpt"), load_tokenizer())
        return [nodes.container("", nodes.raw("", pair.static_html(), format="html"))]


class RealModel(SphinxDirective):
    has_content = True

    def run(self):
        shown = nodes.container("", *self.parse_content_to_nodes())
        shown += nodes.raw("", widgets.RealModel().static_html(), format="html")
        return [shown]


def leave_out(app, doctree, docname):
    """Take the published model out of a page, with the cell or the text that shows it, where it could not be had."""
    for shown in [*doctree.findall(nodes.container)]:
        if not app.real_model and OFFER in shown.astext() and not isinstance(shown.parent, nodes.container):
            shown.parent.remove(shown)


def write(app, error):
    """Make the files when the pages are done."""
    if error:
        return
    folder = Path(app.outdir) / "_static" / "engine"
    write_engine(folder, digest(Path(app.srcdir)))
    if app.real_model:
        write_real(folder, *page_files(app.real_model))


def setup(app):
    app.add_directive("course-test", CourseTest)
    app.add_directive("live-pair", LivePair)
    app.add_directive("real-model", RealModel)
    app.real_model = find_model()
    app.connect("doctree-resolved", leave_out)
    app.connect("build-finished", write, priority=950)
