"""One loop that trains any model on any objective.

The loss of a step is a mean over all predictions of a batch. So a batch may be
cut into parts, whose losses and gradients, weighted by their shares, add up.
"""

import copy
import math
import signal
import statistics
import threading
import time
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from ..device import device_of, evaluation_mode
from ..text.batching import Batches
from . import distributed
from .checkpoint import digest, resume, save_checkpoint
from .objectives import predictions, total_loss
from .optimisers import OPTIMISERS
from .settings import TrainingSettings, learning_rate_at


def on_device(batch: dict[str, Tensor], device: torch.device) -> dict[str, Tensor]:
    return {name: tensor.to(device) for name, tensor in batch.items()}


@torch.no_grad()
def evaluate(model: nn.Module, objective, batches) -> dict[str, float]:
    """Average what the objective measures over some batches, without dropout.

    -> name -> mean over all predictions, "loss" first; ValueError where there are none
    """
    device = device_of(model)
    sums: dict[str, float] = defaultdict(float)
    counts: dict[str, int] = defaultdict(int)
    with evaluation_mode(model):
        for batch in batches:
            n = predictions(batch)
            for name, value in objective(model, on_device(batch, device)).items():
                sums[name] += n[name] * float(value) if n[name] else 0.0
                counts[name] += n[name]
    check_labels(sums, counts)
    means = {name: sums[name] / counts[name] for name in sums if counts[name]}
    return {"loss": total_loss(means)} | means


def check_labels(measured, counts: dict[str, int]) -> None:
    """Raise ValueError where a loss is over nothing."""
    if not measured or any(name.endswith("loss") and not counts[name] for name in measured):
        raise ValueError("there is nothing to predict: no batch, or none with a label")


def backward_batch(
    batch: dict[str, Tensor], model: nn.Module, objective, settings: TrainingSettings
) -> dict[str, Tensor]:
    """Add the gradient of the mean loss over this process's rows of a batch to that of the parameters.

    -> name -> this process's share of the mean, a scalar, "loss" first
    """
    device, n_total = device_of(model), predictions(batch)
    means: dict[str, Tensor] = {}
    for part in distributed.micro_batches(batch, settings.accumulate):
        n_part = predictions(part)
        with torch.autocast(device.type, torch.bfloat16, enabled=settings.bfloat16):
            part_means = objective(model, on_device(part, device))
        check_labels(part_means, n_total)
        shares = {name: mean * (n_part[name] / n_total[name]) for name, mean in part_means.items() if n_total[name]}
        total_loss(shares).backward()
        for name, share in shares.items():
            share = share.detach() if n_part[name] else torch.zeros((), device=device)  # a mean over nothing is NaN
            means[name] = means[name] + share if name in means else share
    return {"loss": total_loss(means)} | means


def take_step(
    step: int, batch: dict[str, Tensor], model: nn.Module, objective, optimisers: list, settings: TrainingSettings
) -> dict:
    """Learn from one batch: -> its row of the history; ValueError where loss or gradient is not finite."""
    for optimiser in optimisers:
        optimiser.zero_grad()
    means = backward_batch(batch, model, objective, settings)
    distributed.add_gradients(model)
    norm = nn.utils.clip_grad_norm_(model.parameters(), settings.clip)
    values = distributed.all_reduce(torch.stack([value.float() for value in means.values()])).tolist()
    learning_rate = learning_rate_at(step, settings)
    row = {"step": step + 1, **dict(zip(means, values)), "grad_norm": norm.item(), "learning_rate": learning_rate}
    for name in ("loss", "grad_norm"):
        check_finite(f"{name} is {row[name]}", math.isfinite(row[name]), row)
    for optimiser in optimisers:
        for group in optimiser.param_groups:
            group["lr"] = learning_rate * group.get("factor", 1.0)
        optimiser.step()
    return row


def check_finite(what: str, finite: bool, row: dict) -> None:
    """Raise ValueError where training has diverged."""
    if not finite:
        place = f"at step {row['step']}, at a learning rate of {row['learning_rate']:g}"
        raise ValueError(f"{what} {place}: give a lower one, or a longer warm-up")


