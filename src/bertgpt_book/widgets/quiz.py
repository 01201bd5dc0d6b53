"""The quiz at the end of a chapter, with answers that explain themselves."""

from collections.abc import Mapping, Sequence

import traitlets

from .base import StaticWidget, module, style

_KEYS = {"question", "options", "answer", "explanation"}


def checked_question(number: int, item: Mapping) -> dict:
    """Return a question as a plain dictionary; raise ValueError that says what is wrong with it."""

    def refuse(reason: str):
        raise ValueError(f"question {number}: {reason}")

    if set(item) != _KEYS:
        refuse(f"has the keys {sorted(item)}, needs {sorted(_KEYS)}")
    options = list(item["options"])
    if len(options) < 2 or len(set(options)) < len(options):
        refuse("needs at least two options, all different")
    if type(item["answer"]) is not int or not 0 <= item["answer"] < len(options):
        refuse(f"answer {item['answer']!r} is not the index of an option (0 to {len(options) - 1})")
    for text in (item["question"], *options, item["explanation"]):
        if not isinstance(text, str) or not text.strip():
            refuse(f"holds an empty text: {text!r}")
        if text.count("`") % 2:
            refuse(f"has an unclosed backtick: {text!r}")
    return {**item, "options": options}


class Quiz(StaticWidget):
    """Ask one question at a time, each with one right option, and explain the answer once given.

    questions: dicts with `question`, `options` (2 or more), `answer` (an index) and `explanation`;
    `code` in backticks, *emphasis* in stars. Raises ValueError.
    """

    _esm = module("quiz.js")
    _css = style("quiz.css")

    questions = traitlets.List(traitlets.Dict()).tag(sync=True)
    answers = traitlets.List(traitlets.Int(), help="option per question, -1 = none yet").tag(sync=True)
    place = traitlets.Int(0, min=0, help="index of the question shown").tag(sync=True)

    def __init__(self, questions: Sequence[Mapping], **traits):
        traits.setdefault("label", "Quiz")
        traits.setdefault("answers", [-1] * len(questions))
        checked = [checked_question(i, item) for i, item in enumerate(questions, start=1)]
        super().__init__(questions=checked, **traits)

    def _summary(self) -> str:
        return f"questions={len(self.questions)}"
