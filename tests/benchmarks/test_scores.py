"""Small runs of what only experiments compute: rankers learn, and blanks are scored as the models score them."""

import numpy as np
import pytest
import torch
from open_a_real_mask import cut
from prompting import blank_scores
from rankers import train_bi_encoder, train_cross_encoder
from ranking_example import PAIRS, SIZES
from reference import tiny_both

from bertgpt import BERT, TransformerConfig, fill_mask
from bertgpt.training.loop import TrainingSettings


@pytest.mark.slow
def test_rankers_learn(tokenizer):
    settings = TrainingSettings(steps=40, learning_rate=5e-3, warmup=5)
    bi, cross = (BERT(TransformerConfig.bert(**SIZES)) for _ in range(2))
    history = train_bi_encoder(bi, tokenizer, PAIRS, settings, batch_size=11)
    assert history[-1]["loss"] < 0.8 * history[0]["loss"]
    history = train_cross_encoder(cross, tokenizer, PAIRS, settings, batch_size=11)[1]
    assert history[0]["loss"] == pytest.approx(np.log(8), abs=0.1)  # eight candidates
    assert history[-1]["loss"] < 0.93 * history[0]["loss"]


def test_a_blank_is_scored_as_fill_mask_fills_it(tokenizer):
    model = tiny_both(vocab_size=tokenizer.vocab_size, max_len=24).eval()
    (answers,) = fill_mask(model, tokenizer, "She was[MASK].", top_k=tokenizer.vocab_size)
    expected = [dict(answers)[tokenizer.tokens(tokenizer.encode(word))[0]] for word in (" good", " bad")]
    scores = blank_scores(model, tokenizer, [("She was", "."), ("so " * 30, "on " * 30)], [" good", " bad"])
    torch.testing.assert_close(scores.exp()[0], torch.tensor(expected), rtol=1e-4, atol=1e-7)
    assert scores.shape == (2, 2) and scores.isfinite().all()  # a long text is cut on both sides


@pytest.mark.parametrize("rank", [1, 3, 5])
def test_an_adapter_that_is_cut_stays_as_near_as_its_rank_allows(rank):
    A, B = torch.randn(5, 7), torch.randn(9, 5)  # (r, I), (O, r)
    few_A, few_B = cut(A, B, rank)
    assert few_A.shape == (rank, 7) and few_B.shape == (9, rank)
    sizes = torch.linalg.svdvals(B @ A)
    torch.testing.assert_close((B @ A - few_B @ few_A).norm(), sizes[rank:].norm(), rtol=1e-4, atol=1e-4)
