"""Pairs of spans: what is drawn as a true pair stands so in its text, and only false spans are exchanged."""

import pytest
import torch

from bertgpt import load_tokenizer
from bertgpt.tasks.next_spans import best_threshold, draw_pairs, draw_span, exchange_false
from bertgpt.text.batching import generator_for
from bertgpt.text.data import SentencePairBatches

T, N = 40, 30


def documents(subject: str) -> dict[str, str]:
    """Make three documents no two of which share a sentence."""
    return {name: " ".join(f"The {subject} of {name} was seen on day {day}." for day in range(60))
            for name in ("Lyme", "Bath", "Kent")}


@pytest.fixture(scope="module")
def sources():
    tokenizer = load_tokenizer()
    return {subject: SentencePairBatches(documents(subject), tokenizer, T, 2) for subject in ("ship", "horse")}


@pytest.fixture(scope="module")
def drawn(sources):
    return draw_pairs(sources["ship"], N, generator_for(3, 0))


def test_true_pairs_stand_so_in_a_document_and_false_ones_in_none(drawn):
    pairs, follows = drawn
    assert len(pairs) == N and follows.shape == (N,) and 0 < follows.sum() < N
    whole = " ".join(documents("ship").values())
    for (first, second), true in zip(pairs, follows):
        assert (first + second in whole) == true and first in whole and second in whole
        assert "[" not in first + second                  # no [CLS], no [SEP]


def test_only_false_spans_are_exchanged_and_each_for_one_of_its_length(sources, drawn):
    pairs, follows = drawn
    tokenizer = sources["horse"].tokenizer
    exchanged = exchange_false(pairs, follows, sources["horse"], generator_for(4, 0))
    for before, after, true in zip(pairs, exchanged, follows, strict=True):
        assert after[0] == before[0] and (after == before) == true
        if not true:
            assert after[1] in " ".join(documents("horse").values())
            assert len(tokenizer.encode(after[1])) == len(tokenizer.encode(before[1]))


def test_a_span_is_drawn_anew_with_each_draw_and_alike_with_one_seed(sources):
    def three(seed):
        generator = generator_for(seed, 0)
        return [draw_span(sources["horse"], " The ship was seen.", generator) for _ in range(3)]

    assert three(5) == three(5) and len({*three(5), *three(6)}) > 2


def test_the_threshold_is_the_lowest_of_those_that_are_right_most_often():
    scores = torch.arange(20.0).flip(0)                   # candidates: 0, 5, 10, 15
    assert best_threshold(scores, scores > 11) == 10
    assert best_threshold(scores, scores > 100) == 15     # nothing follows: as few as may be
    assert best_threshold(scores, (scores > 5) & (scores != 9) & (scores != 8)) == 5
    tied = torch.tensor([0.0] * 5 + [1.0] * 6)            # three of the ones follow: 8 of 11 above 0, and above 1
    assert best_threshold(tied, torch.tensor([False] * 5 + [True, False] * 3)) == 0
