"""A checkpoint: one safetensors file with everything that a resumed run needs.

Nothing in it depends on the device or the number of processes, and a resumed run continues exactly where it
was. The history is a tensor of bytes, because a safetensors header ends at 100 MB.
"""

import hashlib
import json
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import safetensors
import torch
from safetensors.torch import save
from torch import Tensor, nn
from torch.optim import Optimizer

from ..assets import write_atomically
from ..device import device_of
from .settings import TrainingSettings


def weights_of(model: nn.Module) -> dict[str, Tensor]:
    """Name a model's parameters and buffers, tied ones once: -> "model.blocks.0.…" -> tensor."""
    named = [*model.named_parameters(), *model.named_buffers()]
    return {f"model.{name}": tensor.detach() for name, tensor in named}


def digest(batch: dict[str, Tensor]) -> str:
    """Hash a batch: data are the same where their first batch is."""
    return hashlib.sha256(save({name: tensor.cpu().contiguous().clone() for name, tensor in batch.items()})).hexdigest()


def save_checkpoint(
    path: Path, model: nn.Module, optimisers: list[Optimizer], settings: TrainingSettings, history: list, data: str = ""
) -> None:
    """Write everything that a resumed run needs; data: the digest of its first batch."""
    device = device_of(model)
    tensors = weights_of(model) | {"random_state.cpu": torch.get_rng_state()}
    if device.type != "cpu":  # it has random numbers of its own
        tensors[f"random_state.{device.type}"] = torch.get_device_module(device).get_rng_state(device)
    for n, optimiser in enumerate(optimisers):
        for index, state in optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{n}.{index}.{name}": value for name, value in state.items()}
    tensors["history"] = torch.frombuffer(bytearray(json.dumps(history), "utf-8"), dtype=torch.uint8)
    tensors = {name: tensor.cpu().contiguous() for name, tensor in tensors.items()}
    about = {"settings": json.dumps(asdict(settings)), "model": type(model).__name__, "data": data}
    write_atomically(path.parent, {path.name: save(tensors, about)})


@contextmanager
def opened(path: Path):
    """Open a checkpoint to read from it. Raises ValueError, naming file and remedy, when it is damaged."""
    try:
        with safetensors.safe_open(path, "pt") as file:
            yield file
    except (safetensors.SafetensorError, OSError, TypeError, KeyError, ValueError) as error:
        remedy = "it is damaged, or of another version. Restore it, or delete it to begin again at step 0"
        raise ValueError(f"{path} cannot be read as a checkpoint ({error}): {remedy}") from None


def read_history(file) -> list[dict]:
    return json.loads(file.get_tensor("history").numpy().tobytes())


def steps_done(path: Path) -> int:
    """Count the steps after which a checkpoint was written; 0 where there is none."""
    if not path.exists():
        return 0
    with opened(path) as file:
        return len(read_history(file))


def resume(
    path: Path, model: nn.Module, optimisers: list[Optimizer], settings: TrainingSettings, data: str = ""
) -> list[dict]:
    """Put weights, optimisers and random state back; return the history so far.

    Raises ValueError, naming the file, when it is damaged or belongs to other settings, another model or other data.
    """
    with opened(path) as file:
        about = file.metadata()
        then, history = json.loads(about["settings"]), read_history(file)
        # Copied, because a file that is still mapped cannot be replaced on Windows.
        tensors = {name: file.get_tensor(name).clone() for name in file.keys()}
    now = json.loads(json.dumps(asdict(settings)))
    for name in sorted(then.keys() | now):
        if then.get(name) != now.get(name):
            change = f"{name} was {then.get(name, 'unknown')}, now {now.get(name, 'unknown')}"
            raise ValueError(f"{path} was trained with other settings ({change}): resume with the same ones")
    weights = weights_of(model)
    saved = {name: tensor for name, tensor in tensors.items() if name.startswith("model.")}
    shapes, saved_shapes = ({name: (t.shape, t.dtype) for name, t in each.items()} for each in (weights, saved))
    kind = type(model).__name__
    if shapes != saved_shapes or about.get("model", kind) != kind:
        raise ValueError(f"{path} holds another model than the one that is trained")
    if data and about.get("data") not in (None, "", data):
        raise ValueError(f"{path} was trained on other data: give the same batches, or another file for these")
    states: list[dict[int, dict]] = [defaultdict(dict) for _ in optimisers]
    for name, value in tensors.items():
        if name.startswith("optimiser."):
            _, n, index, field = name.split(".")
            states[int(n)][int(index)][field] = value
    for optimiser, state in zip(optimisers, states):
        optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})
    device = device_of(model)
    torch.set_rng_state(tensors["random_state.cpu"])
    if f"random_state.{device.type}" in tensors and device.type != "cpu":  # it may have been another device
        torch.get_device_module(device).set_rng_state(tensors[f"random_state.{device.type}"], device)
    with torch.no_grad():
        for name, weight in weights.items():
            weight.copy_(saved[name])
    return history
