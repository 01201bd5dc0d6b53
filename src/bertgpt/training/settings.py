"""How to train: the numbers that a run is made with, and the learning rate of each step."""

import math
from dataclasses import dataclass

from .optimisers import OPTIMISERS


def cosine(step: int, steps: int) -> float:
    """Fall along half a cosine from 1 to a tenth. Loshchilov and Hutter 2017, equation 5."""
    return 0.1 + 0.45 * (1 + math.cos(math.pi * step / max(steps - 1, 1)))


def linear(step: int, steps: int) -> float:
    """Fall in a line from 1 to zero, which the step after the last one would have. Devlin et al. 2019, appendix A.2."""
    return (steps - step) / steps


def trapezoid(step: int, steps: int) -> float:
    """Stay at 1, and fall in a line to zero over the last fifth. Hägele et al. 2024, section 3."""
    return min(1.0, (steps - step) / max(steps // 5, 1))


SCHEDULES = {"cosine": cosine, "linear": linear, "trapezoid": trapezoid}


def is_number(value) -> bool:
    """Tell whether a value is a finite number; True and False are none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def is_whole(value) -> bool:
    """Tell whether a value is a whole number, 0 or more, that torch takes as a seed."""
    return isinstance(value, int) and is_number(value) and 0 <= value < 2 ** 63


RULES = [                             # fields, what they must be, whether a value is
    ("steps eval_every save_every accumulate", "a whole number above 0", lambda value: is_whole(value) and value > 0),
    ("warmup seed", "a whole number, 0 or more", is_whole),
    ("learning_rate clip muon_factor", "a finite number above 0", lambda value: is_number(value) and value > 0),
    ("weight_decay", "a finite number, 0 or more", lambda value: is_number(value) and value >= 0),
    ("average", "a number in [0, 1)", lambda value: is_number(value) and 0 <= value < 1),
    ("betas", "two numbers in [0, 1)", lambda pair: isinstance(pair, (tuple, list)) and len(pair) == 2
     and all(is_number(beta) and 0 <= beta < 1 for beta in pair)),
    ("bfloat16", "True or False", lambda value: isinstance(value, bool)),
    ("schedule", f"one of {', '.join(SCHEDULES)}", lambda value: value in SCHEDULES),
    ("optimiser", f"one of {', '.join(OPTIMISERS)}", lambda value: value in OPTIMISERS),
]


@dataclass(frozen=True)
class TrainingSettings:
    """Say how to train.

    Raises ValueError, naming the field, where a value makes no sense.
    """

    steps: int                        # updates of the weights, one batch each
    learning_rate: float = 1e-3       # the peak, reached at the end of the warm-up
    warmup: int = 100                 # steps of linear rise; at most half of all
    weight_decay: float = 0.1         # decoupled, on matrices only
    betas: tuple = (0.9, 0.98)        # Adam's decay rates of the gradient's mean and mean square
    clip: float = 1.0                 # the greatest norm of the gradient; a longer one is scaled down to it
    eval_every: int = 200             # steps between two evaluations on the held-out batches
    save_every: int = 200             # steps between two checkpoints
    seed: int = 0                     # of dropout
    bfloat16: bool = False            # automatic mixed precision; unlike float16 it needs no scaling of the loss
    schedule: str = "cosine"          # of the learning rate after the warm-up: one of SCHEDULES
    optimiser: str = "adamw"          # one of OPTIMISERS
    muon_factor: float = 1.0          # the peak of Muon's learning rate, in units of learning_rate
    accumulate: int = 1               # parts of a batch whose gradients are added up, to save memory
    average: float = 0.0              # decay of the weights' exponential moving average; 0: none is kept

    def __post_init__(self):
        for fields, what, fits in RULES:
            for field in fields.split():
                if not fits(getattr(self, field)):
                    raise ValueError(f"{field} must be {what}, not {getattr(self, field)!r}")


def learning_rate_at(step: int, settings: TrainingSettings) -> float:
    """Rise in a line to the peak, then follow the schedule.

    >>> for schedule in SCHEDULES:
    ...     s = TrainingSettings(steps=1000, learning_rate=1.0, warmup=100, schedule=schedule)
    ...     print(schedule, [round(learning_rate_at(step, s), 3) for step in (0, 99, 549, 820, 999)])
    cosine [0.01, 1.0, 0.551, 0.185, 0.1]
    linear [0.01, 1.0, 0.501, 0.2, 0.001]
    trapezoid [0.01, 1.0, 1.0, 1.0, 0.006]
    """
    warmup = min(settings.warmup, settings.steps // 2)
    if step < warmup:
        return settings.learning_rate * (step + 1) / warmup
    return settings.learning_rate * SCHEDULES[settings.schedule](step - warmup, settings.steps - warmup)
