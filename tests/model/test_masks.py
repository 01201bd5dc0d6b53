"""Masks, cell by cell, against the rule that defines them."""

import pytest
import torch
from sizes import B, S, T

from bertgpt import bidirectional_mask, causal_mask, combine, padding_mask, prefix_mask, window_mask


def table(rule, n_queries, n_keys):
    """Write out a rule cell by cell."""
    return torch.tensor([[rule(t, s) for s in range(n_keys)] for t in range(n_queries)])


def same(mask, expected):
    torch.testing.assert_close(mask, expected, rtol=0, atol=0)  # compares dtype and shape, too


def test_bidirectional_is_everything():
    same(bidirectional_mask(T), table(lambda t, s: True, T, T))
    same(bidirectional_mask(T, S), table(lambda t, s: True, T, S))


def test_causal_is_what_torch_calls_causal():
    excluded = torch.nn.Transformer.generate_square_subsequent_mask(T)
    same(causal_mask(T), excluded == 0)
    same(causal_mask(T, S), causal_mask(S)[-T:])  # with a cache the queries are the last tokens


@pytest.mark.parametrize("n", range(T + 1))
def test_a_prefix_is_seen_by_all_and_sees_itself(n):
    same(prefix_mask(T, n), table(lambda t, s: s <= t or s < n, T, T))
    same(prefix_mask(T, n, S), table(lambda t, s: s <= t + S - T or s < n, T, S))


@pytest.mark.parametrize("window", [0, 1, 3, S])
def test_a_window_reaches_as_far_on_both_sides(window):
    same(window_mask(T, window), table(lambda t, s: abs(t - s) <= window, T, T))
    same(window_mask(T, window, S), window_mask(S, window)[-T:])


def test_padding_closes_a_column_and_no_row():
    mask = padding_mask(torch.tensor([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0]]))
    assert mask.shape == (B, 1, 1, T)
    closed = mask.expand(B, 1, T, T)[1, 0]  # (T, S)
    same(closed, table(lambda t, s: s < 2, T, T))
    assert mask[0].all()


def test_combine_allows_what_all_allow():
    same(combine(causal_mask(T)), causal_mask(T))
    padding = padding_mask(torch.tensor([[1, 1, 1, 1, 0], [0, 1, 1, 1, 1]]))
    combined = combine(causal_mask(T), padding)
    assert combined.shape == (B, 1, T, T)
    same(combined[0, 0], table(lambda t, s: s <= t and s != 4, T, T))
    same(combined[1, 0], table(lambda t, s: s <= t and s != 0, T, T))
    assert not combined[1, 0, 0].any()  # the row that may attend nowhere
