"""Can a GPT learn to fill blanks when its mask is opened, and what is left of the GPT? TinyGPT in 500 steps.

    python benchmarks/open_the_mask.py                          # about half an hour of a quiet core
    python benchmarks/open_the_mask.py --only slowly "seed 0"   # rows whose name has all of these words
    python benchmarks/open_the_mask.py --steps 8 --out DIR      # a rehearsal

Writes assets/results/open_the_mask.json. Every row starts from TinyGPT's weights, except one from
random weights, and learns to predict the token at [MASK] at the token before it, any share of a row
hidden. Suddenly: bidirectional from the first step. Slowly: each token attends to its left and to a
random share of its right, drawn anew at each step, which grows from none to all in the first half
of the steps (Gong et al. 2025 anneal GPT-2's mask, too). Suddenly, half causal: a random half of
the batches are causal language modelling. All are evaluated with both masks.
"""

import argparse
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
from experiments import Row, record
from torch import Tensor
from why_not_both import DATA, documents, draw_test, evaluate_windows, held_out_batches, looks_of

from bertgpt import load_tokenizer
from bertgpt.book.records import RESULTS
from bertgpt.inference.probes import masked_by
from bertgpt.model.both import Both
from bertgpt.model.masks import causal_mask
from bertgpt.text.batching import Batches, generator_for
from bertgpt.text.data import LMBatches, MaskedNextTokenBatches, MixedBatches
from bertgpt.text.tokenizer import Tokenizer
from bertgpt.training.loop import evaluate, train
from bertgpt.training.objectives import both_objective
from bertgpt.training.settings import TrainingSettings
from bertgpt.weights.pretrained import load_both

NAME = "open_the_mask"
STEPS, ROWS, WINDOWS = 500, 16, 96
WAYS = {"suddenly": 240, "slowly": 240, "suddenly, half causal": 270, "from nothing": 240}    # -> seconds, about
TRAINING = dict(learning_rate=1e-3, optimiser="muon", schedule="linear", bfloat16=True)


class OpeningMask:
    """Let each token attend to a random share of those after it: none at first, all from half-way on.

    `sample(step)` -> what the source gives, and may_attend (B, 1, T, T) bool, the same for all rows
    """

    def __init__(self, source: Batches, steps: int, seed: int):
        self.source, self.steps, self.seed = source, steps, seed

    def sample(self, step: int) -> dict[str, Tensor]:
        batch = self.source.sample(step)
        n_rows, length = batch["input_ids"].shape
        drawn = torch.rand(length, length, generator=generator_for(self.seed + 3, step))   # (T, T)
        may_attend = causal_mask(length) | (drawn < 2 * step / self.steps)                 # (T, T)
        return {**batch, "may_attend": may_attend.expand(n_rows, 1, -1, -1)}               # (B, 1, T, T)


def opening_objective(model: Both, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Compute both_objective with the mask of the batch, if it has one."""
    with masked_by(model, batch["may_attend"]) if "may_attend" in batch else nullcontext():
        return both_objective(model, batch)


def beginning(way: str, seed: int) -> Both:
    """Make a `Both` model without dropout from TinyGPT's weights or, from nothing, from random ones."""
    gpt = load_both("tinygpt")
    torch.manual_seed(seed)
    model = Both(replace(gpt.config, dropout=0.0))
    if way != "from nothing":
        model.load_state_dict(gpt.state_dict())
    return model.eval()


def batches_of(way: str, texts: list[Tensor], tokenizer: Tokenizer, length: int, steps: int, seed: int) -> Batches:
    """Make the training batches of one way of opening the mask."""
    holes = MaskedNextTokenBatches(texts, tokenizer, length, ROWS, (0.0, 1.0), seed)
    if way == "slowly":
        return OpeningMask(holes, steps, seed)
    if way == "suddenly, half causal":
        return MixedBatches([LMBatches(texts, length, ROWS, seed), holes], [1, 1], seed)
    return holes


def tested(model: Both, tokenizer: Tokenizer) -> dict:
    return evaluate_windows(model, tokenizer.mask_id,
                   *draw_test(tokenizer, documents("test", tokenizer), model.config.max_len, WINDOWS))


def as_it_is() -> dict:
    """Test TinyGPT with both masks before any training."""
    return {"way": "as it is", "steps": 0, **tested(beginning("as it is", 0), load_tokenizer())}


def run(way: str, seed: int, steps: int = STEPS) -> dict:
    """Open the mask in one way, and test the model; the curve begins before the first step."""
    tokenizer, model = load_tokenizer(), beginning(way, seed)
    length = model.config.max_len
    looks = held_out_batches(tokenizer, documents("test", tokenizer), length, ROWS)
    before = {"step": 0, "held_out": evaluate(model, opening_objective, looks)}
    settings = TrainingSettings(steps=steps, warmup=min(50, steps // 8), eval_every=max(1, steps // 20), seed=seed,
                                **TRAINING)
    batches = batches_of(way, documents("train", tokenizer), tokenizer, length, steps, seed)
    history = train(model, opening_objective, batches, settings, held_out=looks)
    return {"way": way, "seed": seed, "steps": steps, "tokens": steps * ROWS * length,
            "curve": looks_of([before, *history]), **tested(model, tokenizer)}


def rows(steps: int = STEPS, seeds: int = 2) -> list[Row]:
    data = (*DATA.values(), load_tokenizer().sha256())
    trained = [Row(name=f"{way}, seed {seed}", make=partial(run, way, seed, steps),
                   weights=("tinygpt",), data=(*data, f"{steps} steps"),
                   seconds=seconds * steps / STEPS)
               for seed in range(seeds) for way, seconds in WAYS.items()
               if seed == 0 or way != "from nothing"]
    return [Row(name="as it is", make=as_it_is, weights=("tinygpt",), data=data, seconds=10), *trained]


ABOUT = {"command": "python benchmarks/open_the_mask.py", "seconds": "of the processor, one thread",
         "training": TRAINING | {"steps": STEPS, "rows": ROWS}, "asked": f"{WINDOWS} windows of Persuasion",
         "data": DATA}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", default=[], metavar="WORD")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    record(NAME, ABOUT, rows(args.steps), args.only, args.out)


if __name__ == "__main__":
    main()
