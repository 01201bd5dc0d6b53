"""How does the loss fall with tokens and with size? Three sizes, five budgets, each model by its own loss.

    python benchmarks/loss_scaling.py                           # an hour and a half on one core; made row by row
    python benchmarks/loss_scaling.py --only GPT --widths 64    # some rows; the others are kept
    python benchmarks/loss_scaling.py --steps 10 --out DIR      # a rehearsal

Writes assets/results/loss_scaling.json, a row per run. Every budget is a run of its own, whose
learning rate has decayed when it ends: a point in the middle of a longer run would be worse than
its tokens allow. In the first half of the steps rows have a quarter of the length, which gets BERT
off its plateau sooner. All budgets are less than one epoch, so there is no dropout. The test is
*Persuasion*: GPT's loss at the next token, BERT's at hidden tokens, 15 % of them; in training it
hides 30 %. These are different objectives, so only the shapes of their curves are compared. BERT
here is GPT's body with the other mask and objective, so that nothing else differs; BERT's own
class, with post-norm, has rows of its own, "published". A run that was recorded is not made again.
"""

import argparse
import shlex
import sys
from functools import partial
from pathlib import Path

import torch
from experiments import add_runs, fingerprint

from bertgpt import GPT, TINY, BERTForPreTraining, TransformerConfig
from bertgpt.model.both import Both
from bertgpt.text.corpora import BOOKS
from bertgpt.text.data import LengthCurriculum, LMBatches, MaskedNextTokenBatches, MLMBatches, encode_documents
from bertgpt.text.tokenizer import Tokenizer
from bertgpt.text.vocabularies import old_books_tokenizer
from bertgpt.training.loop import train
from bertgpt.training.objectives import both_objective, lm_objective, masked_lm_objective
from bertgpt.training.settings import TrainingSettings
from bertgpt_book.records import RESULTS

ROWS, LENGTH = 8, TINY["max_len"]  # 1,024 tokens a step
LAYERS = {64: 2, 128: 3, 192: 4}  # by width; a head is 64 wide
STEPS = (100, 200, 400, 800, 1600)  # 0.1 to 1.6 M tokens
LOSS = {"GPT": "lm_loss", "BERT": "mlm_loss", "published": "loss_at_mask"}
RATE = {"training": 0.30, "test": 0.15}


def make(kind: str, width: int, tokenizer: Tokenizer) -> torch.nn.Module:
    """Make a model of one width: a GPT, the same body for masked tokens, or BERT's own class."""
    sizes = dict(
        vocab_size=tokenizer.vocab_size,
        max_len=LENGTH,
        d_model=width,
        n_layers=LAYERS[width],
        n_heads=max(1, width // 64),
        d_ff=4 * width,
        dropout=0.0,
    )
    if kind == "published":
        return BERTForPreTraining(TransformerConfig.bert(**sizes), next_sentence=False)
    return (Both if kind == "BERT" else GPT)(TransformerConfig.gpt(**sizes))


def batches_of(kind: str, documents, tokenizer: Tokenizer, length: int, rows: int, rate: float, seed: int):
    """Cut texts into rows, and hide the tokens that the model must predict."""
    if kind == "GPT":
        return LMBatches(documents, length, rows, seed)
    if kind == "BERT":
        return MaskedNextTokenBatches(documents, tokenizer, length, rows, (rate, rate), seed)
    return MLMBatches(documents, tokenizer, length, rows, rate, seed)


def run(kind: str, width: int, steps: int, seed: int, tokenizer: Tokenizer, documents, unseen) -> dict:
    """Train one model: -> its row."""
    torch.manual_seed(seed)
    model = make(kind, width, tokenizer)
    short, long = (
        batches_of(kind, documents, tokenizer, length, ROWS * LENGTH // length, RATE["training"], seed)
        for length in (LENGTH // 4, LENGTH)
    )
    batches = LengthCurriculum(short, long, steps // 2)
    test = batches_of(kind, unseen, tokenizer, LENGTH, ROWS, RATE["test"], seed=5)
    settings = TrainingSettings(
        steps=steps,
        warmup=min(100, steps // 8),
        learning_rate=2e-3,
        optimiser="muon",
        schedule="linear",
        eval_every=steps,
        seed=seed,
        bfloat16=True,
    )
    objective = {"GPT": lm_objective, "BERT": both_objective, "published": masked_lm_objective}[kind]
    history = train(model, objective, batches, settings, held_out=[test.sample(step) for step in range(8)])
    blocks = sum(p.numel() for p in model.blocks.parameters())
    return {
        "model": kind,
        "width": width,
        "layers": LAYERS[width],
        "steps": steps,
        "seed": seed,
        "tokens": steps * ROWS * LENGTH,
        "block_parameters": blocks,
        "parameters": sum(p.numel() for p in model.parameters()),
        "loss_of": LOSS[kind],
        "loss": round(history[-1]["held_out"][LOSS[kind]], 4),
        "seconds": history[-1]["seconds"],
    }


def key(row: dict) -> tuple:
    """Identify the run of a row."""
    return row["model"], row["width"], row["steps"], row["seed"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", default=list(LOSS), choices=list(LOSS))
    parser.add_argument("--widths", type=int, nargs="+", default=list(LAYERS), choices=list(LAYERS))
    parser.add_argument("--steps", type=int, nargs="+", default=list(STEPS))
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    tokenizer = old_books_tokenizer()
    texts = {name: texts("train") for name, texts in BOOKS.items()}
    documents = [ids for group in texts.values() for ids in encode_documents(group, tokenizer)]
    unseen = encode_documents(BOOKS["austen"]("test"), tokenizer)
    about = {
        "command": shlex.join(["python", *sys.argv]),
        "rows": ROWS,
        "length": LENGTH,
        "rate": RATE,
        "data": {name: fingerprint(*group.values()) for name, group in texts.items()},
        "tokenizer": fingerprint(tokenizer.backend.to_str()),
    }
    wanted = [
        (kind, width, steps, seed)
        for seed in range(args.seeds)
        for steps in args.steps
        for width in args.widths
        for kind in args.only
    ]  # the short runs first
    runs = {each: partial(run, *each, tokenizer, documents, unseen) for each in wanted}
    add_runs("loss_scaling", about, runs, key, args.out)


if __name__ == "__main__":
    main()
