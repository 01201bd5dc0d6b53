"""One training on many processes, as torchrun starts them.

Every process draws the same batch and learns from its own rows of it; the gradients are added up, so that
N processes take the step that one would take. Only the first one writes and prints.
"""

import os
import sys
from contextlib import contextmanager, redirect_stderr, redirect_stdout

import torch
import torch.distributed as dist

# Its functions take the group of all processes as a default: imported later, by an optimiser, they would hold it for
# ever, and its threads could end the process by an abort while Python shuts down.
import torch.distributed.nn  # noqa: F401
from torch import Tensor, nn

from ..device import get_device
from ..text.batching import step_seed


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
    """Join the processes that torchrun started; without torchrun, be the only one. Only the first one prints."""
    if not dist.is_torchelastic_launched():
        yield
        return
    dist.init_process_group()
    try:
        with open(os.devnull, "w") as nowhere:
            out, err = (nowhere, nowhere) if rank() else (sys.stdout, sys.stderr)
            with redirect_stdout(out), redirect_stderr(err):
                yield
    except (Exception, KeyboardInterrupt) as error:
        if rank() and "memory" not in str(error):  # which one alone may lack; all else the first tells
            raise SystemExit(2) from None
        raise
    dist.destroy_process_group()


def copy_first(model: nn.Module) -> None:
    """Give every process the weights of the first."""
    for parameter in model.parameters() if size() > 1 else ():
        dist.broadcast(parameter.data, 0)


def add_gradients(model: nn.Module) -> None:
    """Add up the gradients of all processes, each of which has those of its own rows."""
    for gradient in [p.grad for p in model.parameters() if p.grad is not None]:
        all_reduce(gradient)


def micro_batches(batch: dict[str, Tensor], parts: int) -> list[dict[str, Tensor]]:
    """Cut a batch into `parts` for each process, as evenly as possible: -> those of this one; ValueError if too few."""
    n, rows = parts * size(), len(next(iter(batch.values())))
    if rows < n:
        bound = f"{rows // size()}, for batches of {rows} rows on {size()} processes"
        raise ValueError(f"accumulate must be at most {bound}, not {parts}")
    cuts = [rows * i // n for i in range(rank() * parts, (rank() + 1) * parts + 1)]
    return [{name: tensor[a:b] for name, tensor in batch.items()} for a, b in zip(cuts, cuts[1:])]


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
