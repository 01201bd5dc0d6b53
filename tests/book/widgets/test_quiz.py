"""The quiz without a browser: the questions that it refuses."""

import pytest

from bertgpt_book.widgets import Quiz

QUESTION = {"question": "2 + `3`?", "options": ["5", "6"], "answer": 0, "explanation": "Count."}


@pytest.mark.parametrize(
    "change, reason",
    [({"answer": 2}, "the index"), ({"options": ["5", "5"]}, "different options"), ({"hint": "x"}, "has the keys")],
)
def test_a_faulty_question_is_refused_by_number(change, reason):
    with pytest.raises(ValueError, match=f"question 2 .*{reason}"):
        Quiz([QUESTION, QUESTION | change])
