"""The test of the course, a widget made of the questions of a file.

```{course-test} course_test.yml
"""

from pathlib import Path

import yaml
from docutils import nodes
from docutils.parsers.rst import Directive

from bertgpt_book.widgets import CourseTest

UNKNOWN = "I don't know yet"  # beside a question's own options, and never right


class Questions(Directive):
    """Show the questions of a file as a CourseTest, each with one option more: UNKNOWN."""

    required_arguments = 1

    def run(self):
        env = self.state.document.settings.env
        path = Path(env.doc2path(env.docname)).parent / self.arguments[0]
        env.note_dependency(str(path))
        questions = yaml.safe_load(path.read_text(encoding="utf-8"))
        questions = [item | {"options": [*item["options"], UNKNOWN]} for item in questions]
        widget = nodes.container(classes=["cell_output", "text_html"])
        widget += nodes.raw("", CourseTest(questions).static_html(), format="html")
        return [widget]


def setup(app):
    app.add_directive("course-test", Questions)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
