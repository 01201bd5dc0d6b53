"""A question to answer before the page shows the result."""

from collections.abc import Mapping, Sequence
from typing import Any

import traitlets

from .base import StaticWidget, module, style

EDGE = 1e-9  # 0.67 - 0.66 is a little more than 0.01 in binary fractions; so in predict.js


class Predict(StaticWidget):
    """Ask one closed question, and explain the answer once the reader has answered.

    options: 2 to 4 texts, or {text: value}; none where the answer is a number
    answer: the value of an option, or a number; guesses within `tolerance` of it are right
    why: one or two plain sentences. `code` in backticks and *emphasis* in stars, in all texts.
    Raises ValueError where the answer is none of the options.
    """

    _esm = module("predict.js")
    _css = style("predict.css")

    label = traitlets.Unicode("Prediction").tag(sync=True)
    question = traitlets.Unicode().tag(sync=True)
    options = traitlets.List(traitlets.Unicode()).tag(sync=True)
    right = traitlets.Float(help="index of the right option, or the number").tag(sync=True)
    tolerance = traitlets.Float(0.0).tag(sync=True)
    unit = traitlets.Unicode(help="what a number counts").tag(sync=True)
    why = traitlets.Unicode().tag(sync=True)
    given = traitlets.Float(None, allow_none=True, help="the reader's option or number").tag(sync=True)
    shown = traitlets.Bool(False, help="did the reader ask for the answer?").tag(sync=True)

    def __init__(
        self,
        question: str,
        options: Sequence[str] | Mapping[str, Any] = (),
        *,
        answer: Any,
        why: str,
        tolerance: float = 0.0,
        unit: str = "",
    ):
        values = dict(options) if isinstance(options, Mapping) else {each: each for each in options}
        if options and (not 2 <= len(values) <= 4 or answer not in values.values()):
            raise ValueError(f"a prediction needs 2 to 4 options with the answer {answer!r} among them, not {values}")
        self.answer = answer
        super().__init__(
            question=question,
            options=list(values),
            why=why,
            tolerance=tolerance,
            unit=unit,
            right=list(values.values()).index(answer) if options else answer,
        )

    def check(self, computed: Any) -> None:
        """Assert that a computed value, or a tensor with one, equals the answer within `tolerance`."""
        computed = computed.item() if hasattr(computed, "item") else computed
        numbers = isinstance(computed, int | float) and isinstance(self.answer, int | float)
        near = numbers and abs(computed - self.answer) <= self.tolerance + EDGE
        if not near and computed != self.answer:
            raise AssertionError(f"{self.question!r}: the answer is {self.answer!r}, but {computed!r} was computed")

    def __repr__(self) -> str:
        return f"Predict({self.question!r})"

    def _without_scripts(self) -> str:
        answer = self.options[int(self.right)] if self.options else f"{self.right:g} {self.unit}".strip()
        options = f" ({' / '.join(self.options)})" if self.options else ""
        return f"Predict: {self.question}{options} The answer: {answer}. {self.why}"
