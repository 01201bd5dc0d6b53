"""The arithmetic of the test before and after, as the page does it."""

import json

import pytest
from harmless import HOSTILE, assert_harmless

from bertgpt.book.widgets import CourseTest

QUESTIONS = [{"answer": 0, "question": "a?", "options": ["0", "1", "2"]},
             {"answer": 2, "question": "b?", "options": ["0", "1", "2"]},
             {"answer": 1, "question": "c?", "options": ["0", "1", "2"]}]


def said(in_node, call):
    return in_node(("storage.js", "course_test.js"), f"""import * as test from "./widget.mjs";
        const questions = {json.dumps(QUESTIONS)};
        console.log(JSON.stringify({call}));""")


def test_a_sitting_says_how_far_it_is(in_node):
    found = said(in_node, "[[], [0, 1], [0, 1, 1]].map((answers) => test.standing(questions, answers))")
    assert found == ["not yet sat", "2 of 3 answered", "2 of 3 right"]


def test_two_sittings_say_what_was_won_and_lost(in_node):
    cases = [([0, 0, 0], [0, 2, 1]), ([0, 2, 1], [1, 2, 0]), ([0, 0, 1], [0, 2, 0]), ([0, 0], [0, 2, 1]),
             ([0, 2, 1], [])]
    found = said(in_node, f"{json.dumps(cases)}.map(([before, after]) => test.gain(questions, {{ before, after }}))")
    assert found == ["2 more than before: 2 won, 0 lost.", "2 fewer than before: 0 won, 2 lost.",
                     "As many as before: 1 won, 1 lost.", "", ""]


@pytest.mark.parametrize("edited, found", [
    ({}, [0, 2]), ({0: {"question": "Other?"}}, []), ({1: {"options": ["0", "1"]}}, []),
    ({2: {"question": "Other?"}}, [0, 2])])
def test_a_sitting_counts_for_the_questions_that_were_asked(in_node, edited, found):
    edition = json.dumps([question | edited.get(i, {}) for i, question in enumerate(QUESTIONS)])
    assert said(in_node, f"test.answersOf({edition}, test.asKept(questions, [0, 2]))") == found
    assert said(in_node, f"test.answersOf({edition}.slice(0, 1), test.asKept(questions, [0, 2]))") == []


def test_a_record_that_is_spoilt_or_of_old_is_no_sitting(in_node):
    spoilt = [7, None, {}, "text", [0, 1], [None], [{"question": "a?\n0\n1\n2", "given": 3}]]
    assert said(in_node, f"{json.dumps(spoilt)}.map((each) => test.answersOf(questions, each))") == [[]] * len(spoilt)


def test_the_html_is_stable_and_asks_nobody_for_anything():
    question = {"question": HOSTILE, "options": [HOSTILE, "yes"], "answer": 0, "explanation": HOSTILE}
    assert_harmless(lambda: CourseTest([question], label=HOSTILE))
