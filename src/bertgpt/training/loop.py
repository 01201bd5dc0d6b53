"""One loop that trains any model on any objective.

It is handed the objective and the batches and knows neither BERT nor GPT. It
prints nothing: `report` is called with every row of the history.

A checkpoint is one safetensors file with parameters, optimiser, random state
and history. It is written beside its place and moved there, so a run that is
stopped at any moment leaves the last whole one, and a resumed run goes on
exactly where it was.
"""

import copy
import json
import math
import os
import statistics
import time
from collections import defaultdict
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import safetensors
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from ..device import device_of, evaluation_mode


@dataclass(frozen=True)
class TrainingSettings:
    """Say how to train.

    Raises ValueError, naming the field, where a number makes no sense.
    """

    steps: int                        # how many batches are learned from
    learning_rate: float = 1e-3       # the peak, reached at the end of the warm-up
    warmup: int = 100                 # steps of linear rise; at most half of all
    weight_decay: float = 0.1         # on matrices only
    betas: tuple = (0.9, 0.98)        # Adam's two memories
    clip: float = 1.0                 # the longest gradient that is used as it is
    eval_every: int = 200             # steps between two looks at the held-out batches
    save_every: int = 200             # steps between two checkpoints
    seed: int = 0                     # of dropout
    bfloat16: bool = False            # multiply in 16 bits: twice as fast on processors made for it

    def __post_init__(self):
        for field in ("steps", "learning_rate", "clip", "eval_every", "save_every"):
            if getattr(self, field) <= 0:
                raise ValueError(f"{field} must be above 0, not {getattr(self, field)}")


def parameter_groups(model: nn.Module, weight_decay: float) -> list[dict]:
    """Decay matrices and embeddings; leave biases and norms, which are vectors, alone."""
    parameters = [p for p in model.parameters() if p.requires_grad]
    return [{"params": [p for p in parameters if p.dim() >= 2], "weight_decay": weight_decay},
            {"params": [p for p in parameters if p.dim() < 2], "weight_decay": 0.0}]


