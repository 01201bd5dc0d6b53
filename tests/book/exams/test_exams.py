"""The pairs of others as we read them, and how a preference is counted."""

from collections import Counter

import numpy as np
import pytest

from bertgpt_book.exams import exams
from bertgpt_book.exams.exams import Sentence


def test_zorro_is_printed_as_in_a_book():
    pairs = exams.zorro()
    assert Counter(map(len, pairs.values())) == {2000: 23}
    assert pairs["irregular-verb"][0] == (
        Sentence("", "Michael chose the good one some time ago.", ""),
        Sentence("", "Michael chosen the good one some time ago.", ""),
    )
    texts = [sentence.scored for each in pairs.values() for pair in each for sentence in pair]
    assert all(text[0].isupper() and text[-1] in ".?" and " i " not in text and " ." not in text for text in texts)


def test_blimp_has_every_paradigm_and_the_right_sentence_first():
    pairs = exams.blimp()
    assert Counter(map(len, pairs.values())) == {1000: 67} and len(set(exams.blimp_phenomena().values())) == 13
    right, wrong = pairs["regular_plural_subject_verb_agreement_1"][0]
    assert right.scored != wrong.scored and len(right.scored.split()) == len(wrong.scored.split())


def test_ends_score_the_last_word_only():
    pairs = exams.ends()
    assert {name: len(each) for name, each in pairs.items()} == {
        "common sense": 2 * 34,
        "is, simple": 18,
        "is not, simple": 18,
        "is, natural": 16,
        "is not, natural": 16,
        "who did it": 44,
    }
    assert pairs["is not, simple"][2] == (
        Sentence("An ant is not a", " vegetable", "."),
        Sentence("An ant is not an", " insect", "."),
    )
    assert pairs["common sense"][0][0].before.startswith('"Checkmate," Rosaline')
    for right, wrong in pairs["who did it"]:
        assert right.scored == wrong.scored and sorted(right.before.lower().split()) != right.before.split()
        assert right.before != wrong.before


def test_pairs_are_drawn_without_a_period():
    pairs = {"a": [(f"right {i}", f"wrong {i}") for i in range(64)], "b": [("right", "wrong")] * 3}
    drawn = exams.draw(pairs, 16)
    assert len(set(drawn["a"])) == 16 and len(drawn["b"]) == 3
    assert len({int(right.split()[1]) % 16 for right, _ in drawn["a"]}) > 8
    assert drawn == exams.draw(pairs, 16) != exams.draw(pairs, 16, seed=1)


def test_a_model_without_a_preference_gets_a_half():
    assert exams.preferences([-1, -2, -3], [-2, -1, -3]).tolist() == [1, 0, 0.5]
    assert exams.preferences([-0.3], [-(0.1 + 0.2)]).tolist() == [0.5]  # differ by a rounding error
    with pytest.raises(ValueError, match="no finite"):
        exams.preferences([-1, np.nan], [-2, -1])


def test_each_paradigm_counts_the_same_whatever_its_number_of_pairs():
    marks = {"long": np.array([1.0] * 90 + [0.0] * 10), "short": np.array([1.0, 0.0])}
    summary = exams.summarise(marks)
    assert summary["mean"] == pytest.approx((0.9 + 0.5) / 2)
    half = 1.96 * np.sqrt(0.09 / 99 + 0.25 / 1) / 2  # of a mean of two means
    assert summary["pairs"] == pytest.approx((0.7 - half, 0.7 + half))
    assert summary["paradigms"] == (0.5, 0.9)  # two paradigms: one or the other twice
