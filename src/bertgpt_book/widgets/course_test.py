"""The test of the whole course, taken before it and after it."""

from collections.abc import Mapping, Sequence

import traitlets

from .base import StaticWidget, module, style
from .quiz import checked_question


class CourseTest(StaticWidget):
    """Ask the same questions before and after the course, one at a time, and compare the two scores.

    The right answers are explained after the last question. The reader's answers stay in their browser.

    questions: dicts as for a Quiz. Raises ValueError.
    """

    _esm = module("course_test.js")
    _css = style("quiz.css", "course_test.css")

    questions = traitlets.List(traitlets.Dict()).tag(sync=True)

    def __init__(self, questions: Sequence[Mapping], **traits):
        checked = [checked_question(i, item) for i, item in enumerate(questions, start=1)]
        super().__init__(questions=checked, **{"label": "Test of the course", **traits})

    def _summary(self) -> str:
        return f"questions={len(self.questions)}"
