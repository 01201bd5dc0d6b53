"""A model of the tensors of a file."""

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from .conversion import TIED


def build(kind: Callable, config, ours: dict[str, Tensor], path: Path):
    """Make a model and fill it with the tensors of a file, which are used up: -> in float32, in evaluation mode.

    Raises ValueError, naming the file, for what does not fit.
    """
    first = "embeddings.token.weight"
    if first in ours and len(ours[first]) != config.vocab_size:  # before so many numbers are drawn
        raise ValueError(f"{path}: {first} has {len(ours[first])} rows, its configuration says {config.vocab_size}")
    with torch.random.fork_rng([]):  # opening a model leaves the reader's random numbers alone
        model = kind(config)
    expected = model.state_dict()
    for name in [n for n in ours if n not in expected and n.startswith(("embeddings.", "blocks."))]:
        raise ValueError(f"{path} holds {name}, which its configuration leaves no place for")
    tied = [first, *(TIED & expected.keys())] if config.tie_embeddings else []
    shared = next((ours[name] for name in tied if name in ours), None)  # one of them is enough, whichever it is
    for name, tensor in expected.items():
        stored = ours.pop(name, shared if name in tied else None)
        if stored is None:
            raise ValueError(f"{path} has no tensor for {name}")
        if stored.shape != tensor.shape:
            raise ValueError(f"{path}: {name} is {tuple(stored.shape)}, its configuration says {tuple(tensor.shape)}")
        if not stored.is_floating_point():
            raise ValueError(f"{path}: {name} is stored as {stored.dtype}: quantised weights are not read")
        tensor.copy_(stored)
        if not all(end.isfinite() for end in tensor.aminmax()):  # NaN if one of them is
            raise ValueError(f"{path}: {name} holds numbers that are not finite")
        if name in tied and shared is not None and not torch.equal(stored, shared):
            raise ValueError(f"{path}: {name} differs from the embeddings though its configuration ties them")
    return model.eval()
