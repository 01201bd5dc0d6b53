"""The questions of the course's test."""

from collections import Counter
from pathlib import Path

import pytest
import yaml

QUESTIONS = yaml.safe_load((Path(__file__).resolve().parents[2] / "chapters" / "course_test.yml").read_text("utf-8"))


def rank_by_length(item) -> int:
    """Return 0 where the right option is the longest, 2 where it is the shortest."""
    options = item["options"]
    return sorted(range(3), key=lambda i: -len(options[i])).index(item["answer"])


@pytest.mark.parametrize("key", [rank_by_length, lambda item: item["answer"]], ids=["length", "place"])
def test_neither_the_length_of_an_option_nor_its_place_gives_the_answer_away(key):
    counts = Counter(map(key, QUESTIONS))
    assert len(QUESTIONS) == 20 and max(counts.values()) <= 0.45 * len(QUESTIONS), counts
