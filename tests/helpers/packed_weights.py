"""Weights of four and of eight bits for tests, packed as GGUF packs them; and a small Llama made of them."""

from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from bertgpt.model.modern import Decoder, ModernConfig
from bertgpt.training.adapters import Adapter
from bertgpt.weights.gguf import KINDS, Stored

BLANK = 5  # the token that stands in a blank

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


def small_llama(**sizes: int) -> tuple[ModernConfig, dict[str, Stored], Decoder]:
    """Make an untrained Llama: -> its config, its packed weights, and a Decoder of exactly these numbers."""
    usual = dict(vocab_size=37, max_len=29, d_model=96, n_layers=2, n_heads=6, n_kv_heads=2, d_head=16, d_ff=160)
    config = ModernConfig(**usual | sizes, theta=500.0)
    model = Decoder(config).eval()
    stored = {}
    for name, parameter in model.named_parameters():
        numbers = parameter.detach() + 0.2 * torch.randn_like(parameter)
        kind = "Q8_0" if name == "embeddings.token.weight" else "F32" if "norm" in name else "Q4_1"
        stored[name] = packed(numbers, kind)
    dense = {name: tensor.unpack() for name, tensor in stored.items()}
    model.load_state_dict(dense | {"lm_head.decoder.weight": dense["embeddings.token.weight"]})
    return config, stored, model


def practised(model: Decoder, path: Path) -> Adapter:
    """Put an adapter beside a model, with numbers as after some practice, and save it."""
    adapter = Adapter(model, rank=4, token_id=BLANK)
    for parameter in adapter.parameters():
        parameter.data = (parameter + 0.2 * torch.randn(parameter.shape)).half().float()
    adapter.save(path, torch.float16)
    return adapter


@contextmanager
def as_it_is(adapter: Adapter):
    """Read the adapter's model without it, a blank as the mean of all vectors."""
    with adapter.off() as model:
        plain = Adapter(model, rank=1, token_id=adapter.token.token_id)  # adds zero
        plain.token.vector.data = plain.embedding.weight.mean(dim=0)
        yield
        plain.detach()
