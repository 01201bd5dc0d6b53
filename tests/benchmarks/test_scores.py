"""What only experiments compute: blanks are scored as the models score them, and an adapter is cut."""

import pytest
import torch
from open_a_real_mask import cut
from prompting import blank_scores
from reference import tiny_both

from bertgpt import fill_mask


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
