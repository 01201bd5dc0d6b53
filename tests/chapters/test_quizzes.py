"""The chapters' quizzes and the course's test: the form of an option does not say whether it is right."""

import ast
import json
import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

CHAPTERS = Path(__file__).resolve().parents[2] / "chapters"
MARGIN = 1.25  # standard deviations of blind guessing: with three options at most 9 of 20, 43 of 112


def quiz_of(path: Path) -> list[dict]:
    """Return the questions of a notebook's quiz."""
    sources = ("".join(cell["source"]) for cell in json.loads(path.read_text("utf-8"))["cells"])
    (quiz,) = (source for source in sources if source.startswith("Quiz("))
    return ast.literal_eval(ast.parse(quiz.strip(), mode="eval").body.args[0])


COURSE_TEST = yaml.safe_load((CHAPTERS / "course_test.yml").read_text("utf-8"))
QUIZZES = {path.stem: quiz_of(path) for path in sorted(CHAPTERS.glob("*.ipynb"))}


def forms(options: list[str], at: int) -> set[str]:
    """Return what a reader sees of one option without understanding it: its place, and whether it is the extreme."""
    lengths = [len(re.sub(r"[`*]", "", option)) for option in options]
    longest, shortest = max(lengths), min(lengths)
    found = {f"at place {at}"}
    if lengths[at] in (longest, shortest) and lengths.count(lengths[at]) == 1:
        found.add("the longest" if lengths[at] == longest else "the shortest")
    return found


def giveaways(questions: list[dict]) -> dict[str, tuple[int, int]]:
    """Return the forms that the right option has more often than blind guessing and the margin allow.

    -> {form: (how often the right option has it, how often it may)}
    """
    right = Counter(form for item in questions for form in forms(item["options"], item["answer"]))
    most = {}
    for form in right:
        chances = [
            sum(form in forms(item["options"], at) for at in range(len(item["options"]))) / len(item["options"])
            for item in questions
        ]
        most[form] = sum(chances) + MARGIN * sum(p * (1 - p) for p in chances) ** 0.5
    return {form: (n, int(most[form])) for form, n in right.items() if n > most[form]}


@pytest.mark.parametrize("questions", [COURSE_TEST, *QUIZZES.values()], ids=["course test", *QUIZZES])
def test_each_question_has_its_parts_and_a_right_option_among_different_ones(questions):
    for item in questions:
        assert item.keys() >= {"question", "options", "answer", "explanation"}
        assert 1 < len(item["options"]) == len({*item["options"]}) and item["answer"] in range(len(item["options"]))


@pytest.mark.parametrize("questions", [COURSE_TEST, sum(QUIZZES.values(), [])], ids=["course test", "quizzes"])
def test_neither_the_length_of_an_option_nor_its_place_gives_the_answer_away(questions):
    assert len(questions) >= 20 and not giveaways(questions), giveaways(questions)
