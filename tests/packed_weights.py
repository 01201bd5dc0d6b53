"""Weights of four and of eight bits for tests, packed as GGUF packs them."""

import numpy as np
import torch
from torch import Tensor

from bertgpt.weights.gguf import KINDS, Stored

KIND = {kind.name: kind for kind in KINDS.values()}


def packed(matrix: Tensor, kind: str) -> Stored:
    """Pack a tensor, rounding its numbers; its last dimension is a multiple of 32, unless it is kept in F32."""
    blocks = matrix.numpy().astype(np.float32).reshape(-1, KIND[kind].n_numbers)  # (N, 32), or (N, 1)
    raw = {"F32": lambda blocks: blocks.view(np.uint8), "Q4_1": four_bits, "Q8_0": eight_bits}[kind](blocks)
    return Stored(KIND[kind], tuple(matrix.shape), torch.from_numpy(raw))


def four_bits(blocks: np.ndarray) -> np.ndarray:
    """(N, 32) -> (N, 20) bytes: a scale and a minimum, then the numbers 0 to 15 beside 16 to 31."""
    least = blocks.min(axis=1, keepdims=True)
    scale = ((blocks.max(axis=1, keepdims=True) - least) / 15).clip(1e-6)
    q = ((blocks - least) / scale).round().clip(0, 15).astype(np.uint8)  # (N, 32)
    head = np.concatenate([scale, least], axis=1).astype(np.float16).view(np.uint8)  # (N, 4)
    return np.concatenate([head, q[:, :16] | q[:, 16:] << 4], axis=1)


def eight_bits(blocks: np.ndarray) -> np.ndarray:
    """(N, 32) -> (N, 34) bytes: a scale, then the numbers."""
    scale = (np.abs(blocks).max(axis=1, keepdims=True) / 127).clip(1e-6)
    q = (blocks / scale).round().astype(np.int8)  # (N, 32)
    return np.concatenate([scale.astype(np.float16).view(np.uint8), q.view(np.uint8)], axis=1)
