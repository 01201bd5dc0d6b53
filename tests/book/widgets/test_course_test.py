"""The course test's records, in node."""

import json

QUESTIONS = [
    {"answer": 0, "question": "a?", "options": ["0", "1", "2"]},
    {"answer": 2, "question": "b?", "options": ["0", "1", "2"]},
    {"answer": 1, "question": "c?", "options": ["0", "1", "2"]},
]


def evaluate(in_node, expression):
    return in_node(
        "course_test.js",
        f"""import * as test from "./widget.mjs";
        const questions = {json.dumps(QUESTIONS)};
        console.log(JSON.stringify({expression}));""",
    )


def test_stored_answers_count_only_for_the_questions_they_were_given_to(in_node):
    editions = [{}, {0: {"question": "Other?"}}, {1: {"options": ["0", "1"]}}, {2: {"question": "Other?"}}]
    edited = [[question | edition.get(i, {}) for i, question in enumerate(QUESTIONS)] for edition in editions]
    found = evaluate(
        in_node,
        f"""{json.dumps([*edited, QUESTIONS[:1]])}.map((edition) =>
        test.answersOf(edition, test.asKept(questions, [0, 2])))""",
    )
    assert found == [[0, 2], [], [], [0, 2], []]


def test_a_damaged_record_counts_as_none(in_node):
    damaged = [7, None, {}, "text", [0, 1], [None], [{"question": "a?\n0\n1\n2", "given": 3}]]
    found = evaluate(in_node, f"{json.dumps(damaged)}.map((each) => test.answersOf(questions, each))")
    assert found == [[]] * len(damaged)
