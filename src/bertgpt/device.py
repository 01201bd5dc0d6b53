"""Where the numbers live: choose a device, and follow a model to the one that it is on."""

import platform
from contextlib import contextmanager

import torch
from torch import nn

NAMES = ("auto", "cuda", "mps", "cpu")


def get_device(name: str = "auto") -> torch.device:
    """Choose the device to compute on: the one named, or the fastest that this computer has.

    name: "cpu", "mps", "cuda" or "cuda:1", or "auto" for cuda, then mps, then cpu
    Raises ValueError when PyTorch does not know the device or cannot use it.
    """
    usable = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return torch.device(next(kind for kind in usable if usable[kind]))
    try:
        device = torch.device(name)
    except RuntimeError:  # not spelled as PyTorch spells devices
        device = torch.device("meta")
    if device.type not in usable:
        raise ValueError(f"device must be one of {', '.join(NAMES)}, not {name!r}")
    missing = device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count()
    if missing or not usable[device.type]:
        raise ValueError(f"PyTorch cannot use {name} on this computer: give --device auto, or cpu")
    return device


def supports_bfloat16(device: torch.device) -> bool:
    """Tell whether a device computes in bfloat16 itself: where it is emulated, training is slower than in float32.

    The environment's caps on instructions (ATEN_CPU_CAPABILITY, ONEDNN_MAX_CPU_ISA) count.
    """
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type != "cpu":
        return True
    if not torch.backends.mkldnn.is_available() or not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        return False
    if platform.machine().lower() not in ("x86_64", "amd64"):  # Arm's is never emulated
        return True
    capped = not torch.backends.cpu.get_cpu_capability().startswith("AVX512")
    has_bfloat16 = getattr(torch.cpu, "_is_avx512_bf16_supported", bool)  # newer than our oldest torch
    return not capped and has_bfloat16()


def device_of(model: nn.Module) -> torch.device:
    """Find the device that a model is on; its inputs belong there, too."""
    return next(model.parameters()).device


@contextmanager
def evaluation_mode(model: nn.Module):
    """Switch dropout off inside a `with` block, and give each module its own mode back after it."""
    training = [module for module in model.modules() if module.training]
    model.eval()
    try:
        yield
    finally:
        for module in training:  # not model.train(): a part may have been frozen in evaluation mode
            module.training = True
