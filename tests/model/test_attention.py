"""Attention against torch's, with every kind of mask, forward and backward."""

import pytest
import torch
from reference import shake
from sizes import SIZES, B, D, H, K, S, T
from torch.nn import functional

from bertgpt import KVCache, MultiHeadAttention, TransformerConfig, causal_mask, padding_mask
from bertgpt import scaled_dot_product_attention as attend


def build(name, n_queries):
    """Return a mask that broadcasts to (B, H, T, S), T = n_queries."""
    row_closed = torch.ones(B, 1, n_queries, S, dtype=torch.bool)
    row_closed[1, :, 2] = False  # one row of one text may attend nowhere
    return {
        "none": None,
        "causal": causal_mask(n_queries, S),
        "padding": padding_mask(torch.tensor([[1] * S, [1] * 4 + [0] * 3])),
        "a closed row": row_closed,
        "nothing at all": torch.zeros(n_queries, S, dtype=torch.bool),
    }[name]


every_mask = pytest.mark.parametrize("name", ["none", "causal", "padding", "a closed row", "nothing at all"])


def draw(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).requires_grad_()


@pytest.fixture
def attention():
    return shake(MultiHeadAttention(TransformerConfig(**SIZES)))


@every_mask
def test_attention_is_torchs_forward_and_backward(name):
    mask = build(name, T)
    q, k, v = draw(B, H, T, K, seed=1), draw(B, H, S, K, seed=2), draw(B, H, S, K, seed=3)
    ours, _ = attend(q, k, v, mask)
    theirs = functional.scaled_dot_product_attention(q, k, v, mask)
    torch.testing.assert_close(ours, theirs)
    direction = draw(B, H, T, K, seed=4)
    torch.testing.assert_close(
        torch.autograd.grad(ours, (q, k, v), direction), torch.autograd.grad(theirs, (q, k, v), direction)
    )


@every_mask
def test_the_fused_path_and_the_explicit_one_agree(attention, name):
    attention, hidden, mask = attention.double(), draw(B, S, D).double(), build(name, S)
    results = []
    for output in (attention(hidden, mask), attention.forward_with_weights(hidden, mask)[0]):  # (B, T, D)
        results.append([output, *torch.autograd.grad(output.square().sum(), [hidden, *attention.parameters()])])
    torch.testing.assert_close(*results)


def test_a_cache_continues_with_the_rows_that_are_selected(attention):
    """Fork row 1 and drop row 0 after a first piece: as if row 1 had been read twice from the start."""
    first, then, cache = draw(B, S, D), draw(B, 1, D, seed=1), KVCache()
    attention(first, causal_mask(S), cache)
    rows = torch.tensor([1, 1])
    cache.select(rows)
    whole = attention(torch.cat([first[rows], then], dim=1), causal_mask(S + 1))
    torch.testing.assert_close(attention(then, causal_mask(1, S + 1), cache), whole[:, -1:])


@pytest.mark.parametrize(
    "mask", [torch.ones(S, S), torch.zeros(S, S), torch.ones(S, S, dtype=torch.int)], ids=["ones", "zeros", "integers"]
)
def test_a_mask_that_is_not_boolean_is_refused(attention, mask):
    for forward in (attention, attention.forward_with_weights):
        with pytest.raises(ValueError, match="a mask is boolean, True = may attend"):
            forward(draw(B, S, D), mask)
