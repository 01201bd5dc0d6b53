"""The test of the whole course, sat before it and after it."""

from collections.abc import Mapping, Sequence

import traitlets

from .base import StaticWidget, module, style
from .quiz import checked_question


class CourseTest(StaticWidget):
    """Ask the same questions before and after a course, one at a time, and set the two scores side by side.

    What was right, and why, is said when a sitting is over. The answers stay in the reader's browser.

    questions: dicts as for a Quiz, each with one explanation. Raises ValueError.
    """

    _esm = module("course_test.js")
    _css = style("quiz.css", "course_test.css")

    questions = traitlets.List(traitlets.Dict()).tag(sync=True)

    def __init__(self, questions: Sequence[Mapping], **traits):
        if not questions:
            raise ValueError("a test needs a question")
        traits.setdefault("label", "Test of the course")
        super().__init__(questions=[checked_question(i, item) for i, item in enumerate(questions, start=1)], **traits)

    def _summary(self) -> str:
        return f"questions={len(self.questions)}"
