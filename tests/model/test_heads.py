"""Heads: what they read and what they share."""

import pytest
import torch
from sizes import SIZES, B, D, T, V
from torch import nn

from bertgpt import TransformerConfig
from bertgpt.model.heads import ClassificationHead, LMHead, MaskedLMHead, pool_first, pool_last, pool_mean

CONFIG = TransformerConfig(**SIZES)
UNTIED = TransformerConfig(**SIZES | {"tie_embeddings": False})
C = 11  # classes
RIGHT = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])  # (B, T)
LEFT = RIGHT.flip(1)


@pytest.fixture
def hidden():
    return torch.randn(B, T, D)


@pytest.mark.parametrize("head", [LMHead, MaskedLMHead])
def test_a_tied_projection_is_the_embedding_itself(head):
    embedding = nn.Embedding(V, D)
    assert head(CONFIG, embedding).decoder.weight is embedding.weight
    untied = head(UNTIED, embedding).decoder.weight
    assert untied.shape == (V, D) and untied is not embedding.weight


@pytest.mark.parametrize("mask, first, last", [(RIGHT, [0, 0], [4, 2]), (LEFT, [0, 2], [4, 4])], ids=["right", "left"])
def test_pooling_finds_the_real_tokens(hidden, mask, first, last):
    torch.testing.assert_close(pool_first(hidden, mask), torch.stack([hidden[b, t] for b, t in enumerate(first)]))
    torch.testing.assert_close(pool_last(hidden, mask), torch.stack([hidden[b, t] for b, t in enumerate(last)]))
    means = [row[real.bool()].mean(0) for row, real in zip(hidden, mask)]
    torch.testing.assert_close(pool_mean(hidden, mask), torch.stack(means))


@pytest.mark.parametrize("dtype", [torch.long, torch.bool], ids=str)
@pytest.mark.parametrize("pool", [pool_first, pool_last, pool_mean])
def test_a_text_of_padding_alone_is_pooled_to_zeros(hidden, pool, dtype):
    mask = torch.tensor([[0] * T, [0, 1, 1, 0, 0]], dtype=dtype)
    pooled = pool(hidden, mask)
    torch.testing.assert_close(pooled[0], torch.zeros(D))
    torch.testing.assert_close(pooled[1:], pool(hidden[1:], mask[1:]), rtol=0, atol=0)
    assert pooled.dtype == hidden.dtype and pooled[1].any()


def test_an_unknown_pooling_is_named():
    with pytest.raises(ValueError, match="first, last, mean, not 'max'"):
        ClassificationHead(CONFIG, C, pooling="max")
