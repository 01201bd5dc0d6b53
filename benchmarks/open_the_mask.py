"""Can a GPT learn to fill blanks when its mask is opened, and what is left of the GPT? TinyGPT in 500 steps.

    python benchmarks/open_the_mask.py                          # about twelve minutes of a quiet core
    python benchmarks/open_the_mask.py --only suddenly          # rows whose name has all of these words
    python benchmarks/open_the_mask.py --steps 8 --out DIR      # a rehearsal

Writes assets/results/open_the_mask.json. A `Both` model learns to predict the token at [MASK] at the
token before it, any share of a row hidden, bidirectional from the first step: suddenly, from
TinyGPT's weights, and from nothing, from random ones. The rows are evaluated with both masks; those
from TinyGPT's weights also at the same blanks with the causal mask, which tells what the blanks cost
from what the right side gives.
"""

import argparse
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
from experiments import Row, record
from why_not_both import DATA, documents, draw_test, evaluate_windows, held_out_batches, looks_of

from bertgpt import load_tokenizer
from bertgpt.inference.probes import masked_by
from bertgpt.inference.scoring import blank_surprisal
from bertgpt.model.both import Both
from bertgpt.model.masks import causal_mask
from bertgpt.text.data import MaskedNextTokenBatches
from bertgpt.text.tokenizer import Tokenizer
from bertgpt.training.loop import evaluate, train
from bertgpt.training.objectives import both_objective
from bertgpt.training.settings import TrainingSettings
from bertgpt.weights.pretrained import load_both
from bertgpt_book.records import RESULTS

NAME = "open_the_mask"
STEPS, ROWS, WINDOWS = 500, 16, 96
WAYS = {"suddenly": ("tinygpt",), "from nothing": ()}  # -> the weights it starts from
TRAINING = dict(learning_rate=1e-3, optimiser="muon", schedule="linear", bfloat16=True)


def beginning(way: str, seed: int) -> Both:
    """Make a `Both` model without dropout from TinyGPT's weights or, from nothing, from random ones."""
    gpt = load_both("tinygpt")
    torch.manual_seed(seed)
    model = Both(replace(gpt.config, dropout=0.0))
    if way != "from nothing":
        model.load_state_dict(gpt.state_dict())
    return model.eval()


def tested(model: Both, tokenizer: Tokenizer, causal_blanks: bool = True) -> dict:
    """Evaluate both masks on windows of *Persuasion*; causal_blanks: also the same blanks, causal mask."""
    ids, blanks = draw_test(tokenizer, documents("test", tokenizer), model.config.max_len, WINDOWS)
    found = evaluate_windows(model, tokenizer.mask_id, ids, blanks)
    if causal_blanks:
        with masked_by(model, causal_mask(model.config.max_len)):
            nats = blank_surprisal(model, ids, blanks["15 %"], tokenizer.mask_id)  # (N,)
        by_window = nats.split(blanks["15 %"].sum(dim=1).tolist())
        found["15 %, causal"] = round(torch.stack([part.mean() for part in by_window]).mean().item(), 4)
    return found


def as_it_is() -> dict:
    """Test TinyGPT with both masks before any training."""
    return {"way": "as it is", "steps": 0, **tested(beginning("as it is", 0), load_tokenizer())}


def run(way: str, seed: int, steps: int = STEPS) -> dict:
    """Open the mask, train on blanks, and test the model; the curve begins before the first step."""
    tokenizer, model = load_tokenizer(), beginning(way, seed)
    length = model.config.max_len
    looks = held_out_batches(tokenizer, documents("test", tokenizer), length, ROWS)
    before = {"step": 0, "held_out": evaluate(model, both_objective, looks)}
    settings = TrainingSettings(
        steps=steps, warmup=min(50, steps // 8), eval_every=max(1, steps // 20), seed=seed, **TRAINING
    )
    batches = MaskedNextTokenBatches(documents("train", tokenizer), tokenizer, length, ROWS, (0.0, 1.0), seed)
    history = train(model, both_objective, batches, settings, held_out=looks)
    return {
        "way": way,
        "seed": seed,
        "steps": steps,
        "tokens": steps * ROWS * length,
        "curve": looks_of([before, *history]),
        **tested(model, tokenizer, causal_blanks=way == "suddenly"),
    }


def rows(steps: int = STEPS) -> list[Row]:
    data = (*DATA.values(), load_tokenizer().sha256())
    trained = [
        Row(
            name=f"{way}, seed 0",
            make=partial(run, way, 0, steps),
            weights=weights,
            data=(*data, f"{steps} steps"),
            seconds=350 * steps / STEPS,
        )
        for way, weights in WAYS.items()
    ]
    return [Row(name="as it is", make=as_it_is, weights=("tinygpt",), data=data, seconds=10), *trained]


ABOUT = {
    "command": "python benchmarks/open_the_mask.py",
    "seconds": "of the processor, one thread",
    "training": TRAINING | {"steps": STEPS, "rows": ROWS},
    "asked": f"{WINDOWS} windows of Persuasion",
    "data": DATA,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", default=[], metavar="WORD")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    record(NAME, ABOUT, rows(args.steps), args.only, args.out)


if __name__ == "__main__":
    main()
