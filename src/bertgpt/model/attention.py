"""Attention: a weighted average of values, the weights read off queries and keys.

It takes any boolean mask, True = may attend (masks.py): nothing here knows which model it serves.

B batch, H heads, T tokens (queries), S tokens attended to (keys), D d_model, K d_head.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .config import TransformerConfig


def attention_scores(q: Tensor, k: Tensor) -> Tensor:
    """Score how well each query matches each key: their dot product over sqrt(K).

    q: (..., T, K), k: (..., S, K) -> (..., T, S)
    Vaswani et al. 2017, section 3.2.1.
    """
    return q @ k.transpose(-2, -1) / math.sqrt(q.size(-1))                                 # (..., T, S)


def check_mask(mask: Tensor | None) -> None:
    """Refuse a mask that is not boolean: torch would add a float one to the scores, and hide nothing."""
    if mask is not None and mask.dtype != torch.bool:
        raise ValueError(f"mask is {mask.dtype}: a mask is boolean, True = may attend (write mask == 1, or mask == 0)")


def masked_softmax(scores: Tensor, mask: Tensor | None = None) -> Tensor:
    """Turn scores into attention weights by a softmax over the keys that the mask allows.

    A row that may attend nowhere gets zeros. A bare softmax would divide 0 by 0 there.
    scores: (..., T, S), mask: bool, broadcasts to it -> (..., T, S), each row sums to 1 (or to 0)
    """
    check_mask(mask)
    if mask is None:
        return scores.softmax(dim=-1)
    weights = scores.masked_fill(~mask, -torch.inf).softmax(dim=-1)                        # (..., T, S)
    return weights.masked_fill(~mask.any(dim=-1, keepdim=True), 0.0)


def scaled_dot_product_attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None,
                                 dropout: float = 0.0) -> tuple[Tensor, Tensor]:
    """Average the values, weighted by how well queries match keys.

    q: (..., T, K), k: (..., S, K), v: (..., S, K), mask: bool, broadcasts to (..., T, S);
    dropout: the chance that a weight is zeroed -> context (..., T, K), weights (..., T, S)
    Vaswani et al. 2017, equation 1.

    >>> q = k = torch.eye(2); v = torch.tensor([[10.], [20.]])
    >>> scaled_dot_product_attention(q, k, v, mask=torch.eye(2, dtype=torch.bool))[0].tolist()
    [[10.0], [20.0]]
    """
    weights = F.dropout(masked_softmax(attention_scores(q, k), mask), dropout)             # (..., T, S)
    return weights @ v, weights


class KVCache:
    """Keep one layer's keys and values of the tokens already read; under a causal mask they never change."""

    def __init__(self):
        self.past: tuple[Tensor, Tensor] | None = None           # keys and values, (B, H, S, K) each

    def append(self, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Add the newest keys and values, (B, H, T, K), and return all of them, (B, H, S, K)."""
        if self.past is not None:
            k, v = torch.cat([self.past[0], k], dim=2), torch.cat([self.past[1], v], dim=2)    # (B, H, S, K)
        self.past = k, v
        return k, v

    def select(self, rows: Tensor) -> None:
        """Keep these rows of the batch, in this order; rows: (n,) int, one may come more than once."""
        if self.past is not None:
            self.past = self.past[0][rows], self.past[1][rows]                             # (n, H, S, K)

    @property
    def length(self) -> int:
        """S: how many tokens are kept."""
        return 0 if self.past is None else self.past[0].size(2)


class MultiHeadAttention(nn.Module):
    """Attend in several subspaces at once and mix what the heads found.

    hidden: (B, T, D), mask: bool, broadcasts to (B, H, T, S) -> (B, T, D)
    Vaswani et al. 2017, section 3.2.2.
    """

    def __init__(self, config: TransformerConfig):
        super().__init__()
        self.n_heads = config.n_heads
        self.dropout = config.dropout
        self.q_proj = nn.Linear(config.d_model, config.d_model)
        self.k_proj = nn.Linear(config.d_model, config.d_model)
        self.v_proj = nn.Linear(config.d_model, config.d_model)
        self.out_proj = nn.Linear(config.d_model, config.d_model)

    def split_heads(self, projected: Tensor) -> Tensor:
        """Cut D into H pieces and bring the heads to the front: (B, T, D) -> (B, H, T, K)."""
        return projected.unflatten(-1, (self.n_heads, -1)).transpose(1, 2)                 # (B, H, T, K)

    def project(self, hidden: Tensor, cache: KVCache | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """Map hidden states (B, T, D) to queries (B, H, T, K), keys and values (B, H, S, K), cached ones first."""
        q = self.split_heads(self.q_proj(hidden))                                          # (B, H, T, K)
        k = self.split_heads(self.k_proj(hidden))                                          # (B, H, T, K)
        v = self.split_heads(self.v_proj(hidden))                                          # (B, H, T, K)
        if cache is not None:
            k, v = cache.append(k, v)                                                      # (B, H, S, K)
        return q, k, v

    def merge_heads(self, context: Tensor) -> Tensor:
        """Put the heads side by side again and mix them: (B, H, T, K) -> (B, T, D)."""
        return self.out_proj(context.transpose(1, 2).flatten(2))                           # (B, T, D)

    def forward(self, hidden: Tensor, mask: Tensor | None = None, cache: KVCache | None = None) -> Tensor:
        check_mask(mask)
        q, k, v = self.project(hidden, cache)
        # scaled_dot_product_attention in one fused kernel, which never stores the weights. It is faster still without
        # a mask (by 6 to 15 % on a CPU) or with torch's is_causal: that is what one kind of mask for all models costs.
        dropout = self.dropout if self.training else 0.0
        return self.merge_heads(F.scaled_dot_product_attention(q, k, v, mask, dropout))

    def forward_with_weights(self, hidden: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Do what `forward` does, step by step, so that the weights can be seen: -> (B, T, D), (B, H, T, S)."""
        q, k, v = self.project(hidden)
        dropout = self.dropout if self.training else 0.0
        context, weights = scaled_dot_product_attention(q, k, v, mask, dropout)            # (B, H, T, K)
        return self.merge_heads(context), weights
