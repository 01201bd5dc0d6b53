"""The quiz without a browser: the questions that it refuses, and how it counts."""

import json

import pytest

from bertgpt.book.widgets import Quiz

QUESTION = {"question": "2 + `3`?", "options": ["5", "6"], "answer": 0, "explanation": "Count."}


@pytest.mark.parametrize("change, reason", [
    ({"answer": 2}, "answer 2 is not the index"),
    ({"answer": True}, "answer True"),
    ({"options": ["5"]}, "two options"),
    ({"options": ["5", "5"]}, "all different"),
    ({"explanation": ["only one"]}, "1 explanations for 2"),
    ({"explanation": " "}, "empty text"),
    ({"question": "an `open tick"}, "backtick"),
    ({"hint": "x"}, "has the keys"),
])
def test_a_faulty_question_is_refused_by_number(change, reason):
    with pytest.raises(ValueError, match=f"question 2: .*{reason}"):
        Quiz([QUESTION, QUESTION | change])


def test_the_page_counts_right_answers(in_node):
    questions = Quiz([QUESTION] * 3).questions
    counted = in_node("quiz.js", f"""import {{ score }} from "./widget.mjs"; const questions = {json.dumps(questions)};
        console.log(JSON.stringify([[-1, -1, -1], [0, -1, 1], [0, 0, 0]].map((given) => score(questions, given))));""")
    assert counted == [0, 1, 3]
