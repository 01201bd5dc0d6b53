"""What can be counted of a pair of spans, by hand."""

import math

import pytest

from bertgpt_book.statistics.baselines import SharedWords


def test_shared_words_by_hand():
    spans = ["Anne went to Lyme", "Lyme was cold", "it was cold", "it was late"]
    shared = SharedWords(spans)
    cold, was = math.log(5 / 3), math.log(5 / 4)
    assert shared.weight({"cold", "was"}) == pytest.approx(cold + was)
    it, late = math.log(5 / 3), math.log(5 / 2)
    assert shared.score("It was cold", "it was [MASK] late") == pytest.approx(
        (it + was) / math.sqrt((it + was + cold) * (it + was + late))
    )
    assert shared.score("it was cold", "COLD it was!") == pytest.approx(1)
    assert shared.score("it was cold", "[MASK]") == shared.score("", "") == 0
