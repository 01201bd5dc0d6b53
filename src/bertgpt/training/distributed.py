"""One training on many processes, as torchrun starts them.

Every process draws the same batch and learns from its own rows of it; the gradients are averaged, so that
N processes take the step that one would take. Only the first one writes and prints.
"""

import os
import re
from contextlib import ExitStack, contextmanager, nullcontext, redirect_stderr, redirect_stdout
from datetime import timedelta

import torch
import torch.distributed as dist

# Its functions take the group of all processes as a default: imported later, by DistributedDataParallel, they would
# hold that group for ever, and its threads could end the process by an abort while Python shuts down.
import torch.distributed.nn  # noqa: F401
from torch import Tensor, nn
from torch.distributed.rendezvous import rendezvous
from torch.nn.parallel import DistributedDataParallel

from ..device import device_of, get_device
from ..text.batching import step_seed

TIMEOUT = timedelta(minutes=10)  # how long a process waits for the others


def size() -> int:
    """Count the processes that train together."""
    return dist.get_world_size() if dist.is_initialized() else 1


def rank() -> int:
    """Number this process among those that train together, from 0."""
    return dist.get_rank() if size() > 1 else 0


def local_device(name: str) -> torch.device:
    """Choose this process's device: the one named or, of several GPUs, the one that torchrun meant for it."""
    if size() == 1:
        return get_device(name)
    device = get_device("cpu" if name == "auto" and not torch.cuda.is_available() else name)
    if device.type == "cuda":
        device = get_device(f"cuda:{os.environ['LOCAL_RANK']}")
        torch.cuda.set_device(device)
    return device


@contextmanager
def processes():
    """Join the processes that torchrun started; without torchrun, be the only one.

    Inside, only the first prints. When one fails, the first to notice raises and the others exit with status 2.
    """
    if not dist.is_torchelastic_launched():
        yield
        return
    store, own_rank, n = next(rendezvous("env://", timeout=TIMEOUT))
    dist.init_process_group(store=store, rank=own_rank, world_size=n, timeout=TIMEOUT)
    try:
        with open(os.devnull, "w") as nowhere, ExitStack() as silence:
            if own_rank:
                silence.enter_context(redirect_stdout(nowhere))
                silence.enter_context(redirect_stderr(nowhere))
            yield
        dist.destroy_process_group()
    except (Exception, KeyboardInterrupt) as error:
        # Ctrl-C reaches all; the first knows the step.
        if (isinstance(error, KeyboardInterrupt) and own_rank) or store.add("failures", 1) > 1:
            raise SystemExit(2) from None
        if isinstance(error, RuntimeError) and re.search("gloo|nccl", str(error), re.IGNORECASE):
            raise ConnectionError("another process ended: --resume continues from the last checkpoint") from error
        raise


class LossModule(nn.Module):
    """Wrap a model and its objective in one module whose outputs are the losses, as DistributedDataParallel needs."""

    def __init__(self, model: nn.Module, objective):
        super().__init__()
        self.model, self.objective = model, objective
        # Some losses leave out parameters and some do not; find_unused_parameters warns where none is left out.
        self.left_out = nn.Parameter(torch.zeros((), device=device_of(model)))

    def forward(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        return self.objective(self.model, batch)


def loss_module(model: nn.Module, objective) -> nn.Module:
    """Make the module that gives the losses of a batch, and averages gradients over several processes."""
    module = LossModule(model, objective)
    return DistributedDataParallel(module, find_unused_parameters=True) if size() > 1 else module


def synchronised(losses: nn.Module, last: bool):
    """Average gradients over the processes once a step: in a `with` block around a batch's last part."""
    return nullcontext() if last or not isinstance(losses, DistributedDataParallel) else losses.no_sync()


def micro_batches(batch: dict[str, Tensor], parts: int) -> list[dict[str, Tensor]]:
    """Cut a batch by rows into `parts` for each process, as evenly as possible: -> those of this process.

    A tensor may hold several rows for each row of another, as candidates of a question: they stay together.
    Raises ValueError when there are too few rows.
    """
    n = parts * size()
    if n == 1:
        return [batch]
    rows = min(map(len, batch.values()))
    if rows < n:
        raise ValueError(f"a batch of {rows} rows cannot be cut into {n} parts: give a larger batch or fewer parts")
    cuts = [rows * i // n for i in range(rank() * parts, (rank() + 1) * parts + 1)]
    each = {name: len(tensor) // rows for name, tensor in batch.items()}
    return [
        {name: tensor[start * each[name] : stop * each[name]] for name, tensor in batch.items()}
        for start, stop in zip(cuts, cuts[1:])
    ]


def all_reduce(values: Tensor) -> Tensor:
    """Sum a tensor over the processes, in place: every process gets the sum."""
    if size() > 1:
        dist.all_reduce(values)
    return values


def barrier() -> None:
    all_reduce(torch.zeros(()))  # on the CPU: torch's own barrier would look for a GPU


def broadcast(number: int) -> int:
    return int(all_reduce(torch.tensor(number if rank() == 0 else 0)))


def seed_step(seed: int, step: int) -> None:
    """Give each process but the first its own dropout, by the step alone: so any number of them can resume a run.

    The first one's random state runs on, and is in the checkpoint.
    """
    if rank():
        torch.manual_seed((step_seed(seed, step) * 1_009 + rank()) % 2**63)
