"""The asserts that teach: they pass what is right, fail what is wrong, and say what it is."""

import numpy as np
import pytest
import torch
from pretend_device import pretend_device
from sizes import B, T

from bertgpt_book.checks import check_close, check_rows_sum_to_one, check_shape

NAN, INF = torch.nan, torch.inf


def test_a_wrong_shape_is_named_with_a_hint_only_where_it_helps():
    check_shape(torch.zeros(B, T), B, T)
    with pytest.raises(AssertionError, match=r"scores has shape \(2, 5\), expected \(5, 2\).*transpose\?"):
        check_shape(torch.zeros(B, T), T, B, name="scores")
    with pytest.raises(AssertionError, match=r"expected \(2, 5, 1\)$"):
        check_shape(torch.zeros(B, T), B, T, 1)


@pytest.mark.parametrize(
    "actual, expected, reason",
    [
        ([[0.0, 0.1], [0.5, 0.0]], torch.zeros(2, 2), r"out differs most at \(1, 0\): 0.5, expected 0"),
        ([0.0, NAN, 9.0], [0.0, 0.0, 9.0], r"at \(1,\): nan"),
        ([-INF, 2.0], [-INF, 1.0], r"at \(1,\): 2, expected 1"),
        ([-INF, 2.0], [INF, 1.0], r"at \(0,\): -inf, expected inf"),
        ([0, 1, 0], [0.9, 1.7, 0.2], r"at \(0,\): 0, expected 0.9"),  # not cut to integers
        ([True, True], [True, False], r"at \(1,\): 1, expected 0"),
        ([[0.0, 0.0]], [0.0, 0.0], "shape"),  # not broadcast
    ],
)
def test_the_largest_difference_is_located(actual, expected, reason):
    with pytest.raises(AssertionError, match=reason):
        check_close(torch.tensor(actual), expected, name="out")


def test_close_numbers_of_any_type_and_device_pass():
    check_close(torch.zeros(B, T) + 1e-6, torch.zeros(B, T))
    check_close(torch.full((B, T), 0.5), torch.zeros(B, T), atol=0.6)
    check_close(torch.tensor([-INF, 1.0]), [-INF, 1.0])
    check_close(torch.tensor([True, False]), [1, 0])
    check_close(torch.tensor([0.5], dtype=torch.float16, requires_grad=True), np.array([0.5]))
    with pretend_device() as device:
        check_close(torch.ones(B, T, device=device), torch.ones(B, T))
        with pytest.raises(AssertionError, match="differs most"):
            check_close(torch.ones(T, device=device), [0.0] * T)


NO_SHARES = [([[NAN, 1.0]], "NaN"), ([[-0.5, 1.5]], "negative"), ([[0.9, 0.2], [0.1, 0.8]], "sum to 0.9")]


@pytest.mark.parametrize("weights, reason", NO_SHARES)
def test_weights_that_are_no_shares_are_refused(weights, reason):
    with pytest.raises(AssertionError, match=reason):
        check_rows_sum_to_one(torch.tensor(weights))
    check_rows_sum_to_one(torch.tensor([[0.9, 0.1], [0.2, 0.8]]))
