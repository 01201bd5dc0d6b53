"""Who profits? From GPT-2's block to today's, one switch at a time, for the next token and for hidden tokens.

A rung has its switch and those of all rungs before it; a row that is "alone" has its switch and no other.
Both objectives begin with GPT-2's block. They differ in the mask and in all of BERT's way of asking: at the
blank, in rows framed by [CLS] and [SEP], 80/10/10 (plateau.py takes it apart). Rows of one seed have the same
batches and the same test windows of *Persuasion*, so rungs are compared in pairs. All is less than one epoch,
and there is no dropout. In the first half of the steps rows have a quarter of the length, which gets the
encoder off its plateau sooner. Seconds are processor time: the median step of full length, and the whole run.
"""

import statistics
import time
from collections.abc import Iterator
from functools import partial

import torch
from experiments import Row, main
from pretraining import RATE, about_books, books, pretrain, settings_for

from bertgpt import Decoder, Encoder, ModernConfig
from bertgpt.training.objectives import lm_objective, masked_lm_objective

NAME = "modern_ladder"
ROWS, LENGTH, STEPS = 16, 128, 500  # 2,048 tokens a step, 1 M in all
SIZES = dict(max_len=LENGTH, d_model=64, n_layers=6, n_heads=4, d_ff=256)
OLD = dict(rotary=False, rms_norm=False, gated=False, bias=True, activation="gelu_new", norm_eps=1e-5)
SWITCHES: dict[str, dict] = {
    "GPT-2's block": {},
    "rotary": dict(rotary=True),
    "RMSNorm": dict(rms_norm=True),
    "no biases": dict(bias=False),
    "gate": dict(gated=True, activation="silu", d_ff=171),
    "shared keys": dict(n_kv_heads=2),
    "QK-norm": dict(qk_norm=True),
    "local layers": dict(pattern="GLL", window=16),
}


class MaskedEncoder(Encoder):
    """Answer as a BERT without its next-sentence head does, so that BERT's objective can be used."""

    def forward(self, input_ids, *, segment_ids=None, **named):
        return super().forward(input_ids, **named), None


# objective -> class, objective, kind of batches, what is measured
OBJECTIVES = {
    "next token": (Decoder, lm_objective, "GPT", "lm_loss"),
    "hidden tokens": (MaskedEncoder, masked_lm_objective, "BERT", "loss_at_mask"),
}


def switches(name: str, alone: bool) -> dict:
    """Collect the switches of one rung: its own, and those of all before it unless it is alone."""
    names = [*SWITCHES]
    chosen = [name] if alone else names[: names.index(name) + 1]
    return {field: value for each in chosen for field, value in SWITCHES[each].items()}


def run(name: str, alone: bool, objective: str, seed: int, steps: int = STEPS) -> dict:
    """Train one model: -> its row."""
    model_class, compute_losses, batches, loss = OBJECTIVES[objective]
    torch.manual_seed(seed)
    model = model_class(ModernConfig(vocab_size=books()[0].vocab_size, **SIZES | OLD | switches(name, alone)))
    clock = [time.process_time()]

    def report(row: dict) -> None:
        clock.append(time.process_time())

    history = pretrain(model, compute_losses, batches, LENGTH, ROWS, settings_for(steps, seed), report)
    full_length = [after - before for before, after in zip(clock, clock[1:])][steps // 2 : -1]  # the last one evaluates
    return {
        "steps": steps,
        "tokens": steps * ROWS * LENGTH,
        "parameters": sum(p.numel() for p in model.parameters()),
        "loss": round(history[-1]["held_out"][loss], 4),
        "step_seconds": round(statistics.median(full_length), 4),
        "cpu_seconds": round(clock[-1] - clock[0], 1),
    }


def rows() -> Iterator[Row]:
    """Plan the ladders of all seeds first; the first two rungs have nothing to be alone without."""
    for alone, names in ((False, [*SWITCHES]), (True, [*SWITCHES][2:])):
        for seed in range(3):
            for name in names:
                for objective in OBJECTIVES:
                    key = {"switch": name, "alone": alone, "objective": objective, "seed": seed}
                    title = f"{name}{', alone' if alone else ''}: {objective}, seed {seed}"
                    yield Row(title, partial(run, *key.values()), seconds=150, key=key)


def about() -> dict:
    settings = {"rows": ROWS, "length": LENGTH, "rate": RATE, "sizes": SIZES, "old": OLD, "switches": SWITCHES}
    return settings | about_books()


if __name__ == "__main__":
    main(__doc__, NAME, about, rows)
