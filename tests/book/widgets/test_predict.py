"""A prediction: what it refuses, what it is compared with, what a page without scripts says."""

import json
import re

import pytest
import torch
from harmless import HOSTILE, assert_harmless

from bertgpt.book.widgets import Predict

WHY = "It looks back only."
MASKS = ["square", "triangle"]


def test_an_option_is_compared_with_what_was_computed():
    question = Predict("Which mask?", MASKS, answer="triangle", why=WHY)
    question.check("triangle")
    with pytest.raises(AssertionError, match="'Which mask\\?' is answered 'triangle', but 'square' was computed"):
        question.check("square")


def test_an_option_may_stand_for_any_value():
    question = Predict("Rows?", {"none": (0, 0), "three in BERT": (3, 0)}, answer=(3, 0), why=WHY)
    question.check((3, 0))
    assert question.options == ["none", "three in BERT"] and question.right == 1
    with pytest.raises(AssertionError, match=r"answered \(3, 0\), but \(0, 3\) was computed"):
        question.check((0, 3))


def test_a_number_is_right_within_its_tolerance():
    question = Predict("Sum?", answer=0.4, tolerance=0.05, why=WHY)
    question.check(torch.tensor(0.44))
    with pytest.raises(AssertionError):
        question.check(0.46)
    for edge in (0.66, 0.68):                                                  # 0.01 away, up to the last bit
        Predict("Share?", answer=0.67, tolerance=0.01, why=WHY).check(edge)
    far = Predict("Loss?", {"about 5": 5.0, "about 9": 9.0}, answer=9.0, tolerance=1.5, why=WHY)
    far.check(8.1)
    with pytest.raises(AssertionError):
        far.check(7.0)


@pytest.mark.parametrize("change, reason", [
    ({"options": ["one"]}, "2 to 4 options"),
    ({"options": list("abcde"), "answer": "a"}, "2 to 4 options"),
    ({"options": ["one", "one"], "answer": "one"}, "all different"),
    ({"answer": "circle"}, "none of the options"),
    ({"options": ()}, "the answer is a number"),
    ({"options": {"5": 5, "6": 6}, "answer": 5, "tolerance": 0.5}, "two of the options"),
    ({"why": " "}, "needs texts"),
    ({"question": "an `open tick"}, "backticks in pairs"),
])
def test_a_question_with_a_fault_is_refused(change, reason):
    given = {"question": "Which mask?", "options": MASKS, "answer": "triangle", "why": WHY} | change
    with pytest.raises(ValueError, match=reason):
        Predict(given.pop("question"), given.pop("options"), **given)


def test_the_text_form_asks_and_does_not_answer():
    assert repr(Predict("Which mask?", MASKS, answer="triangle", why=WHY)) == "Predict('Which mask?')"


def test_without_scripts_the_page_says_all_of_it():
    def said(question):
        return re.search("<noscript>(.*?)</noscript>", question.static_html())[1]

    assert said(Predict("A <b>?", MASKS, answer="triangle", why=WHY)) == (
        "Predict: A &lt;b&gt;? (square / triangle) The answer: triangle. It looks back only.")
    assert said(Predict("Cells?", answer=10, unit="cells", why=WHY)).endswith(
        "Cells? The answer: 10 cells. It looks back only.")


CASES = [
    ({"options": MASKS, "right": 1}, 1, "You said: triangle. Right."),
    ({"options": MASKS, "right": 1}, 0, "You said: square. The answer: triangle."),
    ({"options": MASKS, "right": 1}, None, "The answer: triangle."),
    ({"options": [], "right": 10, "tolerance": 0, "unit": "cells"}, 10, "You said: 10 cells. Right."),
    ({"options": [], "right": 0.4, "tolerance": 0.05}, 0.44, "You said: 0.44. Right."),
    ({"options": [], "right": 0.4, "tolerance": 0.01}, 0.5, "You said: 0.5. The answer: 0.4."),
    ({"options": [], "right": 0.67, "tolerance": 0.01}, 0.66, "You said: 0.66. Right."),
    ({"options": [], "right": 1.5, "tolerance": 0.1}, 1.6, "You said: 1.6. Right."),
    ({"options": [], "right": 10, "tolerance": 0}, 10.001, "You said: 10.001. The answer: 10."),
]


def test_what_is_said_of_an_answer(in_node):
    said = in_node("predict.js", f"""import {{ verdictOf }} from "./widget.mjs";
        console.log(JSON.stringify({json.dumps(CASES)}.map(([asked, given]) => verdictOf(asked, given))));""")
    assert said == [words for *_, words in CASES]


def test_the_html_is_stable_and_asks_nobody_for_anything():
    assert_harmless(lambda: Predict(HOSTILE, [HOSTILE, "yes"], answer="yes", why=HOSTILE))
