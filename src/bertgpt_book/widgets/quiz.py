"""The quiz at the end of a chapter, with answers that explain themselves."""

from collections.abc import Mapping, Sequence

import traitlets

from .base import StaticWidget, module, style


class Quiz(StaticWidget):
    """Ask one question at a time, each with one right option, and explain the answer once given.

    questions: dicts with `question`, `options` (2 or more), `answer` (an index) and `explanation`;
    `code` in backticks, *emphasis* in stars
    """

    _esm = module("quiz.js")
    _css = style("quiz.css")

    label = traitlets.Unicode("Quiz").tag(sync=True)
    questions = traitlets.List(traitlets.Dict()).tag(sync=True)
    answers = traitlets.List(traitlets.Int(), help="option per question, -1 or nothing = none yet").tag(sync=True)
    place = traitlets.Int(0, min=0, help="index of the question shown").tag(sync=True)

    def __init__(self, questions: Sequence[Mapping], **traits):
        super().__init__(questions=list(questions), **traits)
