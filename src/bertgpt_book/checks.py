"""Asserts that teach: each says what was expected, what came, and where to look."""

import torch
from torch import Tensor


def check_shape(tensor: Tensor, *sizes: int, name: str = "the tensor") -> None:
    """Assert that a tensor has exactly these sizes."""
    if tuple(tensor.shape) == sizes:
        return
    permuted = sorted(tensor.shape) == sorted(sizes)
    hint = ": the same numbers in another order, transpose?" if permuted else ""
    raise AssertionError(f"{name} has shape {tuple(tensor.shape)}, expected {sizes}{hint}")


def check_close(actual: Tensor, expected, *, atol: float = 1e-5, name: str = "the tensor") -> None:
    """Assert that two tensors have one shape and, within `atol`, the same numbers, of any dtype and device."""
    # In double precision, which not every accelerator has.
    actual, expected = (torch.as_tensor(each, dtype=torch.float64, device="cpu") for each in (actual, expected))
    check_shape(actual, *expected.shape, name=name)
    close = torch.isclose(actual, expected, rtol=0, atol=atol)  # NaN is close to nothing
    if not close.all():
        error = (actual - expected).abs().nan_to_num(torch.inf).masked_fill(close, 0)
        at = tuple(int(i) for i in torch.unravel_index(error.argmax(), error.shape))
        raise AssertionError(
            f"{name} differs most at {at}: {actual[at].item():.6g}, expected {expected[at].item():.6g}"
        )


def check_rows_sum_to_one(weights: Tensor) -> None:
    """Assert that no attention weight is negative and each row sums to 1; weights: (..., S)."""
    if weights.isnan().any():
        raise AssertionError("some weights are NaN: does a row attend nowhere, so that softmax divides 0 by 0?")
    if (weights < 0).any():
        raise AssertionError("some weights are negative: was the softmax left out?")
    sums = weights.sum(dim=-1)
    if not ((sums - 1).abs() <= 1e-5).all():
        raise AssertionError(
            f"rows sum to {sums.min().item():.4g} .. {sums.max().item():.4g}, not to 1: "
            "is the softmax over the last axis, and the mask applied before it?"
        )
