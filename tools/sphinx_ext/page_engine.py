"""Widgets on pages that are no notebooks, and the engine's files in _static/engine/, where a click fetches them.

They are made from the package, not kept in git; a build with the package of the last one makes no files.
The package is imported where it is needed: that takes seconds.

```{live-pair}                        the pair of shipped models
```{course-test} course_test.yml      the test of the course, a widget made of the questions of a file
"""

from pathlib import Path

import yaml
from docutils import nodes
from sphinx.util.docutils import SphinxDirective
from stale import digest

UNKNOWN = "I don't know yet"  # beside a question's own options, and never right


class CourseTest(SphinxDirective):
    """Show the questions of a file as a CourseTest, each with one option more: UNKNOWN."""

    required_arguments = 1

    def run(self):
        from bertgpt_book.widgets import CourseTest

        path = Path(self.env.doc2path(self.env.docname)).parent / self.arguments[0]
        self.env.note_dependency(str(path))
        questions = yaml.safe_load(path.read_text(encoding="utf-8"))
        questions = [item | {"options": [*item["options"], UNKNOWN]} for item in questions]
        shown = nodes.raw("", CourseTest(questions).static_html(), format="html")
        return [nodes.container("", shown, classes=["cell_output", "text_html"])]


class LivePair(SphinxDirective):
    """Show the pair of shipped models."""

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
    app.add_directive("course-test", CourseTest)
    app.add_directive("live-pair", LivePair)
    app.connect("build-finished", write, priority=950)
