"""The quiz at the end of a chapter, with answers that explain themselves."""

from collections.abc import Mapping, Sequence

import traitlets

from .base import StaticWidget, module, style

KEYS = {"question", "options", "answer", "explanation"}


class Quiz(StaticWidget):
    """Ask one question at a time, each with one right option, and explain the answer once given.

    questions: dicts with `question`, `options` (2 or more), `answer` (an index) and `explanation`;
    `code` in backticks, *emphasis* in stars. Raises ValueError.
    """

    _esm = module("quiz.js")
    _css = style("quiz.css")

    label = traitlets.Unicode("Quiz").tag(sync=True)
    questions = traitlets.List(traitlets.Dict()).tag(sync=True)
    answers = traitlets.List(traitlets.Int(), help="option per question, -1 = none yet").tag(sync=True)
    place = traitlets.Int(0, min=0, help="index of the question shown").tag(sync=True)

    def __init__(self, questions: Sequence[Mapping], **traits):
        for number, question in enumerate(questions, start=1):
            if question.keys() != KEYS:
                raise ValueError(f"question {number} has the keys {sorted(question)}, needs {sorted(KEYS)}")
            options, answer = question["options"], question["answer"]
            if len(options) < 2 or len(set(options)) < len(options) or answer not in range(len(options)):
                raise ValueError(
                    f"question {number} needs two different options or more, and the index of one as answer"
                )
        super().__init__(questions=list(questions), **{"answers": [-1] * len(questions), **traits})