@contextmanager
def delayed_interrupt():
    """Let Ctrl-C wait until a step is done: -> a function that says whether any process got it.

    A single process does not wait at the second Ctrl-C; torchrun sends one of its own.
    """
    received: list[int] = []

    def handle(number, frame) -> None:
        received.append(number)
        if len(received) > 1 and distributed.size() == 1:
            raise KeyboardInterrupt

    handler = signal.getsignal(signal.SIGINT)
    handles = handler is signal.default_int_handler and threading.current_thread() is threading.main_thread()
    if handles:
        signal.signal(signal.SIGINT, handle)
    try:
        yield lambda: bool(distributed.all_reduce(torch.tensor(len(received))))
    finally:
        if handles:
            signal.signal(signal.SIGINT, handler)


def train(
    model: nn.Module,
    objective,
    batches: Batches,
    settings: TrainingSettings,
    *,
    held_out=(),
    checkpoint: str | Path | None = None,
    report=None,
) -> list[dict]:
    """Train a model in place, on the device that it is on, and return the history, a row a step.

    objective: as in objectives.py; held_out: batches to evaluate on; checkpoint: a file to write and, where it
    exists, to resume from; report(row): called after each step -> rows {"step", "loss", ..., "grad_norm" before
    clipping, "learning_rate", "seconds", and now and then "held_out": {...}}, losses in nats.
    torch's random state is afterwards what it was before.
    Raises ValueError at the first loss or gradient that is not finite: neither weights nor
    checkpoint take it in; KeyboardInterrupt, once step and checkpoint are complete, after Ctrl-C.
    """
    device, held_out = device_of(model), list(held_out)
    history: list[dict] = []
    path = None if checkpoint is None else Path(checkpoint)
    data = digest(batches.sample(0)) if path else ""
    optimisers = OPTIMISERS[settings.optimiser](model, settings)

    def save() -> None:  # the next loss would show that the weights have diverged, but there may be none
        finite = all(bool(p.isfinite().all()) for p in model.parameters())
        check_finite("a weight is not finite", finite, history[-1])
        if path and distributed.rank() == 0:
            save_checkpoint(path, model, optimisers, settings, history, data)

    fork = torch.random.fork_rng([] if device.type == "cpu" else [device], device_type=device.type)
    with fork, delayed_interrupt() as interrupted:
        torch.manual_seed(settings.seed)
        if path and path.exists():
            history = resume(path, model, optimisers, settings, data)
        distributed.copy_first(model)
        spent = history[-1]["seconds"] if history else 0.0
        began = time.perf_counter()
        model.train()
        for step in range(len(history), settings.steps):
            distributed.seed_step(settings.seed, step)
            row = take_step(step, batches.sample(step), model, objective, optimisers, settings)
            last = step + 1 == settings.steps
            if held_out and (last or (step + 1) % settings.eval_every == 0):
                row["held_out"] = evaluate(model, objective, held_out)
            row["seconds"] = round(spent + time.perf_counter() - began, 4)
            history.append(row)
            saves = last or (step + 1) % settings.save_every == 0
            if saves:
                save()
            if report and distributed.rank() == 0:
                report(row)
            if interrupted():
                if not saves:
                    save()
                distributed.barrier()  # the others end only when the first has saved
                raise KeyboardInterrupt(f"stopped after step {step + 1}")
    model.eval()
    return history


def estimate_steps(minutes: float, model: nn.Module, objective, batches, settings: TrainingSettings) -> int:
    """Estimate how many steps fit into some minutes, at least 1, by the median of 20 on a copy of the model.

    Raises ValueError where the minutes are not above 0 and finite.
    """
    if not 0 < minutes < math.inf:
        raise ValueError(f"minutes must be above 0 and finite, not {minutes}")
    trial = train(copy.deepcopy(model), objective, batches, replace(settings, steps=20))
    clock = [row["seconds"] for row in trial]
    step_seconds = statistics.median(after - before for before, after in zip(clock, clock[1:]))
    return distributed.broadcast(max(1, int((60 * minutes - clock[-1]) / step_seconds)))
