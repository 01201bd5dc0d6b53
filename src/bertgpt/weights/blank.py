"""A model before its weights: shapes alone, no memory, nothing drawn."""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode


class Undrawn(TorchFunctionMode):
    """Skip `normal_`: for a tensor without memory, torch imports its compiler first, which takes seconds."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        return kwargs["tensor"] if function is nn.init.normal_ else function(*args, **kwargs)


def blank(kind: Callable[[Any], Any], config: Any) -> Any:
    """Make a model on the meta device, for `load_state_dict(..., assign=True)` to fill."""
    with torch.device("meta"), Undrawn():
        return kind(config)
