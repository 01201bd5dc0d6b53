"""Rankers: the right shapes, the right order, and wrong answers that are wrong."""

import math
import re

import numpy as np
import pytest
from ranking_example import PAIRS, TASK

from bertgpt import BERT
from bertgpt.tasks.questions import RankingTask
from bertgpt.tasks.ranking import (
    CandidateBatches,
    bi_encoder_scores,
    bm25_scores,
    ranking_metrics,
)


def test_counted_words_find_what_repeats_them():
    scores = bm25_scores(TASK)
    assert scores.shape == (11, 11) and (scores.argmax(axis=1) == np.arange(11)).all()


def test_grades_by_hand():
    task = RankingTask(["a", "b"], ["x", "y", "z"], [{0}, {1, 2}])
    graded = ranking_metrics([task, task], [np.array([[3, 2, 1], [3, 2, 1]]), np.array([[1, 1, 1], [0, 0, 1]])])
    assert graded["reciprocal_ranks"] == [1, 1 / 2, 1 / 3, 1]         # of equals the right one is the last
    assert (graded["mrr"], graded["p_at_1"]) == (pytest.approx(17 / 24), 0.5)
    assert graded["mrr_interval"][0] < graded["mrr"] < graded["mrr_interval"][1]


def test_vectors_are_compared_by_their_angle(small_encoder, tokenizer):
    same = RankingTask(["the cat sat", "the dog"], ["the dog", "a ship", "the cat sat"], [{2}, {0}])
    scores = bi_encoder_scores(small_encoder, tokenizer, same)
    np.testing.assert_allclose([scores[0, 2], scores[1, 0]], 1.0, rtol=1e-5)
    assert np.abs(scores).max() < 1.00001 and scores[0, 1] < 0.9999


def test_candidates_hold_the_answer_once_and_first(small_encoder, tokenizer):
    batches = CandidateBatches(PAIRS, small_encoder, tokenizer, batch_size=3, n_candidates=4)
    batch = batches.sample(0)
    texts = [tokenizer.decode(row[mask.bool()]) for row, mask in zip(batch["input_ids"], batch["attention_mask"])]
    assert len(texts) == 12 and batch["labels"].tolist() == [0, 0, 0]
    for right, *wrong in (texts[i:i + 4] for i in range(0, 12, 4)):
        assert any(question in right and answer in right for question, answer in PAIRS)
        assert len({right, *wrong}) == 4
        assert not any(question in text and answer in text for text in wrong for question, answer in PAIRS)
    assert ("segment_ids" in batch) == isinstance(small_encoder, BERT)        # GPT has none to be given


def test_half_of_the_wrong_answers_share_words_with_the_question(small_encoder, tokenizer):
    # Of equals BM25 takes the first 20: of the ships, numbers 0 to 19.
    pairs = [("Which ship?", f"The {'ship' if n < 25 else 'cart'} {n:02}.") for n in range(60)]
    batches = CandidateBatches(pairs, small_encoder, tokenizer, batch_size=1, n_candidates=9)
    others = []
    for step in range(60):
        texts = map(tokenizer.decode, batches.sample(step)["input_ids"])
        right, *wrong = [int(re.search(r"\d\d", text)[0]) for text in texts]
        if right >= 20:
            assert max(wrong[:4]) < 20
            others += wrong[4:]
    share = 16 / 55                      # the others come from all that is left, 16 of the first 20 among it
    assert len(others) == 160
    assert abs(sum(n < 20 for n in others) / 160 - share) < 4 * math.sqrt(share * (1 - share) / 160)


def test_a_long_answer_is_cut_while_learning(small_encoder, tokenizer):
    batches = CandidateBatches([("How long?", "so " * 50)], small_encoder, tokenizer, batch_size=1)
    assert batches.pairs == [("How long?", " ".join(["so"] * 40))]
