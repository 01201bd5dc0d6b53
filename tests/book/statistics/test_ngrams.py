"""Baselines by hand, against a slow dictionary, and as probability distributions."""

import math
from collections import Counter, defaultdict

import numpy as np
import pytest

from bertgpt_book.statistics.ngrams import BothSides, KneserNey, Unigram

TEXT = "the cat sat on the mat and the dog sat on the cat while the mat sat on nothing at all and the cat ran".split()
WORDS = sorted(set(TEXT))
IDS = [WORDS.index(word) for word in TEXT]
V = len(WORDS) + 2  # two tokens that the text does not hold


def slow_kneser_ney(ids, order):
    """Interpolated Kneser-Ney straight from its definition (Chen and Goodman 1999), with dictionaries."""
    counts = {order: Counter(tuple(ids[i : i + order]) for i in range(len(ids) - order + 1))}
    for n in range(order - 1, 0, -1):
        left = defaultdict(set)
        for gram in counts[n + 1]:
            left[gram[1:]].add(gram[0])
        counts[n] = Counter({gram: len(before) for gram, before in left.items()})

    def probability(token, context):
        n = len(context) + 1
        below = probability(token, context[1:]) if context else 1 / V
        followers = {gram[-1]: count for gram, count in counts[n].items() if gram[:-1] == context}
        if not followers:
            return below
        frequency = Counter(counts[n].values())
        discount = frequency[1] / (frequency[1] + 2 * frequency[2])
        freed = discount * len(followers)
        return (max(followers.get(token, 0) - discount, 0) + freed * below) / sum(followers.values())

    return probability


def test_a_unigram_by_hand():
    # Counts 2, 1, 0 become 3, 2, 1 of 6.
    unigram = Unigram(3).fit([0, 0, 1])
    np.testing.assert_allclose(np.exp(unigram.log_probs([0, 1, 2, 0])), [3 / 6, 2 / 6, 1 / 6, 3 / 6])
    assert math.isclose(unigram.loss([0, 2]), -(math.log(1 / 2) + math.log(1 / 6)) / 2)


@pytest.mark.parametrize("order", [2, 3])
def test_kneser_ney_is_its_definition(order):
    fast, slow = KneserNey(V, order).fit(IDS), slow_kneser_ney(IDS, order)
    held_out = [0, 3, 1, *IDS[5:12], V - 1, *IDS[::-1], V - 2, 4, V - 1]
    expected = [slow(token, tuple(held_out[max(0, i - order + 1) : i])) for i, token in enumerate(held_out)]
    np.testing.assert_allclose(np.exp(fast.log_probs(held_out)), expected, rtol=1e-12)


@pytest.mark.parametrize("order", [2, 3])
def test_nothing_is_ever_impossible(order):
    # Every n-gram of this text occurs many times, so no discount can be read off n-grams that occur once.
    model = KneserNey(4, order).fit([0, 1, 2] * 50)
    assert np.isfinite(model.log_probs([0, 2, 1, 3, 3, 0])).all()


def test_n_grams_that_do_not_fit_into_an_integer_are_refused():
    KneserNey(50257, order=4)
    with pytest.raises(ValueError, match="order 5 over 50257 tokens do not fit 64 bits"):
        KneserNey(50257, order=5)


def test_the_three_parts_of_both_sides_by_hand():
    the, cat, sat, ran, dog, unseen = range(6)
    both = BothSides(6)
    both.count(np.array([the, cat, sat, the, cat, ran, the, dog, sat]))
    parts = both.components([the, unseen], [sat, unseen])
    np.testing.assert_allclose(parts[:, 0, cat], [3 / 15, 2 / 3, 1 / 2])  # a unigram adds one to every count
    np.testing.assert_allclose(parts[1:, 1], [parts[0, 1]] * 2)  # an unseen neighbour tells nothing
    np.testing.assert_allclose(parts.sum(axis=2), 1)


def test_both_sides_weight_the_more_informative_side():
    """In a text of pairs each token determines the next one, and the next one does not determine it."""
    rng = np.random.default_rng(3)
    first = rng.integers(0, 5, 400)
    text = np.stack([first, 5 + first // 2], axis=1).flatten()  # the second follows from the first
    both = BothSides(8).fit(text)
    assert both.weights.sum() == pytest.approx(1) and both.weights[0] < 0.05
    hidden = np.arange(1, len(text) - 1, 2)  # every second token
    probs = both.probs(text[hidden - 1], text[hidden + 1])
    np.testing.assert_allclose(probs.sum(axis=1), 1)
    assert (probs.argmax(axis=1) == text[hidden]).all()
    at_truth = both.components(text[hidden - 1], text[hidden + 1])[:, np.arange(len(hidden)), text[hidden]]
    np.testing.assert_allclose(both.weights @ at_truth, probs[np.arange(len(hidden)), text[hidden]])
