"""What the record of somebody else's tests holds, and how two models are compared on the same pairs."""

import numpy as np
import pytest

from bertgpt_book.exams import exams
from bertgpt_book.tasks import outside_tests


def test_a_models_marks_are_those_of_the_pairs_and_its_share_their_mean():
    marks = outside_tests.recorded_marks("littlebert, ends", "one token hidden")
    assert {name: len(each) for name, each in marks.items()} == {n: len(each) for n, each in exams.ends().items()}
    row = outside_tests.recorded("exams")["littlebert, ends"]["ways"]["one token hidden"]
    found = exams.summarise({name: 100 * each for name, each in marks.items()})
    assert row["right, %"]["mean"] == pytest.approx(found["mean"])
    assert row["other paradigms, %"]["interval"] == pytest.approx(found["paradigms"])


def test_two_models_are_compared_pair_by_pair():
    ours = {"a": np.array([1.0, 0.0, 1.0, 1.0]), "b": np.array([1.0, 0.5])}
    theirs = {"a": np.array([1.0, 0.0, 0.0, 1.0]), "b": np.array([0.0, 0.5])}
    found = outside_tests.lead(ours, theirs)
    assert found["mean"] == pytest.approx((25 + 50) / 2) and found["paradigms"] == (25, 50)
    assert outside_tests.lead(ours, ours)["pairs"] == (0, 0)
