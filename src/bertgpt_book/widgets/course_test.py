"""The test of the whole course, taken before it and after it."""

import traitlets

from .base import module, style
from .quiz import Quiz


class CourseTest(Quiz):
    """Ask questions before and after the course, one at a time, and compare the two scores.

    Where some questions have `first: True`, only these are asked before it, and the scores compared are theirs.
    The right answers are explained after the last question. The reader's answers stay in their browser.
    """

    _esm = module("course_test.js")
    _css = style("quiz.css", "course_test.css")

    label = traitlets.Unicode("Test of the course").tag(sync=True)
