"""A model before its weights, shapes alone, no memory, nothing drawn; and how it gets them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from .conversion import TIED


class Undrawn(TorchFunctionMode):
    """Skip `normal_`: for a tensor without memory, torch imports its compiler first, which takes seconds."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        return kwargs["tensor"] if function is nn.init.normal_ else function(*args, **kwargs)


def blank(kind: Callable[[Any], Any], config: Any) -> Any:
    """Make a model on the meta device, for `load_state_dict(..., assign=True)` to fill."""
    with torch.device("meta"), Undrawn():
        return kind(config)


def build(kind: Callable, config, ours: dict[str, Tensor], path: Path):
    """Make a model of the tensors of a file, which it uses up, in float32 and in evaluation mode.

    Raises ValueError, naming the file, for what does not fit.
    """
    model = blank(kind, config)
    expected = model.state_dict()
    for name in [n for n in ours if n not in expected and n.startswith(("embeddings.", "blocks."))]:
        raise ValueError(f"{path} holds {name}, which its configuration leaves no place for")
    tied = {"embeddings.token.weight", *(TIED & expected.keys())} if config.tie_embeddings else set()
    shared = next((ours[name] for name in tied if name in ours), None)  # one of them is enough, whichever it is
    given, loaded = tied & ours.keys(), {}
    for name, tensor in expected.items():
        stored = ours.pop(name, shared if name in tied else None)
        if stored is None:
            raise ValueError(f"{path} has no tensor for {name}")
        if stored.shape != tensor.shape:
            raise ValueError(f"{path}: {name} is {tuple(stored.shape)}, its configuration says {tuple(tensor.shape)}")
        if not stored.is_floating_point():
            raise ValueError(f"{path}: {name} is stored as {stored.dtype}: quantised weights are not read")
        # A copy, so that the file may be overwritten, and GPT-2's matrices are contiguous as ours are.
        loaded[name] = stored.to(torch.float32, copy=True, memory_format=torch.contiguous_format)
        if not all(end.isfinite() for end in loaded[name].aminmax()):  # NaN if one of them is
            raise ValueError(f"{path}: {name} holds numbers that are not finite")
    for name in given:
        if not torch.equal(loaded[name], loaded["embeddings.token.weight"]):
            raise ValueError(f"{path}: {name} differs from the embeddings though its configuration ties them")
    model.load_state_dict(loaded, assign=True)
    for name in tied - {"embeddings.token.weight"}:  # one parameter again, not two equal ones
        model.get_submodule(name.removesuffix(".weight")).weight = model.embeddings.token.weight
    return model.eval()
