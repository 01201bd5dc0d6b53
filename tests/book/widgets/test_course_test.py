"""The course test's record, in node."""

import pytest

QUESTIONS = [{"answer": 0, "question": "a?", "options": ["0", "1", "2"]}, {"question": "b?", "options": ["0", "1"]}]
ASKED = "a?\n0\n1\n2\n\nb?\n0\n1"
NONE = {"before": [], "after": []}


@pytest.mark.parametrize(
    "stored, expected",
    [
        ({"asked": ASKED, "before": [2, 1], "after": [0]}, {"before": [2, 1], "after": [0]}),
        ({"asked": "c?\n0\n1", "before": [0], "after": []}, NONE),
        ({"asked": ASKED, "before": 7}, NONE),
        (None, NONE),
    ],
)
def test_a_record_counts_for_the_questions_that_it_was_given_to(in_node, stored, expected):
    found = in_node(
        "course_test.js",
        """globalThis.localStorage = { getItem: () => JSON.stringify(given.stored) };
        const { before, after } = page.sittings(given.questions).record;
        return { before, after };""",
        {"stored": stored, "questions": QUESTIONS},
    )
    assert found == expected
