"""The course test's record, in node."""

import json

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
        f"""import {{ sittings }} from "./widget.mjs";
        globalThis.localStorage = {{ getItem: () => {json.dumps(json.dumps(stored))} }};
        const {{ before, after }} = sittings({json.dumps(QUESTIONS)}).record;
        console.log(JSON.stringify({{ before, after }}));""",
    )
    assert found == expected
