"""The questions of the course's test."""

from pathlib import Path

import yaml

QUESTIONS = yaml.safe_load((Path(__file__).resolve().parents[2] / "chapters" / "course_test.yml").read_text("utf-8"))


def test_the_longest_option_of_a_question_is_right_no_more_often_than_another():
    longest = [max(range(3), key=lambda i: len(item["options"][i])) == item["answer"] for item in QUESTIONS]
    assert sum(longest) <= 0.4 * len(QUESTIONS)
