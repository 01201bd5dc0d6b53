"""Heads: what they read, what they share, and that padding changes nothing."""

import pytest
import torch
from reference import shake
from sizes import SIZES, B, D, S, T, V
from torch import nn

from bertgpt import TransformerConfig
from bertgpt.model.heads import (
    ClassificationHead,
    LMHead,
    MaskedLMHead,
    NextSentenceHead,
    Pooler,
    RankingHead,
    TaggingHead,
    pool_first,
    pool_last,
    pool_mean,
)

CONFIG = TransformerConfig(**SIZES)
UNTIED = TransformerConfig(**SIZES | {"tie_embeddings": False})
C = 11                      # classes
RIGHT = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])                      # (B, T)
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


def test_the_next_token_is_scored_by_its_product_with_the_hidden_state(hidden):
    embedding = nn.Embedding(V, D)
    logits = LMHead(CONFIG, embedding)(hidden)
    assert logits.shape == (B, T, V)
    torch.testing.assert_close(logits[1, 3, 7], (hidden[1, 3] * embedding.weight[7]).sum())
    torch.testing.assert_close(logits, torch.einsum("btd,vd->btv", hidden, embedding.weight))


def test_logits_at_some_positions_are_those_picked_from_all(hidden):
    head = shake(MaskedLMHead(CONFIG, nn.Embedding(V, D)))
    positions = torch.tensor([[0, 1, 0, 0, 1], [0, 0, 1, 0, 0]]).bool()
    all_logits, some = head(hidden), head(hidden, positions)
    assert (all_logits.shape, some.shape) == ((B, T, V), (3, V))
    torch.testing.assert_close(some, torch.stack([all_logits[0, 1], all_logits[0, 4], all_logits[1, 2]]))
    assert head(hidden, torch.zeros(B, T, dtype=torch.bool)).shape == (0, V)


def test_the_pooler_reads_the_first_token_alone(hidden):
    pooler = shake(Pooler(CONFIG))
    torch.testing.assert_close(pooler(hidden), torch.tanh(hidden[:, 0] @ pooler.dense.weight.T + pooler.dense.bias))
    assert NextSentenceHead(CONFIG)(pooler(hidden)).shape == (B, 2)


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


@pytest.mark.parametrize("pooling", ["first", "last", "mean"])
@pytest.mark.parametrize("make", [lambda p: ClassificationHead(CONFIG, C, p), lambda p: RankingHead(CONFIG, p)],
                         ids=["classification", "ranking"])
def test_padding_changes_no_answer(hidden, make, pooling):
    head = make(pooling).eval()
    assert head(hidden, RIGHT).shape == ((B, C) if head.classifier.out_features == C else (B,))
    junk = hidden.masked_fill(RIGHT[..., None] == 0, 99.0)
    torch.testing.assert_close(head(junk, RIGHT), head(hidden, RIGHT), rtol=0, atol=0)
    moved = junk.clone()
    moved[1, :3] += 1
    assert not torch.allclose(head(moved, RIGHT)[1], head(hidden, RIGHT)[1])


def test_each_token_has_its_own_tag(hidden):
    head = shake(TaggingHead(CONFIG, C))
    changed = hidden.clone()
    changed[:, 2] += 1
    assert head(hidden).shape == (B, T, C)
    moved = (head(changed) != head(hidden)).any(-1)                           # (B, T)
    torch.testing.assert_close(moved, torch.tensor([[False, False, True, False, False]] * B))


def test_a_score_does_not_depend_on_the_other_candidates():
    head, hidden = shake(RankingHead(CONFIG)), torch.randn(S, T, D)
    mask = torch.ones(S, T, dtype=torch.long)
    one_by_one = torch.cat([head(hidden[i:i + 1], mask[:1]) for i in range(S)])
    torch.testing.assert_close(head(hidden, mask), one_by_one)


def test_an_unknown_pooling_is_named():
    with pytest.raises(ValueError, match="first, last, mean, not 'max'"):
        ClassificationHead(CONFIG, C, pooling="max")