def learning_rate_at(step: int, settings: TrainingSettings) -> float:
    """Rise in a line to the peak, then fall along half a cosine to a tenth of it.

    >>> s = TrainingSettings(steps=1000, learning_rate=1.0, warmup=100)
    >>> [round(learning_rate_at(step, s), 3) for step in (0, 99, 549, 999)]
    [0.01, 1.0, 0.551, 0.1]
    """
    warmup = min(settings.warmup, settings.steps // 2)
    if step < warmup:
        return settings.learning_rate * (step + 1) / warmup
    progress = (step - warmup) / max(settings.steps - 1 - warmup, 1)
    return settings.learning_rate * (0.1 + 0.45 * (1 + math.cos(math.pi * progress)))


def on_device(batch: dict[str, Tensor], device: torch.device) -> dict[str, Tensor]:
    """Move a batch to where the model is."""
    return {name: tensor.to(device) for name, tensor in batch.items()}


@torch.no_grad()
def evaluate(model: nn.Module, objective, batches) -> dict[str, float]:
    """Average what the objective measures over some batches, without dropout and without learning.

    batches: dictionaries of tensors, weighed by their rows -> name -> mean
    """
    device = device_of(model)
    sums, rows = defaultdict(float), defaultdict(int)
    with evaluation_mode(model):
        for batch in batches:
            n = len(batch["input_ids"])
            for name, value in objective(model, on_device(batch, device)).items():
                sums[name] += n * value.item()
                rows[name] += n
    return {name: sums[name] / rows[name] for name in sums}


def train(model: nn.Module, objective, batches, settings: TrainingSettings, *, held_out=(),
          checkpoint: Path | None = None, report=None) -> list[dict]:
    """Train a model in place, on the device that it is on, and return the history, a row a step.

    objective(model, batch) -> dictionary of scalars, of which "loss" is minimised; batches.sample(step) -> batch;
    held_out: batches to evaluate on; checkpoint: a file to write and, where it exists, to resume from;
    report(row): called after each step -> rows {"step", "loss", ..., "learning_rate", "seconds",
    and now and then "held_out": {...}}, losses in nats; torch's random state is afterwards what it was before
    Loshchilov and Hutter 2019 (AdamW).
    """
    device, held_out = device_of(model), list(held_out)
    optimiser = torch.optim.AdamW(parameter_groups(model, settings.weight_decay), lr=settings.learning_rate,
                                  betas=settings.betas, fused=True)
    with torch.random.fork_rng([] if device.type == "cpu" else [device], device_type=device.type):
        torch.manual_seed(settings.seed)
        history = resume(checkpoint, model, optimiser, settings) if checkpoint and checkpoint.exists() else []
        spent = history[-1]["seconds"] if history else 0.0
        began = time.perf_counter()
        model.train()
        for step in range(len(history), settings.steps):
            learning_rate = learning_rate_at(step, settings)
            for group in optimiser.param_groups:
                group["lr"] = learning_rate
            with torch.autocast(device.type, torch.bfloat16, enabled=settings.bfloat16):
                measured = objective(model, on_device(batches.sample(step), device))
            optimiser.zero_grad()
            measured["loss"].backward()
            nn.utils.clip_grad_norm_(model.parameters(), settings.clip)
            optimiser.step()

            last = step + 1 == settings.steps
            row = {"step": step + 1, **{name: value.item() for name, value in measured.items()},
                   "learning_rate": learning_rate}
            if held_out and (last or (step + 1) % settings.eval_every == 0):
                row["held_out"] = evaluate(model, objective, held_out)
            row["seconds"] = round(spent + time.perf_counter() - began, 4)
            history.append(row)
            if checkpoint and (last or (step + 1) % settings.save_every == 0):
                save_checkpoint(checkpoint, model, optimiser, settings, history)
            if report:
                report(row)
    model.eval()
    return history


def steps_in(minutes: float, model: nn.Module, objective, batches, settings: TrainingSettings) -> int:
    """Estimate how many steps fit into some minutes, by timing 20 on a copy of the model.

    The median step counts, so that a machine that is busy for a moment does not decide.

    -> steps, at least 1
    """
    rehearsed = train(copy.deepcopy(model), objective, batches, replace(settings, steps=20))
    clock = [row["seconds"] for row in rehearsed]
    typical = statistics.median(after - before for before, after in zip(clock, clock[1:]))
    return max(1, int((60 * minutes - clock[-1]) / typical))


def random_states(device: torch.device) -> dict[str, Tensor]:
    """Read the state of the CPU's random numbers, and of the device's where it has its own."""
    states = {"random_state": torch.get_rng_state()}
    if device.type != "cpu":
        states[f"random_state.{device.type}"] = torch.get_device_module(device).get_rng_state(device)
    return states


def save_checkpoint(path: Path, model: nn.Module, optimiser, settings: TrainingSettings, history: list[dict]) -> None:
    """Write everything that a resumed run needs, whole or not at all."""
    tensors = {f"model.{name}": parameter.detach() for name, parameter in model.named_parameters()}
    for index, state in optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser.{index}.{name}": value for name, value in state.items()}
    tensors |= random_states(device_of(model))
    about = {"settings": json.dumps(asdict(settings)), "history": json.dumps(history)}
    unfinished = path.with_name(path.name + ".part")
    save_file({name: tensor.cpu() for name, tensor in tensors.items()}, unfinished, metadata=about)
    os.replace(unfinished, path)


def resume(path: Path, model: nn.Module, optimiser, settings: TrainingSettings) -> list[dict]:
    """Put model, optimiser and random state back; return the history so far.

    Raises ValueError, naming the file, when it is damaged or belongs to other settings or another model.
    """
    try:
        with safetensors.safe_open(path, "pt") as file:
            about = file.metadata()
            tensors: dict[str, Tensor] = {name: file.get_tensor(name).clone() for name in file.keys()}
        then, now = json.loads(about["settings"]), json.loads(json.dumps(asdict(settings)))
    except (safetensors.SafetensorError, TypeError, KeyError) as error:
        raise ValueError(f"{path} cannot be read as a checkpoint: {error}") from None
    differ = [f"{name} was {then[name]}, now {now[name]}" for name in now if then[name] != now[name]]
    if differ:
        raise ValueError(f"{path} was trained with other settings ({'; '.join(differ)}): resume with the same ones")

    parameters = dict(model.named_parameters())
    shapes = {name: tuple(p.shape) for name, p in parameters.items()}
    if shapes != {name[6:]: tuple(t.shape) for name, t in tensors.items() if name.startswith("model.")}:
        raise ValueError(f"{path} holds another model than the one that is trained")
    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(tensors[f"model.{name}"])
    state = defaultdict(dict)
    for name, value in tensors.items():
        if name.startswith("optimiser."):
            _, index, field = name.split(".")
            state[int(index)][field] = value
    optimiser.load_state_dict({"state": dict(state), "param_groups": optimiser.state_dict()["param_groups"]})
    torch.set_rng_state(tensors["random_state"])
    device = device_of(model)
    if f"random_state.{device.type}" in tensors:         # a run may go on on another kind of device
        torch.get_device_module(device).set_rng_state(tensors[f"random_state.{device.type}"], device)
    return json.loads(about["history"])
