"""Weights of four and of eight bits for tests, packed as in a GGUF file; and a small Llama made of them."""

from contextlib import contextmanager
from pathlib import Path

import gguf
import numpy as np
import torch
from torch import Tensor

from bertgpt_book.modern.adapters import Adapter
from bertgpt_book.modern.gguf import Stored
from bertgpt_book.modern.model import Decoder, ModernConfig

BLANK = 5  # the token that stands in a blank


def packed(matrix: Tensor, kind: str) -> Stored:
    """Pack a tensor as ggml does; its last dimension is a multiple of 32, unless it is kept in F32."""
    blocks = gguf.quantize(matrix.numpy(), gguf.GGMLQuantizationType[kind]).view(np.uint8).copy()
    return Stored(kind, tuple(matrix.shape), torch.from_numpy(blocks))


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
