"""The arithmetic of the test before and after, as the page does it."""

import json

QUESTIONS = [{"answer": 0}, {"answer": 2}, {"answer": 1}]


def said(in_node, call):
    return in_node("course_test.js", f"""import * as test from "./widget.mjs";
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
