"""What can be counted of a pair of spans, by hand and on pairs whose rule is known."""

import math

import numpy as np
import pytest

from bertgpt.evaluation.baselines import PairClassifier, SharedWords, seam


def test_shared_words_by_hand():
    spans = ["Anne went to Lyme", "Lyme was cold", "it was cold", "it was late"]
    shared = SharedWords(spans)
    cold, was = math.log(5 / 3), math.log(5 / 4)
    assert shared.weight({"cold", "was"}) == pytest.approx(cold + was)
    it, late = math.log(5 / 3), math.log(5 / 2)
    assert shared.score("It was cold", "it was [MASK] late") == pytest.approx(
        (it + was) / math.sqrt((it + was + cold) * (it + was + late)))
    assert shared.score("it was cold", "COLD it was!") == pytest.approx(1)
    assert shared.score("it was cold", "[MASK]") == shared.score("", "") == 0


@pytest.mark.parametrize("first, second, at", [
    ('"Is it cold', "x", 0), ("x", 'It is," said he.', 1), ('x"', "x", 2), ("x", '"x', 3), ("x\n", "x", 4),
    ("x", "\n\nx", 5), ("x?", "x", 6), ("x!", "x", 7), ("x", " She went", 8), ("x", " But no", 9),
    ("x", "x said he", 10)])
def test_a_feature_at_the_seam_is_found_and_only_the_last_paragraph_counts(first, second, at):
    assert seam(first, second)[at] and not seam("x", "x")[at]
    assert seam('"open\n\n' + first, second)[1:] == seam(first, second)[1:]
    assert seam('"open\n\nx', "x")[0] == seam("x", "x")[0] is False


def test_the_classifier_learns_topics_shared_words_and_the_seam():
    rng = np.random.default_rng(5)
    topics = [["sea", "ship", "sail", "wind", "wave"], ["corn", "plough", "field", "cow", "barn"]]

    def span(topic):
        return " ".join(rng.choice(topics[topic], 3))

    def pairs(n):
        draws = [(rng.integers(2), rng.integers(2)) for _ in range(n)]
        return [(span(a), span(b)) for a, b in draws], np.array([a == b for a, b in draws])

    taught, unseen = pairs(300), pairs(100)
    judge = PairClassifier(*taught, n_topics=2)
    assert (judge.predict(unseen[0]) == unseen[1]).mean() > 0.95
    assert judge.features(unseen[0]).shape == (100, 13)
