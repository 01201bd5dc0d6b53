"""Where the numbers live: choose a device, and follow a model to the one that it is on."""

from contextlib import contextmanager

import torch
from torch import nn

NAMES = ("auto", "cuda", "mps", "cpu")


def get_device(name: str = "auto") -> torch.device:
    """Choose the device to compute on: the one named, or the fastest that this computer has.

    name: "cpu", "mps", "cuda" or "cuda:1", or "auto" for cuda, then mps, then cpu
    Raises ValueError when the device is not there.

    >>> get_device("cpu")
    device(type='cpu')
    """
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return torch.device(next(kind for kind in there if there[kind]))
    kind, _, index = name.partition(":")
    if kind not in there or (index and not index.isdigit()):
        raise ValueError(f"device must be one of {', '.join(NAMES)}, not {name!r}")
    if not there[kind] or (kind == "cuda" and int(index or 0) >= torch.cuda.device_count()):
        raise ValueError(f"this computer has no {name} that PyTorch can use: give --device auto, or cpu")
    return torch.device(name)


def device_of(model: nn.Module) -> torch.device:
    """Find the device that a model's parameters are on; what is given to the model belongs there, too."""
    return next(model.parameters()).device


@contextmanager
def evaluation_mode(model: nn.Module):
    """Switch dropout off inside a `with` block, and give each module its own mode back after it."""
    training = [module for module in model.modules() if module.training]
    model.eval()
    try:
        yield
    finally:
        for module in training:                  # not model.train(): a part may have been frozen in evaluation mode
            module.training = True
