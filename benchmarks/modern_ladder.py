"""Who profits? From GPT-2's block to today's, one switch at a time, for the next token and for hidden tokens.

    nice -n 15 python benchmarks/modern_ladder.py                         # three and a half hours on one quiet core
    python benchmarks/modern_ladder.py --only "next token" --seeds 0      # some runs; the others are kept
    python benchmarks/modern_ladder.py --steps 4 --out DIR                # a rehearsal

Writes assets/results/modern_ladder.json, a row per run. A rung has its switch and those of all rungs
before it; a row that is "alone" has its switch and no other. Both objectives begin with GPT-2's block, so
that nothing but mask and objective differs between them. Rows of one seed have the same batches and the
same test windows of *Persuasion*, so rungs are compared in pairs. All is less than one epoch, and there is
no dropout. In the first half of the steps rows have a quarter of the length, which gets the encoder off
its plateau sooner. Seconds are processor time: the median step of full length, and the whole run. A run
that was recorded is not made again, so the script can be stopped and started.
"""

import argparse
import shlex
import statistics
import sys
import time
from functools import partial
from pathlib import Path

import torch
from experiments import add_runs, fingerprint
from loss_scaling import RATE, batches_of

from bertgpt import Decoder, Encoder, ModernConfig
from bertgpt.text.corpora import BOOKS
from bertgpt.text.data import LengthCurriculum, encode_documents
from bertgpt.text.tokenizer import Tokenizer
from bertgpt.text.vocabularies import old_books_tokenizer
from bertgpt.training.loop import train
from bertgpt.training.objectives import lm_objective, masked_lm_objective
from bertgpt.training.settings import TrainingSettings
from bertgpt_book.records import RESULTS

ROWS, LENGTH, STEPS, WINDOWS = 16, 128, 500, 8  # 2,048 tokens a step, 1 M in all
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
    "hidden tokens": (MaskedEncoder, masked_lm_objective, "published", "loss_at_mask"),
}


def switches(name: str, alone: bool) -> dict:
    """Collect the switches of one rung: its own, and those of all before it unless it is alone."""
    names = [*SWITCHES]
    chosen = [name] if alone else names[: names.index(name) + 1]
    return {field: value for each in chosen for field, value in SWITCHES[each].items()}


def run(name: str, alone: bool, objective: str, seed: int, steps: int, tokenizer: Tokenizer, documents, unseen) -> dict:
    """Train one model: -> its row."""
    kind, measure, batches, loss = OBJECTIVES[objective]
    torch.manual_seed(seed)
    config = ModernConfig(vocab_size=tokenizer.vocab_size, **SIZES | OLD | switches(name, alone))
    model = kind(config)
    short, long = (
        batches_of(batches, documents, tokenizer, length, ROWS * LENGTH // length, RATE["training"], seed)
        for length in (LENGTH // 4, LENGTH)
    )
    test = batches_of(batches, unseen, tokenizer, LENGTH, ROWS, RATE["test"], seed=5)
    settings = TrainingSettings(
        steps=steps,
        warmup=min(50, steps // 8),
        learning_rate=2e-3,
        optimiser="muon",
        schedule="linear",
        eval_every=steps,
        seed=seed,
    )
    clock = [time.process_time()]
    history = train(
        model,
        measure,
        LengthCurriculum(short, long, steps // 2),
        settings,
        held_out=[test.sample(step) for step in range(WINDOWS)],
        report=lambda row: clock.append(time.process_time()),
    )
    whole = [after - before for before, after in zip(clock, clock[1:])][steps // 2 : -1]  # the last one evaluates
    return {
        "name": f"{name}{', alone' if alone else ''}: {objective}",
        "switch": name,
        "alone": alone,
        "objective": objective,
        "seed": seed,
        "steps": steps,
        "tokens": steps * ROWS * LENGTH,
        "parameters": sum(p.numel() for p in model.parameters()),
        "loss": round(history[-1]["held_out"][loss], 4),
        "step_seconds": round(statistics.median(whole), 4),
        "cpu_seconds": round(clock[-1] - clock[0], 1),
    }


def planned(objectives, seeds) -> list[tuple]:
    """List the runs, the ladders of all seeds first; the first two rungs have nothing to be alone without."""
    ladder, alone = [(name, False) for name in SWITCHES], [(name, True) for name in [*SWITCHES][2:]]
    return [
        (*rung, objective, seed)
        for rungs in (ladder, alone)
        for seed in seeds
        for rung in rungs
        for objective in objectives
    ]


def key(row: dict) -> tuple:
    """Identify the run of a row."""
    return row["switch"], row["alone"], row["objective"], row["seed"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", default=list(OBJECTIVES), choices=list(OBJECTIVES))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    torch.set_num_threads(1)
    tokenizer = old_books_tokenizer()
    texts = {name: texts("train") for name, texts in BOOKS.items()}
    documents = [ids for group in texts.values() for ids in encode_documents(group, tokenizer)]
    unseen = encode_documents(BOOKS["austen"]("test"), tokenizer)
    about = {
        "command": shlex.join(["python", *sys.argv]),
        "rows": ROWS,
        "length": LENGTH,
        "rate": RATE,
        "sizes": SIZES,
        "old": OLD,
        "switches": SWITCHES,
        "data": {name: fingerprint(*group.values()) for name, group in texts.items()},
        "tokenizer": fingerprint(tokenizer.backend.to_str()),
    }
    runs = {
        each: partial(run, *each, args.steps, tokenizer, documents, unseen) for each in planned(args.only, args.seeds)
    }
    add_runs("modern_ladder", about, runs, key, args.out)


if __name__ == "__main__":
    main()
