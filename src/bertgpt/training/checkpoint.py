"""A checkpoint: one safetensors file with everything that a resumed run needs.

It holds parameters and buffers, their moving average, what the optimisers remember, random state, settings and history,
and nothing of the device or the number of processes. It is written beside its place and moved there, so a run that is
stopped at any moment leaves the last whole one, and a resumed run goes on exactly where it was.
"""

import json
import math
import os
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path

import safetensors
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.optim import Optimizer

from ..device import device_of
from .settings import TrainingSettings


def weights_of(modules: dict[str, nn.Module]) -> dict[str, Tensor]:
    """Name the parameters and buffers of some modules, tied ones once: -> "model.blocks.0.…" -> tensor."""
    return {f"{prefix}.{name}": tensor.detach() for prefix, module in modules.items()
            for name, tensor in [*module.named_parameters(), *module.named_buffers()]}


def random_states(device: torch.device) -> dict[str, Tensor]:
    """Read the state of the CPU's random numbers, and of the device's where it has its own."""
    states = {"random_state.cpu": torch.get_rng_state()}
    if device.type != "cpu":
        states[f"random_state.{device.type}"] = torch.get_device_module(device).get_rng_state(device)
    return states


def write_tensors(path: Path, tensors: dict[str, Tensor], about: dict[str, str]) -> None:
    """Write a safetensors file whole or not at all, readable for whom other new files are.

    Raises OSError, naming the file, where it cannot be written; what was at `path` is then still there.
    """
    unfinished = path.with_name(path.name + ".part")
    unfinished.touch()
    mode = unfinished.stat().st_mode             # safetensors would let its owner alone read it
    try:
        save_file({name: tensor.cpu().contiguous() for name, tensor in tensors.items()}, unfinished, metadata=about)
        unfinished.chmod(mode)
        os.replace(unfinished, path)
    except (safetensors.SafetensorError, OSError) as error:
        unfinished.unlink(missing_ok=True)
        raise OSError(f"{path} cannot be written: {error}") from None


def save_checkpoint(path: Path, modules: dict[str, nn.Module], optimisers: list[Optimizer], settings: TrainingSettings,
                    history: list[dict]) -> None:
    """Write everything that a resumed run needs; modules: "model" and, where one is kept, "average"."""
    tensors = weights_of(modules) | random_states(device_of(modules["model"]))
    for n, optimiser in enumerate(optimisers):
        for index, state in optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{n}.{index}.{name}": value for name, value in state.items()}
    write_tensors(path, tensors, {"settings": json.dumps(asdict(settings)), "history": json.dumps(history),
                                  "tensors": str(len(tensors))})


def read_checkpoint(path: Path) -> tuple[dict, list[dict], dict[str, Tensor]]:
    """Read settings, history and tensors, by name. Raises ValueError, naming the file, when it is damaged."""
    try:
        with safetensors.safe_open(path, "pt") as file:
            about = file.metadata()
            # Copied, because a file that is still mapped cannot be replaced on Windows.
            tensors = {name: file.get_tensor(name).clone() for name in file.keys()}
        settings, history = (json.loads(about[name]) for name in ("settings", "history"))
        if int(about["tensors"]) != len(tensors):
            raise ValueError(f"it holds {len(tensors)} of {about['tensors']} tensors")
        if not isinstance(settings, dict):
            raise ValueError("its settings are none")
        if not history or [row["step"] for row in history] != list(range(1, len(history) + 1)):
            raise ValueError("its history does not have one row a step")
        if not math.isfinite(history[-1]["seconds"]):
            raise ValueError("its history has no seconds")
        broken = [name for name, tensor in tensors.items() if not torch.isfinite(tensor).all()]
        if broken:
            raise ValueError(f"{broken[0]} is not finite")
    except (safetensors.SafetensorError, OSError, TypeError, KeyError, ValueError) as error:
        raise ValueError(f"{path} cannot be read as a checkpoint: {error}") from None
    return settings, history, tensors


def resume(path: Path, modules: dict[str, nn.Module], optimisers: list[Optimizer],
           settings: TrainingSettings) -> list[dict]:
    """Put weights, optimisers and random state back; return the history so far.

    Raises ValueError, naming the file, when it is damaged or belongs to other settings or another model.
    """
    then, history, tensors = read_checkpoint(path)
    now = json.loads(json.dumps(asdict(settings)))
    differ = [f"{name} was {then.get(name, 'unknown')}, now {now.get(name, 'unknown')}"
              for name in sorted(set(then) | set(now)) if then.get(name) != now.get(name)]
    if differ:
        raise ValueError(f"{path} was trained with other settings ({'; '.join(differ)}): resume with the same ones")
    if len(history) > settings.steps:
        raise ValueError(f"{path} cannot be read as a checkpoint: it has {len(history)} of {settings.steps} steps")

    weights = weights_of(modules)
    found = {name: tensor for name, tensor in tensors.items() if name.startswith(("model.", "average."))}
    described = [{name: (tensor.shape, tensor.dtype) for name, tensor in named.items()} for named in (weights, found)]
    if described[0] != described[1]:
        raise ValueError(f"{path} holds another model than the one that is trained")
    try:
        restore_optimisers(optimisers, tensors)
        restore_random_state(device_of(modules["model"]), tensors)
    except (KeyError, IndexError, ValueError, RuntimeError) as error:
        raise ValueError(f"{path} cannot be read as a checkpoint: {error}") from None
    with torch.no_grad():
        for name, weight in weights.items():
            weight.copy_(found[name])
    return history


def restore_optimisers(optimisers: list[Optimizer], tensors: dict[str, Tensor]) -> None:
    """Put back what each optimiser remembers of each of its parameters."""
    states: list[dict[int, dict]] = [defaultdict(dict) for _ in optimisers]
    for name, value in tensors.items():
        if name.startswith("optimiser."):
            _, n, place, field = name.split(".")
            states[int(n)][int(place)][field] = value
    for optimiser, state in zip(optimisers, states):
        parameters = [p for group in optimiser.param_groups for p in group["params"]]
        for index, fields in state.items():
            if any(value.shape not in ((), parameters[index].shape) for value in fields.values()):
                raise ValueError("an optimiser's state does not fit its parameter")
        optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})


def restore_random_state(device: torch.device, tensors: dict[str, Tensor]) -> None:
    """Put the random state back; a run that goes on on another kind of device takes its first state there."""
    torch.set_rng_state(tensors["random_state.cpu"])
    if f"random_state.{device.type}" in tensors and device.type != "cpu":
        torch.get_device_module(device).set_rng_state(tensors[f"random_state.{device.type}"], device)
