"""Who may look at whom.

A mask is boolean and True means "may attend", the convention of
torch.nn.functional.scaled_dot_product_attention. It broadcasts to the scores (B, H, T, S). With more
keys than queries, as a cache has, the queries are the last tokens.

B batch, H heads, T tokens (queries), S tokens attended to (keys).
"""

from functools import reduce

import torch
from torch import Tensor


def bidirectional_mask(n_queries: int, n_keys: int | None = None, device=None) -> Tensor:
    """Let every token attend to every token: itself, what comes before and what comes after.

    n_queries: T, n_keys: S, or T where it is None -> (T, S) bool. Devlin et al. 2019, section 3.

    >>> bidirectional_mask(2).int().tolist()
    [[1, 1], [1, 1]]
    """
    n_keys = n_queries if n_keys is None else n_keys
    return torch.ones(n_queries, n_keys, dtype=torch.bool, device=device)                  # (T, S)


def causal_mask(n_queries: int, n_keys: int | None = None, device=None) -> Tensor:
    """Let every token attend to itself and to what comes before it.

    n_queries: T, n_keys: S >= T, or T where it is None -> (T, S) bool; ValueError where S < T
    Vaswani et al. 2017, section 3.2.3; Radford et al. 2018, section 4.1.

    >>> causal_mask(2, 3).int().tolist()
    [[1, 1, 0], [1, 1, 1]]
    """
    n_keys = n_queries if n_keys is None else n_keys
    if n_keys < n_queries:
        raise ValueError(f"n_keys {n_keys} is less than n_queries {n_queries}: every query is one of the keys")
    return bidirectional_mask(n_queries, n_keys, device).tril(n_keys - n_queries)          # (T, S)


def prefix_mask(n_queries: int, n_prefix: int, n_keys: int | None = None, device=None) -> Tensor:
    """Let the first tokens see one another, the rest only what comes before them.

    n_queries: T, n_prefix: how many keys every query sees, n_keys: S >= T, or T where it is None
    -> (T, S) bool
    Dong et al. 2019, section 2.3 (the sequence-to-sequence mask).

    >>> prefix_mask(3, 2).int().tolist()
    [[1, 1, 0], [1, 1, 0], [1, 1, 1]]
    """
    causal = causal_mask(n_queries, n_keys, device)                                        # (T, S)
    return causal | (torch.arange(causal.size(1), device=device) < n_prefix)               # (T, S)


def prefix_length(order: str | int, n_queries: int, n_keys: int) -> int:
    """Count the tokens that an order reads both ways: none of a causal one, all of a bidirectional one, or a prefix.

    order: "causal", "bidirectional", or the length of a prefix, in which padding on the left counts
    n_queries: T, n_keys: S >= T; ValueError for another order, and for one that needs what a cache has not seen
    """
    n_prefix = {"causal": 0, "bidirectional": n_keys}[order] if order in ("causal", "bidirectional") else order
    if type(n_prefix) is not int or not 0 <= n_prefix <= n_keys:
        raise ValueError(f'order must be "causal", "bidirectional" or the length of a prefix, 0 to {n_keys}, '
                         f"not {order!r}")
    if n_prefix > n_keys - n_queries > 0:
        raise ValueError(f"the {n_keys - n_queries} tokens in the cache have not seen what order={order!r} shows "
                         "them: read the whole prefix at once, and no bidirectional text through a cache")
    return n_prefix


def window_mask(n_queries: int, window: int, n_keys: int | None = None, device=None) -> Tensor:
    """Let every token attend to those at most `window` positions away, on both sides: a band.

    It says nothing about order: combine it with a bidirectional or a causal mask.
    n_queries: T, n_keys: S >= T, or T where it is None -> (T, S) bool. Beltagy et al. 2020, section 3.1.

    >>> window_mask(3, 1).int().tolist()
    [[1, 1, 0], [1, 1, 1], [0, 1, 1]]
    """
    n_keys = n_queries if n_keys is None else n_keys
    keys = torch.arange(n_keys, device=device)                                             # (S,)
    return (keys[n_keys - n_queries:, None] - keys).abs() <= window                        # (T, S)


def padding_mask(attention_mask: Tensor) -> Tensor:
    """Let no token attend to padding, whoever asks.

    A column of keys is closed, never a row of queries: padding has outputs, too, but nobody reads them.
    attention_mask: (B, S), 1 or True = token, 0 or False = padding; of ids, `ids != pad_id`
    -> (B, 1, 1, S) bool

    >>> padding_mask(torch.tensor([[1, 1, 0]])).int().tolist()
    [[[[1, 1, 0]]]]
    """
    return attention_mask.bool()[:, None, None, :]                                         # (B, 1, 1, S)


def combine(*masks: Tensor) -> Tensor:
    """Allow what every mask allows: their logical and.

    masks: one or more, bool, each broadcasts to (B, H, T, S) -> bool, their common shape

    >>> combine(causal_mask(2), torch.tensor([[True, False]])).int().tolist()
    [[1, 0], [1, 0]]
    """
    if not masks or any(mask.dtype != torch.bool for mask in masks):
        raise ValueError(f"combine takes boolean masks, one or more, not {[mask.dtype for mask in masks]}")
    return reduce(torch.logical_and, masks)
