"""The asserts that teach: they pass what is right, fail what is wrong, and say what it is."""

import numpy as np
import pytest
import torch
from pretend_device import pretend_device
from sizes import B, T

from bertgpt_book.checks import check_close, check_rows_sum_to_one, check_shape


def test_the_right_shape_passes():
    check_shape(torch.zeros(B, T), B, T)
    check_shape(torch.tensor(1.0))


def test_a_wrong_shape_is_named_with_a_hint_only_where_it_helps():
    with pytest.raises(AssertionError, match=r"scores has shape \(2, 5\), expected \(5, 2\).*transpose\?"):
        check_shape(torch.zeros(B, T), T, B, name="scores")
    with pytest.raises(AssertionError) as error:
        check_shape(torch.zeros(B, T), B, T, 1)
    assert "transpose" not in str(error.value)


def test_close_numbers_pass_and_far_ones_are_located():
    actual = torch.zeros(B, T)
    check_close(actual + 1e-6, actual)
    check_close(torch.zeros(0), torch.zeros(0))
    actual[1, 3] = 0.5
    with pytest.raises(AssertionError, match=r"out differs most at \(1, 3\): 0.5, expected 0"):
        check_close(actual, torch.zeros(B, T), name="out")
    check_close(actual, torch.zeros(B, T), atol=0.6)


def test_nan_is_close_to_nothing():
    with pytest.raises(AssertionError, match=r"at \(1,\): nan"):
        check_close(torch.tensor([0.0, torch.nan, 9.0]), torch.tensor([0.0, 0.0, 9.0]))


def test_equal_infinities_are_close_and_a_difference_beside_them_is_found():
    check_close(torch.tensor([-torch.inf, 1.0]), [-torch.inf, 1.0])
    with pytest.raises(AssertionError, match=r"at \(1,\): 2, expected 1"):
        check_close(torch.tensor([-torch.inf, 2.0]), [-torch.inf, 1.0])
    with pytest.raises(AssertionError, match=r"at \(0,\): -inf, expected inf"):
        check_close(torch.tensor([-torch.inf, 2.0]), [torch.inf, 1.0])


def test_numbers_are_compared_and_not_what_a_cast_makes_of_them():
    with pytest.raises(AssertionError, match=r"at \(0,\): 0, expected 0.9"):
        check_close(torch.tensor([0, 1, 0]), [0.9, 1.7, 0.2])
    check_close(torch.tensor([True, False]), [1, 0])
    check_close(torch.tensor([1, 0]), torch.tensor([True, False]))
    with pytest.raises(AssertionError, match=r"at \(1,\): 1, expected 0"):
        check_close(torch.tensor([True, True]), torch.tensor([True, False]))
    with pytest.raises(AssertionError):  # as bfloat16 both would be 1
        check_close(torch.tensor([1.0], dtype=torch.bfloat16), [1.001])
    check_close(torch.tensor([0.5], dtype=torch.float16, requires_grad=True), np.array([0.5]))


def test_numbers_on_a_device_are_compared_with_those_on_the_cpu():
    with pretend_device() as device:
        check_close(torch.ones(B, T, device=device), torch.ones(B, T))
        check_close(torch.ones(B, T), torch.ones(B, T, device=device))
        with pytest.raises(AssertionError, match="differs most"):
            check_close(torch.ones(T, device=device), [0.0] * T)


def test_numbers_of_another_shape_are_not_broadcast():
    with pytest.raises(AssertionError, match="shape"):
        check_close(torch.zeros(B, T), torch.zeros(T))


@pytest.mark.parametrize(
    "weights, reason",
    [
        ([[torch.nan, 1.0]], "NaN"),
        ([[-0.5, 1.5]], "negative"),
        ([[0.5, 0.6]], "sum to 1.1"),
        ([[0.0, 0.0]], "sum to 0"),
    ],
)
def test_weights_that_are_no_shares_are_refused(weights, reason):
    with pytest.raises(AssertionError, match=reason):
        check_rows_sum_to_one(torch.tensor(weights))


def test_rows_are_the_last_axis():
    weights = torch.tensor([[0.9, 0.1], [0.2, 0.8]])
    check_rows_sum_to_one(weights)
    with pytest.raises(AssertionError):
        check_rows_sum_to_one(weights.T)
