"""Hyperparameters of a training, and the learning rate of each step."""

import math
from dataclasses import dataclass

from ..model.validation import check_fields
from .optimisers import OPTIMISERS


def cosine(step: int, steps: int) -> float:
    """Fall along half a cosine from 1 to a tenth. Loshchilov and Hutter 2017, equation 5."""
    return 0.1 + 0.45 * (1 + math.cos(math.pi * step / max(steps - 1, 1)))


def linear(step: int, steps: int) -> float:
    """Fall in a line from 1 to zero, one step after the last. Devlin et al. 2019, appendix A.2."""
    return (steps - step) / steps


def trapezoid(step: int, steps: int) -> float:
    """Stay at 1, and fall in a line to zero over the last fifth. Hägele et al. 2024, section 3."""
    return min(1.0, (steps - step) / max(steps // 5, 1))


def constant(step: int, steps: int) -> float:
    """Stay at 1: the weights after any number of steps are those of a run of that length."""
    return 1.0


SCHEDULES = {"cosine": cosine, "linear": linear, "trapezoid": trapezoid, "constant": constant}


@dataclass(frozen=True)
class TrainingSettings:
    """Hold the hyperparameters of a training; ValueError, naming the field, where one is out of range."""

    steps: int  # updates of the weights, one batch each
    learning_rate: float = 1e-3  # the peak, reached at the end of the warm-up
    warmup: int = 100  # steps of linear rise; at most half of all
    weight_decay: float = 0.1  # decoupled, on matrices only
    betas: tuple = (0.9, 0.98)  # Adam's decay rates of the gradient's mean and mean square
    clip: float = 1.0  # maximum gradient norm
    eval_every: int = 200  # steps between evaluations on held-out batches
    save_every: int = 200  # steps between checkpoints
    seed: int = 0  # of dropout; the batches have their own
    bfloat16: bool = False  # mixed precision; unlike float16 it needs no scaling of the loss
    schedule: str = "cosine"  # of the learning rate after the warm-up
    optimiser: str = "adamw"  # or "muon"
    muon_factor: float = 1.0  # Muon's peak learning rate, in units of learning_rate
    accumulate: int = 1  # gradient accumulation: parts that a batch is cut into, to save memory

    def __post_init__(self):
        check_fields(
            self,
            positive=("steps", "eval_every", "save_every", "accumulate", "learning_rate", "clip", "muon_factor"),
            below={"seed": 2**32},
            choices={"schedule": SCHEDULES, "optimiser": OPTIMISERS},
        )


def learning_rate_at(step: int, settings: TrainingSettings) -> float:
    """Rise in a line to the peak, then follow the schedule.

    >>> for schedule in SCHEDULES:
    ...     s = TrainingSettings(steps=1000, learning_rate=1.0, warmup=100, schedule=schedule)
    ...     print(schedule, [round(learning_rate_at(step, s), 3) for step in (0, 99, 549, 820, 999)])
    cosine [0.01, 1.0, 0.551, 0.185, 0.1]
    linear [0.01, 1.0, 0.501, 0.2, 0.001]
    trapezoid [0.01, 1.0, 1.0, 1.0, 0.006]
    constant [0.01, 1.0, 1.0, 1.0, 1.0]
    """
    warmup = min(settings.warmup, settings.steps // 2)
    if step < warmup:
        return settings.learning_rate * (step + 1) / warmup
    return settings.learning_rate * SCHEDULES[settings.schedule](step - warmup, settings.steps - warmup)
