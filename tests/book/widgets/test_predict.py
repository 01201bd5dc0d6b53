"""A prediction: what it refuses, how a guess and a computed value are compared with the answer."""

import pytest
import torch

from bertgpt_book.widgets import Predict

WHY = "It looks back only."
MASKS = ["square", "triangle"]


@pytest.mark.parametrize(
    "question, right, wrong",
    [
        (dict(options=MASKS, answer="triangle"), ["triangle"], ["square"]),
        (dict(options={"none": (0, 0), "three": (3, 0)}, answer=(3, 0)), [(3, 0)], [(0, 3)]),
        (dict(answer=0.4, tolerance=0.05), [torch.tensor(0.44)], [0.46]),
        (dict(answer=0.67, tolerance=0.01), [0.66, 0.68], [0.65]),  # 0.01 away, up to the last bit
        (dict(options={"about 5": 5.0, "about 9": 9.0}, answer=9.0, tolerance=1.5), [8.1], [7.0]),
    ],
)
def test_a_computed_value_is_compared_with_the_answer(question, right, wrong):
    predict = Predict("Which?", **question, why=WHY)
    assert repr(predict) == "Predict('Which?')"  # asks, and does not answer
    for value in right:
        predict.check(value)
    for value in wrong:
        with pytest.raises(AssertionError, match=r"'Which\?': the answer is .* was computed"):
            predict.check(value)


VERDICTS = [
    ({"options": MASKS, "right": 1}, 1, "You said: triangle. Right."),
    ({"options": MASKS, "right": 1}, 0, "You said: square. The answer: triangle."),
    ({"options": MASKS, "right": 1}, None, "The answer: triangle."),
    ({"options": [], "right": 10, "tolerance": 0, "unit": "cells"}, 10, "You said: 10 cells. Right."),
    ({"options": [], "right": 0.67, "tolerance": 0.01}, 0.66, "You said: 0.66. Right."),
    ({"options": [], "right": 10, "tolerance": 0}, 10.001, "You said: 10.001. The answer: 10."),
]


def test_the_page_compares_a_guess_within_the_same_tolerance(in_node):
    script = "return given.map(([question, guess]) => page.verdictOf(question, guess));"
    found = in_node("predict.js", script, VERDICTS)
    assert found == [words for *_, words in VERDICTS]
